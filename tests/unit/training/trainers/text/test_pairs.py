"""Pairs of texts, such as a claim and what is said to follow: every rung learns from both, and both are asked for."""

import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.training.trainers.text.classification import judge
from tests.factories import tiny_models
from tests.factories.training_texts import bench, data_of, reviews, spec_of

ROLES = {"text": "claim", "text_pair": "reply", "target": "relation"}
QUESTION = {"text": "the dog is red", "text_pair": "yes it is"}


def talks(rows):
    """What the reply says decides; the claim is the same for both."""
    lines = [
        {"claim": f"the dog is {row // 2}", "reply": ("yes it is", "no not at all")[row % 2], "relation": row % 2}
        for row in range(rows)
    ]
    return pd.DataFrame(lines).replace({"relation": {0: "agrees", 1: "denies"}})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    base = tiny_models.bert(tmp_path_factory.mktemp("base"), "AutoModel")
    spec = spec_of(
        "text-classification",
        base_model=str(base),
        candidates=("majority", "tfidf-linear", "fine-tuned"),
        params={"num_train_epochs": 1},
    )
    one = bench(data_of(talks(420), talks(20), ROLES), spec, tmp_path_factory.mktemp("pairs"))
    one.run()
    return one


@pytest.mark.parametrize("family", ["tfidf-linear", "fine-tuned"])
def test_both_texts_are_learned_from_and_asked_for(run, family):
    chosen = run.only(family)
    chosen.folder.mkdir()
    artefact, folder = chosen.finish()
    assert set(artefact.example) == {"text", "text_pair"}
    predictor = tasks.load("text-classification", folder, device="cpu")
    assert predictor.predict(artefact.example)[0]["label"] in ("agrees", "denies")
    found = judge(data_of(talks(420), talks(20), ROLES), predictor, spec_of("text-classification"))
    assert found.rows == 20
    if family == "tfidf-linear":
        assert found.scores["accuracy"] == 1
        assert predictor.predict(QUESTION)[0]["label"] == "agrees"
        assert predictor.predict({**QUESTION, "text_pair": "no not at all"})[0]["label"] == "denies"


def test_models_of_single_texts_still_refuse_pairs(tmp_path):
    spec = spec_of("text-classification", candidates=("majority",))
    one = bench(data_of(reviews(40), reviews(4), {"text": "text", "target": "label"}), spec, tmp_path)
    one.run()
    _artefact, folder = one.finish()
    predictor = tasks.load("text-classification", folder, device="cpu")
    with pytest.raises(InvalidInput, match="single texts"):
        predictor.predict(QUESTION)
