"""How the score grows with the rows: the best trial once more on an eighth, a quarter and a half of them.

It is measured only where what is left of the budget pays for it; each size is fitted and scored as trials are, on rows
that the fit did not see, and the sealed rows stay sealed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.exhibits import LearningCurve
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Trial
from holdfast.training.search.isolation import Limits, Meter, run_apart
from holdfast.training.splitting import seal
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import Place, TrialFailed

_PARTS = (8, 4, 2)
_FEWEST_ROWS = 40
_DEARER = 2.0
"""A fit takes as long as its rows are many, and something for itself."""
_FOR_ITSELF_SECONDS = 0.5
_LONGEST_SECONDS = 60.0

Fit = Callable[[TrainingData, Path], Outcome]


@dataclass(frozen=True)
class Means:
    """What measuring may use.

    Args:
        seconds: that are to spare.
        memory_mb: of one fit.
        folder: to work in.
        meter: of memory.
    """

    seconds: float
    memory_mb: int
    folder: Path
    meter: Meter


def learning_curve(data: TrainingData, spec: TrainingSpec, board: Board, means: Means) -> LearningCurve:
    """The best trial's score by rows, as far as time allows.

    Args:
        data: rows to learn from are cut down; the sealed ones are not touched.
        spec: of the run.
        board: with the best trial, whose own score is the last point.
        means: what it may use.
    """
    best = board.best
    if best is None or best.outcome is None:
        return LearningCurve(left_out="There is no trial with a score.")
    sizes = [parts for parts in _PARTS if len(data.train) // parts >= _FEWEST_ROWS]
    if not sizes or not data.columns.get("target"):
        return LearningCurve(best.plan.family, left_out=f"It takes a target and {2 * _FEWEST_ROWS} rows to learn from.")
    wanted, spare = _seconds(best, sizes), min(means.seconds, _LONGEST_SECONDS)
    if wanted > spare:
        said = f"It would take about {wanted:.0f} s, and {max(0.0, spare):.0f} s of the budget were left for it."
        return LearningCurve(best.plan.family, left_out=said)
    points = list(_points(data, spec, best, sizes, replace(means, seconds=spare)))
    if not points:
        return LearningCurve(best.plan.family, left_out="No smaller part of the rows could be learned from in time.")
    last = (len(data.train), best.outcome.score, best.outcome.standard_error)
    return LearningCurve(best.plan.family, (*points, last))


def _seconds(best: Trial, sizes: list[int]) -> float:
    return _DEARER * sum(best.seconds / parts + _FOR_ITSELF_SECONDS for parts in sizes)


def _points(
    data: TrainingData, spec: TrainingSpec, best: Trial, sizes: list[int], means: Means
) -> Iterator[tuple[int, float, float | None]]:
    until = time.monotonic() + means.seconds
    for parts in sizes:
        left = until - time.monotonic()
        if left <= 0:
            return
        part = _part(data, parts, spec)
        try:
            outcome = _fit(part, spec, best, replace(means, seconds=left))
        except TrialFailed:
            continue  # a rare label is not among so few rows, say: the other sizes tell enough
        if math.isfinite(outcome.score):
            yield len(part.train), outcome.score, outcome.standard_error


def _part(data: TrainingData, parts: int, spec: TrainingSpec) -> TrainingData:
    """One of so many parts of the rows, with its share of each label; the latest ones where a date orders them."""
    target = data.columns["target"] if data.labels else None
    _rest, kept = seal(data.train, 1 / parts, spec.seed, target=target, groups=data.groups, order=data.order)
    return replace(data, train=kept, test=data.test.iloc[:0])


def _fit(part: TrainingData, spec: TrainingSpec, best: Trial, means: Means) -> Outcome:
    folder = means.folder / f"{len(part.train):08d}"
    folder.mkdir(parents=True, exist_ok=True)

    def work(_tell: object) -> Outcome:
        trainer = registry.module_of(spec.task).prepare(part, replace(spec, trial=None))
        plan = replace(best.plan, limit_seconds=None)
        outcome: Outcome = trainer.fit(plan, Place(folder, lambda _figures: None, spec.seed * 1_000 + best.number))
        return replace(outcome, predictions=None)

    return run_apart(work, Limits(means.seconds, means.memory_mb), folder / "log.txt", meter=means.meter)
