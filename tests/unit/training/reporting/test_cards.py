"""The card and the evaluation results of a run: the simplest rule, weak groups, who chose the trial, where it ran."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.exhibits import Slice
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.specification import ChosenTrial, DataSource, Output, TrainingSpec
from holdfast.training.domain.trials import Board, Metric
from holdfast.training.reporting.cards import card, eval_results

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
    text = card(REPORT, ["search"])
    assert "| accuracy | 0.9 | 0.8 to 0.95 | 0.6 |" in text
    assert "It is better by 0.3 in accuracy (95 %: 0.2 to 0.4)." in text
    assert "* `colour` is red: 0.5 in 12 rows (0.9 in all)" in text
    unsure = replace(REPORT, judgement=replace(REPORT.judgement, gain=(0.1, -0.1, 0.2), slices=()))
    assert "Whether it is better is not certain" in card(unsure, [])
    assert "Where it is weak" not in card(unsure, [])


def test_a_trial_that_somebody_chose_is_named():
    chosen = replace(REPORT, spec=replace(REPORT.spec, trial=ChosenTrial(3, "ridge", run="65a1")))
    assert "ridge, trial 3 of run 65a1, chosen by hand" in card(chosen, [])
    assert "the best of 0 trials by accuracy" in card(REPORT, [])


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
