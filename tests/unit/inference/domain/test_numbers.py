"""Pure rules on arrays: labels, spans, pooling, tables."""

import numpy as np
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.labels import hypotheses_of, scored_labels, softmax, usual_function
from holdfast.inference.domain.pooling import normalized, pool
from holdfast.inference.domain.spans import best_spans, span_scores
from holdfast.inference.domain.tables import as_numbers, columns_of

TOKENS = np.array([[1.0, 4.0], [2.0, 0.0], [3.0, 2.0]])


def test_softmax_of_large_numbers():
    assert softmax(np.array([1e4, 1e4, -1e4])).tolist() == [0.5, 0.5, 0.0]


def test_labels_best_first():
    found = scored_labels(np.array([0.0, 2.0, 1.0]), ["a", "b", "c"], "softmax", 2)
    assert [one["label"] for one in found] == ["b", "c"]
    assert scored_labels(np.array([0.0, 2.0]), ["a", "b"], "none", None)[0] == {"label": "b", "score": 2.0}


@pytest.mark.parametrize(
    ("kind", "count", "function"),
    [
        (None, 3, "softmax"),
        (None, 1, "sigmoid"),
        ("multi_label_classification", 3, "sigmoid"),
        ("regression", 1, "none"),
    ],
)
def test_the_function_a_classifier_was_trained_with(kind, count, function):
    assert usual_function(kind, count) == function


def test_templates_are_no_programs():
    assert hypotheses_of(["{0.__class__}"], "This is {}.") == ["This is {0.__class__}."]
    with pytest.raises(InvalidInput, match=r"must hold \{\}"):
        hypotheses_of(["a"], "no place")


def test_spans_against_every_pair():
    random = np.random.default_rng(0)
    starts, ends = random.random(12), random.random(12)
    pairs = {(a, b): starts[a] * ends[b] for a in range(12) for b in range(a, min(a + 4, 12))}
    best = sorted(pairs, key=lambda pair: -pairs[pair])[:5]
    found = best_spans(starts, ends, 4, 5)
    assert [(span.start, span.end) for span in found] == best
    assert found[0].score == pytest.approx(pairs[best[0]])


def test_only_the_context_and_the_first_token_count():
    logits = {"start_logits": np.array([0.0, 9.0, 0.0, 0.0]), "end_logits": np.zeros(4)}
    starts, _ = span_scores([None, 0, 1, 1], logits)
    assert starts.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("mode", "vector"),
    [
        ("cls", [1, 4]),
        ("lasttoken", [3, 2]),
        ("max", [3, 4]),
        ("mean", [2, 2]),
        ("mean_sqrt_len", [6 / np.sqrt(3), 6 / np.sqrt(3)]),
        ("weightedmean", [14 / 6, 10 / 6]),
    ],
)
def test_pooling(mode, vector):
    assert pool(TOKENS, mode).tolist() == pytest.approx(vector)


def test_lengths_of_one_and_of_nothing():
    assert normalized(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[0.6, 0.8], [0.0, 0.0]]


def test_tables_by_columns_and_by_rows():
    columns = {"a": [1, 2], "b": ["x", "y"]}
    assert columns_of(columns, ["b", "a"]) == {"b": ["x", "y"], "a": [1, 2]}
    assert list(columns_of(columns, ["b", "a"])) == ["b", "a"]
    assert columns_of([{"a": 1, "b": "x"}, {"b": "y", "a": 2}], None) == columns


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"a": [1, 2], "b": [1]}, "inputs.table"),
        ({"a": [], "b": []}, "inputs.table"),
        ({}, "inputs.table"),
        ({"a": [1]}, "inputs.table.b"),
        ({"a": [1], "b": [1], "c": [1]}, "inputs.table.c"),
        ([{"a": 1, "b": 1}, {"a": 1}], "inputs.table[1]"),
    ],
)
def test_tables_that_do_not_fit(table, field):
    with pytest.raises(InvalidInput) as caught:
        columns_of(table, ["a", "b"])
    assert caught.value.field == field


def test_texts_that_are_numbers():
    assert as_numbers(["1", " 2.5 ", ""]) == [1.0, 2.5, None]
    assert as_numbers(["1", "two"]) == ["1", "two"]
    assert as_numbers([1, "2"]) == [1, "2"]
