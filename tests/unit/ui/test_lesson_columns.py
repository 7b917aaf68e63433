"""What was done to each column: by its kind, and by what the final model takes."""

import pytest

from holdfast.ui.lesson_columns import column_lessons


def _done(kind, family, task="tabular-classification", role="input", **report):
    told = {
        "task": task,
        "model": {"family": family, "parameters": {}},
        "columns": [{"name": "c", "kind": kind, "role": role}],
    }
    return column_lessons({**told, **report})[0].done


@pytest.mark.parametrize(
    ("kind", "family", "words"),
    [
        ("number", "logistic-regression", "gaps are filled with the median, then scaled (StandardScaler"),
        ("number", "xgboost", "as it is, gaps too"),
        ("boolean", "svm", "OneHotEncoder"),
        ("category", "random-forest", "a number for each value"),
        ("text", "ridge", "TF-IDF, up to 5,000 words"),
        ("date", "lightgbm", "year, month, day, weekday"),
        ("number", "dummy", "not looked at"),
    ],
)
def test_tables(kind, family, words):
    assert words in _done(kind, family)


def test_a_mix_of_both_says_both():
    members = [{"family": "lightgbm", "weight": 0.5}, {"family": "svm", "weight": 0.5}]
    assert _done("number", "ensemble", explanation={"members": members}).startswith("for trees: as it is")
    minmax = {"family": "svm", "parameters": {"scaler": "minmax"}}
    assert "MinMaxScaler" in _done("number", "svm", model=minmax)


@pytest.mark.parametrize(
    ("kind", "family", "told", "words"),
    [
        ("text", "tfidf-linear", {}, "TF-IDF"),
        ("text", "fine-tuned", {}, "tokens"),
        ("text", "majority", {}, "not looked at"),
        ("image", "hog-svm", {"features": {"size": 48}}, "48 × 48 pixels; in small cells"),
        ("image", "cnn", {"picture_size": 32}, "32 × 32 pixels"),
        ("audio", "mfcc-svm", {}, "spectrum"),
        ("text", "gpt2", {}, "tokens"),
        ("list", "qlora", {}, "chat template"),
    ],
)
def test_texts_pictures_sounds(kind, family, told, words):
    assert words in _done(kind, family, task="other", explanation=told)


def test_targets_and_what_was_left_out():
    assert _done("category", "svm", role="target", confusion={"labels": ["a", "b"]}).endswith("one of 2 labels")
    assert "never learned from" in _done("category", "k-means", task="clustering", role="target")
    finding = {"column": "c", "sentence": "`c` is an id, which says nothing."}
    assert _done("identifier", "svm", role="unused", findings=[finding]) == "c is an id, which says nothing."
    assert _done("identifier", "svm", role="unused") == "left out"
    assert "one side of every split" in _done("identifier", "svm", role="groups")


def test_tasks_without_rows_have_no_columns():
    assert column_lessons({"task": "reinforcement-learning"}) == []
