"""Memory that weights' files take in this process, given back when the weights have been copied from them.

A file of weights is mapped and not read: what a model uses of it are the file's own pages, which all processes share.
But pages from which a layer was laid out anew would stay for as long as a single tensor is still in the file, and would
count as this process's memory. Given back, they come again from the file when somebody reads them.

Source: Linux, madvise(2) and proc_pid_smaps(5). Other systems keep the pages.
"""

from __future__ import annotations

import ctypes
import mmap
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_SMAPS = Path("/proc/self/smaps")
_PLACE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) [rwxps-]{4} \S+ \S+ \d+\s*(.*)\n")
_UNCHANGED = "Anonymous: 0 kB"


def give_back_pages(folder: Path) -> None:
    """Let this process go of the pages of a folder's weights; what is still read of them comes back by itself.

    A mapping in which this process has changed anything stays as it is: its changes are nowhere else.
    """
    if not sys.platform.startswith("linux") or not _SMAPS.exists():
        return
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in _unchanged_mappings({str(path.resolve()) for path in folder.glob("*.safetensors")}):
        advise(start, end - start, mmap.MADV_DONTNEED)  # a refusal (locked pages) changes nothing


def _unchanged_mappings(paths: set[str]) -> Iterator[tuple[int, int]]:
    """Where files lie in memory: first address, and the one behind the last. Read to the end before any is told."""
    found, place = [], None
    with _SMAPS.open(errors="surrogateescape") as lines:
        for line in lines:
            if begins := _PLACE.fullmatch(line):
                place = (int(begins[1], 16), int(begins[2], 16)) if begins[3] in paths else None
            elif place and " ".join(line.split()) == _UNCHANGED:
                found.append(place)
    yield from found
