"""Git LFS pointer files. Source: git-lfs docs/spec.md."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_POINTER_BYTES = 1024
"""A longer blob is never a pointer."""

_POINTER = re.compile(
    rb"version https://(?:git-lfs|hawser)\.github\.com/spec/v1\r?\n"
    rb"(?:ext-[^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\r?\n"
    rb"size ([0-9]{1,18})\s*"
)


@dataclass(frozen=True, slots=True)
class LfsPointer:
    """What a pointer says of the large file that it stands for. `sha256` is 64 lower-case hex digits."""

    sha256: str
    size_bytes: int


def parse_lfs_pointer(content: bytes) -> LfsPointer | None:
    """Read a pointer; None for any other content, also for a pointer that breaks the rules."""
    if len(content) > MAX_POINTER_BYTES:
        return None
    match = _POINTER.fullmatch(content)
    return LfsPointer(match[1].decode(), int(match[2])) if match else None


def format_lfs_pointer(pointer: LfsPointer) -> bytes:
    """Write the one canonical form, so that equal files have equal pointers and hence equal blob oids."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{pointer.sha256}\nsize {pointer.size_bytes}\n"
    ).encode()
