"""What was measured of each contender, the goals, and the table and JSON of both. See `benchmarks.inference`."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate

from benchmarks.harness import percentile, row
from benchmarks.serving.models import Workload

OURS = "Holdfast"
GOAL_BESIDE_PEERS = 1.0
GOAL_RATIO = 3.0
GOAL_CONCURRENCY = 32
GOAL_OVERHEAD_MS = 3.0
GOAL_SPREAD = 3.0
CERTAINTY = 0.95
ENOUGH_ANSWERS = 100
"""The 99th percentile of fewer is their maximum, and says what one of them met."""


@dataclass(frozen=True)
class Ratio:
    """A median, and where it lies with at least 95 % certainty, whatever the distribution.

    Source: the sign test; so many of `n` values lie below their true median as coins show heads.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Ratio:
        """Of less than six values, the interval is all that they span, and less certain."""
        ordered, count = sorted(values), len(values)
        tails = accumulate(math.comb(count, heads) / 2**count for heads in range(count))
        outside = sum(1 for tail in tails if tail <= (1 - CERTAINTY) / 2)
        cut = max(0, outside - 1) if outside <= count // 2 else 0
        return cls(statistics.median(ordered), ordered[cut], ordered[-1 - cut])


@dataclass
class Measured:
    """Rounds of one contender at one concurrency: answers a second, CPU seconds for each, every duration in seconds."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)

    def ratio_to(self, other: Measured) -> Ratio:
        """How much faster it was, compared round by round."""
        return Ratio.of([own / others for own, others in zip(self.rates, other.rates, strict=True)])

    def note(self, wall: float, cpu: float, durations: Sequence[float]) -> None:
        self.rates.append(len(durations) / wall)
        self.cpu.append(cpu / len(durations))
        self.durations += durations

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(self.cpu) * 1000

    @property
    def middle_ms(self) -> float:
        return percentile(self.durations, 0.5) * 1000

    @property
    def spread(self) -> float:
        return percentile(self.durations, 0.99) * 1000 / self.middle_ms


@dataclass(frozen=True)
class Figures:
    """One contender at one concurrency; rates are per second, of tokens where something is written."""

    workload: str
    contender: str
    concurrency: int
    answers: int
    rate: float
    cpu_ms: float
    p50_ms: float
    p99_to_p50: float


@dataclass(frozen=True)
class Goal:
    """Something that must hold; `judged` is False where there are too few answers to tell."""

    workload: str
    contender: str
    concurrency: int
    what: str
    unit: str
    measured: float
    at_least: float | None = None
    at_most: float | None = None
    judged: bool = True
    interval: tuple[float, float] | None = None
    """Where what is measured lies for certain. A goal is missed when that is certain too."""

    @property
    def is_met(self) -> bool:
        best = self.interval[1] if self.interval else self.measured
        return not self.judged or (
            best >= self.at_least if self.at_least is not None else self.measured <= (self.at_most or 0.0)
        )


@dataclass(frozen=True)
class Outcome:
    """One workload: the loop, and who served it by name and concurrency."""

    workload: Workload
    loop: Measured
    served: dict[tuple[str, int], Measured]

    def figures(self) -> Iterator[Figures]:
        """The loop first."""
        yield self._figures("plain transformers in a loop", 1, self.loop)
        for (name, concurrency), measured in self.served.items():
            yield self._figures(name, concurrency, measured)

    def _figures(self, name: str, concurrency: int, measured: Measured) -> Figures:
        rate, answers = measured.rate * (self.workload.new_tokens or 1), len(measured.durations)
        times = (measured.cpu_ms, measured.middle_ms, measured.spread)
        return Figures(self.workload.name, name, concurrency, answers, rate, *times)

    def goals(self) -> Iterator[Goal]:
        """Of ours, in each dtype: never slower than the best peer, little overhead, a multiple of the loop, steady."""
        for (name, concurrency), ours in self.served.items():
            if name.startswith(OURS):
                where = (self.workload.name, name, concurrency)
                peers = [one for (other, many), one in self.served.items() if self._is_peer(other, many, where)]
                if peers:
                    ratio = min((ours.ratio_to(peer) for peer in peers), key=lambda found: found.median)
                    yield _compared(where, "rate beside the best peer's", ratio, GOAL_BESIDE_PEERS)
                if concurrency == GOAL_CONCURRENCY:
                    yield _compared(where, "rate beside the loop's", ours.ratio_to(self.loop), GOAL_RATIO)
                if concurrency == 1 and not self.workload.new_tokens:
                    over = ours.middle_ms - self.loop.middle_ms
                    yield Goal(*where, "median beyond the loop's", "ms", over, at_most=GOAL_OVERHEAD_MS)
                many = len(ours.durations) >= ENOUGH_ANSWERS
                yield Goal(*where, "p99 / p50", "", ours.spread, at_most=GOAL_SPREAD, judged=many)

    @staticmethod
    def _is_peer(other: str, many: int, where: tuple[str, str, int]) -> bool:
        return not other.startswith(OURS) and many == where[2]


def _compared(where: tuple[str, str, int], what: str, ratio: Ratio, at_least: float) -> Goal:
    return Goal(*where, what, "×", ratio.median, at_least=at_least, interval=(ratio.low, ratio.high))


def show(outcome: Outcome) -> bool:
    """Print the figures of one workload, then its goals; returns whether all are met."""
    unit = "tokens/s" if outcome.workload.new_tokens else "texts/s"
    print(
        f"\n{outcome.workload.name}\n  {'':28} {'at':>3} {unit:>10} {'CPU ms':>8} {'p50 ms':>8} {'p99/p50':>8} answers"
    )
    for one in outcome.figures():
        numbers = f"{one.rate:10.1f} {one.cpu_ms:8.2f} {one.p50_ms:8.1f} {one.p99_to_p50:8.2f} {one.answers:7}"
        print(f"  {one.contender:28} {one.concurrency:3} {numbers}", flush=True)
    met = [_shown(goal) for goal in outcome.goals()]
    return all(met)


def _shown(goal: Goal) -> bool:
    what = f"  {goal.contender} at {goal.concurrency}: {goal.what}"
    if not goal.judged:
        row(f"{what}, of fewer than {ENOUGH_ANSWERS}", goal.measured, goal.unit)
        return True
    at_best = None
    if goal.interval:
        what, at_best = f"{what}, {goal.interval[0]:.2f} to {goal.interval[1]:.2f}", goal.interval[1]
    return row(what, goal.measured, goal.unit, at_least=goal.at_least, at_most=goal.at_most, at_best=at_best)


def as_json(outcomes: Sequence[Outcome], left_out: Sequence[str], options: dict[str, object]) -> dict[str, object]:
    """Everything, for programs."""
    return {
        "options": options,
        "left_out": list(left_out),
        "figures": [asdict(one) for outcome in outcomes for one in outcome.figures()],
        "goals": [asdict(goal) | {"met": goal.is_met} for outcome in outcomes for goal in outcome.goals()],
    }
