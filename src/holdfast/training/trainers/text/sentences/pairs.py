"""Pairs of texts that mean the same, or have a score; and how well vectors show it. N pairs, D dimensions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.pooling import normalized, pool
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.training import scores as shared
from holdfast.training.domain.data import TrainingData

Array = np.ndarray[Any, Any]
_DEEP = 10
_AT_ONCE = 64
Encode = Callable[[list[str]], Array]


@dataclass(frozen=True)
class Pairs:
    """What belongs together.

    Args:
        texts: questions, or texts.
        others: what answers each, or means the same.
        negatives: what does not; None where the data has none.
        scores: how alike the two are; None means that all are.
    """

    texts: list[str]
    others: list[str]
    negatives: list[str] | None = None
    values: Array | None = None

    @property
    def usual_metric(self) -> str:
        """The rank of the right text among all, or the order of the scores."""
        return "ndcg_at_10" if self.values is None else "spearman"

    @property
    def metrics(self) -> tuple[str, ...]:
        """All that can be had."""
        return (self.usual_metric,)

    def at(self, places: Array) -> Pairs:
        """Some of them."""
        return Pairs(
            [self.texts[place] for place in places],
            [self.others[place] for place in places],
            None if self.negatives is None else [self.negatives[place] for place in places],
            None if self.values is None else self.values[places],
        )

    def scores(self, cosines_NN: Array) -> dict[str, float]:  # noqa: N803
        """Metrics by name, from cosines of every text to every other text."""
        if self.values is not None:
            return {"spearman": shared.of_numbers(self.values, np.diagonal(cosines_NN)).get("spearman", 0.0)}
        once = [self.others.index(other) for other in dict.fromkeys(self.others)]
        ranks = (cosines_NN[:, once] > np.diagonal(cosines_NN)[:, None]).sum(axis=1)
        gains = np.where(ranks < _DEEP, 1.0 / np.log2(ranks + 2.0), 0.0)
        return {"ndcg_at_10": float(gains.mean()), "accuracy_at_1": float((ranks == 0).mean())}


def read_pairs(data: TrainingData, frame: pd.DataFrame) -> Pairs:
    """Pairs of some rows.

    Raises:
        InvalidInput: a column is missing.
    """
    columns = data.columns
    missing = [role for role in ("text", "text_pair") if role not in columns]
    if missing:
        raise InvalidInput(field=f"columns.{missing[0]}", problem="is missing: say which column it is")
    texts, others = ([str(one) for one in frame[columns[role]]] for role in ("text", "text_pair"))
    negatives = [str(one) for one in frame[columns["negative"]]] if "negative" in columns else None
    values = frame[columns["target"]].to_numpy(dtype=float) if "target" in columns else None
    return Pairs(texts, others, negatives, values)


def cosines(predictor: RowPredictor, pairs: Pairs) -> Array:
    """Cosines of every text to every other, of the vectors that `sentence-similarity` compares; each made but once."""
    return cosines_of(lambda texts: _served(predictor, texts), pairs)


def _served(predictor: RowPredictor, texts: list[str]) -> Array:
    found: list[Array] = []
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        item = predictor.prepare({"source_sentence": some[0], "sentences": some}, {"truncate": True})
        results = predictor.forward(item.rows[1:])
        found += [pool(result, "mean") if result.ndim > 1 else result for result in results]
    return np.stack(found)


def cosines_of(encode: Encode, pairs: Pairs) -> Array:
    """The same from an encoder that learns."""
    distinct = list(dict.fromkeys(pairs.others))
    places = {text: place for place, text in enumerate(distinct)}
    cosines_ND = normalized(encode(pairs.texts)) @ normalized(encode(distinct)).T  # noqa: N806 - dimensions in the name
    return np.asarray(cosines_ND[:, [places[other] for other in pairs.others]])
