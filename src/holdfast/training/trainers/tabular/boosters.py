"""Boosted trees of LightGBM and XGBoost: fitted by those libraries, kept and served as scikit-learn's own.

Their files are read by compiled code that believes what it reads, and need the library where the model is served. A
tree is a tree, so a fitted booster is written as the histogram booster of scikit-learn: same splits, same leaves, same
answers, no new type in the skops file.

Source: LightGBM 4.7, docs/Parameters.rst and Booster.dump_model; XGBoost 3.2, doc/tutorials/saving_model.rst and
doc/tutorials/intercept.rst; scikit-learn 1.9, ensemble/_hist_gradient_boosting.
"""

from __future__ import annotations

import json
from typing import Any, Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE, X_BITSET_INNER_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

from holdfast.inference.runtime.libraries import need

Array = np.ndarray[Any, Any]

_ROUNDS = 2_000
_ROUNDS_WITHOUT_JUDGES = 150
_PATIENCE = 40


class Booster:
    """What both have in common: labels as numbers, early stopping on rows to judge by.

    Args:
        parameters: by the library's names; `rounds` is how many trees for each label, None means: until it gets no
            better on the rows to judge by.
        seed: of row and column sampling.
        labels: whether it tells labels, or numbers.
    """

    def __init__(self, parameters: dict[str, Any], seed: int, *, labels: bool) -> None:
        self.rounds: int | None = parameters.pop("rounds", None)
        self._parameters = parameters
        self._seed = seed
        self._labels = labels
        self.classes_: Array = np.empty(0)

    def fit(self, inputs: Array, answers: Array, judges: tuple[Array, Array] | None = None) -> Self:
        """Fit on (rows, features) and (rows,); `judges` are rows to stop by, of the same shapes."""
        self._features = inputs.shape[1]
        if self._labels:
            self.classes_ = np.unique(answers)
        coded = (inputs, self._coded(answers))
        known = None
        if judges is not None and self.rounds is None:
            seen = np.isin(judges[1], self.classes_) if self._labels else np.ones(len(judges[1]), dtype=bool)
            known = (judges[0][seen], self._coded(judges[1][seen]))
        self._fit(coded, known, self.rounds or (_ROUNDS if known is not None else _ROUNDS_WITHOUT_JUDGES))
        return self

    def _coded(self, answers: Array) -> Array:
        return np.searchsorted(self.classes_, answers) if self._labels else np.asarray(answers, dtype=float)

    @property
    def leaves(self) -> int:
        """Of a tree, at most."""
        return int(self._parameters.get("num_leaves", 2 ** self._parameters.get("max_depth", 5)))

    def predict_proba(self, inputs: Array) -> Array:
        """(rows, labels)."""
        found = self._raw(inputs)
        return np.column_stack([1 - found, found]) if found.ndim == 1 else found

    def predict(self, inputs: Array) -> Array:
        """(rows,)."""
        return self.classes_[self.predict_proba(inputs).argmax(axis=1)] if self._labels else self._raw(inputs)

    def _fit(self, rows: tuple[Array, Array], judges: tuple[Array, Array] | None, rounds: int) -> None:
        raise NotImplementedError

    def _raw(self, inputs: Array) -> Array:
        raise NotImplementedError

    def trees(self) -> list[Array]:
        """Trees as scikit-learn has them, in the order of rounds and, within, of labels."""
        raise NotImplementedError

    def base(self, each: int) -> Array:
        """What is added to the sum of the trees: (1, trees of a round)."""
        raise NotImplementedError

    def as_sklearn(self) -> Any:
        """The same model as scikit-learn's histogram booster."""
        many = len(self.classes_) > 2
        each = len(self.classes_) if many else 1
        model = _empty_booster(self.classes_ if self._labels else None, self._features)
        trees = [TreePredictor(nodes, *_no_categories()) for nodes in self.trees()]
        model._predictors = [trees[start : start + each] for start in range(0, len(trees), each)]
        model._baseline_prediction = self.base(each)
        return model


