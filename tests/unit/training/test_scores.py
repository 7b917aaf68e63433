"""Our own metrics beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from holdfast.training import scores

LABELS = ("a", "b", "c")


def answers(labels: int, *, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(labels)
    truth = random.integers(0, labels, 200)
    given = random.random((200, labels)) + 0.6 * np.eye(labels)[truth]
    given /= given.sum(axis=1, keepdims=True)
    return np.asarray(LABELS)[truth], given.round(1) + 1e-9 if ties else given


@pytest.mark.parametrize("ties", [False, True])
def test_two_labels(ties: bool) -> None:
    truth, given = answers(2, ties=ties)
    found = scores.of_labels(truth, given, LABELS[:2])
    said = np.asarray(LABELS)[given.argmax(axis=1)]
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(truth == "b", given[:, 1]))
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(truth == "b", given[:, 1]))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(truth, said))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(truth, said, average="macro"))


def test_many_labels() -> None:
    truth, given = answers(3)
    found = scores.of_labels(truth, given, LABELS)
    said = np.asarray(LABELS)[given.argmax(axis=1)]
    assert found["log_loss"] == pytest.approx(metrics.log_loss(truth, given))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(truth, given, multi_class="ovr"))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(truth, said, average="macro"))
    assert found["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truth, said))


def test_numbers() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=100)
    given = truth + random.normal(size=100)
    found = scores.of_numbers(truth, given)
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, given))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(truth, given))
    assert found["r2"] == pytest.approx(metrics.r2_score(truth, given))


def test_what_cannot_be_computed_is_left_out() -> None:
    found = scores.of_labels(np.asarray(["a", "a"]), np.asarray([[0.9, 0.1], [0.8, 0.2]]), LABELS[:2])
    assert "roc_auc" not in found
    assert found["accuracy"] == 1.0
    assert set(scores.of_numbers(np.ones(3), np.ones(3))) == {"rmse", "mae"}
