"""Which trial becomes the model where examples are few.

A score over two dozen rows is mostly luck: its standard error is 0.1, more than families differ. So scores are drawn
towards what families are usually worth with so few examples, the more so the less certain they are. With a hundred
rows a label little of that is left.

Source: Efron and Morris 1975, "Data analysis using Stein's estimator and its generalizations", for the shrinkage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from holdfast.training.domain.trials import Board, Trial

_USUAL = {
    "majority": -0.15,
    "tfidf-linear": 0.0,
    "tfidf-svm": 0.0,
    "zero-shot": 0.03,
    "embeddings-linear": 0.10,
    "embeddings-linear-with-descriptions": 0.10,
    "setfit": 0.14,
}
"""Macro-F1 beside word counts at 8 examples a label: means over spam, sentiment, banking, hate and sexism."""
_SPREAD = 0.08
"""Of what families are worth from one task to another, around these means: a standard deviation."""
_LEAST_ERROR = 0.3
_OF_SHARES = ("macro_f1", "accuracy", "balanced_accuracy", "micro_f1")


def choose(board: Board, rows: int) -> Trial | None:
    """The trial that is most likely best; None where none has a score.

    Args:
        board: with all trials.
        rows: that there are to learn from and to be judged by.
    """
    trials = board.finished()
    known = all(trial.plan.family in _USUAL for trial in trials)
    if not trials or not known or board.metric.name not in _OF_SHARES:
        return board.best
    drawn = expected([_score(trial) for trial in trials], [_error(trial, rows) for trial in trials], _usual(trials))
    return trials[int(np.argmax(drawn))]


def expected(scores: Sequence[float], errors: Sequence[float], usual: Sequence[float]) -> list[float]:
    """Scores drawn towards what is usual.

    Args:
        scores: of the trials.
        errors: their standard errors.
        usual: what their families are usually worth, beside each other.
    """
    weights = np.array([_SPREAD**2 / (_SPREAD**2 + error**2) for error in errors])
    over = np.array(scores) - np.array(usual)
    level = float((weights * over).sum() / weights.sum())
    drawn = weights * np.array(scores) + (1.0 - weights) * (level + np.array(usual))
    return [float(one) for one in drawn]


def _score(trial: Trial) -> float:
    assert trial.outcome is not None
    return trial.outcome.score


def _error(trial: Trial, rows: int) -> float:
    """As drawn, but never less than that of nine answers in ten: to be right a dozen times is luck too."""
    assert trial.outcome is not None
    return max(trial.outcome.standard_error or 0.0, _LEAST_ERROR / math.sqrt(rows))


def _usual(trials: Sequence[Trial]) -> list[float]:
    return [_USUAL[trial.plan.family] for trial in trials]
