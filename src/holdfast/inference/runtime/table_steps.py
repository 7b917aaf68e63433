"""Steps of table models that scikit-learn lacks: dates as numbers, a column of texts. Part of what AutoTrain writes.

They hold plain values only, so a skops file that names them runs no code but this.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

_NO_WORDS = "missing"
_PARTS = ("days", "year", "month", "day", "weekday", "hour")


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Dates or texts as numbers: days since 1970, year, month, day, weekday, hour; NaN where unreadable."""

    def fit(self, dates: pd.DataFrame, _answers: Any = None) -> Self:
        """Remember how many columns there are: (rows, columns)."""
        self.n_features_in_ = dates.shape[1]
        self.feature_names_in_ = np.asarray([str(name) for name in dates.columns], dtype=object)
        return self

    def transform(self, dates: pd.DataFrame) -> np.ndarray[Any, Any]:
        """(rows, columns) of dates as (rows, 6 × columns) of numbers."""
        return np.hstack([_numbers_of(dates.iloc[:, index]) for index in range(dates.shape[1])])

    def get_feature_names_out(self, _names: Any = None) -> np.ndarray[Any, Any]:
        """Names such as `bought: weekday`."""
        return np.asarray([f"{name}: {part}" for name in self.feature_names_in_ for part in _PARTS], dtype=object)


def _numbers_of(column: pd.Series[Any]) -> np.ndarray[Any, Any]:
    when = pd.to_datetime(column, errors="coerce", utc=True, format="mixed")
    days = (when - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    date = when.dt
    return np.column_stack(
        [np.asarray(part, dtype=float) for part in (days, date.year, date.month, date.day, date.day_of_week, date.hour)]
    )


class TextColumn(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """One column of a table as texts for a vectorizer; one without words is the word `missing`."""

    def fit(self, texts: pd.DataFrame, _answers: Any = None) -> Self:
        """Nothing to learn: (rows, 1)."""
        self.n_features_in_ = texts.shape[1]
        return self

    def transform(self, texts: pd.DataFrame) -> np.ndarray[Any, Any]:
        """(rows, 1) of anything as (rows,) of str."""
        return np.asarray([_words_of(value) for value in texts.iloc[:, 0]], dtype=object)


def _words_of(value: Any) -> str:
    text = "" if pd.isna(value) else str(value)
    return text if any(letter.isalnum() for letter in text) else _NO_WORDS
