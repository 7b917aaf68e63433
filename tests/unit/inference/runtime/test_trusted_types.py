import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from holdfast.base.errors import UnsafeWeights, UnusableModel
from holdfast.inference import tasks
from tests.factories.tiny_estimators import FRAME, LABELS, save

TABLE = {"table": {"a": [1.0, 4.0], "b": [4.0, 1.0]}}


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(n_estimators=3, random_state=0),
        HistGradientBoostingClassifier(min_samples_leaf=1, max_iter=3),
    ],
    ids=["forest", "boosting"],
)
def test_trees_are_loaded(model, tmp_path):
    save(model.fit(FRAME, LABELS), tmp_path)
    assert tasks.load("tabular-classification", tmp_path).predict(TABLE) == ["low", "high"]


@pytest.mark.parametrize("field", ["left_child", "feature"])
def test_a_forged_tree_is_refused_before_it_is_used(field, tmp_path):
    model = RandomForestClassifier(n_estimators=1, random_state=0, bootstrap=False).fit(FRAME, LABELS)
    tree = model.estimators_[0].tree_
    state = tree.__getstate__()
    forged = state["nodes"].copy()
    forged[field][0] = 100_000
    tree.__setstate__({**state, "nodes": forged})
    save(model, tmp_path)
    with pytest.raises(UnusableModel, match="damaged or forged"):
        tasks.load("tabular-classification", tmp_path)


def test_a_tree_that_goes_round_is_refused(tmp_path):
    model = HistGradientBoostingClassifier(min_samples_leaf=1, max_iter=1).fit(FRAME, LABELS)
    model._predictors[0][0].nodes["left"][0] = 0
    save(model, tmp_path)
    with pytest.raises(UnusableModel, match="damaged or forged"):
        tasks.load("tabular-classification", tmp_path)


def test_functions_of_strangers_are_not_loaded(tmp_path):
    model = make_pipeline(FunctionTransformer(np.linalg.norm), RandomForestClassifier(n_estimators=1))
    model.steps[1][1].fit(FRAME, LABELS)
    save(model, tmp_path)
    with pytest.raises(UnsafeWeights, match=r"numpy\.linalg"):
        tasks.load("tabular-classification", tmp_path)


def test_neighbour_trees_are_not_trusted(tmp_path):
    save(KNeighborsClassifier(1, algorithm="kd_tree").fit(FRAME, LABELS), tmp_path)
    with pytest.raises(UnsafeWeights, match="KDTree"):
        tasks.load("tabular-classification", tmp_path)
