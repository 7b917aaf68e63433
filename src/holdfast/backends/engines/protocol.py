"""What every engine promises.

* `load` returns when the model answers questions. What is wrong with the model or its place is said by an error that
  fits (`UnusableModel`, `UnsafeWeights`, `UnknownTask`, `NotInstalled`, `InvalidInput`); what died, hung or could not
  be reached is `ModelFailed`. A load that failed or was cancelled leaves nothing behind.
* Questions and answers are bytes that the engine does not look into more than it must. Any number may be asked at once;
  engines answer together what can be.
* What is wrong with one question (`InvalidInput`, `TooLarge` …) reaches its asker only. When the model dies, hangs or
  cannot be reached, everybody who waits gets `ModelFailed`; other models are not touched. A model in state GONE answers
  every question so, and stays GONE.
* Cancelling `predict`, or closing what `stream` gave, withdraws the question: it is not answered any more if that has
  not begun, and a stream stops at its next chunk.
* `unload` gives memory back before it returns, may be called at any time and several times; who waits then gets
  `ModelFailed`. `close` unloads everything.

All of it belongs to one event loop.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

JSON = "application/json"
USUAL_URGENCY = 3
"""Of questions whose askers do not say. Source: RFC 9218, section 4.1: 0 is the most urgent, 7 the least."""


class ModelState(Enum):
    """READY answers; GONE does not, and never will."""

    READY = "ready"
    GONE = "gone"


@dataclass(frozen=True)
class ModelSource:
    """Where a model is and what it is to do.

    Args:
        location: a folder of this machine, or the base url of a server.
        task: what it is loaded for; questions are of this task, or of another that uses the same weights.
        options: words that one kind of engine understands; the others do not look at them.
    """

    location: str
    task: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """One request: JSON, or the bytes of a media file.

    Args:
        body: the request.
        media_type: what it is.
        urgency: 0 to 7; where questions wait for each other, those with smaller numbers go first.
        task: what is asked; empty: what the model was loaded for.
        adapter: a folder of this machine, with what changes the model for this question; empty: nothing does. Engines
            that run models elsewhere do not know it.
    """

    body: bytes
    media_type: str = JSON
    urgency: int = USUAL_URGENCY
    task: str = ""
    adapter: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer: JSON, or the bytes of a media file. `tokens`: how many were read, 0 where nobody counted."""

    body: bytes
    media_type: str = JSON
    tokens: int = 0


@dataclass(frozen=True)
class ModelStatus:
    """How a model is.

    Args:
        state: whether it answers.
        memory_bytes: what it takes on this machine now.
        waiting: questions that have no answer yet.
        facts: what the loader tells about it: device, dtype, limits.
        ended_by: why it is GONE; empty while it is not.
    """

    state: ModelState
    memory_bytes: int = 0
    waiting: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    ended_by: str = ""


class LoadedModel(Protocol):
    """A model that was loaded."""

    async def predict(self, question: Question) -> Answer:
        """The whole answer.

        Raises:
            InvalidInput, TooLarge: the question.
            ModelFailed: the model.
        """
        ...

    def stream(self, question: Question) -> AsyncGenerator[bytes, None]:
        """The answer as chunks of JSON. Errors as `predict`, from the first `anext` on; close it to stop early."""
        ...

    def status(self) -> ModelStatus:
        """How it is now; answers at once."""
        ...

    async def unload(self) -> None:
        """Let go of it."""
        ...


class Engine(Protocol):
    """Loads models."""

    async def load(self, source: ModelSource) -> LoadedModel:
        """Get a model ready; see the errors above."""
        ...

    async def close(self) -> None:
        """Let go of every model."""
        ...
