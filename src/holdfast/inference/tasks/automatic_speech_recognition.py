"""automatic-speech-recognition: what is said, as text; with times, if asked.

Two families: models that write (Whisper), and models that name a letter for each moment (CTC: wav2vec 2, HuBERT …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.generation import generation_fields, generation_options
from holdfast.inference.domain.kinds import Anything, Binary, Field, Flag, ListOf, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model, load_tokenizer
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Padding, Row, size_of, stack
from holdfast.inference.runtime.sounds import SoundReader, decode_sound, load_sound_reader
from holdfast.inference.runtime.writing import Writer

SPEC = TaskSpec(
    name="automatic-speech-recognition",
    summary="Writes down what is said.",
    inputs=Binary("audio"),
    parameters=Record(
        {
            "return_timestamps": Field(Flag(), "Give the text in pieces, each with its beginning and end in seconds."),
            "language": Field(Text(min_characters=1), "The language that is spoken, for models that know several."),
            **generation_fields(),
        }
    ),
    output=Record(
        {
            "text": Field(Text(), required=True),
            "chunks": Field(
                ListOf(Record({"text": Field(Text(), required=True), "timestamp": Field(Anything(), required=True)}))
            ),
        }
    ),
)


class WritingSpeech(Predictor):
    """An encoder of sounds with a decoder of text."""

    spec = SPEC

    def __init__(self, loaded: Loaded, tokenizer: Any, reader: SoundReader) -> None:
        self.placement = loaded.placement
        self._tokenizer, self._reader = tokenizer, reader
        self._writer = Writer(loaded, tokenizer)
        self._is_whisper = loaded.config.model_type == "whisper"

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        options = generation_options(parameters)
        if parameters.get("return_timestamps") and not self._is_whisper:
            raise InvalidInput(field="parameters.return_timestamps", problem="is not possible with this model")
        if "language" in parameters:
            options["language"] = self._language(parameters["language"])
        samples = decode_sound(inputs, self._reader.rate, "inputs")
        row = self._row(samples)
        return Item(None, parameters, [row], size_of(row), notes=options)

    def _language(self, language: str) -> str:
        known = getattr(self._writer.loaded.model.generation_config, "lang_to_id", None) or {}
        names = [language.lower(), *(code.strip("<|>") for code in known)]
        if not known or (f"<|{language.lower()}|>" not in known and language.lower() not in names[1:]):
            codes = ", ".join(names[1:20]) or "none"
            raise InvalidInput(field="parameters.language", problem=f"is not one that this model knows: {codes}")
        return language.lower()

    def _row(self, samples: np.ndarray[Any, Any]) -> Row:
        is_long = self._is_whisper and len(samples) > self._reader.extractor.n_samples
        whole = {"truncation": False, "padding": "longest"} if is_long else {}
        return self._reader.row(samples, return_attention_mask=True, **whole)

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> dict[str, Any]:
        tensors = Network(self._writer.loaded).tensors(stack(item.rows, Padding()))
        options = dict(item.notes)
        if item.parameters.get("return_timestamps"):
            return self._with_times(tensors, options)
        with need("torch").inference_mode():
            found = self._writer.loaded.model.generate(**tensors, **self._timed(options, tensors))
        text = self._tokenizer.decode(self._tokens(found), skip_special_tokens=True)
        return {"text": text}

    def _timed(self, options: Mapping[str, Any], tensors: Mapping[str, Any]) -> dict[str, Any]:
        # Whisper goes through long sounds by its own time stamps.
        is_long = self._is_whisper and tensors["input_features"].shape[-1] > self._reader.extractor.nb_max_frames
        return {**options, "return_timestamps": True} if is_long else dict(options)

    def _with_times(self, tensors: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        with need("torch").inference_mode():
            found = self._writer.loaded.model.generate(**tensors, **options, return_timestamps=True)
        decoded = self._tokenizer.decode(self._tokens(found), skip_special_tokens=True, output_offsets=True)
        chunks = [{"text": one["text"], "timestamp": list(one["timestamp"])} for one in decoded["offsets"]]
        return {"text": decoded["text"], "chunks": chunks}

    @staticmethod
    def _tokens(found: Any) -> list[int]:
        sequences = found["sequences"] if isinstance(found, Mapping) else found
        tokens: list[int] = sequences[0].tolist()
        return tokens


class SpellingSpeech(RowPredictor):
    """A CTC model."""

    spec = SPEC

    def __init__(self, loaded: Loaded, tokenizer: Any, reader: SoundReader) -> None:
        self.placement = loaded.placement
        self._tokenizer, self._reader = tokenizer, reader
        self._network = Network(loaded)
        self._seconds = loaded.config.inputs_to_logits_ratio / reader.rate

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        for name in parameters.keys() - {"return_timestamps"}:
            raise InvalidInput(field=f"parameters.{name}", problem="has no meaning for this model, which only spells")
        samples = decode_sound(inputs, self._reader.rate, "inputs")
        if len(samples) < self._network.loaded.config.inputs_to_logits_ratio * 2:
            raise InvalidInput(field="inputs", problem="is too short")
        row = self._reader.row(samples)
        return Item(None, parameters, [row], size_of(row))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows)

    def finish(self, item: Item, results: Sequence[Arrays]) -> dict[str, Any]:
        tokens = results[0]["logits"].argmax(axis=-1)
        if not item.parameters.get("return_timestamps"):
            return {"text": self._tokenizer.decode(tokens)}
        decoded = self._tokenizer.decode(tokens, output_word_offsets=True)
        return {"text": decoded.text, "chunks": [self._chunk(word) for word in decoded.word_offsets]}

    def _chunk(self, word: Mapping[str, Any]) -> dict[str, Any]:
        times = [round(float(word[side]) * self._seconds, 3) for side in ("start_offset", "end_offset")]
        return {"text": word["word"], "timestamp": times}


def load(folder: Path, wish: Wish) -> Predictor:
    """Load a speech recognizer. See `tasks.load` for errors."""
    found = (Checkpoint(folder).config().get("architectures") or [""])[0]
    tokenizer, reader = load_tokenizer(folder), load_sound_reader(folder)
    if found.endswith("ForCTC"):
        return SpellingSpeech(load_model(folder, "AutoModelForCTC", wish), tokenizer, reader)
    if not found:
        raise UnusableModel(problem="config.json does not say which architecture it is")
    return WritingSpeech(load_model(folder, "AutoModelForSpeechSeq2Seq", wish), tokenizer, reader)
