"""Types in skops files beyond those that skops itself trusts: which may be loaded, and what must hold for their data.

Plain Python classes of scikit-learn are as harmless as those that skops trusts. Trees are walked by compiled code that
believes its arrays: a forged child number would read anywhere in memory, or go round for ever. So every tree is checked
after it was loaded and before it is used. Neighbour trees (KDTree, BallTree) are not trusted: `algorithm="brute"` does
without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from holdfast.base.errors import UnusableModel

Array = np.ndarray[Any, Any]

TRUSTED = (
    "holdfast.inference.runtime.detectors.DensityDetector",
    "holdfast.inference.runtime.detectors.NeighbourDetector",
    "holdfast.inference.runtime.detectors.ReconstructionDetector",
    "holdfast.inference.runtime.detectors.TailDetector",
    "holdfast.inference.runtime.table_steps.DateParts",
    "holdfast.inference.runtime.table_steps.TextColumn",
    "numpy.dtype",
    "numpy.mean",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)


def check_trees(model: Any) -> None:
    """See that every tree in a fitted model goes downwards only, and looks at features that there are.

    Raises:
        UnusableModel: one does not.
    """
    for tree, features in _trees(model, 0, set()):
        if type(tree).__name__ == "Tree":
            inner = tree.children_left >= 0
            branches, feature = [tree.children_left, tree.children_right], tree.feature
        else:
            inner = tree.nodes["is_leaf"] == 0
            branches, feature = [tree.nodes["left"], tree.nodes["right"]], tree.nodes["feature_idx"]
            _check_categories(tree, inner)
        if not (_goes_down(branches, inner) and np.all((feature[inner] >= 0) & (feature[inner] < features))):
            raise UnusableModel(problem="a decision tree in it is damaged or forged")


def _goes_down(branches: list[Array], inner: Array) -> bool:
    places = np.arange(len(inner))[inner]
    chosen = [branch[inner].astype(np.int64) for branch in branches]
    return bool(len(inner)) and all(bool(np.all((branch > places) & (branch < len(inner)))) for branch in chosen)


def _check_categories(tree: Any, inner: Array) -> None:
    categorical = inner & (tree.nodes["is_categorical"] != 0)
    sets = min(len(tree.raw_left_cat_bitsets), len(tree.binned_left_cat_bitsets))
    if np.any(tree.nodes["bitset_idx"][categorical] >= sets):
        raise UnusableModel(problem="a decision tree in it is damaged or forged")


def _trees(value: Any, features: int, seen: set[int]) -> Iterator[tuple[Any, int]]:
    """Trees anywhere in a model, each with the number of features that its owner was fitted with."""
    if id(value) in seen or isinstance(value, (str, bytes, int, float, bool, type(None))):
        return
    seen.add(id(value))
    if type(value).__name__ in ("Tree", "TreePredictor"):
        yield value, features
        return
    features = getattr(value, "n_features_in_", features)
    for part in _parts(value):
        yield from _trees(part, features, seen)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple, set)):
        return list(value)
    if isinstance(value, np.ndarray):
        return list(value.ravel()) if value.dtype == object else []
    return list(vars(value).values()) if hasattr(value, "__dict__") and not isinstance(value, type) else []
