"""Python's pickles, PyTorch's `.bin` and `.pt` among them: what they would import, without loading them.

A pickle is a program. Here its instructions are listed, never run; a name that is not known to be harmless is shown as
such, and none of this proves a file safe.
Source: Python's pickletools; pytorch/pytorch torch/serialization.py for the archive.
"""

from __future__ import annotations

import io
import pickletools
from dataclasses import dataclass, field
from typing import Any

from holdfast.ui.previews.archives import DAMAGED, open_archive
from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.viewer.domain import MAX_NAME_CHARACTERS, cut

SUFFIXES = frozenset(("bin", "pt", "pth", "ckpt", "pkl", "pickle", "joblib", "dill"))
_ALWAYS = frozenset(("pkl", "pickle", "dill"))
"""Pickles of Python 2 have no mark at their start."""
MAX_BYTES = 8 * 1024 * 1024
MAX_INSTRUCTIONS = 300_000
MAX_IMPORTS = 200
MAX_PICKLES = 16

_HARMLESS = frozenset({
    "collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter", "torch Size",
    "torch device", "torch dtype", "torch.nn.parameter Parameter", "torch._tensor _rebuild_from_type_v2",
    "numpy ndarray", "numpy dtype", "numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct",
    "numpy.core.multiarray scalar", "numpy._core.multiarray scalar",
})  # fmt: skip
_STRINGS = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}
)
_MEMO_READS = frozenset({"BINGET", "LONG_BINGET", "GET"})
_MEMO_WRITES = frozenset({"BINPUT", "LONG_BINPUT", "PUT"})


def preview(file: PreviewedFile) -> Preview | None:
    """The imports; None when the bytes are no pickle."""
    data = _pickle_of(file)
    if data is None:
        return None
    found = _Imports()
    is_whole = found.read(data)
    imports = [
        {"module": module, "name": name, "isHarmless": _is_harmless(module, name)}
        for module, name in list(found.names)[:MAX_IMPORTS]
    ]
    return Preview("pickle", {"imports": imports, "isWhole": is_whole and len(found.names) <= MAX_IMPORTS})


def _pickle_of(file: PreviewedFile) -> bytes | None:
    start = file.start(2)
    if (start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05") or file.suffix in _ALWAYS:
        return file.start(MAX_BYTES)
    archive = open_archive(file) if start == b"PK" else None
    if archive is None:
        return None
    member = next((entry for entry in archive.infolist() if entry.filename.endswith("data.pkl")), None)
    if member is None:
        return None
    try:
        with archive.open(member) as stream:
            return stream.read(MAX_BYTES)
    except DAMAGED:
        return None


def _is_harmless(module: str, name: str) -> bool:
    return f"{module} {name}" in _HARMLESS or (module == "torch" and name.endswith("Storage"))


@dataclass
class _Imports:
    """Follows the instructions far enough to know which names are imported.

    A name that comes from the stack is believed only where the two texts were pushed right before; else it is `?`.
    """

    names: dict[tuple[str, str], None] = field(default_factory=dict)
    strings: list[str] = field(default_factory=list)
    memo: dict[int, str] = field(default_factory=dict)
    left: int = MAX_INSTRUCTIONS

    def read(self, data: bytes) -> bool:
        """Follow one pickle after the other, as PyTorch's old format has them; whether all was followed to its end."""
        stream = io.BytesIO(data)
        try:
            for _ in range(MAX_PICKLES):
                self.memo.clear()
                for operation, argument, _ in pickletools.genops(stream):
                    self._follow(operation.name, argument)
                if data[stream.tell() : stream.tell() + 1] != b"\x80":
                    return len(data) < MAX_BYTES
        except (ValueError, IndexError, KeyError, OverflowError):
            pass
        return False

    def _follow(self, name: str, argument: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise ValueError("too many instructions")
        if name in ("GLOBAL", "INST"):
            module, _, word = str(argument).partition(" ")
            self._add(module, word)
        elif name == "STACK_GLOBAL":
            module, word = self.strings if len(self.strings) == 2 else ("?", "?")
            self._add(module, word)
        self._remember(name, argument)

    def _remember(self, name: str, argument: Any) -> None:
        newest = self.strings[-1] if self.strings else "?"
        if name in _STRINGS:
            self.strings = [*self.strings[-1:], str(argument)[:300]]
        elif name in _MEMO_READS:
            self.strings = [*self.strings[-1:], self.memo.get(int(argument), "?")]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = newest
        elif name in _MEMO_WRITES:
            self.memo[int(argument)] = newest
        else:
            self.strings = []

    def _add(self, module: str, name: str) -> None:
        if len(self.names) <= MAX_IMPORTS:
            self.names[cut(module, MAX_NAME_CHARACTERS), cut(name, MAX_NAME_CHARACTERS)] = None
