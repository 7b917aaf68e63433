"""`removed-files.json` in a repo's folder: large files that were taken out for good while their pointers stay in git.

Without it, garbage collection would keep them, a check would miss them and a rebuild would bring them back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path

from holdfast.backends.blobs.local import translated_disk_errors

_FILE = "removed-files.json"


def note(folder: Path, sha256s: Collection[str]) -> None:
    """Add files, atomically. The caller holds the repo's lock.

    Raises:
        StorageFull: nothing was changed.
    """
    temporary = folder / f"{_FILE}.new"
    with translated_disk_errors(), temporary.open("w") as file:
        json.dump(sorted(read(folder) | set(sha256s)), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / _FILE)


def read(folder: Path) -> frozenset[str]:
    """The files that were taken out at some time; some may have come back since."""
    try:
        return frozenset(json.loads((folder / _FILE).read_text()))
    except FileNotFoundError:
        return frozenset()
