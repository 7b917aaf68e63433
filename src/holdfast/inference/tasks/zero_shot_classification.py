"""zero-shot-classification: which of any labels fit a text.

By a model that knows what follows from what (NLI); or by a sentence encoder: the label whose words are nearest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.kinds import Field, Flag, ListOf, Record, Text
from holdfast.inference.domain.labels import SCORED_LABELS, hypotheses_of, softmax
from holdfast.inference.domain.pooling import normalized
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.sentences import SentenceEncoder, load_sentence_encoder
from holdfast.inference.runtime.text_heads import vectors
from holdfast.inference.runtime.texts import TextReader, load_text_reader

_TEMPLATE = "This example is {}."
_SHARPNESS = 20.0
"""What cosines are multiplied by: encoders are trained so, and cosines of texts lie near to each other."""

SPEC = TaskSpec(
    name="zero-shot-classification",
    summary="Scores a text against labels of your own choice.",
    inputs=Text(min_characters=1),
    parameters=Record(
        {
            "candidate_labels": Field(
                ListOf(Text(min_characters=1), min_items=1, max_items=500), "The labels.", required=True
            ),
            "hypothesis_template": Field(Text(), f"A sentence with {{}} where a label goes; usually `{_TEMPLATE}`"),
            "multi_label": Field(Flag(), "Score each label on its own, as several may be right."),
        }
    ),
    output=SCORED_LABELS,
    example="I have a problem with my phone that needs to be resolved soon!",
    example_parameters={"candidate_labels": ["urgent", "not urgent", "phone", "tablet", "computer"]},
)


class ZeroShotClassification(RowPredictor):
    """An NLI model: one row for each label, the text with a sentence that claims the label."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader, entailment: int) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, reader.padding)
        self._entailment = entailment

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        hypotheses = hypotheses_of(parameters["candidate_labels"], parameters.get("hypothesis_template", _TEMPLATE))
        rows = [self._reader.row(inputs, hypothesis, truncation="only_first") for hypothesis in hypotheses]
        return Item(inputs, parameters, rows, sum(map(size_of, rows)))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        logits = np.stack([result["logits"] for result in results]).astype(np.float64)
        multi = item.parameters.get("multi_label", False)
        return ranked_labels(logits, item.parameters["candidate_labels"], self._entailment, each_alone=multi)


class NearestLabels(RowPredictor):
    """A sentence encoder: the first row is the text, each other one a label; scores come from their cosines."""

    spec = SPEC

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.placement = encoder.loaded.placement
        self._encoder = encoder

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        labels = hypotheses_of(parameters["candidate_labels"], parameters.get("hypothesis_template", "{}"))
        rows = [self._encoder.row(text, {"truncate": True}) for text in (inputs, *labels)]
        return Item(inputs, parameters, rows, sum(map(size_of, rows)))

    def forward(self, rows: Sequence[Row]) -> Sequence[Any]:
        return vectors(self._encoder, rows)

    def finish(self, item: Item, results: Sequence[Any]) -> list[dict[str, Any]]:
        found = normalized(np.stack(results).astype(np.float64))
        cosines = found[1:] @ found[0]
        multi = item.parameters.get("multi_label", False) or len(cosines) == 1
        scores = (1.0 + cosines) / 2.0 if multi else softmax(_SHARPNESS * cosines)
        labels, order = item.parameters["candidate_labels"], np.argsort(-scores, kind="stable")
        return [{"label": labels[index], "score": float(scores[index])} for index in order]


def ranked_labels(
    logits: np.ndarray[Any, Any], labels: Sequence[str], entailment: int, *, each_alone: bool
) -> list[dict[str, Any]]:
    """Labels with scores, the best first.

    Args:
        logits: of every label's row, labels × classes.
        labels: in the order of the rows.
        entailment: which class says that the hypothesis follows.
        each_alone: entailment against contradiction for each label, instead of labels against each other.
    """
    if each_alone or len(labels) == 1:
        contradiction = -1 if entailment == 0 else 0
        scores = softmax(logits[:, [contradiction, entailment]])[:, 1]
    else:
        scores = softmax(logits[:, entailment])
    order = np.argsort(-scores, kind="stable")
    return [{"label": labels[index], "score": float(scores[index])} for index in order]


def load(folder: Path, wish: Wish) -> Predictor:
    """Load an NLI model or a sentence encoder. See `tasks.load` for errors."""
    if (folder / "modules.json").is_file():
        return NearestLabels(load_sentence_encoder(folder, wish))
    loaded = load_model(folder, "AutoModelForSequenceClassification", wish)
    found = [index for index, label in enumerate(loaded.labels) if label.lower().startswith("entail")]
    if not found:
        raise UnusableModel(problem="none of its labels is `entailment`: zero-shot classification needs an NLI model")
    return ZeroShotClassification(loaded, load_text_reader(folder, loaded), found[0])
