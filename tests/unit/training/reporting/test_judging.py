"""The sealed test of pictures and sounds: a slow model is asked about some of the rows."""

import time

import pandas as pd

from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.data import ColumnKind, TrainingData
from holdfast.training.domain.specification import Budget, DataSource, TrainingSpec
from holdfast.training.reporting import judging


class Slow:
    """Says the same of every picture, after a while."""

    def __init__(self):
        self.asked = 0

    def predict_batch(self, inputs, parameters):
        self.asked += len(inputs)
        time.sleep(0.002 * len(inputs))
        return [[{"label": "cat", "score": 0.75}, {"label": "dog", "score": 0.25}] for _ in inputs]


def test_a_slow_model_is_judged_by_as_many_rows_as_there_is_time_for(tmp_path, monkeypatch):
    rows = pd.DataFrame({"image": [b"x"] * 400, "kind": ["cat", "dog"] * 200})
    columns = {"image": "image", "target": "kind"}
    kinds = dict.fromkeys(rows.columns, ColumnKind.TEXT)
    data = TrainingData(train=rows, test=rows, columns=columns, inputs=(), kinds=kinds, labels=("cat", "dog"))
    predictor = Slow()
    monkeypatch.setattr(judging.tasks, "load", lambda *_given, **_named: predictor)
    artefact = Artefact("image-classification", "cnn", {}, "transformers", b"x")
    spec = TrainingSpec("image-classification", DataSource(path="x"), budget=Budget(0.5), metric="accuracy")
    found = judging._judge(artefact, tmp_path, data, spec, 0.0)
    assert found.rows == 64
    assert predictor.asked == 16 + 64
    assert len(found.positions) == 64
    assert max(found.positions) > 64, "they are drawn from all"
