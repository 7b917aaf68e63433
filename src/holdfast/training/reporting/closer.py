"""A closer look at the sealed rows: what the simplest rule would score, where the model is weak, what it got wrong.

Nothing here asks the model again: everything comes from its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.training import scores
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.exhibits import Mistake
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.trials import Metric
from holdfast.training.reporting.slices import find_slices
from holdfast.training.reporting.wording import shown

Array = np.ndarray[Any, Any]
Measure = Callable[[Array, str | None], Mapping[str, float]]
"""Scores on the rows of these places; of one metric alone, or of all."""

_DRAWS = 100
_MOST_MISTAKES = 20


def look_closer(judgement: Judgement, data: TrainingData, metric: Metric) -> Judgement:
    """The judgement with its baseline, slices and mistakes, as far as its answers belong to rows."""
    places = _places(judgement, data)
    if places is None:
        return judgement
    judged = _with_baseline(judgement, data, metric)
    wrong = wrongness(judgement)
    if wrong is None:
        return judged
    slices, groups = find_slices(data, places, wrong, numbers=_is_numbers(judgement))
    return replace(judged, slices=slices, groups=groups, mistakes=_mistakes(judgement, data, places, wrong))


def _places(judgement: Judgement, data: TrainingData) -> Array | None:
    """Which sealed row each answer belongs to; None where answers belong to none."""
    if judgement.positions is not None:
        return np.asarray(judgement.positions, dtype=int)
    whole = len(judgement.truth) == len(judgement.answers) == len(data.test) > 0
    return np.arange(len(data.test)) if whole else None


def _is_numbers(judgement: Judgement) -> bool:
    return bool(len(judgement.truth)) and isinstance(judgement.truth[0], float)


def wrongness(judgement: Judgement) -> Array | None:
    """How wrong each answer is, 0 where it is right: 1 less the truth's probability, a share of tags, or a distance.

    None where an answer is neither right nor wrong by itself, as a summary is.
    """
    truth, said = judgement.truth, judgement.answers
    if _is_numbers(judgement):
        return np.asarray(np.abs(np.asarray(truth, dtype=float) - np.asarray(said, dtype=float)))
    if truth and isinstance(truth[0], list):
        return np.asarray([_list_wrongness(one, other) for one, other in zip(truth, said, strict=True)])
    if not judgement.labels or judgement.probabilities is None:
        return None
    places = {label: place for place, label in enumerate(judgement.labels)}
    given = np.asarray(judgement.probabilities, dtype=float)
    of_truth = given[np.arange(len(truth)), [places[str(one)] for one in truth]]
    right = np.asarray([str(one) == str(other) for one, other in zip(truth, said, strict=True)])
    return np.where(right, 0.0, np.clip(1.0 - of_truth, 1e-9, 1.0))


def _list_wrongness(truth: Any, said: Any) -> float:
    """Share of labels that are missing or too many."""
    if not isinstance(said, list):
        return float(said not in truth)
    if len(truth) == len(said) > 0:
        return float(np.mean([one != other for one, other in zip(truth, said, strict=True)]))
    return len(set(truth) ^ set(said)) / max(1, len(set(truth) | set(said)))


def _mistakes(judgement: Judgement, data: TrainingData, places: Array, wrong: Array) -> tuple[Mistake, ...]:
    order = [at for at in np.argsort(-wrong, kind="stable")[:_MOST_MISTAKES] if wrong[at] > 0]
    sure = confidence(judgement)
    columns = [name for name in data.test.columns if name != data.columns.get("target")]
    return tuple(
        Mistake(
            int(places[at]),
            judgement.truth[at],
            judgement.answers[at],
            None if sure is None else float(sure[at]),
            shown(data.test.iloc[int(places[at])], columns, data.kinds),
        )
        for at in order
    )


def confidence(judgement: Judgement) -> Array | None:
    """How sure the model is of each answer; None where it does not say, or says several things at once."""
    if judgement.probabilities is None or (judgement.truth and isinstance(judgement.truth[0], list)):
        return None
    return np.asarray(np.asarray(judgement.probabilities, dtype=float).max(axis=1))


def _with_baseline(judgement: Judgement, data: TrainingData, metric: Metric) -> Judgement:
    """The simplest rule on the same rows: shares of labels among the rows to learn from, or their mean."""
    target = data.columns.get("target")
    if target is None or target not in data.train:
        return judgement
    if _is_numbers(judgement):
        mean = np.full(len(judgement.truth), float(np.nanmean(data.train[target].to_numpy(dtype=float))))
        return _compared(judgement, metric, _of_numbers(judgement, judgement.answers), _of_numbers(judgement, mean))
    if judgement.labels and judgement.truth and isinstance(judgement.truth[0], str):
        known = data.train[target].astype(str).value_counts()
        counts = np.asarray([known.get(label, 0) for label in judgement.labels], dtype=float) + 1e-9
        shares = np.tile(counts / counts.sum(), (len(judgement.truth), 1))
        model, rule = _of_labels(judgement, judgement.probabilities), _of_labels(judgement, shares)
        return _compared(judgement, metric, model, rule)
    return judgement


def _of_numbers(judgement: Judgement, said: Any) -> Measure:
    truth, given = np.asarray(judgement.truth, dtype=float), np.asarray(said, dtype=float)
    return lambda rows, _only: scores.of_numbers(truth[rows], given[rows])


def _of_labels(judgement: Judgement, said: Any) -> Measure:
    truth, given = np.asarray(judgement.truth, dtype=str), np.asarray(said, dtype=float)
    return lambda rows, only: scores.of_labels(truth[rows], given[rows], judgement.labels, only)


def _compared(judgement: Judgement, metric: Metric, model: Measure, rule: Measure) -> Judgement:
    every = np.arange(len(judgement.truth))
    found = {name: value for name, value in rule(every, None).items() if name in judgement.scores}
    random = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {name: [] for name in found}
    gains: list[float] = []
    sign = 1.0 if metric.greater_is_better else -1.0
    for _ in range(_DRAWS if len(every) > 1 else 0):
        rows = random.integers(0, len(every), len(every))
        said, of_model = rule(rows, None), model(rows, metric.name)
        for name, values in drawn.items():
            values.append(said.get(name, np.nan))
        gains.append(sign * (of_model.get(metric.name, np.nan) - said.get(metric.name, np.nan)))
    intervals = {name: span for name, values in drawn.items() if (span := _middle(values)) is not None}
    gain = _gain(judgement, found, metric, sign, gains)
    return replace(judgement, baseline=found, baseline_intervals=intervals, gain=gain)


def _gain(
    judgement: Judgement, rule: Mapping[str, float], metric: Metric, sign: float, drawn: Sequence[float]
) -> tuple[float, float, float] | None:
    span = _middle(drawn)
    if span is None or metric.name not in rule or metric.name not in judgement.scores:
        return None
    return sign * (judgement.scores[metric.name] - rule[metric.name]), *span


def _middle(values: Sequence[float]) -> tuple[float, float] | None:
    """Where 95 of 100 draws fall; None where nothing could be computed."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return (float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975))) if len(known) else None
