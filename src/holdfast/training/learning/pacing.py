"""How long a network may learn: what a first short trial took says what a longer one will take."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.training.domain.trials import Board

_LEAST_SHARE = 0.1
"""Of a trial, that was certainly spent on learning."""


@dataclass(frozen=True)
class Pace:
    """How long a family takes, by its first finished trial.

    Args:
        seconds: for each epoch or step; None where there is no such trial.
        once: seconds that any trial takes, however long it learns.
    """

    seconds: float | None
    once: float = 0.0

    def affordable(self, seconds: float, most: int) -> int:
        """So many fit into the time, `most` at the most; 0 where nothing is known."""
        return max(0, min(most, int((seconds - self.once) / self.seconds))) if self.seconds else 0

    def expected(self, count: int) -> float | None:
        """Seconds for so many; None where nothing is known."""
        return self.once + self.seconds * count if self.seconds else None


def pace_of(board: Board, family: str, unit: str, once: float = 0.0) -> Pace:
    """The pace of a family.

    Args:
        board: with its trials so far.
        family: of models.
        unit: the parameter that says how long a trial learned: `epochs`, `steps`.
        once: seconds that any trial takes to begin and to be judged, as far as they are known.
    """
    done = [trial for trial in board.finished() if trial.plan.family == family and unit in trial.plan.parameters]
    if not done:
        return Pace(None)
    first = min(done, key=lambda trial: trial.number)
    assert first.outcome is not None
    count = first.outcome.metrics.get(unit, float(first.plan.parameters[unit]))
    learning = max(first.seconds - once, _LEAST_SHARE * first.seconds)
    return Pace(learning / max(count, 1e-3), first.seconds - learning)
