"""A task and its model inside an engine's process: JSON in, JSON out. See `backends.engines.worker.hosted`."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from holdfast.backends.engines.protocol import JSON, Answer, ModelSource, Question
from holdfast.backends.engines.worker.hosted import Prepared
from holdfast.base.errors import HoldfastError, InvalidInput, UnknownTask
from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Item, Predictor, StreamingPredictor
from holdfast.inference.domain.specification import Call

LOADER = f"{__name__}:load"
_CHAT = "chat-completion"
MOST_ADAPTERS = 256
MOST_ADAPTER_BYTES = 1024**3
"""Of adapters beside one base, as many files as that."""
_SOUND = {"text-to-speech": "audio"}
"""Tasks whose one answer is sent as a file and not as JSON, by the field that holds it."""


class HostedTask:
    """A predictor; a `HostedModel`."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._spec = predictor.spec
        self.batch_size = predictor.batch_size
        self.facts: Mapping[str, Any] = {
            "task": self._spec.name,
            "device": predictor.placement.device,
            "dtype": predictor.placement.dtype,
        }
        if isinstance(predictor, StreamingPredictor):
            self.facts = {**self.facts, "batching": predictor.batching}

    def prepare(self, question: Question) -> Prepared:
        """Read and check a request as it came over HTTP."""
        call = self._read(question)
        names = [f"inputs[{index}]" if call.is_batch else "inputs" for index in range(len(call.inputs))]
        return Prepared([self._item(value, call, name) for value, name in zip(call.inputs, names, strict=True)], call)

    def run(self, parts: Sequence[Item]) -> list[Any]:
        """See `HostedModel.run`."""
        return self._predictor.run(parts)

    def finish(self, prepared: Prepared, results: Sequence[Any]) -> Answer:
        """The answer in the shape that clients expect."""
        value = self._spec.answer(results, prepared.notes, over_http=True)
        tokens = sum(part.size for part in prepared.parts)
        sound = _SOUND.get(self._spec.name)
        if sound and isinstance(value, Mapping):
            return Answer(value[sound], "audio/wav", tokens)
        return Answer(orjson.dumps(value, default=_as_json, option=orjson.OPT_SERIALIZE_NUMPY), JSON, tokens)

    def stream(self, prepared: Prepared) -> Iterator[bytes]:
        """Chunks of one answer; empty ones mean: nothing new yet."""
        if not isinstance(self._predictor, StreamingPredictor):
            raise InvalidInput(field="stream", problem=f"is not possible for {self._spec.name}")
        if len(prepared.parts) != 1:
            raise InvalidInput(field="inputs", problem="must be a single one for a stream")
        return self._chunks(self._predictor, prepared)

    @staticmethod
    def _chunks(predictor: StreamingPredictor, prepared: Prepared) -> Iterator[bytes]:
        [item] = prepared.parts
        assert isinstance(item, Item)
        with contextlib.closing(predictor.pieces(item)) as chunks:
            for chunk in chunks:
                yield b"" if chunk is None else orjson.dumps(chunk, default=_as_json)

    def joins(self, part: Any) -> bool:
        """See `HostedModel.joins`."""
        return isinstance(self._predictor, StreamingPredictor) and self._predictor.joins(part)

    def has_room(self, part: Any) -> bool:
        """See `HostedModel.has_room`."""
        return not isinstance(self._predictor, StreamingPredictor) or self._predictor.has_room(part)

    def steps(self, part: Any) -> Generator[None, None, Any]:
        """See `HostedModel.steps`."""
        assert isinstance(self._predictor, StreamingPredictor)
        return self._predictor.steps(part)

    def warm_up(self) -> None:
        """Answer the example once: the first question of somebody must not be slower than the next ones."""
        if self._spec.example is None or self._spec.streams:
            return
        with contextlib.suppress(HoldfastError):  # the example need not suit every model
            self._predictor.predict(self._spec.example, self._spec.example_parameters)

    def _item(self, value: Any, call: Call, name: str) -> Item:
        try:
            return self._predictor.prepare(value, call.parameters)
        except InvalidInput as error:
            error.field = error.field.replace("inputs", name, 1)
            raise

    def _read(self, question: Question) -> Call:
        if question.media_type != JSON:
            return self._spec.parse_call(question.body, {})
        try:
            body = orjson.loads(question.body)
        except orjson.JSONDecodeError as error:
            raise InvalidInput(field="body", problem=f"is not valid JSON: {error}") from error
        if self._spec.name == _CHAT and isinstance(body, dict) and "messages" in body:
            beside = {name: value for name, value in body.items() if name not in ("messages", "model", "stream")}
            return self._spec.parse_call(body["messages"], beside)
        return self._spec.parse_body(body)


