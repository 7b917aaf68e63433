"""The network inside of what is served, whatever is around it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from holdfast.training.trainers.tabular import calibration
from holdfast.training.trainers.tabular.networks import anatomy_of, network_in

ROWS = np.random.default_rng(0).normal(size=(60, 3))
LABELS = np.where(ROWS[:, 0] > 0, "a", "b")
SETTINGS = {"hidden_layer_sizes": (8, 4), "max_iter": 5, "n_iter_no_change": 9, "random_state": 0}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_layers_and_the_way_there():
    network = MLPClassifier(**SETTINGS, early_stopping=True).fit(ROWS, LABELS)
    served = Pipeline([("columns", StandardScaler().fit(ROWS)), ("model", network)])
    sharper = calibration.calibrated(served, calibration.Calibration(0.1, 2.0), ["a", "b"])
    assert network_in(sharper) is network
    facts = anatomy_of(network)
    assert [layer["kind"] for layer in facts["layers"]] == ["Linear", "ReLU", "Linear", "ReLU", "Linear", "Sigmoid"]
    assert facts["parameters"] == 4 * 8 + 9 * 4 + 5
    assert [step for step, _value in facts["curve"]["loss"]] == [1, 2, 3, 4, 5]
    assert set(facts["curve"]) == {"loss", "accuracy"}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_numbers_have_no_bend_at_the_end():
    model = TransformedTargetRegressor(MLPRegressor(**SETTINGS), transformer=StandardScaler()).fit(ROWS, ROWS[:, 1])
    facts = anatomy_of(network_in(model))
    assert facts["layers"][-1]["name"] == "output"
    assert set(facts["curve"]) == {"loss"}


def test_most_models_have_none():
    assert network_in(LogisticRegression().fit(ROWS, LABELS)) is None
