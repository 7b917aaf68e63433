"""What a model's process takes of the machine's memory.

Pages that several processes have, such as libraries and one base's weights under many adapters, are counted in parts:
of a page that two have, each has a half. So what all models take together is what they take of the machine.

Source: Linux, proc_pid_statm(5) and proc_pid_smaps(5).
"""

from __future__ import annotations

import os
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_KIBIBYTE = 1024
_SHARE = b"Pss:"
_SMALL_PART = 64
_LONGEST_TRUST = 60
_GONE = (FileNotFoundError, ProcessLookupError)


class ProcessMemory:
    """One process's memory, looked at about once a second.

    All pages are counted at every look, which takes microseconds. The parts that others have take 15 ms per GiB: they
    are counted when the whole has changed by more than a 64th, and at every 60th look, as others come and go.
    """

    def __init__(self, process_id: int) -> None:
        self._folder = Path(f"/proc/{process_id}")
        self._counted_at = 0
        self._others = 0
        self._looks = 0

    def look(self) -> int:
        """Bytes that it takes now; 0 when it is gone, or the system does not say. May take a while."""
        whole = self._whole()
        if self._looks <= 0 or abs(whole - self._counted_at) > whole // _SMALL_PART:
            self._others = max(0, whole - self._own_share(whole))
            self._counted_at, self._looks = whole, _LONGEST_TRUST
        self._looks -= 1
        return max(0, whole - self._others)

    def _whole(self) -> int:
        try:
            words = (self._folder / "statm").read_text().split()
        except _GONE:
            return 0
        return int(words[1]) * _PAGE_BYTES

    def _own_share(self, whole: int) -> int:
        """With its parts of shared pages; the whole, where the system does not tell them apart."""
        try:
            lines = (self._folder / "smaps_rollup").read_bytes().splitlines()
        except (*_GONE, PermissionError):
            return whole
        return next((int(line.split()[1]) * _KIBIBYTE for line in lines if line.startswith(_SHARE)), whole)
