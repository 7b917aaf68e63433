"""Which trials are mixed, and how much of each.

Source: Caruana and others, Ensemble selection from libraries of models, 2004: greedy, with replacement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.training.domain.trials import Trial
from holdfast.training.trainers.tabular.scoring import Table

Array = np.ndarray[Any, Any]

_ROUNDS = 20
_CANDIDATES = 20
_MOST_MEMBERS = 6
_LARGE_BYTES = 25_000_000
_DRAWS = 60


@dataclass(frozen=True)
class Blend:
    """Trials and their weights, which sum to one; a single trial has weight 1.

    Args:
        score: of their mixed predictions on the judged rows.
        gain: over the best single trial, by the metric; 0 for a single one.
    """

    members: tuple[tuple[Trial, float], ...]
    score: float
    gain: float = 0.0


def choose(table: Table, trials: Sequence[Trial]) -> Blend:
    """The best mixture, or the best trial alone where mixing gains less than chance could.

    Args:
        table: that the trials were judged on.
        trials: with predictions for the judged rows, best first.
    """
    truth = table.answers[table.judged]
    best = Blend(((trials[0], 1.0),), table.score(truth, _predictions(trials[0])))
    candidates = [
        trials[0],
        *(trial for trial in trials[1:_CANDIDATES] if _is_small(trial) and _knows_something(trial)),
    ]
    if len(candidates) < 2:
        return best
    chosen = _greedy(table, truth, candidates)
    mixed = mix(chosen)
    score = table.score(truth, mixed)
    gain = (score - best.score) * (1 if table.metric.greater_is_better else -1)
    if len(chosen) < 2 or gain <= _by_chance(table, truth, mixed, _predictions(trials[0])):
        return best
    return Blend(tuple(chosen), score, gain)


def mix(members: Sequence[tuple[Trial, float]]) -> Array:
    """Weighted predictions."""
    return np.asarray(sum(weight * _predictions(trial) for trial, weight in members))


def _predictions(trial: Trial) -> Array:
    assert trial.outcome is not None
    return np.asarray(trial.outcome.predictions, dtype=float)


def _is_small(trial: Trial) -> bool:
    return trial.outcome is not None and (trial.outcome.size_bytes or 0) < _LARGE_BYTES


def _knows_something(trial: Trial) -> bool:
    """A constant changes no order, so a ranking metric would let it dilute every probability."""
    return trial.plan.family != "dummy"


def _greedy(table: Table, truth: Array, candidates: Sequence[Trial]) -> list[tuple[Trial, float]]:
    known = [_predictions(trial) for trial in candidates]
    picked: list[int] = [0]
    total = known[0].copy()
    history = [(table.score(truth, total), 1)]
    for _ in range(_ROUNDS - 1):
        allowed = set(picked) if len(set(picked)) >= _MOST_MEMBERS else range(len(known))
        scored = [(table.score(truth, (total + known[index]) / (len(picked) + 1)), index) for index in allowed]
        score, index = _best(scored, greater=table.metric.greater_is_better)
        picked.append(index)
        total += known[index]
        history.append((score, len(picked)))
    _score, length = _best(history, greater=table.metric.greater_is_better)
    counted = Counter(picked[:length])
    return [(candidates[index], count / length) for index, count in counted.most_common()]


def _best(scored: Sequence[tuple[float, int]], *, greater: bool) -> tuple[float, int]:
    return max(scored, key=lambda pair: (pair[0] if greater else -pair[0], -pair[1]))


def _by_chance(table: Table, truth: Array, mixed: Array, alone: Array) -> float:
    """One standard error of the difference between two predictions of the same rows."""
    random = np.random.default_rng(0)
    differences = []
    for _ in range(_DRAWS):
        rows = random.integers(0, len(truth), len(truth))
        differences.append(table.score(truth[rows], mixed[rows]) - table.score(truth[rows], alone[rows]))
    return float(np.nanstd(differences))
