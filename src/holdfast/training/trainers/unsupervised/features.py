"""Columns of a table as numbers of like size, and the pipeline that is served."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.table_steps import TextColumn
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.learning.skops_files import write_skops
from holdfast.training.trainers.tabular.columns import Columns, columns_of, inputs_of, scaled

Array = np.ndarray[Any, Any]

_MODEL = "model.skops"
_MOST_ROWS = 20_000
_TEXT_DIMENSIONS = 8
_EXAMPLE_ROWS = 3


@dataclass(frozen=True)
class Features:
    """Rows as models of this package see them.

    Args:
        inputs: with the types that a served model gets.
        columns: of these inputs, by kind.
        steps: fitted: rows to numbers.
        numbers: (rows, features), float64.
    """

    inputs: pd.DataFrame
    columns: Columns
    steps: Any
    numbers: Array

    def names(self) -> list[str]:
        """Of the columns, in the order in which the model has them."""
        return list(self.columns.all)


def features_of(data: TrainingData, seed: int) -> Features:
    """Features of the rows to learn from; of a part of them where there are very many."""
    columns = columns_of(data)
    if not columns.all:
        raise InvalidInput(field="columns.inputs", problem="leave nothing to go by")
    rows = data.train if len(data.train) <= _MOST_ROWS else data.train.sample(_MOST_ROWS, random_state=seed)
    inputs = inputs_of(rows, columns)
    steps = _steps(columns)
    return Features(inputs, columns, steps, np.asarray(steps.fit_transform(inputs), dtype=float))


def _steps(columns: Columns) -> Any:
    steps = scaled(Columns(columns.numbers, columns.categories, columns.dates, ()))
    for name in columns.texts:
        words = TfidfVectorizer(max_features=2_000, sublinear_tf=True)
        reduce = TruncatedSVD(_TEXT_DIMENSIONS, random_state=0)
        steps.transformers.append(
            (f"text: {name}", Pipeline([("text", TextColumn()), ("words", words), ("reduce", reduce)]), [name])
        )
    return steps.set_params(sparse_threshold=0.0)


def halves(rows: int, seed: int) -> tuple[Array, Array]:
    """Two parts of the rows, drawn by lot."""
    order = np.random.default_rng(seed).permutation(rows)
    return np.sort(order[: rows // 2]), np.sort(order[rows // 2 :])


def wanted(spec: TrainingSpec, known: Sequence[str]) -> tuple[str, ...]:
    """Families to try.

    Raises:
        InvalidInput: the spec names one that there is not.
    """
    unknown = [name for name in spec.candidates or () if name not in known]
    if unknown:
        raise InvalidInput(field="candidates", problem=f"has {unknown[0]}; there are {', '.join(known)}")
    return spec.candidates or tuple(known)


def write(features: Features, model: Any, task: str, folder: Path) -> None:
    """Steps and a fitted model as one pipeline, with the config.json that inference reads."""
    pipeline = Pipeline([("columns", features.steps), ("model", model)])
    write_skops(pipeline, folder / _MODEL)
    said = {
        "columns": features.names(),
        "environment": [f"scikit-learn={sklearn.__version__}", f"skops={version('skops')}"],
        "example_input": example(features),
        "model": {"file": _MODEL},
        "model_format": "skops",
        "task": task,
    }
    (folder / "config.json").write_text(json.dumps({"sklearn": said}, indent=2, ensure_ascii=False) + "\n")


def example(features: Features) -> dict[str, list[Any]]:
    """The first rows as a request has them; a column of words has a word among its values."""
    first = features.inputs.iloc[:_EXAMPLE_ROWS]
    found: dict[str, list[Any]] = {}
    for name in features.names():
        values = first[name].tolist()
        if name in features.columns.numbers:
            found[name] = [None if np.isnan(value) else value for value in values]
        else:
            known = features.inputs[name].dropna()
            found[name] = [str(known.iloc[0]) if value is None and len(known) else value for value in values]
    return found
