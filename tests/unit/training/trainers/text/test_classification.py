from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.training.trainers.text import bases
from holdfast.training.trainers.text.classification.scoring import score
from holdfast.training.trainers.text.classification.targets import Kind, read_targets
from tests.factories import tiny_models
from tests.factories.training_texts import bench, data_of, reviews, spec_of

ROLES = {"text": "text", "target": "label"}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(tiny_models.sentence_encoder(tmp_path_factory.mktemp("base")))


def no_pickle_in(folder):
    return not [path for path in folder.rglob("*") if path.suffix in (".bin", ".pkl", ".pt", ".pth", ".joblib")]


@pytest.fixture(scope="module")
def many(base, tmp_path_factory):
    """A finished search over many rows."""
    one = bench(
        data_of(reviews(420), reviews(20, seed=1), ROLES),
        spec_of("text-classification", base_model=base, params={"num_train_epochs": 1}),
        tmp_path_factory.mktemp("many"),
    )
    one.run()
    return one


LADDER = (
    "majority",
    "tfidf-linear",
    "tfidf-svm",
    "embeddings-linear",
    "embeddings-svm",
    "zero-shot",
    "words-and-vectors",
    "fine-tuned",
)
"""Families as they are tried first."""


def test_the_ladder_goes_from_cheap_to_dear(many):
    tried = [trial.plan.family for trial in many.board.trials]
    assert tuple(dict.fromkeys(tried)) == LADDER
    rungs = [trial.plan.rung for trial in many.board.trials]
    assert rungs == sorted(rungs)


def test_words_that_tell_are_learned_and_majority_is_beaten(many):
    scores = {trial.plan.family: trial.outcome.score for trial in many.board.trials}
    assert scores["majority"] == pytest.approx(1 / 3)
    assert scores["tfidf-linear"] > 0.95


@pytest.mark.parametrize("family", LADDER)
def test_every_familys_model_is_served_with_the_labels_of_the_data(many, family):
    alone = many.only(family)
    alone.folder.mkdir()
    artefact, folder = alone.finish()
    predictor = tasks.load(artefact.task, folder, device="cpu")
    [first, second] = predictor.predict(artefact.example)
    assert {first["label"], second["label"]} == {"bad", "good"}
    assert first["score"] + second["score"] == pytest.approx(1.0)
    assert no_pickle_in(folder)


def test_a_tfidf_model_says_which_words_speak_for_a_label(many):
    alone = many.only("tfidf-linear")
    (alone.folder / "again").mkdir(parents=True)
    alone.folder = alone.folder / "again"
    artefact, folder = alone.finish()
    assert "hate" in artefact.explanation["words"]["bad"]
    answer = tasks.load(artefact.task, folder).predict("i love this great film")
    assert answer[0]["label"] == "good"
    assert answer[0]["score"] > 0.9


def test_few_examples_are_judged_in_folds_and_drawn_together(base, tmp_path):
    spec = spec_of("few-shot-text-classification", base_model=base, candidates=("majority", "setfit"))
    few = bench(data_of(reviews(16), reviews(20, seed=1), ROLES), spec, tmp_path)
    board = few.run()
    [_majority, drawn] = board.trials
    assert drawn.plan.family == "setfit"
    losses = [value for _step, value in drawn.outcome.curve["loss"]]
    assert len(losses) == 4 * drawn.plan.parameters["steps"]  # in each of four folds
    assert losses[-1] < losses[0]
    alone = few.only("setfit")
    alone.folder.mkdir()
    artefact, folder = alone.finish()
    assert no_pickle_in(folder)
    assert len(tasks.load(artefact.task, folder, device="cpu").predict("i hate it")) == 2
    assert few.clock.kept_back[-1] > 3.0, "the refit's time is kept back"


def test_what_embeddings_serve_is_what_was_judged(many, base):
    """The vectors of a search are those of the Inference API."""
    alone = many.only("embeddings-linear")
    (alone.folder / "same").mkdir(parents=True)
    alone.folder = alone.folder / "same"
    _artefact, folder = alone.finish()
    texts = ["love great film", "hate it"]
    served = tasks.load("feature-extraction", folder, device="cpu").predict_batch(texts)
    own = tasks.load("feature-extraction", Path(base), device="cpu").predict_batch(texts)
    assert np.allclose(served, own, atol=1e-5)


def test_without_a_base_model_its_rungs_are_skipped_with_the_reason(monkeypatch, tmp_path):
    monkeypatch.setattr(bases, "_of_package", lambda: None)
    monkeypatch.setattr(bases, "_of_hub", lambda: None)
    one = bench(data_of(reviews(420), reviews(20, seed=1), ROLES), spec_of("text-classification"), tmp_path)
    skipped = [
        plan for plan in one.trainer.plans(one.board, one.clock) if plan.family not in ("majority", "tfidf-linear")
    ]
    reasons = {plan.family: plan.reason for plan in skipped if plan.family != "tfidf-svm"}
    assert set(reasons) == {"embeddings-linear", "fine-tuned"}
    assert all("no embedding model" in reason for reason in reasons.values())


