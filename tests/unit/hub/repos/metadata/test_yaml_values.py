import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import InvalidCard
from holdfast.hub.repos.metadata.yaml_values import load_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("no", "no"),
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("true", True),
        ("012", 12),
        ("1e-5", 1e-5),
        (".nan", ".nan"),
        ("1:30", "1:30"),
        ("99999999999999999999", 1e20),
        ("'12'", "12"),
        ("!!int '3'", 3),
        ("!!str 4", "4"),
        ("!!python/object/apply:os.system ['id']", ["id"]),
        ('"a\\0b"', "a\ufffdb"),
        ("{a: &x [1], b: *x}", {"a": [1], "b": [1]}),
        ("{base: &b {k: 1, v: 2}, more: {<<: *b, v: 3}}", {"base": {"k": 1, "v": 2}, "more": {"k": 1, "v": 3}}),
        ("{1: one}", {"1": "one"}),
    ],
)
def test_values(text, value):
    assert load_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "line"),
        ("a: *nobody", "alias"),
        ("a: &a [*a]", "alias"),
        ("a: 1\na: 2", "duplicated"),
        ("{[1]: 2}", "plain word"),
        ("--- 1\n--- 2", "more than one document"),
        ("a: \ud800", "Unicode"),
        ("a: \0", "control characters"),
        ("- " * 100 + "x", "deeper"),
        ("a: " + "x" * 1_100_000, "larger"),
        ("- a\n" * 200_001, "more than 200000"),
    ],
)
def test_refusals_say_what_is_wrong(text, words):
    with pytest.raises(InvalidCard) as caught:
        load_yaml(text)
    assert words in str(caught.value)


def test_alias_bombs_are_defused_at_once():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join(['*' + before] * 10)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    start = time.thread_time()
    with pytest.raises(InvalidCard):
        load_yaml("\n".join(lines))
    assert time.thread_time() - start < 2


@given(st.text(alphabet="abc: -\n[]{}&*!|>'\"#?%@,0.\t~<\\\ufeff\u2028é\0", max_size=60))
def test_any_text_is_a_value_or_a_refusal(text):
    try:
        value = load_yaml(text)
    except InvalidCard:
        return
    json.dumps(value, allow_nan=False)