@dataclass(frozen=True)
class _TasksPart:
    """A part of a question, with the task that computes it."""

    hosted: HostedTask
    own: Any

    @property
    def size(self) -> int:
        return int(self.own.size)

    @property
    def group(self) -> Hashable:
        return id(self.hosted), self.own.group


class HostedTasks:
    """A model with all the tasks that use its weights, and with the adapters that work on it; a `HostedModel`.

    Tasks and adapters are added when they are first asked; adapters that nobody asked for longest go when too many are
    there.
    """

    def __init__(self, source: ModelSource, first: HostedTask) -> None:
        self.facts = first.facts
        self.batch_size = first.batch_size
        self._source = source
        self._known: dict[tuple[str, str], HostedTask | HoldfastError] = {(source.task, ""): first}
        self._adapters: dict[str, int] = {}
        """Folders, the one asked last at the end, each with its size."""

    def prepare(self, question: Question) -> Prepared:
        """See `HostedModel.prepare`."""
        hosted = self._hosted(question.task or self._source.task, question.adapter)
        prepared = hosted.prepare(question)
        return Prepared([_TasksPart(hosted, part) for part in prepared.parts], (hosted, prepared))

    def run(self, parts: Sequence[_TasksPart]) -> list[Any]:
        """See `HostedModel.run`."""
        return parts[0].hosted.run([part.own for part in parts]) if parts else []

    def finish(self, prepared: Prepared, results: Sequence[Any]) -> Answer:
        """See `HostedModel.finish`."""
        hosted, own = prepared.notes
        answer: Answer = hosted.finish(own, results)
        return answer

    def stream(self, prepared: Prepared) -> Iterator[bytes]:
        """See `HostedModel.stream`."""
        hosted, own = prepared.notes
        chunks: Iterator[bytes] = hosted.stream(own)
        return chunks

    def joins(self, part: _TasksPart) -> bool:
        """See `HostedModel.joins`."""
        return part.hosted.joins(part.own)

    def has_room(self, part: _TasksPart) -> bool:
        """See `HostedModel.has_room`."""
        return part.hosted.has_room(part.own)

    def steps(self, part: _TasksPart) -> Generator[None, None, Any]:
        """See `HostedModel.steps`."""
        return part.hosted.steps(part.own)

    def _hosted(self, task: str, adapter: str) -> HostedTask:
        key = task, adapter
        if adapter:
            self._note_adapter(adapter)
        if key not in self._known:
            if tasks.carrier(task, self._source.task) != self._source.task:
                raise UnknownTask(task=task[:80], known=tuple(dict.fromkeys(known for known, _ in self._known)))
            try:
                self._known[key] = _load(self._source, task, adapter)
            except HoldfastError as error:
                self._known[key] = error  # its files do not change: the next question would fail alike
        found = self._known[key]
        if isinstance(found, HoldfastError):
            raise found
        return found

    def _note_adapter(self, folder: str) -> None:
        """It was asked now; make room for it if need be."""
        known = self._adapters
        size = known.pop(folder, None)
        known[folder] = (
            size if size is not None else sum(path.stat().st_size for path in Path(folder).glob("*.safetensors"))
        )
        while len(known) > 1 and (len(known) > MOST_ADAPTERS or sum(known.values()) > MOST_ADAPTER_BYTES):
            oldest = next(iter(known))
            del known[oldest]
            self._known = {key: hosted for key, hosted in self._known.items() if key[1] != oldest}


def load(source: ModelSource) -> HostedTasks:
    """Load the model of a folder for a task; options `device` and `dtype` are as in `tasks.load`."""
    return HostedTasks(source, _load(source, source.task))


def _load(source: ModelSource, task: str, adapter: str = "") -> HostedTask:
    device, dtype = source.options.get("device", "auto"), source.options.get("dtype", "auto")
    predictor = tasks.load(task, Path(source.location), device=device, dtype=dtype, adapter=adapter, said=source.task)
    hosted = HostedTask(predictor)
    hosted.warm_up()
    return hosted


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(type(value).__name__)
