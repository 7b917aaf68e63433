"""A test that takes too long is made by fewer rows, drawn at random; some are judged in any case."""

from dataclasses import dataclass, field

import pandas as pd

from holdfast.training.domain.judgements import Judgement
from holdfast.training.trainers.judging_time import in_time
from tests.factories.training_texts import data_of


@dataclass
class Slow:
    """A predictor that takes a second a row, by its own watch."""

    seconds: float = 0.0
    asked: list = field(default_factory=list)

    def predict_batch(self, inputs, _parameters):
        self.seconds += len(inputs)
        self.asked += inputs
        return inputs


def judged_in(rows, seconds):
    slow, frame = Slow(), pd.DataFrame({"text": [str(row) for row in range(rows)]})

    def judge(data, predictor):
        predictor.predict_batch(data.test["text"].tolist(), {})
        return Judgement({}, rows=len(data.test), truth=data.test["text"].tolist())

    found = in_time(data_of(frame, frame, {"text": "text"}), slow, judge, seconds, lambda: slow.seconds)
    assert found.positions is None or [str(place) for place in found.positions] == found.truth
    return found.rows, slow.asked


def test_a_short_test_is_judged_whole_and_once():
    assert judged_in(40, 1.0) == (40, [str(row) for row in range(40)])


def test_a_long_test_is_judged_by_rows_that_are_drawn():
    rows, asked = judged_in(1_000, 100.0)
    assert rows == 100
    assert len(set(asked[16:])) == 100
    assert asked[16:] != [str(row) for row in range(100)]


def test_a_long_test_is_judged_whole_where_there_is_time():
    rows, asked = judged_in(1_000, 5_000.0)
    assert rows == 1_000
    assert asked[16:] == [str(row) for row in range(1_000)]


def test_some_rows_are_judged_in_any_case():
    assert judged_in(1_000, 0.0)[0] == 64
