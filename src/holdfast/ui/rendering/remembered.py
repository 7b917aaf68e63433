"""Remembers what was rendered: bounded in size, the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock

from markupsafe import Markup

RENDERER_VERSION = "1"
"""Raise it when the same text comes out differently."""
MAX_CHARACTERS = 32_000_000
"""Of all HTML that is kept."""


@dataclass
class Remembered:
    """HTML by what it was made of: a blob's oid, the place of its links. One for a process; safe among threads."""

    max_characters: int = MAX_CHARACTERS
    _kept: OrderedDict[Hashable, Markup] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: Hashable, render: Callable[[], Markup]) -> Markup:
        """What is kept under the key, or what `render` gives; two at once may both render."""
        key = (RENDERER_VERSION, key)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        html = render()
        if len(html) <= self.max_characters // 8:
            self._keep(key, html)
        return html

    def _keep(self, key: Hashable, html: Markup) -> None:
        with self._lock:
            self._size += len(html) - len(self._kept.pop(key, ""))
            self._kept[key] = html
            while self._size > self.max_characters:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped)
