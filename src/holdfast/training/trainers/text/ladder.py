"""A ladder of families, from cheap to dear: the one trainer of all text tasks.

A rung proposes its trials, fits one, and writes the model of its best. The ladder asks the rungs in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Protocol

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place, TrialFailed


class Rung(Protocol):
    """Families of models that are made in one way."""

    families: ClassVar[tuple[str, ...]]

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Trials of these families; see `Trainer.plans`."""
        ...

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """See `Trainer.fit`."""
        ...

    def finish_seconds(self, trial: Trial) -> float:
        """How long `finish` would take for a trial."""
        ...

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:
        """Write the model of the best trial, whose own folder is `kept`; see `Trainer.finish`."""
        ...


def best(board: Board) -> Trial | None:
    """The trial with the best score."""
    return board.best


@dataclass(frozen=True)
class Ladder:
    """A `Trainer` of rungs.

    Args:
        rungs: cheap ones first.
        candidates: families to try; None means all.
        choose: which trial becomes the model; None where there is none.
        judging_seconds: that the sealed test may take, at most; kept back beside what `finish` takes.
        judged_rows: of the sealed test.
    """

    rungs: Sequence[Rung]
    candidates: tuple[str, ...] | None = None
    choose: Callable[[Board], Trial | None] = best
    judging_seconds: float = 0.0
    judged_rows: int = 0

    def __post_init__(self) -> None:
        known = [family for rung in self.rungs for family in rung.families]
        unknown = sorted(set(self.candidates or ()) - set(known))
        if unknown:
            raise InvalidInput(field="candidates", problem=f"has {', '.join(unknown)}; known: {', '.join(known)}")

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Trials of each rung in turn."""
        for number, rung in enumerate(self.rungs):
            if self.candidates is not None and not set(self.candidates) & set(rung.families):
                continue
            for plan in rung.plans(board, clock):
                if self.candidates is None or plan.family in self.candidates:
                    yield replace(plan, rung=number)
                    self._keep_back(board, clock)

    def _keep_back(self, board: Board, clock: Clock) -> None:
        """Time for the model that would be taken now, and for the sealed test that it will be asked."""
        chosen = self.choose(board)
        if chosen is not None:
            clock.keep_back(self._rung(chosen.plan.family).finish_seconds(chosen) + self._judging(chosen))

    def _judging(self, trial: Trial) -> float:
        assert trial.outcome is not None
        per_row = trial.outcome.predict_ms_per_row
        known = math.inf if per_row is None else _SLOWER_WHEN_SERVED * self.judged_rows * per_row / 1_000
        return min(self.judging_seconds, known)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """One trial, by the rung that knows its family."""
        return self._rung(plan.family).fit(plan, place)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """The model of the trial that was chosen."""
        chosen = self.choose(board)
        if chosen is None:
            raise TrialFailed("the budget was used up before any model could be fitted")
        return self._rung(chosen.plan.family).finish(chosen, board.folder_of(chosen), folder, clock)

    def _rung(self, family: str) -> Rung:
        return next(rung for rung in self.rungs if family in rung.families)


def skipped(family: str, reason: str) -> Plan:
    """A trial that can't be made: it would take for ever, so the search puts it on the board as skipped.

    Args:
        family: that would have been tried.
        reason: why not, in plain words.
    """
    return Plan(family, expected_seconds=math.inf, reason=reason)


_SLOWER_WHEN_SERVED = 1.5
WRITING_SECONDS = 3.0
"""To write a model that is there already."""


def refit_seconds(trial: Trial, folds: int) -> float:
    """How long it takes to fit once more, on all rows, what a trial fitted in folds."""
    return WRITING_SECONDS + 1.5 * trial.seconds / folds
