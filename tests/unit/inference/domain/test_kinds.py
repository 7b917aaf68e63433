import base64

import pytest

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.domain.kinds import (
    Anything,
    Binary,
    Cell,
    Choice,
    Either,
    Field,
    Flag,
    Integer,
    ListOf,
    MapOf,
    Number,
    Record,
    Text,
)

TOP_K = Record({"top_k": Field(Integer(1, 5), required=True, also_called=("k",)), "truncate": Field(Flag())})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Text(), "été 😀"),
        (Integer(), 3),
        (Number(), 2.5),
        (Flag(), True),
        (Choice(("left", "right")), "left"),
        (Cell(), None),
        (Anything(), {"x": [1]}),
        (Binary("image"), b"pixels"),
        (ListOf(Text()), ["a", "b"]),
        (MapOf(Number()), {"a": 1.0}),
        (Either((Text(), ListOf(Text())), "a string or strings"), ["a"]),
        (TOP_K, {"top_k": 2}),
    ],
)
def test_what_is_right_stays_and_stays_again(kind, value):
    assert kind.parse(value, "x") == value == kind.parse(kind.parse(value, "x"), "x")
    assert isinstance(kind.schema(), dict)


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (Text(), 3, "must be a string, not a number"),
        (Text(), "\ud800", "not valid Unicode"),
        (Text(min_characters=1), "", "must not be empty"),
        (Integer(), True, "not a boolean"),
        (Integer(), 3.0, "must be a whole number"),
        (Integer(1), 0, "must be at least 1"),
        (Integer(), 2**70, "must be at most"),
        (Number(), float("nan"), "finite"),
        (Number(), 10**400, "finite"),
        (Number(0, 1), 2, "must be at most 1"),
        (Flag(), "true", "must be true or false"),
        (Flag(), 1, "must be true or false"),
        (Choice(("left", "right")), "up", "must be one of left, right"),
        (Choice(("left", "right")), ["left"], "must be one of left, right"),
        (Cell(), [1], "must be a number"),
        (Binary("image"), "no base64!", "base64"),
        (Binary("image"), 7, "image data"),
        (Binary("image"), "", "holds no image data"),
        (ListOf(Text()), "abc", "must be a list, not a string"),
        (ListOf(Text(), min_items=1), [], "at least 1"),
        (MapOf(Number()), {1: 2}, "must be an object"),
        (Either((Text(), Flag()), "a string or a flag"), 3, "must be a string or a flag"),
        (TOP_K, {"topk": 2}, "known are: top_k, truncate"),
        (TOP_K, {}, "is required"),
        (TOP_K, {"top_k": None}, "is required"),
        (TOP_K, [], "must be an object, not a list"),
    ],
)
def test_what_is_wrong_is_said(kind, value, problem):
    with pytest.raises(InvalidInput) as caught:
        kind.parse(value, "inputs")
    assert problem in caught.value.message
    assert caught.value.field.startswith("inputs")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Text(max_characters=3), "abcd"),
        (Binary("image", 3), b"abcd"),
        (Binary("image", 3), base64.b64encode(b"x" * 500).decode()),
        (ListOf(Text(), max_items=1), ["a", "b"]),
        (MapOf(Text(), 1), {"a": "", "b": ""}),
    ],
)
def test_limits_are_told(kind, value):
    with pytest.raises(TooLarge, match="`inputs` is larger than the limit"):
        kind.parse(value, "inputs")


def test_the_place_of_a_mistake_is_named():
    kind = Record({"table": Field(MapOf(ListOf(Number())))})
    with pytest.raises(InvalidInput) as caught:
        kind.parse({"table": {"age": [1, 2, "three"]}}, "inputs")
    assert caught.value.field == "inputs.table.age[2]"


def test_media_come_in_three_forms():
    data = b"\x89PNG\r\n"
    encoded = base64.b64encode(data).decode()
    kind = Binary("image")
    assert (
        kind.parse(data, "x") == kind.parse(encoded, "x") == kind.parse(f"data:image/png;base64,{encoded}", "x") == data
    )


def test_null_is_as_good_as_none_and_other_names_lead_home():
    assert TOP_K.parse({"k": 3, "truncate": None, "mystery": None}, "parameters") == {"top_k": 3}


def test_schemas_describe_the_rules():
    assert TOP_K.schema() == {
        "type": "object",
        "properties": {"top_k": {"type": "integer", "minimum": 1, "maximum": 5}, "truncate": {"type": "boolean"}},
        "required": ["top_k"],
    }
