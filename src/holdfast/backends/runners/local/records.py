"""Small files that say how a run is: written whole or not at all. Standard library only: supervisors import it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

LOCK, ALIVE, STOP, USAGE, END = "lock", "alive", "stop", "usage", "end"


def write_record(path: Path, values: dict[str, Any], *, durable: bool = False) -> None:
    """Replace a file by these values; `durable`: also against a power cut."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(json.dumps(values).encode())
        if durable:
            file.flush()
            os.fsync(file.fileno())
    beside.rename(path)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_record(path: Path) -> dict[str, Any] | None:
    """The values of a file, None when there is none."""
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return values


def place_of(folder: Path) -> str:
    """A short name for a folder of this machine: two servers may know runs by the same names."""
    return hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:12]
