import pytest

pytest.importorskip("torch")

from holdfast.inference import tasks
from tests.factories import tiny_models


def test_a_sentence_encoder_finds_the_label_whose_words_are_nearest(tmp_path):
    predictor = tasks.load("zero-shot-classification", tiny_models.sentence_encoder(tmp_path), device="cpu")
    labels = ["i love paris", "a dog", "not bad"]
    found = predictor.predict("i love paris", {"candidate_labels": labels})
    assert found[0]["label"] == "i love paris"
    assert sum(line["score"] for line in found) == pytest.approx(1.0)
    alone = predictor.predict("i love paris", {"candidate_labels": labels, "multi_label": True})
    assert alone[0]["score"] == pytest.approx(1.0)
    assert {line["label"] for line in alone} == set(labels)
