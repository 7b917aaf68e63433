"""What the loader of a model gives to its process: the engine batches, streams and answers with it.

Source of the shapes is this file: an engine knows nothing of tasks, and whoever knows tasks fills this in.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from holdfast.backends.engines.protocol import Answer, ModelSource, Question


class Part(Protocol):
    """A part of a question that can be computed together with parts of other questions.

    `size`: what it costs, in tokens or the like. `group`: only parts of equal groups go together.
    """

    @property
    def size(self) -> int: ...

    @property
    def group(self) -> Hashable: ...


@dataclass(frozen=True)
class Prepared:
    """A question made ready. `notes` is what the loader needs to finish the answer."""

    parts: Sequence[Part]
    notes: Any = None


class HostedModel(Protocol):
    """A model in its process; called by one thread, one call at a time.

    `batch_size`: the largest sum of its parts' sizes that is worth computing together.
    """

    facts: Mapping[str, Any]
    batch_size: int

    def prepare(self, question: Question) -> Prepared:
        """Read and check a question. Raises what is wrong with it, from `base.errors`."""
        ...

    def run(self, parts: Sequence[Any]) -> list[Any]:
        """Compute parts of one group: one result for each, in order."""
        ...

    def finish(self, prepared: Prepared, results: Sequence[Any]) -> Answer:
        """Put the answer to a question together from the results of its parts."""
        ...

    def stream(self, prepared: Prepared) -> Iterator[bytes]:
        """The answer in chunks; raises `InvalidInput` where the model has no such way. Closing it stops the model.

        An empty chunk is not sent: it says that there is nothing new yet. The first one is, once it has begun.
        """
        ...

    def joins(self, part: Any) -> bool:
        """Whether a part is computed by `steps`, beside others that come and go, or by `run`."""
        ...

    def has_room(self, part: Any) -> bool:
        """Whether a stream, or the steps of a part, can begin now. What is on its way must not keep one out alone."""
        ...

    def steps(self, part: Any) -> Generator[None, None, Any]:
        """The result of a part that `joins`, returned after as many steps as it takes; the first only begins it."""
        ...


class Loader(Protocol):
    """A function `package.module:name` that the process imports and calls once."""

    def __call__(self, source: ModelSource) -> HostedModel:
        """Load the model. Raises what is wrong with it, from `base.errors`."""
        ...
