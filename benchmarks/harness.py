"""What all benchmarks share: CPU seconds and memory of process trees, rounds by turns, and the table they print.

Knows processes, not Holdfast. Linux only: it reads /proc.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

GIBIBYTE = 1 << 30
MEBIBYTE = 1 << 20
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def process_tree(pid: int) -> list[int]:
    """A process and all its living descendants."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(word) for word in _read(children).split()]
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process tree so far, children that have ended and were waited for included."""
    return sum(_own_cpu_seconds(each) for each in process_tree(pid))


def precise_cpu_seconds(pid: int) -> float:
    """The same of one process's living threads alone, to the nanosecond: for single requests to a thread pool."""
    found = (_read(path).split() for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(words[0]) for words in found if words) / 1e9


def resident_bytes(pid: int) -> int:
    """Resident memory of a process tree now; pages that its processes share count once for each."""
    sizes = (_read(Path(f"/proc/{each}/statm")).split() for each in process_tree(pid))
    return sum(int(size[1]) * _PAGE for size in sizes if size)


def peak_resident_bytes(pid: int) -> int:
    """The highest resident memory that each process of a tree ever had, summed."""
    return sum(_peak(each) for each in process_tree(pid))


def _own_cpu_seconds(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(int(word) for word in fields[11:15]) / _TICKS


def _peak(pid: int) -> int:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ended in between
        return ""


@dataclass
class Costs:
    """What the rounds of one contender took, in seconds: CPU of its server, and wall time."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def cpu_median(self) -> float:
        """Seconds."""
        return statistics.median(self.cpu)

    @property
    def wall_median(self) -> float:
        """Seconds."""
        return statistics.median(self.wall)


@dataclass(frozen=True)
class Contender:
    """Something to measure: a server's process id, and what to do in a round, told the round's number."""

    pid: int
    act: Callable[[int], object]
    reset: Callable[[], object] | None = None


def interleave(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Costs]:
    """Let the contenders act by turns, in an order that changes with each round."""
    costs = {name: Costs() for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            contender = contenders[name]
            cpu, began = cpu_seconds(contender.pid), time.perf_counter()
            contender.act(number)
            costs[name].wall.append(time.perf_counter() - began)
            costs[name].cpu.append(cpu_seconds(contender.pid) - cpu)
            if contender.reset is not None:
                contender.reset()
    return costs


def row(
    what: str,
    measured: float,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    at_best: float | None = None,
) -> bool:
    """Print one line of the table; returns False when a goal is given and missed.

    What is measured with an interval misses a lower bound only if its end `at_best` does.
    """
    goal, met = "", True
    if at_least is not None:
        goal, met = f"≥ {at_least:g}", (measured if at_best is None else at_best) >= at_least
    elif at_most is not None:
        goal, met = f"≤ {at_most:g}", measured <= at_most
    verdict = "" if not goal else "met" if met else "MISSED"
    print(f"{what:66} {_number(measured):>10} {unit:18} {goal:10} {verdict}".rstrip(), flush=True)
    return met


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def write_random(path: Path, size_bytes: int, seed: int = 1) -> Path:
    """A file of bytes that no one can compress, the same for the same seed."""
    source = random.Random(seed)
    with path.open("wb") as file:
        for start in range(0, size_bytes, MEBIBYTE):
            file.write(source.randbytes(min(MEBIBYTE, size_bytes - start)))
    return path


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_port(port: int, seconds: float) -> None:
    """Return once somebody answers on a port of the loopback interface.

    Raises:
        TimeoutError: nobody did.
    """
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nobody listens on port {port}")


class Program:
    """A server in a process group of its own, its output in a file."""

    def __init__(self, command: Iterable[object], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it with all its children."""
        with suppress(ProcessLookupError):  # it ended by itself, with all of them
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
