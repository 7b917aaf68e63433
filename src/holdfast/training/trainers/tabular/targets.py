"""Numbers that span orders of magnitude, such as prices, are learned as logarithms."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import FunctionTransformer

from holdfast.training.trainers.tabular.boosters import Booster, unwrap

Array = np.ndarray[Any, Any]
_SKEWED = 1.0


def spans_magnitudes(answers: Array) -> bool:
    """Whether numbers are none below zero, and far more skewed than their logarithms."""
    if len(answers) < 20 or answers.min() < 0:
        return False
    return abs(_skew(answers)) > _SKEWED and abs(_skew(np.log1p(answers))) < 0.7 * abs(_skew(answers))


def _skew(values: Array) -> float:
    spread = float(values.std())
    return float((((values - values.mean()) / spread) ** 3).mean()) if spread else 0.0


class LogTarget:
    """A regressor that is fitted on log(1 + number) and answers in numbers."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def fit(self, inputs: Array, answers: Array, judges: tuple[Array, Array] | None = None) -> Self:
        """Fit on (rows, features) and (rows,); `judges` are rows that boosters may stop by."""
        if isinstance(self._model, Booster):
            self._model.fit(inputs, np.log1p(answers), judges and (judges[0], np.log1p(judges[1])))
        else:
            self._model.fit(inputs, np.log1p(answers))
        return self

    def predict(self, inputs: Array) -> Array:
        """(rows,)."""
        return np.asarray(np.expm1(self._model.predict(inputs)))

    @property
    def rounds(self) -> int | None:
        """Of a booster."""
        return getattr(self._model, "rounds", None)

    def as_sklearn(self) -> TransformedTargetRegressor:
        """The same as scikit-learn has it."""
        kept = TransformedTargetRegressor(func=np.log1p, inverse_func=np.expm1, check_inverse=False)
        kept.regressor_ = unwrap(self._model)
        kept.transformer_ = FunctionTransformer(np.log1p, np.expm1, check_inverse=False, validate=True).fit([[0.0]])
        kept._training_dim = 1
        return kept
