"""A model without a model library, for processes and servers under test: it does what a question says.

`{"inputs": …}` is answered by the input itself, `{"do": …}` by trouble of some kind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from holdfast.backends.engines.protocol import Answer, ModelSource, Question
from holdfast.backends.engines.worker.hosted import Prepared
from holdfast.base.errors import InvalidInput, UnusableModel

LOADER = f"{__name__}:load"
MOST_AT_ONCE = 8


@dataclass(frozen=True)
class FakePart:
    words: dict[str, Any]
    size: int = 1
    group: str = ""
    task: str = ""


SHAPES: dict[str, Callable[[Any], Any]] = {
    "text-generation": lambda text: [{"generated_text": text}],
    "automatic-speech-recognition": lambda sound: {"text": sound},
    "text-classification": lambda text: [{"label": str(text), "score": 1.0}],
    "feature-extraction": lambda text: [float(len(text)), 1.0],
    "chat-completion": lambda text: {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]},
}
"""How answers look, by task; others repeat the input."""


class FakeModel:
    def __init__(self, source: ModelSource) -> None:
        self.facts = {"device": "none", "pid": os.getpid()}
        self.batch_size = 8_192
        self.task = source.task
        self.batches = 0
        self.begun = 0

    def prepare(self, question: Question) -> Prepared:
        words, task = _object(question.body), question.task or self.task
        if task == "chat-completion" and not isinstance(words.get("messages"), list):
            raise InvalidInput(field="messages", problem="must be a list")
        if words.get("do") == "refuse":
            raise InvalidInput(field="inputs", problem="are refused")
        inputs = words["messages"][-1]["content"] if task == "chat-completion" else words.get("inputs", "")
        each = inputs if isinstance(inputs, list) else [inputs]
        if not each or not all(isinstance(one, (str, dict)) for one in each):
            raise InvalidInput(field="inputs", problem="must be texts")
        size, group = words.get("size", 1), words.get("group", "")
        return Prepared([FakePart(words | {"inputs": one}, size, group, task) for one in each], (task, inputs))

    def run(self, parts: Sequence[FakePart]) -> list[Any]:
        self.batches += 1
        return [self._answer(part, len(parts)) for part in parts]

    def finish(self, prepared: Prepared, results: Sequence[Any]) -> Answer:
        task, inputs = prepared.notes
        is_batch = isinstance(inputs, list) or task == "feature-extraction"
        whole = list(results) if is_batch else results[0]
        return Answer(orjson.dumps(whole), tokens=sum(part.size for part in prepared.parts))

    def joins(self, part: FakePart) -> bool:
        return "steps" in part.words

    def has_room(self, part: FakePart) -> bool:
        return self.begun < MOST_AT_ONCE

    def steps(self, part: FakePart) -> Generator[None, None, Any]:
        self.begun += 1
        try:
            for _ in range(part.words["steps"]):
                yield
                time.sleep(part.words.get("pause", 0.0))
            return self._answer(part, self.begun)
        finally:
            self.begun -= 1

    def stream(self, prepared: Prepared) -> Iterator[bytes]:
        self.begun += 1
        try:
            yield b""
            yield from self._chunks(prepared.parts[0].words)
        finally:
            self.begun -= 1

    def _chunks(self, words: dict[str, Any]) -> Iterator[bytes]:
        for index in range(words.get("count", 3)):
            self._trouble(words if index == 1 else {})
            time.sleep(words.get("pause", 0.0))
            yield orjson.dumps({"index": index, "token": {"text": words["inputs"], "special": False}})

    def _answer(self, part: FakePart, together: int) -> Any:
        words = part.words
        self._trouble(words)
        if words.get("do") == "count":
            return {"batches": self.batches, "together": together}
        return SHAPES.get(part.task, lambda text: text)(words["inputs"])

    def _trouble(self, words: dict[str, Any]) -> None:
        match words.get("do"):
            case "die":
                os._exit(9)
            case "hang":
                time.sleep(3600)
            case "sleep":
                time.sleep(words["seconds"])
            case "eat":
                bytearray(words["bytes"])
            case "fail":
                raise ZeroDivisionError


def load(source: ModelSource) -> FakeModel:
    match source.location:
        case "unusable":
            raise UnusableModel(problem="it is not meant to be used")
        case "dies":
            os._exit(9)
        case "hangs":
            time.sleep(3600)
        case "large":
            bytearray(10 * 1024**3)
    return FakeModel(source)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(field="body", problem="is not JSON") from error
    if not isinstance(value, dict):
        raise InvalidInput(field="body", problem="must be an object")
    return value
