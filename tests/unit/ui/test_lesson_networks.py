"""Learn mode of networks: what a report says, and what is made of a report that says odd things."""

import pytest

from holdfast.ui.lesson_networks import Change, NetworkLesson, network_lesson


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
    assert lesson.before == (Change("perplexity", "20", ""),)
    assert lesson.notes == ("RLOO does the work.",)
    assert len(lesson.rules) == 1


def test_what_was_before_stands_beside_what_is_now():
    before = {"perplexity": 20.0, "judged": 12}
    lesson = network_lesson({"scores": {"perplexity": 4.5}, "explanation": {"before": before}})
    assert lesson.before == (Change("perplexity", "20", "4.5"),), "a count is no score"


def test_an_agent_is_shown_with_a_moment_of_its_life():
    told = {
        "sees": ["angle", "speed"],
        "does": ["push left", "push right"],
        "paid": "1 for each moment",
        "moment": {"seen": [0.25, -1.5], "done": "push left"},
    }
    report = {"score": 221.5, "explanation": {"agent": told, "solved_at": 475.0, "episodes": 100}}
    agent = network_lesson(report).agent
    assert agent is not None
    assert agent.senses == (("angle", "0.25"), ("speed", "-1.5"))
    assert (agent.done, agent.does) == ("push left", ("push left", "push right"))
    assert agent.goal.startswith(
        "In 100 new episodes it got 221.5 each, on average. 475 counts as solved, so it is not"
    )
    report["score"] = 480
    solved = network_lesson(report).agent
    assert solved is not None
    assert solved.goal.endswith("so it is solved.")


def test_a_mix_says_whose_layers_they_are():
    said = {
        "layers_of": {"trial": 4, "family": "neural-network"},
        "members": [{}, {}],
        "pieces": ["a", 3],
        "vocabulary": 512,
    }
    lesson = network_lesson({"explanation": said})
    assert lesson.layers_of == "trial 4, neural network"
    assert (lesson.pieces, lesson.vocabulary) == (("a", "3"), "512")
    assert network_lesson({"explanation": {**said, "members": [{}]}}).layers_of == ""


@pytest.mark.parametrize(
    "report",
    [
        None,
        {},
        {"explanation": None},
        {"explanation": {"layers": "odd", "samples": [3], "rules": [], "before": 7, "note": 1}},
        {"explanation": {"agent": {"sees": ["x"], "does": [], "moment": {"seen": [1]}}}},
        {"explanation": {"agent": 7, "pieces": "x", "vocabulary": None, "layers_of": [], "scores": 3}},
    ],
)
def test_nothing_is_shown_of_what_is_not_there(report):
    assert network_lesson(report) == NetworkLesson()
