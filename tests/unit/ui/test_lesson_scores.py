"""Scores are worked out from other numbers of the same run."""

import math

import pytest

from holdfast.ui.lesson_scores import confusion_of, metric_lessons

CONFUSION = confusion_of({"labels": ["a", "b"], "counts": [[8, 2], [1, 9]]})


def worked(**scores: float) -> str:
    [lesson] = [lesson for lesson in metric_lessons({"scores": scores}, CONFUSION) if lesson.name != "loss"]
    return lesson.worked


def test_scores_of_labels_come_of_the_confusion_matrix():
    assert CONFUSION is not None
    recalls = [each.recall for each in CONFUSION.classes]
    assert worked(accuracy=0.85) == "17 of 20 rows."
    assert worked(balanced_accuracy=0.85) == "The mean of the recalls above: (0.800 + 0.900) / 2."
    assert sum(recalls) / 2 == pytest.approx(0.85)
    assert worked(macro_f1=0.8496) == "The mean of the F1 above: (0.842 + 0.857) / 2."
    assert worked(roc_auc=0.9) == ""


def test_surprise_in_other_words():
    assert worked(log_loss=-math.log(0.8)).startswith("A typical right answer was given 80.0%")
    assert worked(perplexity=math.e**2, loss=2.0) == "It is e to the power of the loss: e^2 = 7.389."
    assert worked(bits_per_byte=2.0).endswith("it would shrink to 25%.")


def test_the_goal_comes_first():
    report = {"metric": {"name": "roc_auc"}, "scores": {"accuracy": 0.9, "roc_auc": 0.95}}
    assert [lesson.is_goal for lesson in metric_lessons(report, None)] == [True, False]
    assert metric_lessons({}, None) == []
