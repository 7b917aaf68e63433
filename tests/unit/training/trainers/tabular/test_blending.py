"""What is mixed: evenly where rows are few, by what they say where they are many."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn")

from holdfast.training.domain.trials import Metric, Outcome, Plan, Status, Trial
from holdfast.training.trainers.tabular import blending
from holdfast.training.trainers.tabular.columns import Columns
from holdfast.training.trainers.tabular.scoring import Table


def table_of(rows):
    answers = np.random.default_rng(1).normal(size=rows)
    places = np.arange(rows)
    columns = Columns(numbers=("a",), categories=(), dates=(), texts=())
    inputs = pd.DataFrame({"a": answers})
    return Table(inputs, answers, columns, None, [(places, places)], Metric("rmse", greater_is_better=False))


def trials_of(table, errors, size_bytes=1_000):
    """Trials of families of their own, each wrong by independent chance; best first."""
    found = []
    for number, (family, error) in enumerate(errors.items()):
        given = table.answers + np.random.default_rng(number).normal(scale=error, size=len(table.answers))
        outcome = Outcome(table.score(table.answers, given), predictions=given, size_bytes=size_bytes)
        found.append(Trial(number, Plan(family), Status.OK, 1.0, outcome))
    return found


def shares(blend):
    return {trial.plan.family: weight for trial, weight in blend.members}


def test_few_rows_are_mixed_almost_evenly():
    table = table_of(60)
    found = shares(blending.choose(table, trials_of(table, {"ridge": 1.0, "svm": 1.05, "forest": 1.1})))
    assert set(found) == {"ridge", "svm", "forest"}
    assert sum(found.values()) == pytest.approx(1.0)
    assert all(share == pytest.approx(1 / 3, abs=0.05) for share in found.values())


def test_what_is_clearly_worse_stays_out():
    table = table_of(200)
    found = shares(blending.choose(table, trials_of(table, {"ridge": 0.1, "tree": 3.0})))
    assert found.get("tree", 0.0) < 0.02


def test_many_rows_say_themselves_what_mixes_well():
    table = table_of(20_000)
    found = blending.choose(table, trials_of(table, {"boosting": 1.0, "forest": 1.02, "linear": 1.2}))
    inverse = {family: 1 / error**2 for family, error in {"boosting": 1.0, "forest": 1.02, "linear": 1.2}.items()}
    right = {family: weight / sum(inverse.values()) for family, weight in inverse.items()}
    assert shares(found) == pytest.approx(right, abs=0.06)
    assert found.gain > 0


def test_a_model_has_six_members_at_most():
    table = table_of(300)
    errors = {f"family-{number}": 1.0 + number / 100 for number in range(9)}
    assert len(blending.choose(table, trials_of(table, errors)).members) == 6


def test_nothing_is_mixed_in_that_is_large_or_knows_nothing():
    table = table_of(100)
    best, *others = trials_of(table, {"ridge": 1.0, "forest": 1.0}, size_bytes=10**8)
    assert blending.choose(table, [best, *others]).members == ((best, 1.0),)
    best, other = trials_of(table, {"ridge": 1.0, "dummy": 1.0})
    assert blending.choose(table, [best, other]).members == ((best, 1.0),)
