"""`pipeline()`: a task with a model, here or on a server, for one input, lists, and streams without end."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.client.finding import best_model, find_model
from holdfast.client.media import record_of, with_bytes
from holdfast.client.remote import RemotePredictor
from holdfast.inference import tasks
from holdfast.inference.domain.predictors import StreamingPredictor
from holdfast.inference.domain.specification import Call, TaskSpec

_ONE = (str, bytes, Mapping, Path)


class Predicting(Protocol):
    """What a pipeline needs of a predictor, here or on a server."""

    @property
    def spec(self) -> TaskSpec: ...

    def predict_batch(self, inputs: Sequence[Any], parameters: Mapping[str, Any]) -> list[Any]:
        """Outputs, one for each input."""
        ...


class Pipeline:
    """A task with a model. Call it with an input, a list of inputs, or any iterable of them.

    Args:
        predictor: answers.
        batch_size: how many inputs of an iterable are answered together.
    """

    def __init__(self, predictor: Predicting, batch_size: int) -> None:
        self._predictor = predictor
        self._batch_size = batch_size

    @property
    def task(self) -> str:
        return self._predictor.spec.name

    def __call__(self, inputs: Any = None, **parameters: Any) -> Any:
        """Answer one input, or a list; of an iterable, answers come one by one as they are made.

        Pictures and sounds may be paths, addresses, PIL images, arrays (`{"array": …, "sampling_rate": …}`) or bytes.
        Fields of an input may be keywords: `answer(question="…", context="…")`.

        Raises:
            InvalidInput: something is not as the task wants it, by the name of its field.
            TooLarge: more than the model takes, with the limit.
        """
        inputs, parameters = self._sorted(inputs, parameters)
        if self._is_endless(inputs):
            return self._answers(inputs, parameters)
        call = self._call(inputs, parameters)
        outputs = [
            output
            for start in range(0, len(call.inputs), self._batch_size)
            for output in self._predictor.predict_batch(call.inputs[start : start + self._batch_size], call.parameters)
        ]
        return self._predictor.spec.answer(outputs, call)

    def stream(self, inputs: Any = None, **parameters: Any) -> Iterator[dict[str, Any]]:
        """One answer piece by piece, in the task's stream format.

        Raises:
            InvalidInput: see `__call__`; or the task does not stream.
        """
        call = self._call(*self._sorted(inputs, parameters))
        predictor = self._predictor
        if isinstance(predictor, RemotePredictor):
            return predictor.stream(call.inputs[0], call.parameters)
        if not isinstance(predictor, StreamingPredictor) or call.is_batch:
            raise InvalidInput(field="inputs", problem=f"cannot be answered piece by piece: {self.task}")
        return predictor.stream(predictor.prepare(call.inputs[0], call.parameters))

    def _sorted(self, inputs: Any, parameters: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Fields of the input that were given as keywords, put where they belong."""
        record = record_of(self._predictor.spec.inputs)
        if inputs is not None or record is None:
            return inputs, parameters
        names = {name for key, rule in record.fields.items() for name in (key, *rule.also_called)}
        fields = {name: value for name, value in parameters.items() if name in names}
        return fields, {name: value for name, value in parameters.items() if name not in names}

    def _is_endless(self, inputs: Any) -> bool:
        is_picture = hasattr(inputs, "save") and hasattr(inputs, "convert")
        known = isinstance(inputs, (*_ONE, list, tuple)) or is_picture or hasattr(inputs, "dtype")
        return not known and isinstance(inputs, Iterable)

    def _call(self, inputs: Any, parameters: Mapping[str, Any]) -> Call:
        spec = self._predictor.spec
        if spec.batches and isinstance(inputs, (list, tuple)):
            return spec.parse_call([with_bytes(value, spec.inputs) for value in inputs], parameters)
        return spec.parse_call(with_bytes(inputs, spec.inputs), parameters)

    def _answers(self, inputs: Iterable[Any], parameters: Mapping[str, Any]) -> Iterator[Any]:
        source = iter(inputs)
        spec = self._predictor.spec
        while batch := list(itertools.islice(source, self._batch_size)):
            calls = [self._call(value, parameters) for value in batch]
            outputs = self._predictor.predict_batch([call.inputs[0] for call in calls], calls[0].parameters)
            yield from (spec.answer([output], call) for output, call in zip(outputs, calls, strict=True))


def pipeline(
    task: str | None = None,
    model: str | Path | None = None,
    *,
    endpoint: str | None = None,
    revision: str | None = None,
    access_token: str | None = None,
    device: str = "auto",
    dtype: str = "auto",
    batch_size: int = 16,
    progress: bool | None = None,
) -> Pipeline:
    """Make a pipeline. Where it computes, and how exactly, is said once, on standard error.

    Args:
        task: e.g. `summarization`; None: what the model's card says.
        model: a folder, or a repo id of the Hub that `HF_ENDPOINT` names; None: its best one for the
            task, made by AutoTrain if there is one, else the most downloaded.
        endpoint: a server's address: run there, and download nothing.
        revision: branch, tag or commit of the repo; None: `main`.
        access_token: for private and gated repos; None: that of `hf auth login`, or nobody at an endpoint.
        device: `auto` (a GPU if there is one), `cpu`, `cuda:0`, `mps`.
        dtype: `auto` (float32 on a CPU, bfloat16 on a GPU that has it), `float32`, `bfloat16`, `float16`, `int8` (CPU).
        batch_size: how many inputs are answered together.
        progress: show how far downloading and loading are; None: where standard error is a terminal.

    Raises:
        UnknownTask: there is no such task; names those that there are.
        UnusableModel: no such model, or not one for this task.
        UnsafeWeights: its weights are pickled; says how to convert them.
        NotInstalled: the libraries to run models here are missing; says how to get them.

    Example:
        pipeline("sentiment-analysis", model="org/name")("I like it")
    """
    if batch_size < 1:
        raise InvalidInput(field="batch_size", problem="must be at least 1")
    if endpoint is not None:
        if task is None:
            raise InvalidInput(field="task", problem="is required with an endpoint")
        spec = tasks.spec(task)
        named = str(model) if model is not None else best_model(spec.name, access_token, endpoint)
        return Pipeline(RemotePredictor(endpoint, named, spec, access_token), batch_size)
    own_name = tasks.spec(task).name if task is not None else None
    found = find_model(model, own_name, revision, access_token)
    wanted = task or found.task
    if wanted is None:
        raise UnusableModel(problem=f"the card of {found.name} names no task; say it: pipeline(task, model)")
    shows = sys.stderr.isatty() if progress is None else progress
    predictor = tasks.load(wanted, found.folder, device=device, dtype=dtype, progress=shows)
    print(f"{predictor.spec.name}: {found.name} on {predictor.placement}", file=sys.stderr)  # noqa: T201 - for people
    return Pipeline(predictor, batch_size)
