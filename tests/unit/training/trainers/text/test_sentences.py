"""Judging models of sentences: the cosines of the sealed pairs."""

import pandas as pd
import pytest

pytest.importorskip("torch")

from holdfast.inference import tasks
from holdfast.training.trainers.text.sentences.pairs import cosines, read_pairs
from tests.factories import tiny_models
from tests.factories.training_texts import data_of


def test_each_text_is_encoded_once_and_cosines_are_those_that_are_served(tmp_path):
    predictor = tasks.load("sentence-similarity", tiny_models.sentence_encoder(tmp_path), device="cpu")
    frame = pd.DataFrame({"a": ["good film", "bad movie", "great star"], "b": ["love it", "hate it", "love it"]})
    pairs = read_pairs(data_of(frame, frame, {"text": "a", "text_pair": "b"}), frame)
    found = cosines(predictor, pairs)
    for row, text in enumerate(pairs.texts):
        served = predictor.predict({"source_sentence": text, "sentences": pairs.others})
        assert found[row] == pytest.approx(served, abs=1e-5)
