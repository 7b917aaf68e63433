"""Which trials are mixed, and how much of each.

What mixes best on a few hundred rows is mostly chance, so two mixtures are themselves mixed: one made for the judged
rows, and an even one of all families that these rows can't tell from the best. The fewer rows, the more of the second.

Source: Caruana and others, Ensemble selection from libraries of models, 2004: greedy, with replacement.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.training.domain.trials import Trial, first_of_each_family
from holdfast.training.trainers.tabular.scoring import Table

Array = np.ndarray[Any, Any]

_ROUNDS = 20
_CANDIDATES = 20
_MOST_MEMBERS = 6
_LEAST_SHARE = 0.05
"""What counts for less changes no answer, and would be fitted, kept and asked all the same."""
_LARGE_BYTES = 25_000_000
_DRAWS = 40
_EVEN_ROWS = 1_000
"""With so many rows both mixtures count alike. Over eight splits of eight tables of 112 to 426 rows and three splits of
three tables of up to 5,282 rows, the loss fell by 15 % in the mean, most on the smallest; it rose by 0.5 % at most."""
_ERRORS_APART = 3.0
"""Standard errors by which a family must be worse to be left out of the even mixture."""


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
    """The mixture that is most likely best on new rows; one trial alone where there is nothing to mix it with.

    Args:
        table: that the trials were judged on.
        trials: with predictions for the judged rows, best first.
    """
    truth = table.answers[table.judged]
    best = Blend(((trials[0], 1.0),), table.score(truth, _predictions(trials[0])))
    others = [trial for trial in trials[1:] if _is_small(trial) and _knows_something(trial)]
    if not others:
        return best
    even_share = _EVEN_ROWS / (_EVEN_ROWS + len(truth))
    shares: dict[int, float] = defaultdict(float)
    for trial, weight in _greedy(table, truth, [trials[0], *others[: _CANDIDATES - 1]]):
        shares[trial.number] += (1 - even_share) * weight
    alike = _alike(table, truth, first_of_each_family([trials[0], *others]))
    for trial in alike:
        shares[trial.number] += even_share / len(alike)
    members = _heaviest(shares, trials)
    score = table.score(truth, mix(members))
    return Blend(members, score, (score - best.score) * (1 if table.metric.greater_is_better else -1))


def _heaviest(shares: Mapping[int, float], trials: Sequence[Trial]) -> tuple[tuple[Trial, float], ...]:
    by_number = {trial.number: trial for trial in trials}
    worth_it = [number for number, share in shares.items() if share >= _LEAST_SHARE]
    kept = sorted(worth_it, key=lambda number: -shares[number])[:_MOST_MEMBERS]
    total = sum(shares[number] for number in kept)
    return tuple((by_number[number], shares[number] / total) for number in kept)


def _alike(table: Table, truth: Array, trials: Sequence[Trial]) -> list[Trial]:
    """The first, and those that may be worse by chance alone."""
    random = np.random.default_rng(0)
    draws = [random.integers(0, len(truth), len(truth)) for _ in range(_DRAWS)]
    sign = 1 if table.metric.greater_is_better else -1

    def drawn(trial: Trial) -> Array:
        given = _predictions(trial)
        return sign * np.array([table.score(truth[rows], given[rows]) for rows in draws])

    best = drawn(trials[0])
    worse = [(trial, best - drawn(trial)) for trial in trials[1:]]
    near = [trial for trial, gaps in worse if np.nanmean(gaps) <= _ERRORS_APART * np.nanstd(gaps)]
    return [trials[0], *near][:_MOST_MEMBERS]


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