class LightGBM(Booster):
    """Leaf-wise boosted trees."""

    def _fit(self, rows: tuple[Array, Array], judges: tuple[Array, Array] | None, rounds: int) -> None:
        lightgbm = need("lightgbm", "Training with LightGBM", "training")
        settings = {
            "num_threads": 1,
            "verbosity": -1,
            "seed": self._seed,
            "deterministic": True,
            "force_row_wise": True,
        }
        settings |= {"bagging_freq": 1} if "subsample" in self._parameters else {}
        settings |= self._objective() | self._parameters
        data = lightgbm.Dataset(rows[0], rows[1], free_raw_data=True)
        options: dict[str, Any] = {}
        if judges is not None:
            options["valid_sets"] = [lightgbm.Dataset(judges[0], judges[1], reference=data)]
            options["callbacks"] = [lightgbm.early_stopping(_PATIENCE, verbose=False)]
        self._booster = lightgbm.train(settings, data, num_boost_round=rounds, **options)
        self.rounds = self._booster.best_iteration or self._booster.current_iteration()

    def _objective(self) -> dict[str, Any]:
        if not self._labels:
            return {"objective": "regression"}
        many = {"objective": "multiclass", "num_class": len(self.classes_)}
        return many if len(self.classes_) > 2 else {"objective": "binary"}

    def _raw(self, inputs: Array) -> Array:
        return np.asarray(self._booster.predict(inputs, num_iteration=self.rounds))

    def trees(self) -> list[Array]:
        dump = self._booster.dump_model(num_iteration=self.rounds)
        return [_of_lightgbm(tree["tree_structure"]) for tree in dump["tree_info"]]

    def base(self, each: int) -> Array:
        return np.zeros((1, each))  # the mean is in the first trees' leaves


class XGBoost(Booster):
    """Level-wise boosted trees."""

    def _fit(self, rows: tuple[Array, Array], judges: tuple[Array, Array] | None, rounds: int) -> None:
        xgboost = need("xgboost", "Training with XGBoost", "training")
        settings = {"nthread": 1, "verbosity": 0, "seed": self._seed, "tree_method": "hist", **self._objective()}
        data = xgboost.QuantileDMatrix(rows[0], rows[1], nthread=1)
        options: dict[str, Any] = {}
        if judges is not None:
            options["evals"] = [(xgboost.QuantileDMatrix(judges[0], judges[1], ref=data, nthread=1), "judges")]
            options["early_stopping_rounds"] = _PATIENCE
        self._booster = xgboost.train(
            settings | self._parameters, data, num_boost_round=rounds, verbose_eval=False, **options
        )
        self.rounds = self._booster.best_iteration + 1 if judges is not None else rounds
        self._matrix = xgboost.DMatrix

    def _objective(self) -> dict[str, Any]:
        if not self._labels:
            return {"objective": "reg:squarederror"}
        many = {"objective": "multi:softprob", "num_class": len(self.classes_), "eval_metric": "mlogloss"}
        return many if len(self.classes_) > 2 else {"objective": "binary:logistic", "eval_metric": "logloss"}

    def _raw(self, inputs: Array) -> Array:
        return np.asarray(self._booster.predict(self._matrix(inputs, nthread=1), iteration_range=(0, self.rounds or 0)))

    def trees(self) -> list[Array]:
        model = json.loads(bytes(self._booster.save_raw("json")))["learner"]["gradient_booster"]["model"]
        each = len(self.classes_) if len(self.classes_) > 2 else 1
        return [_of_xgboost(tree) for tree in model["trees"][: (self.rounds or 0) * each]]

    def base(self, each: int) -> Array:
        config = json.loads(self._booster.save_config())
        score = json.loads(config["learner"]["learner_model_param"]["base_score"])
        values = np.broadcast_to(np.asarray(score, dtype=float).ravel(), (each,)).copy()
        if self._labels and each == 1:
            values = np.log(values / (1 - values))
        return values.reshape(1, each)


