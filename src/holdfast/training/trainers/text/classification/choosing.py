"""Which trial becomes the model: of many examples the best, judged alike; of few, what is likeliest best.

A score over two dozen rows is mostly luck: its standard error is 0.1, more than families differ. So scores are drawn
towards what families are usually worth with so few examples, the more so the less certain they are. With a hundred
rows a label little of that is left. An encoder drawn to the labels is held against itself untaught: it differs from
that by far less than other families do from each other, whatever the task.

Source: Efron and Morris 1975, "Data analysis using Stein's estimator and its generalizations", for the shrinkage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.training.domain.trials import Board, Trial
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.scoring import score

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
_TAUGHT, _UNTAUGHT = "setfit", ("embeddings-linear", "embeddings-linear-with-descriptions")
_GAIN, _SPREAD_OF_GAIN = 0.045, 0.03
"""Of drawing an encoder at 8 examples a label, over spam, sentiment and abstracts: from 0.01 to 0.08 of macro-F1."""
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
    errors = [_error(trial, rows) for trial in trials]
    drawn = expected([_score(trial) for trial in trials], errors, _usual(trials))
    return trials[int(np.argmax(_beside_untaught(trials, errors, drawn)))]


def _beside_untaught(trials: Sequence[Trial], errors: Sequence[float], drawn: Sequence[float]) -> list[float]:
    """What is expected of trials, where a taught encoder is held against the best that it was untaught."""
    untaught = [place for place, trial in enumerate(trials) if trial.plan.family in _UNTAUGHT]
    found = list(drawn)
    if not untaught:
        return found
    best = max(untaught, key=lambda place: drawn[place])
    for place, trial in enumerate(trials):
        if trial.plan.family == _TAUGHT:
            error = math.hypot(errors[place], errors[best])
            weight = _SPREAD_OF_GAIN**2 / (_SPREAD_OF_GAIN**2 + error**2)
            gain = _score(trial) - _score(trials[best])
            found[place] = drawn[best] + weight * gain + (1.0 - weight) * _GAIN
    return found


def best_by_same_rows(board: Board, material: Material) -> Trial | None:
    """The best trial, where those that were judged by the first fold alone are held against what others scored there.

    Args:
        board: with all trials.
        material: that they were judged by.
    """
    trials = board.finished()
    first = material.folds[0].judged
    whole = [trial for trial in trials if _predictions(trial) is not None]
    others = [trial for trial in trials if _predictions(trial) is None]
    if not whole or not others or len(material.folds) == 1:
        return board.best
    there = score(board.metric.name, material.targets.at(first), _predictions(whole[0])[: len(first)])
    return others[0] if board.metric.better(_score(others[0]), there) else whole[0]


def _predictions(trial: Trial) -> Any:
    assert trial.outcome is not None
    return trial.outcome.predictions


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
