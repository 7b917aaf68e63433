"""Columns of a table as numbers that models take: two ways, for models that measure and for those that split.

`scaled`: imputed and scaled numbers, one-hot categories, TF-IDF of texts; for linear models, SVM, kNN and networks.
`ordered`: numbers as they are, missing ones too, a number for each category; for trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

from holdfast.inference.runtime.estimators import as_word
from holdfast.inference.runtime.table_steps import DateParts, TextColumn
from holdfast.training.domain.data import ColumnKind, TrainingData

_MOST_CATEGORIES = 60
_MOST_WORDS = 5_000
_WORD = r"(?u)\b\w+\b"
_WORDS_FOR_TREES = 64
_WORDS_KINDS = (ColumnKind.CATEGORY, ColumnKind.BOOLEAN, ColumnKind.IDENTIFIER)

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler}


@dataclass(frozen=True)
class Columns:
    """Input columns of a table by what they hold."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    dates: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that the model sees."""
        return self.numbers + self.categories + self.dates + self.texts


def columns_of(data: TrainingData) -> Columns:
    """Sort the inputs by kind; what is no number, date or text is taken for categories."""
    kinds = data.kinds

    def of(*wanted: ColumnKind) -> tuple[str, ...]:
        return tuple(name for name in data.inputs if kinds.get(name) in wanted)

    return Columns(
        numbers=of(ColumnKind.NUMBER),
        categories=of(*_WORDS_KINDS),
        dates=of(ColumnKind.DATE),
        texts=of(ColumnKind.TEXT),
    )


def inputs_of(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Input columns with the types that a served model gets: float64, and str or None as objects."""
    found = {name: pd.to_numeric(frame[name], errors="coerce").astype(float) for name in columns.numbers}
    for name in columns.categories + columns.dates + columns.texts:
        found[name] = _as_words(frame[name])
    return pd.DataFrame(found, columns=list(columns.all), index=frame.index)


def _as_words(column: pd.Series[Any]) -> pd.Series[Any]:
    values = [None if missing else as_word(value) for value, missing in zip(column, column.isna(), strict=True)]
    return pd.Series(values, index=column.index, dtype=object)


def scaled(columns: Columns, scaler: str = "standard") -> ColumnTransformer:
    """Steps for models that measure distances or weigh sums."""
    scale = SCALERS[scaler]
    numbers = Pipeline([("impute", SimpleImputer(strategy="median", keep_empty_features=True)), ("scale", scale())])
    dates = Pipeline(
        [
            ("parts", DateParts()),
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("scale", scale()),
        ]
    )
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=_MOST_CATEGORIES, min_frequency=2, dtype=np.float64
    )
    parts = [("numbers", numbers, columns.numbers), ("dates", dates, columns.dates)]
    parts += [("categories", categories, columns.categories)]
    return _together([*parts, *_texts(columns.texts, _MOST_WORDS)])


def ordered(columns: Columns) -> ColumnTransformer:
    """Steps for trees."""
    categories = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=-1,
        encoded_missing_value=-2,
        min_frequency=2,
        max_categories=500,
    )
    parts = [("numbers", "passthrough", columns.numbers), ("dates", DateParts(), columns.dates)]
    parts += [("categories", categories, columns.categories)]
    return _together([*parts, *_texts(columns.texts, _WORDS_FOR_TREES)], dense=True)


def untouched() -> FunctionTransformer:
    """No steps at all, for a model that looks at nothing."""
    return FunctionTransformer()


def _texts(names: Sequence[str], words: int) -> list[tuple[str, Any, tuple[str, ...]]]:
    """Steps for each column of texts: its most frequent words, weighed."""
    found: list[tuple[str, Any, tuple[str, ...]]] = []
    for name in names:
        weigh = TfidfVectorizer(max_features=words, sublinear_tf=True, token_pattern=_WORD)
        found.append((f"text: {name}", Pipeline([("text", TextColumn()), ("words", weigh)]), (name,)))
    return found


def _together(parts: Sequence[tuple[str, Any, tuple[str, ...]]], *, dense: bool = False) -> ColumnTransformer:
    used = [(name, step, list(columns)) for name, step, columns in parts if columns]
    return ColumnTransformer(used, verbose_feature_names_out=False, sparse_threshold=0.0 if dense else 0.3)
