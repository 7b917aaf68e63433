"""Groups of rows in words: how many they are, and in what they differ from all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from holdfast.training.trainers.unsupervised.features import Features

Array = np.ndarray[Any, Any]

_MOST_TRAITS = 4
_CLEAR = 0.4
_FAR = 1.0
_TIMES = 1.3


def profiles_of(features: Features, found: Array) -> list[dict[str, Any]]:
    """One entry a group: number, rows, share, a sentence, and the traits that it is made of."""
    entries = []
    for group in range(int(found.max()) + 1):
        mine = found == group
        if not mine.any():
            continue
        traits = _traits(features, mine)
        entries.append(
            {
                "segment": group,
                "rows": int(mine.sum()),
                "share": float(mine.mean()),
                "sentence": _sentence(group, mine, traits),
                "traits": traits,
            }
        )
    return entries


def telling_columns(segments: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns in which segments differ, the most telling first."""
    strengths: dict[str, float] = {}
    for trait in (trait for segment in segments for trait in segment["traits"]):
        strengths[trait["column"]] = max(strengths.get(trait["column"], 0.0), trait["strength"])
    return sorted(strengths, key=lambda name: -strengths[name])


def _sentence(group: int, mine: Array, traits: list[dict[str, Any]]) -> str:
    said = "; ".join(trait["words"] for trait in traits) or "nothing sets it apart from all rows clearly"
    return f"Segment {group} has {int(mine.sum()):,} rows ({mine.mean():.0%}): {said}."


def _traits(features: Features, mine: Array) -> list[dict[str, Any]]:
    traits = [_of_numbers(features.inputs[name], mine, name) for name in features.columns.numbers]
    traits += [_of_words(features.inputs[name], mine, name) for name in features.columns.categories]
    clear = sorted((trait for trait in traits if trait), key=lambda trait: -trait["strength"])
    return clear[:_MOST_TRAITS]


def _of_numbers(values: pd.Series[Any], mine: Array, name: str) -> dict[str, Any] | None:
    here, all_rows, spread = float(values[mine].mean()), float(values.mean()), float(values.std())
    if not spread or np.isnan(here) or np.isnan(spread):
        return None
    distance = (here - all_rows) / spread
    if abs(distance) < _CLEAR:
        return None
    how = f"{'much ' if abs(distance) > _FAR else ''}{'higher' if distance > 0 else 'lower'}"
    words = f"`{name}` is {how} than usual ({here:,.4g} on average, {all_rows:,.4g} in all rows)"
    return {"column": name, "here": here, "overall": all_rows, "strength": abs(distance), "words": words}


def _of_words(values: pd.Series[Any], mine: Array, name: str) -> dict[str, Any] | None:
    here = values[mine].value_counts(normalize=True)
    if here.empty:
        return None
    overall = values.value_counts(normalize=True)
    lift = (here - overall.reindex(here.index)).sort_values(ascending=False)
    value, gain = lift.index[0], float(lift.iloc[0])
    if gain < 0.15 or here[value] < _TIMES * overall[value]:
        return None
    words = f"`{name}` is `{value}` in {here[value]:.0%} ({overall[value]:.0%} of all rows)"
    return {
        "column": name,
        "here": float(here[value]),
        "overall": float(overall[value]),
        "strength": 3 * gain,
        "words": words,
    }
