"""fill-mask: which words fit into a gap. Several gaps give a list of words for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Either, Field, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.labels import softmax
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.texts import TextReader, load_text_reader

_WORDS = ListOf(
    Record(
        {
            "sequence": Field(Text(), "The text with the gap filled.", required=True),
            "score": Field(Number(), required=True),
            "token": Field(Integer(0), "The word's number in the model's vocabulary.", required=True),
            "token_str": Field(Text(), "The word.", required=True),
        }
    )
)

SPEC = TaskSpec(
    name="fill-mask",
    summary="Finds words for a gap in a text; `[MASK]` or the model's own word for it stands for the gap.",
    inputs=Text(),
    parameters=Record(
        {
            "top_k": Field(Integer(1, 1_000), "How many words to give; 5 without it."),
            "targets": Field(ListOf(Text(min_characters=1), min_items=1), "Score these words only."),
        }
    ),
    output=Either((_WORDS, ListOf(_WORDS)), "words"),
    example="The capital of France is [MASK].",
)


class FillMask(RowPredictor):
    """A masked language model."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, reader.padding)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        tokenizer = self._reader.tokenizer
        row = self._reader.row(inputs.replace("[MASK]", tokenizer.mask_token))
        gaps = np.flatnonzero(row["input_ids"] == tokenizer.mask_token_id)
        if not len(gaps):
            raise InvalidInput(field="inputs", problem=f"must hold a gap: [MASK] or {tokenizer.mask_token}")
        return Item(inputs, parameters, [row], size_of(row), notes=(gaps, self._targets(parameters.get("targets"))))

    def _targets(self, words: Sequence[str] | None) -> np.ndarray[Any, Any] | None:
        if words is None:
            return None
        tokenizer = self._reader.tokenizer
        found = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
        for index, ids in enumerate(found):
            if len(ids) != 1 or ids[0] == tokenizer.unk_token_id:
                problem = "is not one word of this model's vocabulary"
                raise InvalidInput(field=f"parameters.targets[{index}]", problem=problem)
        return np.array([ids[0] for ids in found])

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, per_token=True)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[Any]:
        gaps, targets = item.notes
        scores = softmax(results[0]["logits"][gaps].astype(np.float64))
        top_k = item.parameters.get("top_k", 5)
        ids = item.rows[0]["input_ids"]
        found = [
            self._words(ids, gap, best_tokens(line, targets, top_k), alone=len(gaps) == 1)
            for gap, line in zip(gaps, scores, strict=True)
        ]
        return found[0] if len(found) == 1 else found

    def _words(
        self, ids: np.ndarray[Any, Any], gap: int, best: Sequence[tuple[int, float]], *, alone: bool
    ) -> list[dict[str, Any]]:
        words = []
        for token, score in best:
            filled = ids.copy()
            filled[gap] = token
            text = self._reader.tokenizer.decode(filled, skip_special_tokens=alone)
            word = self._reader.tokenizer.decode([token])
            words.append({"sequence": text, "score": score, "token": token, "token_str": word})
        return words


def best_tokens(
    scores: np.ndarray[Any, Any], targets: np.ndarray[Any, Any] | None, top_k: int
) -> list[tuple[int, float]]:
    """Tokens and scores, the best first; of all tokens, or of the targets."""
    among = np.arange(len(scores)) if targets is None else np.unique(targets)
    order = among[np.argsort(-scores[among], kind="stable")][:top_k]
    return [(int(token), float(scores[token])) for token in order]


def load(folder: Path, wish: Wish) -> FillMask:
    """Load a masked language model. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForMaskedLM", wish)
    return FillMask(loaded, load_text_reader(folder, loaded))
