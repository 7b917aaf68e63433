import pytest

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.domain.kinds import Field, Integer, ListOf, Record, Text
from holdfast.inference.domain.specification import Call, Shape, TaskSpec

PARAMETERS = Record({"top_k": Field(Integer(1))})
SPEC = TaskSpec("echo", "Says it again.", Text(), Text(), PARAMETERS)
PAIR = TaskSpec(
    "pair", "", Record({"question": Field(Text(), required=True, also_called=("query",))}), Text(), PARAMETERS
)
WHOLE = TaskSpec("whole", "", ListOf(Text()), Text(), batches=False)


def test_one_input_and_a_batch():
    assert SPEC.parse_call("a", {"top_k": 2}) == Call(["a"], {"top_k": 2})
    assert SPEC.parse_call(["a", "b"], None) == Call(["a", "b"], {}, is_batch=True)
    assert WHOLE.parse_call(["a", "b"], None) == Call([["a", "b"]], {})


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ({"inputs": "a", "parameters": {"top_k": 2}}, Call(["a"], {"top_k": 2})),
        ({"inputs": "a", "top_k": 2, "options": {"wait_for_model": True}, "stream": False}, Call(["a"], {"top_k": 2})),
        ({"inputs": "a", "parameters": None}, Call(["a"], {})),
    ],
)
def test_bodies(body, call):
    assert SPEC.parse_body(body) == call


@pytest.mark.parametrize("body", [{"inputs": {"query": "a"}}, {"question": "a"}, {"query": "a", "inputs": "ignored"}])
def test_fields_of_an_input_may_stand_beside_it(body):
    assert PAIR.parse_body(body) == Call([{"question": "a"}], {})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "inputs"),
        ({"inputs": "a", "parameters": []}, "parameters"),
        ({"inputs": "a", "topk": 2}, "parameters.topk"),
        ({"inputs": ["a", 3]}, "inputs[1]"),
        ({"inputs": []}, "inputs"),
    ],
)
def test_wrong_bodies_are_named(body, field):
    with pytest.raises(InvalidInput) as caught:
        SPEC.parse_body(body)
    assert caught.value.field == field


def test_a_batch_has_an_end():
    with pytest.raises(TooLarge, match="1000 elements"):
        SPEC.parse_call(["a"] * 1_001, None)


@pytest.mark.parametrize(
    ("shape", "output", "over_http", "in_python"),
    [
        (Shape.PLAIN, {"text": "a"}, {"text": "a"}, {"text": "a"}),
        (Shape.LISTED, {"text": "a"}, [{"text": "a"}], [{"text": "a"}]),
        (Shape.NESTED, [{"label": "a"}], [[{"label": "a"}]], [{"label": "a"}]),
        (Shape.BEST, [{"answer": "a"}], {"answer": "a"}, {"answer": "a"}),
    ],
)
def test_shapes_of_answers(shape, output, over_http, in_python):
    spec = TaskSpec("echo", "", Text(), Text(), PARAMETERS, shape=shape)
    call = spec.parse_call("a", {})
    assert spec.answer([output], call, over_http=True) == over_http
    assert spec.answer([output], call) == in_python
    assert spec.answer([output, output], spec.parse_call(["a", "b"], {})) == [output, output]


def test_the_best_of_several_stays_a_list():
    spec = TaskSpec("echo", "", Text(), Text(), PARAMETERS, shape=Shape.BEST)
    assert spec.answer([[{"answer": "a"}]], spec.parse_call("a", {"top_k": 3})) == [{"answer": "a"}]
