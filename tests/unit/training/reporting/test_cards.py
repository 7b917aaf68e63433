"""The card and the evaluation results of a run: the simplest rule, weak groups, who chose the trial, where it ran."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.exhibits import Drawing, Exhibit, Slice
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.specification import ChosenTrial, DataSource, Output, TrainingSpec
from holdfast.training.domain.trials import Board, Metric, Outcome, Plan, Status, Trial
from holdfast.training.reporting.cards import card, eval_results
from holdfast.training.reporting.pages import page

COMMIT = "c" * 40
REPORT = Report(
    spec=TrainingSpec(
        "tabular-classification", DataSource(repo_id="lab/flowers", revision=COMMIT), output=Output(repo_id="lab/model")
    ),
    folder=Path("model"),
    artefact=Artefact("tabular-classification", "ridge", {}, "sklearn", {"table": {"a": [1]}}),
    board=Board(Metric("accuracy", greater_is_better=True)),
    judgement=Judgement(
        {"accuracy": 0.9},
        {"accuracy": (0.8, 0.95)},
        40,
        ["x"],
        ["x"],
        baseline={"accuracy": 0.6},
        gain=(0.3, 0.2, 0.4),
        slices=(Slice("colour", "`colour` is red", 12, 0.5, 0.9),),
        groups=9,
    ),
    baseline=0.6,
    findings=(),
    rows=(160, 40),
    data=("lab/flowers", COMMIT),
    seconds={"all": 3.0},
    peak_memory_mb=None,
)


def test_the_card_compares_and_names_what_is_weak():
    search = Exhibit("search", "The search", "In 1 trial it went nowhere.", ("line",), (("best",),), Drawing.LINES)
    text = card(REPORT, [search])
    assert "### The search\n\nIn 1 trial it went nowhere.\n\n![The search](autotrain/search.svg)" in text
    assert "| accuracy | 0.9 | 0.8 to 0.95 | 0.6 |" in text
    assert "It is better by 0.3 in accuracy (95 %: 0.2 to 0.4)." in text
    assert "* `colour` is red: 0.5 in 12 rows (0.9 in all)" in text
    unsure = replace(REPORT, judgement=replace(REPORT.judgement, gain=(0.1, -0.1, 0.2), slices=()))
    assert "Whether it is better is not certain" in card(unsure, [])
    assert "Where it is weak" not in card(unsure, [])


def test_a_trial_that_somebody_chose_is_named():
    chosen = replace(REPORT, spec=replace(REPORT.spec, trial=ChosenTrial(3, "ridge", run="65a1")))
    assert "ridge, trial 3 of run 65a1, chosen by hand" in card(chosen, [])
    assert "the best of 2 trials by accuracy" in card(_of_trials("ridge", "tree"), [])
    assert "ridge, the only trial." in card(_of_trials("ridge"), [])


def _of_trials(*families: str) -> Report:
    trials = [Trial(number, Plan(family), Status.OK, 1.0, Outcome(0.5)) for number, family in enumerate(families)]
    return replace(REPORT, board=replace(REPORT.board, trials=trials))


def test_agents_are_not_counted_with_the_rules_that_they_are_to_beat():
    rules = {"random": 19.7, "fixed-action": 9.3}

    def said(family: str, *families: str) -> str:
        explanation = {"rules": rules, "environment": "CartPole-v1", "episodes": 100}
        agent = replace(REPORT.artefact, family=family, explanation=explanation)
        done = replace(_of_trials(*rules, *families), artefact=agent, data=("CartPole-v1", ""))
        assert "judged by 100 new episodes." in page(done)
        return card(replace(done, judgement=Judgement({"accuracy": 221.5}, {}, 0, [], [])), [])

    assert "ppo, the only agent, beside 2 simple rules. In 100 new episodes its accuracy is" in said("ppo", "ppo")
    assert "dqn, the best of 2 agents by accuracy, beside 2 simple rules." in said("dqn", "ppo", "dqn")
    assert "fixed-action, a simple rule, for no agent came to the end of a lesson." in said("fixed-action", "ppo")
    front = yaml.safe_load(said("ppo", "ppo").split("---\n")[1])
    assert front["model-index"][0]["results"][0]["dataset"] == {"name": "CartPole-v1", "type": "CartPole-v1"}


def test_results_say_where_they_come_from():
    [entry] = yaml.safe_load(eval_results(replace(REPORT, page="http://hub.example/training/lab/65a1")) or "")
    assert entry["dataset"] == {
        "id": "lab/flowers",
        "task_id": "tabular-classification/accuracy",
        "revision": COMMIT,
    }
    assert entry["source"] == {"url": "http://hub.example/training/lab/65a1", "name": "Holdfast AutoTrain"}
    assert "source" not in yaml.safe_load(eval_results(REPORT) or "")[0]
    local = replace(REPORT, spec=replace(REPORT.spec, data=DataSource(path="flowers.csv")))
    assert eval_results(local) is None


def test_a_model_that_chats_is_known_as_what_hubs_have_a_word_for():
    chat = replace(REPORT, artefact=Artefact("chat-completion", "lora", {}, "transformers", "Hello"))
    front = yaml.safe_load(card(chat, []).split("---\n")[1])
    assert front["pipeline_tag"] == "text-generation"
    assert "conversational" in front["tags"]
    assert front["model-index"][0]["results"][0]["task"] == {"type": "text-generation"}
    assert "conversational" not in card(REPORT, [])


def front_of(example, task="tabular-classification"):
    artefact = replace(REPORT.artefact, task=task, example=example)
    return yaml.safe_load(card(replace(REPORT, artefact=artefact), []).split("---\n")[1])


def test_the_example_stands_in_the_form_of_the_model_s_page():
    assert front_of({"table": {"a": [1 / 3]}})["widget"] == [{"structured_data": {"a": [0.333333]}}]
    assert front_of("A text", "text-classification")["widget"] == [{"text": "A text"}]
    asked = {"question": "Where?", "context": "Here."}
    assert front_of(asked, "question-answering")["widget"] == [{"text": "Where?", "context": "Here."}]
    talk = [{"role": "user", "content": "Hello"}]
    assert front_of(talk, "chat-completion")["widget"] == [{"messages": talk}]
    assert "widget" not in front_of("long " * 1_000, "text-classification")
    assert "widget" not in front_of(b"a picture", "image-classification")
    assert "widget" not in front_of({"image": b"a picture"}, "image-text-to-text")


def test_what_there_is_none_of_is_not_said():
    """An agent learns from no rows, and plays an episode to look at."""
    artefact = replace(REPORT.artefact, explanation={"replay": "replay.gif"})
    agent = replace(REPORT, artefact=artefact, judgement=Judgement({"mean_reward": 24.0}, {}, 0, [], []), rows=(0, 0))
    text = card(agent, [])
    assert "| metric | value |\n|---|---|\n| mean_reward | 24 |" in text
    assert "replay.gif" in text
    assert "row" not in text.split("---\n")[2]


def test_pictures_are_asked_about_by_a_file_of_one_s_own():
    artefact = replace(REPORT.artefact, task="image-classification", example=b"a picture")
    assert 'ask(open("picture.png", "rb").read())' in card(replace(REPORT, artefact=artefact), [])
