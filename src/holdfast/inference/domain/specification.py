"""The specification of a task: what may be asked, how, and what comes back; the same over HTTP and in Python.

Source: names and shapes are those of the public task pages (huggingface.js, packages/tasks/src/tasks/*/spec) and of
huggingface_hub 2.4.0, inference/_client.py, for the few places where its client sends or expects something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.domain.kinds import Kind, Record

MAX_BATCH_ITEMS = 1_000


class Shape(Enum):
    """How one output travels. Clients disagree with the specifications, and have done so for years."""

    PLAIN = "plain"
    """As the specification says."""
    LISTED = "listed"
    """In a list of one: `[{"summary_text": …}]`."""
    NESTED = "nested"
    """A list in a list, over HTTP alone: `[[{"label": …}, …]]`; in Python as the specification says."""
    BEST = "best"
    """The only element of a list when `top_k` is not above one."""


@dataclass(frozen=True)
class Call:
    """What one request asks: inputs that were checked, parameters that were checked.

    Args:
        inputs: one for each answer.
        parameters: the same for all inputs; those that were not given are not in it.
        is_batch: the caller sent a list and gets one.
    """

    inputs: Sequence[Any]
    parameters: Mapping[str, Any]
    is_batch: bool = False


@dataclass(frozen=True)
class TaskSpec:
    """Everything about a task that can be known without a model.

    Args:
        name: the Hub's word for the task.
        summary: one sentence for people.
        inputs: the kind of one input.
        parameters: the optional (rarely required) settings of one request.
        output: the kind of one output; bytes in it are media files, sent as base64.
        example: an input that every model of this task can take.
        example_parameters: what must be said beside it.
        shape: how an output travels.
        batches: a list of inputs is a batch; False where one input may be a list itself.
        streams: predictors of this task also have `stream`.
    """

    name: str
    summary: str
    inputs: Kind
    output: Kind
    parameters: Record = field(default_factory=Record)
    example: Any = None
    example_parameters: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape = Shape.PLAIN
    batches: bool = True
    streams: bool = False

    def parse_inputs(self, value: Any, name: str = "inputs") -> Any:
        """One input, checked.

        Raises:
            InvalidInput: it is not what the task takes, by the name of the wrong field.
            TooLarge: it is over a limit.
        """
        return self.inputs.parse(value, name)

    def parse_parameters(self, values: Mapping[str, Any] | None) -> dict[str, Any]:
        """Parameters, checked; those that are None are left out.

        Raises:
            InvalidInput: an unknown one, a wrong one, or a required one is missing.
        """
        return self.parameters.parse(values or {}, "parameters")

    def parse_call(self, inputs: Any, parameters: Mapping[str, Any] | None) -> Call:
        """Inputs and parameters as a caller gave them: one input, or a list of inputs.

        Raises:
            InvalidInput: see `parse_inputs` and `parse_parameters`.
            TooLarge: more than `MAX_BATCH_ITEMS` inputs.
        """
        checked = self.parse_parameters(parameters)
        if not (self.batches and isinstance(inputs, (list, tuple))):
            return Call([self.parse_inputs(inputs)], checked)
        if not inputs:
            raise InvalidInput(field="inputs", problem="must not be an empty list")
        if len(inputs) > MAX_BATCH_ITEMS:
            raise TooLarge(what="`inputs`", limit=f"{MAX_BATCH_ITEMS} elements")
        each = [self.parse_inputs(value, f"inputs[{index}]") for index, value in enumerate(inputs)]
        return Call(each, checked, is_batch=True)

    def parse_body(self, body: Any) -> Call:
        """A JSON body: `{"inputs": …, "parameters": {…}}`.

        What stands beside `inputs` and is named like a field of the inputs or like a parameter belongs there: some
        clients write it so. `options`, `model` and `stream` are for the server and looked over here.

        Raises:
            InvalidInput: not such a body, or see `parse_call`.
        """
        if not isinstance(body, Mapping):
            raise InvalidInput(field="body", problem='must be an object like {"inputs": …}')
        parameters = body.get("parameters")
        if parameters is not None and not isinstance(parameters, Mapping):
            raise InvalidInput(field="parameters", problem="must be an object")
        beside = {key: value for key, value in body.items() if key not in _OF_THE_SERVER}
        of_inputs = {key: beside.pop(key) for key in list(beside) if key in _names(self.inputs)}
        inputs = body.get("inputs")
        if of_inputs:
            inputs = of_inputs | (dict(inputs) if isinstance(inputs, Mapping) else {})
        return self.parse_call(inputs, {**beside, **(parameters or {})})

    def answer(self, outputs: Sequence[Any], call: Call, *, over_http: bool = False) -> Any:
        """Outputs in the shape that the caller expects: one per input of `call`."""
        if call.is_batch:
            return list(outputs)
        output = outputs[0]
        if self.shape is Shape.LISTED or (self.shape is Shape.NESTED and over_http):
            return [output]
        if self.shape is Shape.BEST and call.parameters.get("top_k", 1) == 1 and output:
            return output[0]
        return output

    def schema(self) -> dict[str, Any]:
        """Input and output as JSON Schema, for the reference and for forms."""
        asked = {"inputs": self.inputs.schema(), "parameters": self.parameters.schema()}
        return {
            "input": {"type": "object", "properties": asked, "required": ["inputs"]},
            "output": self.output.schema(),
        }


_OF_THE_SERVER = ("inputs", "parameters", "options", "model", "stream")


def _names(kind: Kind) -> set[str]:
    if not isinstance(kind, Record):
        return set()
    return {name for key, rule in kind.fields.items() for name in (key, *rule.also_called)}
