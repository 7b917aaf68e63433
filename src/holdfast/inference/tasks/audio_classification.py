"""audio-classification: what is to be heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.inference.domain.kinds import Binary
from holdfast.inference.domain.labels import CLASSIFICATION, SCORED_LABELS, scored_labels, usual_function
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.sounds import SoundReader, decode_sound, load_sound_reader

SPEC = TaskSpec(
    name="audio-classification",
    summary="Gives a sound labels with scores.",
    inputs=Binary("audio"),
    parameters=CLASSIFICATION,
    output=SCORED_LABELS,
)


class AudioClassification(RowPredictor):
    """An audio classifier."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: SoundReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded)
        self._labels = loaded.labels
        self._function = usual_function(loaded.config.problem_type, len(self._labels))

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        row = self._reader.row(decode_sound(inputs, self._reader.rate, "inputs"))
        return Item(None, parameters, [row], size_of(row))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        function = item.parameters.get("function_to_apply", self._function)
        return scored_labels(results[0]["logits"], self._labels, function, item.parameters.get("top_k"))


def load(folder: Path, wish: Wish) -> AudioClassification:
    """Load a classifier. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForAudioClassification", wish)
    return AudioClassification(loaded, load_sound_reader(folder))
