"""A model without a model library, for processes and servers under test: it does what a question says.

`{"inputs": …}` is answered by the input itself, `{"do": …}` by trouble of some kind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from holdfast.backends.engines.protocol import Answer, ModelSource, Question
from holdfast.backends.engines.worker.hosted import Prepared
from holdfast.base.errors import InvalidInput, UnusableModel

LOADER = f"{__name__}:load"


@dataclass(frozen=True)
class FakePart:
    words: dict[str, Any]
    size: int = 1
    group: str = ""


class FakeModel:
    def __init__(self, source: ModelSource) -> None:
        self.facts = {"device": "none", "pid": os.getpid()}
        self.task = source.task
        self.batches = 0

    def prepare(self, question: Question) -> Prepared:
        words = orjson.loads(question.body)
        if words.get("do") == "refuse":
            raise InvalidInput(field="inputs", problem="are refused")
        inputs = words.get("inputs", "")
        each = inputs if isinstance(inputs, list) else [inputs]
        size, group = words.get("size", 1), words.get("group", "")
        return Prepared([FakePart(words | {"inputs": one}, size, group) for one in each], inputs)

    def run(self, parts: Sequence[FakePart]) -> list[Any]:
        self.batches += 1
        return [self._answer(part.words, len(parts)) for part in parts]

    def finish(self, prepared: Prepared, results: Sequence[Any]) -> Answer:
        whole = list(results) if isinstance(prepared.notes, list) else results[0]
        return Answer(orjson.dumps(whole), tokens=sum(part.size for part in prepared.parts))

    def stream(self, prepared: Prepared) -> Iterator[bytes]:
        words = prepared.parts[0].words
        for index in range(words.get("count", 3)):
            self._trouble(words if index == 1 else {})
            time.sleep(words.get("pause", 0.0))
            yield orjson.dumps({"index": index, "token": {"text": words["inputs"], "special": False}})

    def _answer(self, words: dict[str, Any], together: int) -> Any:
        self._trouble(words)
        if words.get("do") == "count":
            return {"batches": self.batches, "together": together}
        return [{"generated_text": words["inputs"]}] if self.task == "text-generation" else words["inputs"]

    def _trouble(self, words: dict[str, Any]) -> None:
        match words.get("do"):
            case "die":
                os._exit(9)
            case "hang":
                time.sleep(3600)
            case "sleep":
                time.sleep(words["seconds"])
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
    return FakeModel(source)
