"""Where a model is weak, which rows it got wrong, and what the simplest rule would score: from its answers alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from holdfast.training.domain.data import ColumnKind, TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.trials import Metric
from holdfast.training.reporting.closer import look_closer

ACCURACY, RMSE = Metric("accuracy", greater_is_better=True), Metric("rmse", greater_is_better=False)
ROWS = 200


def table(target: list[object], labels: tuple[str, ...] | None) -> TrainingData:
    frame = pd.DataFrame(
        {
            "colour": ["red" if row % 4 == 0 else "blue" for row in range(ROWS)],
            "size": [float(row) for row in range(ROWS)],
            "note": ["word " * (1 + row // 20) for row in range(ROWS)],
            "photo": [b"x" * 5_000] * ROWS,
            "y": target,
        }
    )
    frame.loc[:19, "size"] = np.nan
    kinds = {
        "colour": ColumnKind.CATEGORY,
        "size": ColumnKind.NUMBER,
        "note": ColumnKind.TEXT,
        "photo": ColumnKind.IMAGE,
        "y": ColumnKind.NUMBER if labels is None else ColumnKind.CATEGORY,
    }
    return TrainingData(frame, frame, {"target": "y"}, ("colour", "size", "note", "photo"), kinds, labels)


def of_labels(wrong: np.ndarray) -> tuple[Judgement, TrainingData]:
    """A classifier that is wrong in these rows, the surer the earlier."""
    truth = ["no" if row % 2 else "yes" for row in range(ROWS)]
    said = [("yes" if one == "no" else "no") if bad else one for one, bad in zip(truth, wrong, strict=True)]
    sure = np.linspace(0.99, 0.6, ROWS)
    given = np.array([[1 - p, p] if one == "yes" else [p, 1 - p] for one, p in zip(said, sure, strict=True)])
    found = Judgement({"accuracy": float((~wrong).mean())}, {}, ROWS, truth, said, given, ("no", "yes"))
    return found, table(list(truth), ("no", "yes"))


def test_the_weak_group_is_named_with_its_rows():
    wrong = np.arange(ROWS) % 4 == 0
    judged = look_closer(*of_labels(wrong), ACCURACY)
    worst = judged.slices[0]
    assert (worst.column, worst.words, worst.rows, worst.value) == ("colour", "`colour` is red", 50, 0.0)
    assert worst.whole == pytest.approx(0.75)
    assert judged.groups >= 10, "sizes, lengths of texts and missing values are looked at too"


def test_missing_values_sizes_and_lengths_of_texts_are_groups():
    judged = look_closer(*of_labels(np.arange(ROWS) < 40), ACCURACY)
    words = [one.words for one in judged.slices]
    assert "`size` is missing" in words
    assert "`note` has 1 to 3 words" in words
    assert "`size` is 20 to 64.75" in words


def test_chance_is_no_weakness():
    wrong = np.random.default_rng(0).random(ROWS) < 0.2
    judged = look_closer(*of_labels(wrong), ACCURACY)
    assert (judged.slices, judged.groups > 0) == ((), True)


def test_the_surest_mistakes_come_first_and_pictures_are_named_by_size():
    judged = look_closer(*of_labels(np.isin(np.arange(ROWS), [3, 90, 150])), ACCURACY)
    assert [one.row for one in judged.mistakes] == [3, 90, 150]
    first = judged.mistakes[0]
    assert (first.truth, first.answer, round(first.confidence or 0, 2)) == ("no", "yes", 0.98)
    assert first.shown == {"colour": "blue", "size": "missing", "note": "word", "photo": "picture of 5.0 kB"}


def test_rows_that_were_left_out_keep_the_others_in_place():
    judgement, data = of_labels(np.zeros(ROWS, dtype=bool))
    part = slice(10, ROWS)
    said = ["yes", *judgement.answers[11:]]
    given = np.vstack([[0.1, 0.9], judgement.probabilities[11:]])
    truth = ["no", *judgement.truth[11:]]
    shifted = Judgement(
        {"accuracy": 0.99}, {}, 190, truth, said, given, ("no", "yes"), positions=list(range(ROWS))[part]
    )
    assert [one.row for one in look_closer(shifted, data, ACCURACY).mistakes] == [10]


def test_the_simplest_rule_is_on_the_same_rows():
    judged = look_closer(*of_labels(np.arange(ROWS) % 10 == 0), ACCURACY)
    assert judged.baseline["accuracy"] == pytest.approx(0.5)
    assert judged.gain is not None
    gain, low, high = judged.gain
    assert gain == pytest.approx(0.4)
    assert 0.2 < low < gain < high < 0.6


def test_numbers():
    truth = [float(row) for row in range(ROWS)]
    said = [value + (30.0 if row % 4 == 0 else 1.0) for row, value in enumerate(truth)]
    rmse = float(np.sqrt(np.mean((np.array(truth) - np.array(said)) ** 2)))
    judged = look_closer(Judgement({"rmse": rmse}, {}, ROWS, truth, said), table(list(truth), None), RMSE)
    assert (judged.slices[0].words, judged.slices[0].value) == ("`colour` is red", pytest.approx(30.0))
    assert judged.mistakes[0].row % 4 == 0
    assert judged.mistakes[0].confidence is None
    assert judged.gain is not None
    assert judged.gain[0] == pytest.approx(float(np.std(truth)) - rmse)


def test_lists_of_labels_and_of_tags():
    data = table([["a"]] * ROWS, None)
    truth = [["a", "b"]] * ROWS
    said = [["a", "b"]] * (ROWS - 1) + [["c"]]
    judged = look_closer(Judgement({"macro_f1": 0.9}, {}, ROWS, truth, said), data, Metric("macro_f1", True))
    assert [(one.row, one.answer) for one in judged.mistakes] == [(ROWS - 1, ["c"])]


def test_what_is_neither_right_nor_wrong_is_left_alone():
    written = Judgement({"rouge_l": 0.3}, {}, ROWS, ["a summary"] * ROWS, ["another"] * ROWS)
    assert look_closer(written, table(["x"] * ROWS, None), Metric("rouge_l", greater_is_better=True)) == written
    segments = Judgement({"silhouette": 0.3}, {}, ROWS, answers=[0] * ROWS)
    assert look_closer(segments, table(["x"] * ROWS, None), Metric("silhouette", greater_is_better=True)) == segments
