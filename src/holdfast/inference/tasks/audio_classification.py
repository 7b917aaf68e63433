"""audio-classification: what is to be heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.inference.domain.kinds import Binary
from holdfast.inference.domain.labels import CLASSIFICATION, SCORED_LABELS, scored_labels, usual_function
from holdfast.inference.domain.predictors import Item, Placement, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.estimators import PLACEMENT
from holdfast.inference.runtime.features import FeatureClassifier, Features, features_said, load_feature_classifier
from holdfast.inference.runtime.loading import load_model
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
    """An audio classifier: a network, or features of the sound and an estimator."""

    spec = SPEC

    def __init__(
        self,
        reader: SoundReader | Features,
        network: Network | FeatureClassifier,
        labels: Sequence[str],
        placement: Placement,
        problem_type: str | None = None,
    ) -> None:
        self.placement = placement
        self._reader = reader
        self._network = network
        self._labels = labels
        self._function = usual_function(problem_type, len(labels))

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
    features = features_said(folder, ("mfcc", "spectrogram"))
    if features is not None and features.kind == "spectrogram":
        drawn = load_model(folder, "AutoModelForImageClassification", wish)
        return AudioClassification(features, Network(drawn), drawn.labels, drawn.placement, drawn.config.problem_type)
    if features is not None:
        classifier = load_feature_classifier(folder, features)
        return AudioClassification(features, classifier, classifier.labels, PLACEMENT)
    loaded = load_model(folder, "AutoModelForAudioClassification", wish)
    reader = load_sound_reader(folder)
    return AudioClassification(reader, Network(loaded), loaded.labels, loaded.placement, loaded.config.problem_type)
