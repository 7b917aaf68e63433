"""Whatever a trial does, only the trial ends, and the reason is a sentence."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from holdfast.training.search.isolation import Limits, Meter, Stopped, run_apart
from holdfast.training.trainers.interface import Pruned, TrialFailed

ROOMY = Limits(seconds=60, memory_mb=4096)


def _apart(work, tmp_path: Path, limits: Limits = ROOMY, **more):
    return run_apart(work, limits, tmp_path / "log.txt", **more)


def test_the_result_comes_back(tmp_path: Path) -> None:
    found = _apart(lambda _tell: {"pid": os.getpid(), "array": np.arange(3)}, tmp_path)
    assert found["pid"] != os.getpid()
    assert found["array"].tolist() == [0, 1, 2]


def test_what_is_told_arrives_in_order(tmp_path: Path) -> None:
    told: list[dict[str, int]] = []

    def work(tell):
        for step in range(5):
            tell({"step": step})

    _apart(work, tmp_path, tell=told.append)
    assert [figures["step"] for figures in told] == [0, 1, 2, 3, 4]


def test_what_is_printed_goes_to_the_log(tmp_path: Path, capfd) -> None:
    def work(_tell):
        sys.stdout.write("from python\n")
        os.write(2, b"from below\n")

    _apart(work, tmp_path)
    assert capfd.readouterr() == ("", "")
    assert {"from python", "from below"} <= set((tmp_path / "log.txt").read_text().splitlines())


def test_an_error_is_the_reason(tmp_path: Path) -> None:
    def work(_tell):
        raise ValueError("Input contains NaN.\nmore")

    with pytest.raises(TrialFailed, match=r"^ValueError: Input contains NaN\.$"):
        _apart(work, tmp_path)
    assert "Traceback" in (tmp_path / "log.txt").read_text()


def test_a_full_disk_is_the_reason(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match=r"^the disk is full$"):
        _apart(lambda _tell: Path("/dev/full").write_text("weights"), tmp_path)


def test_a_crash_is_the_reason(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match=r"crashed \(SIGSEGV\)"):
        _apart(lambda _tell: os.kill(os.getpid(), signal.SIGSEGV), tmp_path)


def test_killed_by_the_system(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match="memory ran out"):
        _apart(lambda _tell: os.kill(os.getpid(), signal.SIGKILL), tmp_path)


def test_pruned_stays_pruned(tmp_path: Path) -> None:
    def work(_tell):
        raise Pruned("can't win")

    with pytest.raises(Pruned, match="can't win"):
        _apart(work, tmp_path)


def test_too_long(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match="took longer than the 1 s"):
        _apart(lambda _tell: time.sleep(600), tmp_path, Limits(seconds=1, memory_mb=4096))


def test_too_much_memory_bit_by_bit(tmp_path: Path) -> None:
    meter = Meter()

    def work(_tell):
        held = []
        while True:
            held.append(np.ones(1_000_000))  # 8 MB, touched
            time.sleep(0.05)  # slowly: it is the looks from outside that are tried

    with pytest.raises(TrialFailed, match="more memory than the 400 MB"):
        _apart(work, tmp_path, Limits(seconds=120, memory_mb=400), meter=meter)
    assert meter.peak_mb is not None
    assert meter.peak_mb >= 400


def test_too_much_memory_at_once(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match="more memory than the 100 MB"):
        _apart(lambda _tell: np.ones(10**12).sum(), tmp_path, Limits(seconds=60, memory_mb=100))


def test_descendants_end_too(tmp_path: Path) -> None:
    note = tmp_path / "child"

    def work(_tell):
        child = os.fork()
        if not child:
            time.sleep(600)
        note.with_suffix(".new").write_text(str(child))
        note.with_suffix(".new").rename(note)
        time.sleep(600)

    with pytest.raises(Stopped):
        _apart(work, tmp_path, stop=note.exists)
    child = int(note.read_text())
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists() and "State:\tZ" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_cannot_be_handed_over_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match="cannot be handed over"):
        _apart(lambda _tell: lambda: None, tmp_path)
