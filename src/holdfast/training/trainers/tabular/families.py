"""Families of models for tables: how each is made, with which parameters it begins, and where a search may go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from holdfast.training.trainers.tabular.boosters import LightGBM, XGBoost

Parameters = Mapping[str, Any]
Maker = Callable[[Parameters, int, int], Any]
"""Parameters, seed and number of labels to an unfitted model."""
Space = Mapping[str, tuple[Any, ...]]
"""Where a search may go: ("log", low, high), ("int", low, high), ("log-int", low, high), ("float", low, high) or
("choice", a, b, …)."""


@dataclass(frozen=True)
class Family:
    """Models of one kind.

    Args:
        name: for the board.
        classifier: makes one of parameters and a seed; None where the kind knows no labels.
        regressor: the same for numbers.
        encoding: of columns: `scaled`, `ordered` or `untouched`.
        start: parameters of the first trial.
        space: where the search may go; empty where there is nothing to search.
        cost: seconds to learn labels of a thousand rows of ten columns, roughly; only their order and ratio matters.
        least: seconds that even the smallest fit takes.
        for_numbers: how many times as dear numbers are as labels.
        growth: power of the number of rows by which the cost grows.
        by_label: whether the cost grows with the number of labels.
    """

    name: str
    classifier: Maker | None
    regressor: Maker | None
    encoding: str
    start: Parameters = field(default_factory=dict)
    space: Space = field(default_factory=dict)
    cost: float = 0.05
    least: float = 0.04
    for_numbers: float = 1.0
    growth: float = 1.0
    by_label: bool = False

    def make(self, parameters: Parameters, seed: int, labels: int) -> Any:
        """An unfitted model for so many labels; for numbers where that is 0."""
        maker = self.classifier if labels else self.regressor
        assert maker is not None, self.name
        return maker(parameters, seed, labels)


def _plain(kind: Any, **fixed: Any) -> Maker:
    return lambda parameters, _seed, _labels: kind(**{**fixed, **parameters})


def _seeded(kind: Any, **fixed: Any) -> Maker:
    return lambda parameters, seed, _labels: kind(**{**fixed, **parameters}, random_state=seed)


def _with_probabilities(kind: Any, **fixed: Any) -> Maker:
    """SVMs know no probabilities: these are learned from their margins, on rows that each did not see."""

    def make(parameters: Parameters, seed: int, labels: int) -> Any:
        method = "temperature" if labels > 2 else "sigmoid"
        return CalibratedClassifierCV(
            kind(**{**fixed, **parameters}, random_state=seed), method=method, cv=3, ensemble=False
        )

    return make


def _of_scaled_target(maker: Maker) -> Maker:
    """Models whose parameters mean something only for numbers around one."""

    def make(parameters: Parameters, seed: int, labels: int) -> Any:
        return TransformedTargetRegressor(maker(parameters, seed, labels), transformer=StandardScaler())

    return make


def _network(kind: Any) -> Maker:
    def make(parameters: Parameters, seed: int, _labels: int) -> Any:
        given = dict(parameters)
        layers = (int(given.pop("width", 64)),) * int(given.pop("depth", 1))
        settings = {"early_stopping": True, "max_iter": 200, "n_iter_no_change": 8, **given}
        return kind(hidden_layer_sizes=layers, random_state=seed, **settings)

    return make


_FOREST_SPACE: Space = {
    "max_features": ("choice", "sqrt", 0.3, 0.5, 0.8, 1.0),
    "min_samples_leaf": ("log-int", 1, 20),
    "min_samples_split": ("log-int", 2, 20),
    "max_depth": ("choice", None, 8, 16, 24),
}
_FOREST = {"n_estimators": 200, "n_jobs": 1}

FAMILIES = {
    family.name: family
    for family in (
        Family("dummy", _plain(DummyClassifier, strategy="prior"), _plain(DummyRegressor), "untouched", cost=0.001),
        Family(
            "logistic-regression",
            _seeded(LogisticRegression, max_iter=500),
            None,
            "scaled",
            {"C": 1.0},
            {"C": ("log", 1e-3, 1e2), "scaler": ("choice", "standard", "minmax")},
            cost=0.005,
            by_label=True,
        ),
        Family("linear-regression", None, _plain(LinearRegression), "scaled", cost=0.001),
        Family("ridge", None, _plain(Ridge), "scaled", {"alpha": 1.0}, {"alpha": ("log", 1e-3, 1e3)}, cost=0.001),
        Family(
            "lasso",
            None,
            _of_scaled_target(_plain(Lasso, max_iter=5_000)),
            "scaled",
            {"alpha": 0.1},
            {"alpha": ("log", 1e-4, 1e1)},
            cost=0.002,
        ),
        Family(
            "decision-tree",
            _seeded(DecisionTreeClassifier),
            _seeded(DecisionTreeRegressor),
            "ordered",
            {"max_depth": 6, "min_samples_leaf": 5},
            {"max_depth": ("int", 2, 16), "min_samples_leaf": ("log-int", 1, 50)},
            cost=0.006,
        ),
        Family(
            "k-nearest-neighbours",
            _plain(KNeighborsClassifier, algorithm="brute"),
            _plain(KNeighborsRegressor, algorithm="brute"),
            "scaled",
            {"n_neighbors": 10, "weights": "distance"},
            {
                "n_neighbors": ("log-int", 1, 60),
                "weights": ("choice", "uniform", "distance"),
                "scaler": ("choice", "standard", "minmax"),
            },
            cost=0.002,
            growth=2.0,
        ),
        Family(
            "linear-svm",
            _with_probabilities(LinearSVC, max_iter=3_000),
            _of_scaled_target(_seeded(LinearSVR, max_iter=3_000)),
            "scaled",
            {"C": 0.1},
            {"C": ("log", 1e-3, 1e2), "scaler": ("choice", "standard", "minmax")},
            cost=0.015,
            by_label=True,
        ),
        Family(
            "svm",
            _with_probabilities(SVC, cache_size=100),
            _of_scaled_target(_plain(SVR, cache_size=100)),
            "scaled",
            {"C": 10.0, "gamma": "scale", "scaler": "minmax"},
            {"C": ("log", 1e-1, 1e3), "gamma": ("log", 1e-4, 1e1), "scaler": ("choice", "standard", "minmax")},
            cost=0.06,
            growth=2.0,
        ),
        Family(
            "extra-trees",
            _seeded(ExtraTreesClassifier, **_FOREST),
            _seeded(ExtraTreesRegressor, **_FOREST),
            "ordered",
            {},
            _FOREST_SPACE,
            cost=0.3,
            least=0.2,
            for_numbers=3.0,
            growth=1.1,
        ),
        Family(
            "random-forest",
            _seeded(RandomForestClassifier, **_FOREST),
            _seeded(RandomForestRegressor, **_FOREST),
            "ordered",
            {},
            _FOREST_SPACE,
            cost=0.5,
            least=0.2,
            for_numbers=3.0,
            growth=1.1,
        ),
        Family(
            "hist-gradient-boosting",
            _seeded(HistGradientBoostingClassifier, early_stopping=False),
            _seeded(HistGradientBoostingRegressor, early_stopping=False),
            "ordered",
            {},
            {
                "learning_rate": ("log", 0.02, 0.3),
                "max_leaf_nodes": ("log-int", 7, 127),
                "min_samples_leaf": ("log-int", 5, 100),
                "l2_regularization": ("log", 1e-4, 1e2),
                "max_iter": ("log-int", 50, 500),
            },
            cost=0.15,
            growth=0.7,
            by_label=True,
        ),
        Family(
            "lightgbm",
            lambda parameters, seed, _labels: LightGBM(dict(parameters), seed, labels=True),
            lambda parameters, seed, _labels: LightGBM(dict(parameters), seed, labels=False),
            "ordered",
            {"learning_rate": 0.05, "num_leaves": 31},
            {
                "learning_rate": ("log", 0.01, 0.2),
                "num_leaves": ("log-int", 7, 200),
                "min_child_samples": ("log-int", 3, 100),
                "colsample_bytree": ("float", 0.4, 1.0),
                "subsample": ("float", 0.5, 1.0),
                "reg_lambda": ("log", 1e-3, 30.0),
            },
            cost=0.15,
            growth=0.8,
            by_label=True,
        ),
        Family(
            "xgboost",
            lambda parameters, seed, _labels: XGBoost(dict(parameters), seed, labels=True),
            lambda parameters, seed, _labels: XGBoost(dict(parameters), seed, labels=False),
            "ordered",
            {"learning_rate": 0.08, "max_depth": 6},
            {
                "learning_rate": ("log", 0.01, 0.2),
                "max_depth": ("int", 3, 9),
                "min_child_weight": ("log", 0.3, 30.0),
                "subsample": ("float", 0.5, 1.0),
                "colsample_bytree": ("float", 0.4, 1.0),
                "reg_lambda": ("log", 1e-2, 30.0),
                "gamma": ("float", 0.0, 2.0),
            },
            cost=0.2,
            for_numbers=1.5,
            growth=0.8,
            by_label=True,
        ),
        Family(
            "neural-network",
            _network(MLPClassifier),
            _of_scaled_target(_network(MLPRegressor)),
            "scaled",
            {"width": 64, "depth": 1},
            {
                "width": ("choice", 32, 64, 128, 256),
                "depth": ("int", 1, 3),
                "alpha": ("log", 1e-6, 1e-1),
                "learning_rate_init": ("log", 3e-4, 1e-2),
            },
            cost=0.12,
            for_numbers=2.5,
        ),
    )
}


def available(*, labels: bool) -> list[Family]:
    """Families for labels, or for numbers."""
    return [family for family in FAMILIES.values() if (family.classifier if labels else family.regressor)]
