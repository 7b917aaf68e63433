"""What the end of a run costs: to fit a trial's model once more, on all rows, and to write it."""

from __future__ import annotations

from holdfast.training.domain.trials import Trial

MORE_ROUNDS = 1.1
"""All rows are more than those of a fold, and bear a few more trees."""
_SAFETY = 1.3
_WRITING_SECONDS, _WRITING_SECONDS_PER_MB = 0.6, 0.06
_SECONDS_PER_TREE = 0.0015
"""To write a boosted tree as scikit-learn's, and to read it again when the model is judged."""


def making_seconds(trial: Trial, growth: float, labels: int = 1) -> float:
    """Seconds to make a trial's model for good, on the safe side.

    Args:
        trial: that gave a model.
        growth: how many times the rows of one of its fits there are in all.
        labels: how many; boosters have trees for each of more than two.
    """
    if trial.outcome is None:
        return trial.seconds
    rounds = MORE_ROUNDS if "rounds" in trial.outcome.metrics else 1.0
    fitting = trial.outcome.metrics.get("fit_seconds", trial.seconds) * growth * rounds
    trees = rounds * trial.outcome.metrics.get("rounds", 0.0) * (labels if labels > 2 else 1)
    writing = _WRITING_SECONDS + _WRITING_SECONDS_PER_MB * (trial.outcome.size_bytes or 0) / 1e6
    return _SAFETY * (fitting + writing + _SECONDS_PER_TREE * trees)
