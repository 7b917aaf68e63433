"""What it costs to make a model for good is told from its trial."""

from holdfast.training.domain.trials import Outcome, Plan, Status, Trial
from holdfast.training.trainers.tabular.costs import making_seconds


def trial(size_bytes: int = 0, **metrics: float) -> Trial:
    outcome = Outcome(score=0.5, standard_error=0.1, metrics=metrics, size_bytes=size_bytes)
    return Trial(0, Plan("svm", {}, 1), Status.OK, 4.0, outcome)


def test_more_rows_cost_more() -> None:
    assert making_seconds(trial(fit_seconds=2.0), 1.5) > 1.3 * making_seconds(trial(fit_seconds=2.0), 1.0) > 2.0


def test_what_is_large_takes_time_to_write() -> None:
    assert making_seconds(trial(50_000_000, fit_seconds=1.0), 1.0) > 1.0 + making_seconds(trial(fit_seconds=1.0), 1.0)


def test_boosters_grow_with_the_rows() -> None:
    assert making_seconds(trial(fit_seconds=2.0, rounds=100.0), 1.0) > making_seconds(trial(fit_seconds=2.0), 1.0)


def test_each_of_many_labels_has_trees_of_its_own() -> None:
    boosted = trial(fit_seconds=1.0, rounds=500.0)
    assert making_seconds(boosted, 1.0, labels=3) > 1.0 + making_seconds(boosted, 1.0, labels=2)
