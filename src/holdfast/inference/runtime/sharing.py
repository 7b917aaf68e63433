"""Weights in memory once, however many tasks of a process use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from holdfast.inference.domain.predictors import Wish

T = TypeVar("T")

_known: WeakValueDictionary[tuple[object, ...], Any] = WeakValueDictionary()


def shared(load: Callable[[Path, Wish], T], folder: Path, wish: Wish) -> T:
    """What `load` gives for a folder; the same again for as long as somebody keeps it, and the files do not change."""
    stats = sorted((path.name, path.stat()) for path in folder.iterdir() if path.is_file())
    files = tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats)
    key = (load, folder.resolve(), wish, files)
    found: T | None = _known.get(key)
    if found is None:
        found = _known[key] = load(folder, wish)
    return found
