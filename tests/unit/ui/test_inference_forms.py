from __future__ import annotations

import base64

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.ui.inference_forms import CHAT, examples, form_of, messages, question


def _question(task: str, texts, files=None):
    fields = form_of(task)
    assert fields is not None
    return question(fields, texts, files or {})


@pytest.mark.parametrize("task", [task for task in tasks.names() if task != CHAT])
def test_a_task_takes_its_own_example(task):
    """What the form says is the example itself, and the task accepts it."""
    spec = tasks.spec(task)
    if spec.example is None:
        pytest.skip("files and tables have no example in words")
    [example] = examples(task, {})
    call = spec.parse_body(_question(task, example.values))
    assert call.inputs == [spec.parse_inputs(spec.example)]
    assert call.parameters == spec.parse_parameters(spec.example_parameters)


def test_files_are_sent_as_base64():
    body = _question("visual-question-answering", {"question": "What?"}, {"image": b"\x89PNG"})
    assert body == {"inputs": {"image": base64.b64encode(b"\x89PNG").decode(), "question": "What?"}}
    with pytest.raises(InvalidInput, match="choose a file"):
        _question("image-classification", {})


def test_tables_are_typed_as_comma_separated_values():
    body = _question("tabular-classification", {"table": 'size, name\n1, "a, b"\n2, c\n'})
    assert body == {"inputs": {"table": {"size": ["1", "2"], "name": ["a, b", "c"]}}}


@pytest.mark.parametrize("table", ["size", "a,a\n1,2", "a,b\n1", 'a\n"' + "x" * 200_000])
def test_odd_tables_are_refused(table):
    with pytest.raises(InvalidInput, match="Table"):
        _question("tabular-classification", {"table": table})


def test_what_is_missing_is_named_as_on_the_page():
    with pytest.raises(InvalidInput) as refused:
        _question("zero-shot-classification", {"text": "x", "labels": " "})
    assert refused.value.field == "Labels"


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "9" * 30, "²"])
def test_numbers_are_whole_ones(text):
    with pytest.raises(InvalidInput):
        _question("text-generation", {"text": "x", "tokens": text})


def test_a_conversation_goes_on():
    earlier = '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]'
    said = messages({"conversation": earlier, "message": "How are you?"})
    assert [turn["role"] for turn in said] == ["user", "assistant", "user"]
    for broken in ("{", "5", '[{"role": 1}]'):
        with pytest.raises(InvalidInput):
            messages({"conversation": broken, "message": "x"})
    with pytest.raises(InvalidInput):
        messages({"message": " "})


def test_examples_come_from_the_card():
    listed = [
        {"text": "Good film", "example_title": "A film"},
        {"text": 5},
        "no example",
        {"src": "https://example.org/cat.jpg"},
        {"text": "Bad film"},
    ]
    found = examples("text-classification", {"widgetData": listed})
    assert [(example.title, dict(example.values)) for example in found] == [
        ("A film", {"text": "Good film"}),
        ("Example 5", {"text": "Bad film"}),
    ]


@pytest.mark.parametrize(
    ("task", "item", "values"),
    [
        (
            "question-answering",
            {"text": "Where?", "context": "In Bath."},
            {"question": "Where?", "context": "In Bath."},
        ),
        ("zero-shot-classification", {"text": "x", "candidate_labels": "a, b"}, {"text": "x", "labels": "a, b"}),
        (
            "sentence-similarity",
            {"source_sentence": "x", "sentences": ["a", "b"]},
            {"sentence": "x", "sentences": "a\nb"},
        ),
        ("tabular-regression", {"structured_data": {"a": [1, 2], "b": [3, 4]}}, {"table": "a,b\n1,3\n2,4"}),
        (CHAT, {"messages": [{"role": "user", "content": "Hi"}]}, {"message": "Hi"}),
        (CHAT, {"text": "Hi"}, {"message": "Hi"}),
    ],
)
def test_examples_of_cards_in_every_shape(task, item, values):
    [example] = examples(task, {"widgetData": [item]})
    assert dict(example.values) == values


def test_the_gap_is_written_as_the_model_reads_it():
    [example] = examples("fill-mask", {"mask_token": "<mask>"})
    assert "<mask>" in example.values["text"]
