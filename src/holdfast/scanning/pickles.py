"""Python's pickles: what they would import, without loading them.

A pickle is a program. Here its instructions are listed, never run; a name that comes from the stack is believed only
where its two texts were pushed right before. Files that hold pickles: bare ones, one behind the other, PyTorch's
archives and its older files, NumPy arrays of objects, and all of these compressed.
Source: Python's pickletools; pytorch/pytorch torch/serialization.py; NumPy's format description (numpy.lib.format).
"""

from __future__ import annotations

import bz2
import io
import lzma
import pickletools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from holdfast.scanning.domain import Import, Scan
from holdfast.scanning.known_imports import level_of
from holdfast.viewer.domain import MAX_NAME_CHARACTERS, Source, cut
from holdfast.viewer.readers.archives import DAMAGED, open_archive

READER_VERSION = 1
"""Of what is read here: contents that an older one looked into are looked into again."""
MAX_BYTES = 8 * 1024 * 1024
"""Of one pickle: its instructions; the numbers of tensors lie elsewhere."""
MAX_INSTRUCTIONS = 300_000
MAX_IMPORTS = 200
MAX_PICKLES = 16
MAX_MEMBERS = 1_000

_PICKLE_SUFFIXES = (".pkl", ".pickle")
_STRINGS = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}
)
_MEMO_READS = frozenset({"BINGET", "LONG_BINGET", "GET"})
_MEMO_WRITES = frozenset({"BINPUT", "LONG_BINPUT", "PUT"})
_EXTENSIONS = frozenset({"EXT1", "EXT2", "EXT4"})
_ARRAY = b"\x93NUMPY"
_OBJECTS = re.compile(rb"'\|?O'")
_OLD_TORCH = 0x1950A86A20F9469CFC6C
_OLD_TORCH_PICKLES = 5
"""Its mark, its version, the machine, the object and the keys of its tensors; what follows are numbers."""
_UNPACK: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": lambda data: zlib.decompressobj(31).decompress(data, MAX_BYTES),
    b"BZh": lambda data: bz2.BZ2Decompressor().decompress(data, MAX_BYTES),
    b"\xfd7zXZ": lambda data: lzma.LZMADecompressor(memlimit=64 * 1024 * 1024).decompress(data, MAX_BYTES),
    b"\x78": lambda data: zlib.decompressobj().decompress(data, MAX_BYTES),
}


def scan_pickles(source: Source) -> Scan:
    """Look into a file that is, or holds, pickles."""
    found = _Imports()
    try:
        found.read_file(source)
    except _Unread as problem:
        found.problems.append(str(problem))
    except DAMAGED:
        found.problems.append("is damaged")
    imports = tuple(Import(module, name, level_of(module, name)) for module, name in found.names)
    return Scan(imports, found.problems[0] if found.problems else "")


class _Unread(Exception):
    """What can't be read; its text ends a sentence that begins with the file's name."""


