"""What previews take and give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.ui.rendering import Place
from holdfast.viewer.domain import Source


@dataclass(frozen=True)
class PreviewedFile:
    """A file to show.

    Args:
        path: from the root of its repo.
        source: its bytes.
        place: where its links start from.
        address: where its bytes are served, encoded, below the server's own address.
    """

    path: str
    source: Source
    place: Place
    address: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """What follows the last dot of the name, in lower case; empty without a dot."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""

    @property
    def size_bytes(self) -> int:
        """Of the whole file."""
        return self.source.size_bytes

    def start(self, length: int) -> bytes:
        """Its first bytes."""
        return self.source.read(0, min(length, self.size_bytes))


@dataclass(frozen=True)
class Preview:
    """A file as it is shown.

    Args:
        kind: names the template.
        data: what can also be told as JSON.
        html: what only the page shows.
        notices: sentences for the reader above it.
        is_text: the file is a text, which can be shown as it is written too.
    """

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    html: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    is_text: bool = False


Previewer = Callable[[PreviewedFile], Preview | None]
