"""Small neural networks for tables, as people who learn see them: layers, and how the loss fell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline

from holdfast.training.learning.anatomy import perceptron_layers

_BENDS = {"relu": "ReLU", "tanh": "Tanh", "logistic": "Sigmoid", "softmax": "Softmax"}


def network_in(model: Any) -> Any | None:
    """The network inside of a fitted model and what is around it; None where there is none."""
    if isinstance(model, (MLPClassifier, MLPRegressor)):
        return model
    found = (network_in(part) for part in _inside(model))
    return next((network for network in found if network is not None), None)


def anatomy_of(network: Any) -> Mapping[str, Any]:
    """Facts for the report: `layers`, `parameters`, and `curve` by name: what was told after each round of learning."""
    sizes = [len(network.coefs_[0]), *(weights.shape[1] for weights in network.coefs_)]
    bend, last = _BENDS.get(network.activation), _BENDS.get(network.out_activation_)
    curve = {"loss": _by_round(network.loss_curve_)}
    if network.early_stopping:
        measured = "accuracy" if isinstance(network, MLPClassifier) else "r2"
        curve[measured] = _by_round(network.validation_scores_)
    return {
        "layers": perceptron_layers(sizes, bend or "", last),
        "parameters": sum(part.size for part in (*network.coefs_, *network.intercepts_)),
        "curve": curve,
    }


def _by_round(values: Iterable[float]) -> list[tuple[int, float]]:
    return [(number, float(value)) for number, value in enumerate(values, start=1)]


def _inside(model: Any) -> Iterable[Any]:
    if isinstance(model, Pipeline):
        return [model.steps[-1][1]]
    if isinstance(model, VotingClassifier):
        return list(model.estimators_)
    if isinstance(model, CalibratedClassifierCV):
        return [part.estimator for part in model.calibrated_classifiers_]
    return [model.regressor_] if isinstance(model, TransformedTargetRegressor) else []
