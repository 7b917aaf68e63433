"""How long a network may learn: what a first short trial took says what a longer one will take."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.training.domain.trials import Board


@dataclass(frozen=True)
class Pace:
    """Seconds that a family needs for each epoch or step, by its first finished trial; None where there is none."""

    seconds: float | None

    def affordable(self, seconds: float, most: int) -> int:
        """So many fit into the time, `most` at the most; 0 where nothing is known."""
        return min(most, int(seconds / self.seconds)) if self.seconds else 0

    def expected(self, count: int) -> float | None:
        """Seconds for so many; None where nothing is known."""
        return self.seconds * count if self.seconds else None


def pace_of(board: Board, family: str, unit: str) -> Pace:
    """The pace of a family.

    Args:
        board: with its trials so far.
        family: of models.
        unit: the parameter that says how long a trial learned: `epochs`, `steps`.
    """
    done = [trial for trial in board.finished() if trial.plan.family == family and unit in trial.plan.parameters]
    if not done:
        return Pace(None)
    first = min(done, key=lambda trial: trial.number)
    assert first.outcome is not None
    count = first.outcome.metrics.get(unit, float(first.plan.parameters[unit]))
    return Pace(first.seconds / max(count, 1e-3))
