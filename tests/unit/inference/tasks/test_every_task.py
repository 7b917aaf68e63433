"""What holds for every task, from one table: specifications, batches, the wire, and the public client's own types."""

import dataclasses
import importlib
import io
import json

import numpy as np
import pytest
from PIL import Image

from holdfast.base.errors import InvalidInput, UnknownTask
from holdfast.inference import tasks
from holdfast.inference.domain.predictors import StreamingPredictor
from tests.factories.inference_cases import BY_TASK, CASES

every_task = pytest.mark.parametrize("case", CASES, ids=lambda case: case.task)


def test_the_table_has_every_task():
    assert sorted(BY_TASK) == sorted(tasks.names())


@every_task
def test_an_output_is_what_the_specification_says(case, loaded):
    output = loaded(case.task).predict(case.inputs, case.parameters)
    assert tasks.spec(case.task).output.parse(output, "output") is not None


@every_task
def test_inputs_and_outputs_cross_the_wire(case, loaded):
    spec = tasks.spec(case.task)
    body = json.loads(json.dumps(tasks.wire_value({"inputs": case.inputs, "parameters": case.parameters})))
    call = spec.parse_body(body)
    outputs = loaded(case.task).predict_batch(call.inputs, call.parameters)
    answer = json.loads(json.dumps(tasks.wire_value(spec.answer(outputs, call, over_http=True)), allow_nan=False))
    assert answer is not None
    assert_alike(outputs[0], loaded(case.task).predict(case.inputs, case.parameters))


@every_task
def test_a_batch_answers_as_one_by_one(case, loaded):
    predictor = loaded(case.task)
    alone = [predictor.predict(inputs, case.parameters) for inputs in (case.inputs, case.other_inputs)]
    together = predictor.predict_batch([case.inputs, case.other_inputs, case.inputs], case.parameters)
    assert_alike(together, [*alone, alone[0]])


@every_task
def test_streams_are_promised_and_kept(case, loaded):
    predictor = loaded(case.task)
    assert isinstance(predictor, StreamingPredictor) == predictor.spec.streams


@every_task
def test_an_unknown_parameter_is_named(case):
    with pytest.raises(InvalidInput) as caught:
        tasks.spec(case.task).parse_call(case.inputs, {**case.parameters, "tempature": 1})
    assert caught.value.field == "parameters.tempature"


@every_task
@pytest.mark.parametrize(
    "inputs", [None, 7, "\ud800", [], {}, [None], {"image": "*", "question": "?", "table": 3}, True]
)
def test_wrong_inputs_are_refused_by_name(case, inputs):
    with pytest.raises(InvalidInput) as caught:
        tasks.spec(case.task).parse_call(inputs, case.parameters)
    assert caught.value.field.startswith("inputs")


def test_aliases_lead_to_their_task():
    assert tasks.spec("sentiment-analysis").name == "text-classification"
    assert all(task in tasks.names() for task in tasks.ALIASES.values())


def test_an_unknown_task_names_those_there_are():
    with pytest.raises(UnknownTask, match="Supported: text-classification"):
        tasks.spec("text-to-taste")


NOT_IN_THE_CLIENT = {
    "anomaly-detection",
    "clustering",
    "dimensionality-reduction",
    "image-feature-extraction",
    "image-text-to-text",
}
NOT_IN_THE_CLIENT |= {"reinforcement-learning", "tabular-classification", "tabular-regression", "text-ranking"}
OF_THE_REQUEST = {"inputs", "parameters", "messages", "model", "stream"}


@pytest.mark.parametrize("task", sorted(set(BY_TASK) - NOT_IN_THE_CLIENT))
def test_every_parameter_of_the_public_client_is_known(task):
    """Source: huggingface_hub's types are generated from the public task specifications."""
    known = tasks.spec(task).parameters.fields
    names = {name for key, field in known.items() for name in (key, *field.also_called)}
    assert {field.name for field in dataclasses.fields(client_type(task, "Parameters"))} - OF_THE_REQUEST <= names


@pytest.mark.parametrize(
    "task", sorted(set(BY_TASK) - NOT_IN_THE_CLIENT - {"feature-extraction", "sentence-similarity"})
)
def test_the_public_clients_types_read_the_outputs(task, loaded):
    case = BY_TASK[task]
    output = tasks.wire_value(loaded(task).predict(case.inputs, case.parameters))
    assert output
    kind = client_type(task, "Output")
    for one in output if isinstance(output, list) else [output]:
        read = kind.parse_obj_as_instance(one)
        required = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        assert all(getattr(read, name) is not None for name in required)


def client_type(task, word):
    """The type for parameters or outputs: named alike for most tasks."""
    module = importlib.import_module(f"huggingface_hub.inference._generated.types.{task.replace('-', '_')}")
    prefix = "".join(part.capitalize() for part in task.split("-")).replace("Text2text", "Text2Text")
    endings = {
        "Parameters": ("Parameters", "InputGenerateParameters", "Input"),
        "Output": ("OutputElement", "Output"),
    }[word]
    return next(getattr(module, prefix + ending) for ending in endings if hasattr(module, prefix + ending))


def pixels(data):
    return np.array(Image.open(io.BytesIO(data))).astype(int)


def assert_alike(one, other):
    """Equal, but for the last digits of numbers."""
    if isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-5)
    elif isinstance(one, bytes) and one.startswith(b"\x89PNG"):
        # A last digit may tip a pixel over to the next level.
        np.testing.assert_allclose(pixels(one), pixels(other), atol=1)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert_alike(value, other[key])
    elif isinstance(one, list) and one and isinstance(one[0], float):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_alike(left, right)
    else:
        assert one == other
