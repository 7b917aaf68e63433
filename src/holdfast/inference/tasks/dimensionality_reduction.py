"""dimensionality-reduction: where things lie on a map of a few directions; what is alike lies close together.

Two kinds of models: a fitted one of scikit-learn (PCA, truncated SVD …) places the rows of a table, new ones among the
others; an encoder of texts turns texts into vectors, and these are laid out afresh, all that were sent together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference.domain.kinds import Choice, Field, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.domain.tables import TABLE
from holdfast.inference.runtime.estimators import PLACEMENT, Estimator, load_estimator
from holdfast.inference.runtime.reductions import MAX_TSNE_THINGS, METHODS, MIN_THINGS, reduced
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.sentences import SentenceEncoder, load_sentence_encoder


class _OneOf(Record):
    """A record with exactly one of its fields."""

    def parse(self, value: Any, name: str) -> dict[str, Any]:
        found = super().parse(value, name)
        if len(found) != 1:
            raise InvalidInput(field=name, problem=f"must have one of {', '.join(self.fields)}")
        return found


SPEC = TaskSpec(
    name="dimensionality-reduction",
    summary="Says each row of a table, or each text, with a few numbers: its place on a map.",
    inputs=_OneOf(
        {
            "table": Field(TABLE, "For models of tables: columns by name, or a list of rows.", also_called=("data",)),
            "texts": Field(ListOf(Text(), min_items=MIN_THINGS), "For encoders of texts.", also_called=("sentences",)),
        }
    ),
    parameters=Record(
        {
            "dimensions": Field(
                Integer(1, 100), "How many numbers: all of a fitted model, and 2 for texts without it."
            ),
            "method": Field(
                Choice(METHODS),
                "For texts: `pca`, the usual one, keeps distances on the whole; `tsne` (2 or 3 dimensions) neighbours.",
            ),
        }
    ),
    output=ListOf(Record({"coordinates": Field(ListOf(Number()), "One number a direction.", required=True)})),
    batches=False,
)
_USUAL_DIMENSIONS = 2


class PlacingRows(Predictor):
    """A fitted transformation of tables."""

    spec = SPEC

    def __init__(self, estimator: Estimator) -> None:
        self.placement = PLACEMENT
        self._estimator = estimator

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        if "table" not in inputs:
            raise InvalidInput(field="inputs.table", problem="is required: this model places rows of a table")
        if "method" in parameters:
            raise InvalidInput(field="parameters.method", problem="has no meaning here: this model was fitted already")
        return self._estimator.prepare(inputs, parameters)

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> list[dict[str, Any]]:
        found = np.asarray(self._estimator.call("transform", item.rows[0]), np.float64)
        wanted = item.parameters.get("dimensions", found.shape[1])
        if wanted > found.shape[1]:
            raise InvalidInput(field="parameters.dimensions", problem=f"must be at most {found.shape[1]} here")
        return _places(found[:, :wanted])


class PlacingTexts(RowPredictor):
    """An encoder of texts."""

    spec = SPEC

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.placement = encoder.loaded.placement
        self._encoder = encoder

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        texts = inputs.get("texts")
        if texts is None:
            raise InvalidInput(field="inputs.texts", problem="is required: this model places texts")
        if parameters.get("method") == "tsne":
            _check_tsne(len(texts), parameters.get("dimensions", _USUAL_DIMENSIONS))
        rows = [self._encoder.row(text, {}, f"inputs.texts[{index}]") for index, text in enumerate(texts)]
        return Item(None, parameters, rows, sum(map(size_of, rows)))

    def forward(self, rows: Sequence[Row]) -> Sequence[np.ndarray[Any, Any]]:
        return self._encoder.vectors(rows)

    def finish(self, item: Item, results: Sequence[np.ndarray[Any, Any]]) -> list[dict[str, Any]]:
        # A plain transformer gives a vector for every token: their mean stands for the text.
        vectors = np.stack([result.mean(axis=0) if result.ndim > 1 else result for result in results])
        dimensions = item.parameters.get("dimensions", _USUAL_DIMENSIONS)
        return _places(reduced(vectors, dimensions, item.parameters.get("method", "pca")))


def _check_tsne(texts: int, dimensions: int) -> None:
    if texts > MAX_TSNE_THINGS:
        raise TooLarge(what="`inputs.texts`", limit=f"{MAX_TSNE_THINGS} with t-SNE; pca takes more")
    if dimensions not in (2, 3):
        raise InvalidInput(field="parameters.dimensions", problem="must be 2 or 3 with t-SNE")


def _places(coordinates: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    return [{"coordinates": line} for line in coordinates.tolist()]


def load(folder: Path, wish: Wish) -> Predictor:
    """Load a fitted transformation, or an encoder of texts. See `tasks.load` for errors."""
    if not any(folder.glob("*.skops")):
        return PlacingTexts(load_sentence_encoder(folder, wish))
    estimator = load_estimator(folder)
    if not estimator.can("transform") or estimator.can("predict"):
        raise UnusableModel(problem="it cannot place new rows on a map (PCA, TruncatedSVD … can; t-SNE cannot)")
    return PlacingRows(estimator)
