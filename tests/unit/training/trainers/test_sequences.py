"""Networks that read and write: what they learn of a tiny language, and that inference serves them."""

import random

import pandas as pd
import pytest

from holdfast.inference import tasks
from holdfast.training.domain.specification import Budget
from holdfast.training.domain.trials import Board, Outcome, Status, Trial
from holdfast.training.learning.words import some_of, train_tokenizer
from holdfast.training.reporting.judging import judge
from holdfast.training.trainers.sequences import PERPLEXITY, prepare
from tests.factories.training_runs import Hours, carry_out, specification, training_data

ANIMALS = ("cat", "dog", "hen", "cow")


def sentences(count, seed=0):
    draw = random.Random(seed)
    return [
        f"the {draw.choice(ANIMALS)} sees the {draw.choice(ANIMALS)} and says {draw.randint(1, 9)} words ."
        for _ in range(count)
    ]


def test_a_tokenizer_learns_words_and_writes_everything():
    tokenizer = train_tokenizer(sentences(50), 300, 64)
    for text in ("the cat sees the dog", "naïve 例 🐈 \n\t x"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert len(tokenizer("the cat sees the dog")["input_ids"]) <= 6


@pytest.mark.parametrize(
    "cell", ["rnn", pytest.param("gru", marks=pytest.mark.heavy), pytest.param("lstm", marks=pytest.mark.heavy)]
)
def test_order_is_learned_where_counting_words_is_not_enough(cell, tmp_path):
    draw = random.Random(0)
    rows = []
    for _ in range(160):
        first, second = draw.sample(ANIMALS, 2)
        texts = {"a": f"{first} eats {second}", "b": f"{second} eats {first}"}
        kind = "up" if first < second else "down"
        rows.append({"text": texts["a"], "kind": kind})
    data = training_data(pd.DataFrame(rows), {"text": "text", "target": "kind"})
    spec = specification("sequence-classification", candidates=(cell,), params={"epochs": 12, "hidden_size": 24})
    run = carry_out(data, spec, tmp_path)
    assert run.board.best.outcome.metrics["accuracy"] > 0.9
    assert "".join(run.artefact.explanation["pieces"]) == run.artefact.example
    predictor = tasks.load("text-classification", run.folder, device="cpu")
    assert predictor.predict("cat eats hen")[0]["label"] == "up"
    assert predictor.predict("hen eats cat")[0]["label"] == "down"


def test_texts_that_are_too_long_are_cut_and_the_example_is_none_of_them(tmp_path):
    long = "the cat says 1 words . " * 80
    kinds = ["cat", "dog"] * 20
    texts = [f"{long if place in (0, 9) else ''}{kind}" for place, kind in enumerate(kinds)]
    frame = pd.DataFrame({"text": texts, "kind": kinds})
    data = training_data(frame[:30], {"text": "text", "target": "kind"}, test=frame[:12])
    spec = specification("sequence-classification", candidates=("rnn",), params={"epochs": 1, "hidden_size": 8})
    run = carry_out(data, spec, tmp_path)
    judged = judge(run.artefact, run.folder, data, spec, 0.0)
    assert judged.rows == 12
    assert tasks.load("text-classification", run.folder, device="cpu").predict(run.artefact.example)


@pytest.mark.parametrize("family", ["gpt2", pytest.param("lstm", marks=pytest.mark.heavy)])
def test_a_language_model_learns_to_go_on(family, tmp_path):
    train = pd.DataFrame({"text": sentences(300)})
    data = training_data(train, {"text": "text"}, test=pd.DataFrame({"text": sentences(20, seed=1)}))
    params = {"steps": 40, "width": 32, "layers": 1, "context": 32, "learning_rate": 1e-2, "vocab_size": 320}
    run = carry_out(data, specification("language-modeling", candidates=(family,), params=params), tmp_path)
    metrics = run.board.best.outcome.metrics
    assert metrics["perplexity"] < metrics["unigram_perplexity"] / 2
    assert run.artefact.scores["perplexity"] < metrics["unigram_perplexity"] / 2
    assert all(line["text"] for line in run.artefact.explanation["samples"])
    assert "".join(run.artefact.explanation["pieces"]) == run.artefact.example
    assert len(run.board.best.outcome.curve["loss"]) == 10, "there is a curve, however few the steps"
    predictor = tasks.load("text-generation", run.folder, device="cpu")
    assert "the" in predictor.predict("the cat sees", {"max_new_tokens": 8})["generated_text"]


def test_of_very_many_texts_some_are_enough():
    texts = [f"{row:04d}" for row in range(1_000)]
    assert some_of(texts, 4_000) == texts
    some = some_of(texts, 400)
    assert len(some) == 100
    assert some == sorted(some) == some_of(texts, 400)
    assert some_of(["a long text"], 3) == ["a long text"]


def test_what_is_learned_and_judged_grows_with_the_budget():
    data = training_data(pd.DataFrame({"text": sentences(30_000)}), {"text": "text"})
    short, long = (
        prepare(data, specification("language-modeling", params={"vocab_size": 300}, budget=Budget(seconds)))
        for seconds in (1.0, 60.0)
    )
    assert short._learned.byte_count < long._learned.byte_count
    assert short._judged.byte_count < long._judged.byte_count < 61 * 4_000


def test_the_budget_decides_how_long_each_learns():
    data = training_data(pd.DataFrame({"text": sentences(40)}), {"text": "text"})
    spec = specification("language-modeling", candidates=("gru",), params={"context": 16, "vocab_size": 300})
    board = Board(PERPLEXITY)
    plans = prepare(data, spec).plans(board, Hours(100.0))
    probe = next(plans)
    board.trials.append(Trial(0, probe, Status.OK, 2.0, Outcome(50.0)))
    longer = next(plans)
    assert probe.parameters["steps"] == 20
    assert longer.parameters["steps"] == pytest.approx(800, abs=1)  # 80 of 100 seconds, 0.1 seconds each
    assert longer.expected_seconds == pytest.approx(80, abs=0.2)
    assert longer.limit_seconds == pytest.approx(80)
    assert next(plans, None) is None
