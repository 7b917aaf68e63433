"""A ladder of families, from cheap to dear: the one trainer of all text tasks.

A rung proposes its trials, fits one, and writes the model of its best. The ladder asks the rungs in order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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


@dataclass(frozen=True)
class Ladder:
    """A `Trainer` of rungs.

    Args:
        rungs: cheap ones first.
        candidates: families to try; None means all.
    """

    rungs: Sequence[Rung]
    candidates: tuple[str, ...] | None = None

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
        """Time for the model of the best so far."""
        if board.best is not None:
            clock.keep_back(self._rung(board.best.plan.family).finish_seconds(board.best))

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """One trial, by the rung that knows its family."""
        return self._rung(plan.family).fit(plan, place)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """The model of the best trial."""
        best = board.best
        if best is None:
            raise TrialFailed("the budget was used up before any model could be fitted")
        return self._rung(best.plan.family).finish(best, board.folder_of(best), folder, clock)

    def _rung(self, family: str) -> Rung:
        return next(rung for rung in self.rungs if family in rung.families)


def skipped(family: str, reason: str) -> Plan:
    """A trial that can't be made: it would take for ever, so the search puts it on the board as skipped.

    Args:
        family: that would have been tried.
        reason: why not, in plain words.
    """
    return Plan(family, expected_seconds=math.inf, reason=reason)


WRITING_SECONDS = 3.0
"""To write a model that is there already."""


def refit_seconds(trial: Trial, folds: int) -> float:
    """How long it takes to fit once more, on all rows, what a trial fitted in folds."""
    return WRITING_SECONDS + 1.5 * trial.seconds / folds
