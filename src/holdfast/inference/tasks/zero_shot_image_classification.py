"""zero-shot-image-classification: which of any texts fits a picture, by models that know both (CLIP, SigLIP)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.domain.kinds import Binary, Choice, Field, ListOf, Record, Text
from holdfast.inference.domain.labels import SCORED_LABELS, hypotheses_of, scored_labels
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.images import ImageReader, decode_image, load_image_reader
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Network, as_array
from holdfast.inference.runtime.rows import size_of, stack
from holdfast.inference.runtime.texts import TextReader, load_text_reader

_TEMPLATE = "This is a photo of {}."

SPEC = TaskSpec(
    name="zero-shot-image-classification",
    summary="Scores a picture against texts of your own choice.",
    inputs=Binary("image"),
    parameters=Record(
        {
            "candidate_labels": Field(
                ListOf(Text(min_characters=1), min_items=1, max_items=500), "The labels.", required=True
            ),
            "hypothesis_template": Field(Text(), f"A sentence with {{}} where a label goes; usually `{_TEMPLATE}`"),
            "function_to_apply": Field(
                Choice(("sigmoid", "softmax", "none")), "`none` gives the model's own measure of fit."
            ),
        }
    ),
    output=SCORED_LABELS,
    example_parameters={"candidate_labels": ["a cat", "a dog", "a house"]},
)


class ZeroShotImageClassification(Predictor):
    """A model of pictures and texts. Its texts are always as long as its makers trained it with, if they said so."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader, images: ImageReader) -> None:
        self.placement = loaded.placement
        self._network = Network(loaded, reader.padding)
        self._reader = reader
        self._images = images
        self._scores_alone = "siglip" in loaded.config.model_type

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        image = self._images.row(decode_image(inputs, "inputs"))
        labels = parameters["candidate_labels"]
        sentences = hypotheses_of(labels, parameters.get("hypothesis_template", _TEMPLATE))
        names = [f"parameters.candidate_labels[{index}]" for index in range(len(labels))]
        texts = [self._text(sentence, name) for sentence, name in zip(sentences, names, strict=True)]
        return Item(None, parameters, [image, *texts], size_of(image) + sum(map(size_of, texts)))

    def _text(self, sentence: str, name: str) -> Mapping[str, Any]:
        if not self._scores_alone:
            return self._reader.row(sentence, name=name)
        made = self._reader.tokenizer(
            sentence, padding="max_length", max_length=64, truncation=True, return_tensors="np"
        )
        return {key: values[0] for key, values in made.items()}

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> list[dict[str, Any]]:
        image, *texts = item.rows
        arrays = stack(texts, self._reader.padding) | {name: array[None] for name, array in image.items()}
        with need("torch").inference_mode():
            output = self._network.loaded.model(**self._network.tensors(arrays))
        logits: np.ndarray[Any, Any] = as_array(output.logits_per_image)[0]
        function = item.parameters.get("function_to_apply", "sigmoid" if self._scores_alone else "softmax")
        return scored_labels(logits, item.parameters["candidate_labels"], function, None)


def load(folder: Path, wish: Wish) -> ZeroShotImageClassification:
    """Load a model of pictures and texts. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForZeroShotImageClassification", wish)
    return ZeroShotImageClassification(loaded, load_text_reader(folder, loaded), load_image_reader(folder))