def _empty_booster(classes: Array | None, features: int) -> Any:
    """A fitted booster of the right shape, whose trees are then replaced."""
    rows = 2 * (2 if classes is None else len(classes))
    inputs = np.zeros((rows, features))
    shape = {"max_iter": 1, "early_stopping": False, "max_leaf_nodes": 2, "min_samples_leaf": 1}
    if classes is None:
        return HistGradientBoostingRegressor(**shape).fit(inputs, np.arange(rows, dtype=float))
    return HistGradientBoostingClassifier(**shape).fit(inputs, np.tile(classes, 2))


def _no_categories() -> tuple[Array, Array]:
    return np.zeros((0, 8), dtype=X_BITSET_INNER_DTYPE), np.zeros((0, 8), dtype=X_BITSET_INNER_DTYPE)


def _of_lightgbm(root: dict[str, Any]) -> Array:
    """A tree of LightGBM's JSON as nodes, parents before children."""
    order: list[dict[str, Any]] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        node["place"] = len(order)
        order.append(node)
        if "split_feature" in node:
            waiting += [node["right_child"], node["left_child"]]
    nodes = np.zeros(len(order), dtype=PREDICTOR_RECORD_DTYPE)
    for place, node in enumerate(order):
        if "split_feature" in node:
            _branch(nodes[place], node["split_feature"], node["threshold"], node["left_child"]["place"])
            nodes[place]["right"] = node["right_child"]["place"]
            nodes[place]["missing_go_to_left"] = _missing_left(node)
            nodes[place]["gain"] = node["split_gain"]
            nodes[place]["count"] = node["internal_count"]
        else:
            nodes[place]["is_leaf"], nodes[place]["value"] = 1, node["leaf_value"]
            nodes[place]["count"] = node.get("leaf_count", 0)
    return nodes


def _missing_left(node: dict[str, Any]) -> bool:
    """Where nothing was missing while it learned, LightGBM takes a missing number for zero."""
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else float(node["threshold"]) >= 0.0


def _of_xgboost(tree: dict[str, Any]) -> Array:
    """A tree of XGBoost's JSON as nodes; children of a node already have higher numbers."""
    left, right = np.asarray(tree["left_children"]), np.asarray(tree["right_children"])
    condition = np.asarray(tree["split_conditions"], dtype=np.float32)
    nodes = np.zeros(len(left), dtype=PREDICTOR_RECORD_DTYPE)
    inner = left >= 0
    nodes["is_leaf"] = ~inner
    nodes["value"] = np.where(inner, 0.0, condition.astype(float))
    nodes["left"], nodes["right"] = np.where(inner, left, 0), np.where(inner, right, 0)
    nodes["feature_idx"] = np.where(inner, tree["split_indices"], 0)
    nodes["num_threshold"] = np.where(inner, _just_below(condition), 0.0)
    nodes["missing_go_to_left"] = np.where(inner, tree["default_left"], 0)
    nodes["gain"] = np.where(inner, tree["loss_changes"], 0.0)
    nodes["count"] = np.maximum(np.asarray(tree["sum_hessian"]), 0).astype(nodes["count"].dtype)
    return nodes


def _just_below(threshold: Array) -> Array:
    """XGBoost rounds to 32 bits and goes left below a threshold; scikit-learn compares 64 bits and goes left up to it.

    The border between numbers that round to the threshold and those that round below it lies half-way between.
    """
    below = np.nextafter(threshold, np.float32(-np.inf))
    half = (threshold.astype(float) + below.astype(float)) / 2
    return np.asarray(np.where(half.astype(np.float32) < threshold, half, np.nextafter(half, -np.inf)))


def _branch(node: Any, feature: int, threshold: float, left: int) -> None:
    node["feature_idx"], node["num_threshold"], node["left"] = feature, threshold, left


def unwrap(model: Any) -> Any:
    """A fitted model as it is kept: boosters of other libraries as scikit-learn's."""
    return model.as_sklearn() if hasattr(model, "as_sklearn") else model
