"""Learn mode of networks: what a report says, and what is made of a report that says odd things."""

import pytest

from holdfast.ui.lesson_networks import NetworkLesson, network_lesson


def test_layers_samples_and_rules_are_shown():
    said = {
        "layers": [{"name": "stages.0", "kind": "Conv2d", "parameters": 864, "does": "finds shapes"}],
        "parameters": 12_345,
        "samples": [{"prompt": "q", "before": "x", "after": "a"}, {"prompt": "the", "text": "cat"}],
        "before": {"perplexity": 20.0},
        "rules": {"random": 19.75},
        "note": "RLOO does the work.",
    }
    lesson = network_lesson({"explanation": said})
    assert lesson.layers[0].parameters == 864
    assert lesson.parameters == "12,345"
    assert [(sample.before, sample.after) for sample in lesson.samples] == [("x", "a"), ("", "cat")]
    assert list(lesson.before) == ["perplexity"]
    assert lesson.notes == ("RLOO does the work.",)
    assert len(lesson.rules) == 1


@pytest.mark.parametrize(
    "report",
    [
        None,
        {},
        {"explanation": None},
        {"explanation": {"layers": "odd", "samples": [3], "rules": [], "before": 7, "note": 1}},
    ],
)
def test_nothing_is_shown_of_what_is_not_there(report):
    assert network_lesson(report) == NetworkLesson()
