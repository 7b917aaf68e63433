"""table-question-answering: questions about a table, by models that point at its cells (TAPAS)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.domain.kinds import Choice, Field, Flag, Integer, ListOf, Record, Text
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.domain.tables import TABLE, columns_of
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.texts import TextReader, load_text_reader

SPEC = TaskSpec(
    name="table-question-answering",
    summary="Answers a question from a table.",
    inputs=Record(
        {
            "question": Field(Text(min_characters=1), "What is asked.", required=True, also_called=("query",)),
            "table": Field(TABLE, "Columns by name, or a list of rows.", required=True),
        }
    ),
    parameters=Record(
        {
            "padding": Field(Choice(("do_not_pad", "longest", "max_length")), "Changes nothing: one table at a time."),
            "sequential": Field(Flag(), "Changes nothing: one question at a time."),
            "truncation": Field(Flag(), "Leave out last rows of a table that is too long, instead of refusing it."),
        }
    ),
    output=Record(
        {
            "answer": Field(Text(), required=True),
            "coordinates": Field(ListOf(ListOf(Integer(0))), "Row and column of each cell.", required=True),
            "cells": Field(ListOf(Text()), required=True),
            "aggregator": Field(Text(), "What is to be done with the cells: SUM, COUNT, AVERAGE, NONE."),
        }
    ),
    example={
        "question": "How many stars does the transformers repository have?",
        "table": {"Repository": ["Transformers", "Datasets"], "Stars": ["36542", "4512"]},
    },
)


class TableQuestionAnswering(RowPredictor):
    """A TAPAS, with or without aggregation."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, reader.padding)
        self._config = loaded.config

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        columns = columns_of(inputs["table"], None)
        cells = {name: ["" if value is None else str(value) for value in values] for name, values in columns.items()}
        frame = need("pandas").DataFrame(cells, dtype=object)
        cut = "drop_rows_to_fit" if parameters.get("truncation") else "do_not_truncate"
        try:
            made = self._reader.tokenizer(frame, inputs["question"], truncation=cut, return_tensors="np")
        except ValueError as error:
            raise InvalidInput(field="inputs", problem=f"cannot be read: {error}") from None
        row = {name: values[0] for name, values in made.items()}
        limit = self._reader.max_tokens
        if limit is not None and len(row["input_ids"]) > limit:
            raise TooLarge(what=f"`inputs`, {len(row['input_ids'])} tokens long,", limit=f"{limit} tokens")
        return Item(None, parameters, [row], size_of(row), notes=frame)

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        # Padding would shift no position, but TAPAS compares cells by the columns of one table: one at a time.
        return [self._network.forward([row], ("logits", "logits_aggregation"))[0] for row in rows]

    def finish(self, item: Item, results: Sequence[Arrays]) -> dict[str, Any]:
        torch = need("torch")
        tensors = {name: torch.from_numpy(array[None]) for name, array in results[0].items()}
        inputs = {name: torch.from_numpy(np.asarray(array)[None]) for name, array in item.rows[0].items()}
        found = self._reader.tokenizer.convert_logits_to_predictions(inputs, *tensors.values())
        coordinates = [[int(row), int(column)] for row, column in found[0][0]]
        cells = [str(item.notes.iat[row, column]) for row, column in coordinates]
        if len(found) == 1:
            return {"answer": ", ".join(cells), "coordinates": coordinates, "cells": cells}
        name = self._config.aggregation_labels[found[1][0]]
        prefix = "" if found[1][0] == self._config.no_aggregation_label_index else f"{name} > "
        answer = prefix + ", ".join(cells)
        return {"answer": answer, "coordinates": coordinates, "cells": cells, "aggregator": name}


def load(folder: Path, wish: Wish) -> TableQuestionAnswering:
    """Load a TAPAS. See `tasks.load` for errors."""
    need("pandas", "Questions about tables")
    loaded = load_model(folder, "AutoModelForTableQuestionAnswering", wish)
    return TableQuestionAnswering(loaded, load_text_reader(folder, loaded))
