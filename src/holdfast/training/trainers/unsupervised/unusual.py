"""The oddest rows, and what is odd about them, in words: by how far out they lie in each column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from holdfast.training.trainers.unsupervised.features import Features

Array = np.ndarray[Any, Any]

_ROWS = 10
_REASONS = 3
_RARE = 0.1


def unusual_rows(features: Features, odd: Array) -> list[dict[str, Any]]:
    """The ten oddest rows.

    Args:
        features: of all rows.
        odd: (rows,): the higher, the odder.
    """
    entries = []
    for place in np.argsort(-odd)[:_ROWS]:
        reasons = sorted(_reasons(features, int(place)), key=lambda reason: reason[0])[:_REASONS]
        said = "; ".join(words for _share, words in reasons) or "no single column is odd, but together they are"
        entries.append({"row": int(place), "score": float(odd[place]), "sentence": f"{said}."})
    return entries


def _reasons(features: Features, place: int) -> list[tuple[float, str]]:
    """Columns in which a row is rare: the share of rows that are as far out, and words."""
    found = [_of_number(features.inputs[name], place, name) for name in features.columns.numbers]
    found += [_of_word(features.inputs[name], place, name) for name in features.columns.categories]
    return [reason for reason in found if reason and reason[0] < _RARE]


def _of_number(values: pd.Series[Any], place: int, name: str) -> tuple[float, str] | None:
    value = values.iloc[place]
    known = values.dropna().to_numpy()
    if np.isnan(value):
        missing = float(values.isna().mean())
        return missing, f"`{name}` is missing"
    above, below = float((known >= value).mean()), float((known <= value).mean())
    share, how = (above, "higher") if above < below else (below, "lower")
    return share, f"`{name}` is {value:,.6g}, {how} than in {1 - share:.1%} of the rows"


def _of_word(values: pd.Series[Any], place: int, name: str) -> tuple[float, str] | None:
    value = values.iloc[place]
    if value is None:
        return None
    share = float((values == value).mean())
    return share, f"`{name}` is `{value}`, as in only {share:.1%} of the rows"
