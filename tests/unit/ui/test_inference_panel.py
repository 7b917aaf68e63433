from __future__ import annotations

import pytest

from holdfast.base.errors import InvalidInput, ModelLoading, NotInstalled, UnusableModel
from holdfast.inference import tasks
from holdfast.ui.inference_forms import CHAT
from holdfast.ui.inference_panel import Outcome, Tried, conversation, outcome_of, panel_of

HERE = "http://hub.test"


def _panel(**facts):
    return panel_of(Tried("alice/m", {"tags": [], **facts}, HERE))


def test_models_without_a_task_have_no_panel():
    assert _panel() is None


def test_a_generator_with_a_chat_template_is_talked_to():
    panel = _panel(pipeline_tag="text-generation", tags=["conversational"])
    assert panel is not None
    assert panel.task == CHAT
    assert [way.title for way in panel.code] == ["curl", "huggingface_hub", "openai", "holdfast"]


def test_what_cannot_be_run_says_why():
    panel = _panel(pipeline_tag="text-to-3d")
    assert panel is not None
    assert "can't run" in panel.unavailable
    refusal = NotInstalled(feature="Inference", extra="inference")
    panel = panel_of(Tried("alice/m", {"pipeline_tag": "fill-mask", "tags": []}, HERE, refusal))
    assert panel is not None
    assert 'pip install "holdfast[inference]"' in panel.unavailable
    assert panel.fields == ()


def test_a_model_that_computes_less_exactly_says_so():
    facts = {"pipeline_tag": "fill-mask", "tags": []}
    panels = {dtype: panel_of(Tried("alice/m", facts, HERE, dtype=dtype)) for dtype in ("auto", "float32", "int8")}
    assert ["less exact" in panel.summary for panel in panels.values()] == [False, False, True]
    assert "int8" in panels["int8"].summary


@pytest.mark.parametrize("task", tasks.names())
def test_every_task_has_code_with_this_servers_address(task):
    panel = _panel(pipeline_tag=task)
    assert panel is not None
    assert panel.code or not any(panel.values.values())
    for way in panel.code:
        assert HERE in way.code
        assert "\0" not in way.code
        if way.language == "python":
            compile(way.code, way.title, "exec")


def test_private_models_want_a_token():
    panel = panel_of(Tried("alice/m", {"pipeline_tag": "fill-mask", "tags": []}, HERE, needs_token=True))
    assert panel is not None
    assert all("hf_" in way.code or "$HF_TOKEN" in way.code for way in panel.code)


def test_quotes_stay_within_their_strings():
    text = 'it\'s "so" `nice` $(touch x) \\ \n'
    panel = _panel(pipeline_tag="text-classification", widgetData=[{"text": text}])
    assert panel is not None
    by_title = {way.title: way.code for way in panel.code}
    assert "it'\\''s" in by_title["curl"]
    compile(by_title["huggingface_hub"], "x", "exec")


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"text": " "},
        {"text": {"a": 1}},
        {"structured_data": {"a": []}},
        {"structured_data": {"a": [1], "b": []}},
        {"table": [[1]]},
        {"text": "x", "candidate_labels": 5},
        {"text": "x", "context": " ", "candidate_labels": ",,"},
        {"messages": [5]},
        {"source_sentence": "x", "sentences": [" "]},
    ],
)
def test_odd_examples_of_cards_break_nothing(item):
    for task in tasks.names():
        panel = _panel(pipeline_tag=task, widgetData=[item])
        assert panel is not None, task


def test_refusals_in_plain_words():
    assert outcome_of(InvalidInput(field="Text", problem="is missing")) == Outcome(
        problem="Text is missing", status=400
    )
    loading = outcome_of(ModelLoading(model="alice/m", estimated_seconds=12.4))
    assert (loading.loading_seconds, loading.status) == (12, 503)
    assert outcome_of(UnusableModel(problem="it has no weights")).status == 422


def test_a_conversation_keeps_what_was_said():
    answer = {"choices": [{"message": {"content": "Hello"}}]}
    outcome = conversation([{"role": "user", "content": "Hi"}], answer)
    assert [(turn.role, turn.text) for turn in outcome.turns] == [("user", "Hi"), ("assistant", "Hello")]
    for odd in ({}, {"choices": []}, [], None):
        with pytest.raises(UnusableModel):
            conversation([], odd)
