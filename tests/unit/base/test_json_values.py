"""How deep JSON may go."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from holdfast.base.json_values import MAX_DEPTH, nests_too_deep


def nested(depth: int, *, objects: bool = False) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": 0, "b": value} if objects else [value]
    return value


@pytest.mark.parametrize("objects", [False, True])
def test_so_deep_and_no_deeper(objects: bool):
    assert not nests_too_deep(nested(MAX_DEPTH, objects=objects))
    assert nests_too_deep(nested(MAX_DEPTH + 1, objects=objects))
    assert nests_too_deep(orjson.loads("[" * 1000 + "]" * 1000))


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [[], {}, [1, {"a": []}]], [1] * 10_000])
def test_what_everybody_sends_is_not_deep(value: Any):
    assert not nests_too_deep(value)