def test_several_labels_a_text(base, tmp_path):
    frame = reviews(120)
    frame["label"] = [
        ["film", label] if "film" in text else [label] for label, text in zip(frame.label, frame.text, strict=True)
    ]
    spec = spec_of("text-classification", base_model=base, candidates=("majority", "tfidf-linear", "embeddings-linear"))
    one = bench(data_of(frame, frame, ROLES), spec, tmp_path)
    board = one.run()
    scores = {trial.plan.family: trial.outcome.score for trial in board.finished()}
    assert scores["tfidf-linear"] > scores["majority"]
    artefact, folder = one.finish()
    found = {line["label"]: line["score"] for line in tasks.load(artefact.task, folder).predict("great film love like")}
    assert set(found) == {"bad", "film", "good"}
    assert found["film"] > 0.5 > found["bad"]


def test_numbers(base, tmp_path):
    frame = reviews(420)
    frame["stars"] = [5.0 if label == "good" else 1.0 for label in frame.pop("label")]
    spec = spec_of("text-regression", base_model=base, params={"num_train_epochs": 1})
    one = bench(data_of(frame, frame, {"text": "text", "target": "stars"}), spec, tmp_path)
    board = one.run()
    scores = {trial.plan.family: trial.outcome.score for trial in board.finished()}
    assert set(scores) == {"majority", "tfidf-linear", "embeddings-linear", "words-and-vectors", "fine-tuned"}
    assert scores["majority"] == 0.0
    assert scores["tfidf-linear"] > 0.8
    artefact, folder = one.finish()
    [answer] = tasks.load(artefact.task, folder).predict("i love this great film")
    assert answer["label"] == "stars"
    assert 4.0 < answer["score"] < 6.0


def test_zero_shot_learns_from_no_example(base, tmp_path):
    labels = {"good": "i love this great film", "bad": "i hate this awful film"}
    spec = spec_of("zero-shot-classification", base_model=base, labels=labels)
    one = bench(data_of(reviews(40), reviews(20), ROLES), spec, tmp_path)
    board = one.run()
    assert [trial.plan.family for trial in board.trials] == ["majority", "zero-shot"]
    alone = one.only("zero-shot")
    alone.folder.mkdir()
    artefact, folder = alone.finish()
    assert artefact.explanation["descriptions"] == labels
    predictor = tasks.load(artefact.task, folder, device="cpu")
    assert predictor.predict("i love this great film")[0]["label"] == "good"
    assert predictor.predict("i hate this awful film")[0]["label"] == "bad"


def test_a_grid_is_tried_exactly(tmp_path, base):
    spec = spec_of("text-classification", base_model=base, param_grid={"C": (0.1, 1.0)}, candidates=("tfidf-linear",))
    one = bench(data_of(reviews(40), reviews(20), ROLES), spec, tmp_path)
    assert [dict(plan.parameters) for plan in one.trainer.plans(one.board, one.clock)] == [{"C": 0.1}, {"C": 1.0}]


@pytest.mark.parametrize(
    ("frame", "more", "field"),
    [
        (reviews(4), {}, "data"),
        (reviews(40).assign(label="good"), {}, "data"),
        (reviews(40), {"labels": {"ugly": "not nice"}}, "labels"),
        (reviews(40), {"candidates": ("oracle",)}, "candidates"),
        (reviews(40), {"base_model": "no/such-model-here"}, "base_model"),
    ],
)
def test_what_can_not_be_trained_is_refused_in_words(frame, more, field, tmp_path, base, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InvalidInput) as caught:
        bench(data_of(frame, frame, ROLES), spec_of("text-classification", **({"base_model": base} | more)), tmp_path)
    assert caught.value.field == field


def test_macro_f1_sees_the_rare_label_and_accuracy_does_not():
    targets = read_targets(["ham"] * 9 + ["spam"], None, is_number=False, name="label")
    always_ham = np.tile([0.9, 0.1], (10, 1))
    assert targets.kind is Kind.ONE_LABEL
    assert score("accuracy", targets, always_ham) == 0.9
    assert score("macro_f1", targets, always_ham) == pytest.approx((18 / 19) / 2)


def test_values_that_are_no_numbers_are_named():
    with pytest.raises(InvalidInput, match="no number"):
        read_targets(["1", "two"], None, is_number=True, name="stars")


def test_missing_numbers_are_refused():
    with pytest.raises(InvalidInput, match="missing"):
        read_targets(pd.Series([1.0, None]).tolist(), None, is_number=True, name="stars")
