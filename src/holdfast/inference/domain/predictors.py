"""What a loaded model can do, whatever its task: make questions ready, and answer many of them at once.

An engine in a worker process, `holdfast.pipeline()` and the tests use nothing else. No model library is imported here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, ClassVar

from holdfast.inference.domain.specification import TaskSpec

DTYPES = ("float32", "bfloat16", "float16", "int8")
"""How exactly a model can compute: see `Wish`."""


WHOLE_BATCH_SIZE = 8_192
"""So much goes together at most, in tokens or the like."""
CPU_BATCH_SIZE = 1_024
"""With more a CPU gains nothing: products of matrices have their full pace, the caches overflow, and who came first
waits for who came last. See docs/reference/benchmarks.md."""


@dataclass(frozen=True)
class Placement:
    """Where a model computes and how exactly: `cpu`, `cuda:0` or `mps`; one of `DTYPES`."""

    device: str
    dtype: str

    @property
    def computes_in(self) -> str:
        """The dtype of what goes from layer to layer: `int8` is for the products inside of linear layers only."""
        return "float32" if self.dtype == "int8" else self.dtype

    @property
    def batch_size(self) -> int:
        """The largest sum of `Item.size` that is worth one forward pass."""
        return CPU_BATCH_SIZE if self.device == "cpu" else WHOLE_BATCH_SIZE

    def __str__(self) -> str:
        return f"{self.device}, {self.dtype}"


@dataclass(frozen=True)
class Wish:
    """What somebody asks of a placement; `auto` leaves it to the machine.

    Args:
        device: `auto` (a GPU if there is one), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (float32 on a CPU, bfloat16 on a GPU that has it), `float32`, `bfloat16`, `float16`, `int8`
            (linear layers only, on a CPU).
        progress: show on standard error how far loading is.
        adapter: the folder of an adapter that works on the model beside others; empty: none. Only for decoders.
    """

    device: str = "auto"
    dtype: str = "auto"
    adapter: str = ""
    progress: bool = False


@dataclass(frozen=True)
class Item:
    """One question, made ready: checked, decoded, tokenized.

    Args:
        inputs: the checked input.
        parameters: the checked parameters.
        rows: what the model will see, one row per forward pass of one sequence or image; at least one.
        size: tokens (or patches, or frames) of all rows: what the question costs, for batching by size.
        group: items run together only if their groups are equal (generation settings, for example).
        notes: what finishing needs to know of making ready (offsets, image sizes), private to the task.
    """

    inputs: Any
    parameters: Mapping[str, Any]
    rows: Sequence[Any]
    size: int = 1
    group: Hashable = None
    notes: Any = None


class Predictor(ABC):
    """A task with a loaded model. Not for several threads at once: one worker, one predictor, one call at a time.

    `prepare` is cheap, needs no device, and raises what is wrong with one question. So a server prepares each request
    as it comes, refuses the bad ones, and runs the others together. `run` raises InvalidInput only for what no look at
    the question can tell (a table's words that the model never saw): then run the items of that batch one by one.
    """

    spec: ClassVar[TaskSpec]
    placement: Placement

    @abstractmethod
    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        """Make one question ready. Both arguments were checked by `spec`.

        Raises:
            InvalidInput: media that cannot be decoded, labels the model does not have …; names the field.
            TooLarge: more tokens, pixels or seconds than the model or the task takes, with the limit.
        """

    @property
    def batch_size(self) -> int:
        """The largest sum of `Item.size` that is worth computing together; those that write gain by each other."""
        return WHOLE_BATCH_SIZE

    @abstractmethod
    def run(self, items: Sequence[Item]) -> list[Any]:
        """Answer items of one group together: outputs as `spec.output` says, in the same order."""

    def predict_batch(self, inputs: Sequence[Any], parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """Check, make ready and run a list of inputs with the same parameters: one output for each.

        Raises:
            InvalidInput: see `prepare`; the field says which input, e.g. `inputs[3].question`.
            TooLarge: see `prepare`.
        """
        checked = self.spec.parse_parameters(parameters)
        names = [f"inputs[{index}]" if len(inputs) > 1 else "inputs" for index in range(len(inputs))]
        parsed = [self.spec.parse_inputs(value, name) for value, name in zip(inputs, names, strict=True)]
        return self.run_all([self.prepare(value, checked) for value in parsed])

    def run_all(self, items: Sequence[Item]) -> list[Any]:
        """Answer items of any groups, each group together."""
        outputs: dict[int, Any] = {}
        groups: dict[Hashable, list[int]] = {}
        for index, item in enumerate(items):
            groups.setdefault(item.group, []).append(index)
        for indexes in groups.values():
            outputs |= zip(indexes, self.run([items[index] for index in indexes]), strict=True)
        return [outputs[index] for index in range(len(items))]

    def predict(self, inputs: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        """One input, one output."""
        return self.predict_batch([inputs], parameters)[0]


class StreamingPredictor(Predictor):
    """A predictor that makes its answers piece by piece, those of several questions beside each other."""

    @abstractmethod
    def pieces(self, item: Item) -> Generator[dict[str, Any] | None, None, None]:
        """Chunks of one answer as they are made, in the shape of the task's public stream specification.

        None means: nothing new yet, ask again; the first piece is None, once the question has joined the others.
        Closing the iterator stops the model at its next token.
        """

    def stream(self, item: Item) -> Iterator[dict[str, Any]]:
        """The chunks of `pieces`, for those who wait for them."""
        with closing(self.pieces(item)) as pieces:
            yield from (piece for piece in pieces if piece is not None)

    @property
    @abstractmethod
    def batching(self) -> str:
        """How questions are computed together, in words: `continuous`, or why not."""

    @abstractmethod
    def joins(self, item: Item) -> bool:
        """Whether an answer is made step by step beside others (`steps`), or in one piece (`run`)."""

    @abstractmethod
    def has_room(self, item: Item) -> bool:
        """Whether `steps` or `pieces` of one more question can begin now, beside those that are on their way."""

    @abstractmethod
    def steps(self, item: Item) -> Generator[None, None, Any]:
        """The whole answer of an item that `joins`: returned at the end, a token for each of its rows a step."""