@dataclass
class _Imports:
    names: dict[tuple[str, str], None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    left: int = MAX_INSTRUCTIONS

    def read_file(self, source: Source) -> None:
        start = source.read(0, min(16, source.size_bytes))
        if start.startswith(b"PK"):
            self._read_archive(source)
        elif start.startswith(_ARRAY):
            self._read_array(source.read(0, MAX_BYTES))
        else:
            self._read_packed(source.read(0, MAX_BYTES), source.size_bytes)

    def _read_archive(self, source: Source) -> None:
        archive = open_archive(source)
        if archive is None or len(archive.infolist()) > MAX_MEMBERS:
            raise _Unread("is an archive that can't be read")
        seen: set[str] = set()
        for member in archive.infolist():
            if member.filename in seen:
                raise _Unread("is an archive with two files of one name")
            seen.add(member.filename)
            self._read_member(archive, member)

    def _read_member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        with archive.open(member) as stream:
            start = stream.read(8)
            if start.startswith(_ARRAY):
                self._read_array(start + stream.read(MAX_BYTES))
            elif is_pickle(start) or member.filename.endswith(_PICKLE_SUFFIXES):
                self._read_pickles(start + stream.read(MAX_BYTES), member.file_size)

    def _read_array(self, data: bytes) -> None:
        """Numbers lie there as they are; objects are a pickle behind the header."""
        wide = data[6:7] > b"\x01"
        begin = 12 if wide else 10
        end = begin + int.from_bytes(data[8:begin], "little")
        if _OBJECTS.search(data[begin:end]):
            self._read_pickles(data[end:], len(data) - end)

    def _read_packed(self, data: bytes, size_bytes: int) -> None:
        for magic, unpack in _UNPACK.items():
            if data.startswith(magic):
                inner = unpack(data)
                return self._read_pickles(inner, len(inner))
        if not is_pickle(data) and not data[:1].isascii():
            raise _Unread("is of no kind that is known here")
        return self._read_pickles(data, size_bytes)

    def _read_pickles(self, data: bytes, size_bytes: int) -> None:
        """One pickle behind the other, as PyTorch's old files have them."""
        stream = io.BytesIO(data)
        is_old_torch = False
        for number in range(MAX_PICKLES):
            first = _Program(self).follow(stream)
            is_old_torch = is_old_torch or (number == 0 and first == _OLD_TORCH)
            following = data[stream.tell() : stream.tell() + 1]
            if is_old_torch and number + 1 == _OLD_TORCH_PICKLES:
                return
            if not following and stream.tell() == size_bytes:
                return
            if following != b"\x80":
                break
        self.problems.append("has more behind its pickle" if stream.tell() < len(data) else "is too long to be read")

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Unread("has too many instructions to be read")

    def add(self, module: str, name: str) -> None:
        if len(self.names) >= MAX_IMPORTS:
            raise _Unread("imports too many names to be listed")
        self.names[cut(module, MAX_NAME_CHARACTERS), cut(name, MAX_NAME_CHARACTERS)] = None


@dataclass
class _Program:
    """Follows one pickle far enough to know which names it looks up."""

    found: _Imports
    strings: list[str] = field(default_factory=list)
    memo: dict[int, str] = field(default_factory=dict)

    def follow(self, stream: io.BytesIO) -> Any:
        """Read to its end; returns the first thing that is put on the stack."""
        first = None
        try:
            for operation, argument, _ in _instructions(stream):
                self.found.count()
                first = argument if first is None and operation != "PROTO" else first
                self._import(operation, argument)
                self._remember(operation, argument)
        except (ValueError, IndexError, KeyError, OverflowError) as error:
            raise _Unread("can't be read to its end") from error
        return first

    def _import(self, operation: str, argument: Any) -> None:
        if operation in ("GLOBAL", "INST"):
            module, _, name = str(argument).partition(" ")
            self.found.add(module, name)
        elif operation == "STACK_GLOBAL":
            module, name = self.strings if len(self.strings) == 2 else ("?", "?")
            self.found.add(module, name)
        elif operation in _EXTENSIONS:
            self.found.add("copyreg", f"extension {argument}")

    def _remember(self, operation: str, argument: Any) -> None:
        newest = self.strings[-1] if self.strings else "?"
        if operation in _STRINGS:
            self.strings = [*self.strings[-1:], str(argument)[:300]]
        elif operation in _MEMO_READS:
            self.strings = [*self.strings[-1:], self.memo.get(int(argument), "?")]
        elif operation == "MEMOIZE":
            self.memo[len(self.memo)] = newest
        elif operation in _MEMO_WRITES:
            self.memo[int(argument)] = newest
        else:
            self.strings = []


def _instructions(stream: io.BytesIO) -> Iterator[tuple[str, Any, int | None]]:
    for operation, argument, position in pickletools.genops(stream):
        yield operation.name, argument, position


def is_pickle(start: bytes) -> bool:
    """Whether the first two bytes are the mark of a pickle since Python 2.3."""
    return start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
