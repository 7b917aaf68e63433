"""text-to-speech: a text as sound (a WAV file), by models that make waves themselves (VITS, MMS, Bark …)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.generation import generation_fields, generation_options
from holdfast.inference.domain.kinds import Binary, Field, Integer, Number, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Network, as_array
from holdfast.inference.runtime.rows import size_of, stack
from holdfast.inference.runtime.sounds import encode_wav
from holdfast.inference.runtime.texts import TextReader, load_text_reader

SPEC = TaskSpec(
    name="text-to-speech",
    summary="Says a text aloud.",
    inputs=Text(min_characters=1, max_characters=10_000),
    parameters=Record(
        {"seed": Field(Integer(0, 2**63 - 1), "Makes the voice's chances repeatable."), **generation_fields()}
    ),
    output=Record(
        {
            "audio": Field(Binary("audio"), "A WAV file.", required=True),
            "sampling_rate": Field(Number(), "Samples a second.", required=True),
        }
    ),
    example="The quick brown fox jumps over the lazy dog.",
)


class TextToSpeech(Predictor):
    """A model from text to waves."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader) -> None:
        self.placement = loaded.placement
        self._loaded, self._reader = loaded, reader
        self._network = Network(loaded, reader.padding)
        own = loaded.model.generation_config if loaded.model.can_generate() else None
        self._rate = int(getattr(loaded.config, "sampling_rate", 0) or getattr(own, "sample_rate", 0))

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        options = generation_options(parameters)
        if options and not self._loaded.model.can_generate():
            raise InvalidInput(field=f"parameters.{next(iter(options))}", problem="has no meaning for this model")
        row = self._reader.row(inputs)
        if not len(row["input_ids"]):
            raise InvalidInput(field="inputs", problem="holds nothing that this model can say")
        return Item(None, parameters, [row], size_of(row), notes=options)

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> dict[str, Any]:
        torch = need("torch")
        if "seed" in item.parameters:
            torch.manual_seed(item.parameters["seed"])
        tensors = self._network.tensors(stack(item.rows, self._network.padding))
        with torch.inference_mode():
            if self._loaded.model.can_generate():
                wave = self._loaded.model.generate(**tensors, **item.notes)
            else:
                wave = self._loaded.model(**tensors).waveform
        samples = as_array(wave[0] if isinstance(wave, tuple) else wave).reshape(-1)
        return {"audio": encode_wav(samples, self._rate), "sampling_rate": self._rate}


def load(folder: Path, wish: Wish) -> TextToSpeech:
    """Load a model from text to waves. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForTextToWaveform", wish)
    return TextToSpeech(loaded, load_text_reader(folder, loaded))
