"""Predictors whose answer comes from one forward pass per row: make rows, let the model see them all, finish each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from holdfast.inference.domain.predictors import Item, Predictor


class RowPredictor(Predictor):
    """Rows of all items go through the model together; `finish` gets back those of its own item."""

    @abstractmethod
    def forward(self, rows: Sequence[Any]) -> Sequence[Any]:
        """What the model says to each row, in the same order."""

    @abstractmethod
    def finish(self, item: Item, results: Sequence[Any]) -> Any:
        """The output of one item from the results of its rows. Pure: no model, no clock."""

    @property
    def batch_size(self) -> int:
        return self.placement.batch_size

    def run(self, items: Sequence[Item]) -> list[Any]:
        results = self.forward([row for item in items for row in item.rows])
        outputs, start = [], 0
        for item in items:
            end = start + len(item.rows)
            outputs.append(self.finish(item, results[start:end]))
            start = end
        return outputs
