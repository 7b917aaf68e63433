"""Files in folders where somebody else's code has been: no link is followed, nothing but plain files is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from holdfast.backends.runners.protocol import FileFacts
from holdfast.base.errors import NotFound

MAX_FILES = 10_000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def list_files(folder: Path) -> list[FileFacts]:
    """The plain files below a folder, by path; the first `MAX_FILES` of them."""
    found: list[FileFacts] = []
    for facts in _walk(folder, ""):
        found.append(facts)
        if len(found) >= MAX_FILES:
            break
    return sorted(found, key=lambda facts: facts.path)


def _walk(folder: Path, prefix: str) -> Iterator[FileFacts]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False) and _is_text(entry.name):
            found = entry.stat(follow_symlinks=False)
            yield FileFacts(prefix + entry.name, found.st_size, found.st_mtime_ns // 1_000_000)


def open_file(folder: Path, path: str) -> IO[bytes]:
    """Open a plain file below a folder.

    Raises:
        NotFound: there is none at that path, or one that leads elsewhere.
    """
    names = path.split("/")
    try:
        if any(name in ("", ".", "..") or "\0" in name for name in names):
            raise FileNotFoundError
        return os.fdopen(_descend(folder, names), "rb")
    except OSError as error:
        raise NotFound(what=f"The file {path[:200]!r} of this job") from error


def _descend(folder: Path, names: list[str]) -> int:
    here = os.open(folder, _FOLDER)
    try:
        for name in names[:-1]:
            below = os.open(name, _FOLDER, dir_fd=here)
            os.close(here)
            here = below
        found = os.open(names[-1], _FILE, dir_fd=here)
    finally:
        os.close(here)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise FileNotFoundError
    return found


def write_text(folder: Path, name: str, text: str) -> None:
    """Write a file right in a folder, in place of whatever has that name."""
    target = folder / name
    target.unlink(missing_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
