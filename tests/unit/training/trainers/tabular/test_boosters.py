"""Boosted trees of LightGBM and XGBoost answer the same when they are scikit-learn's, and load as nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import skops.io

from holdfast.inference.runtime.trusted_types import TRUSTED, check_trees
from holdfast.training.trainers.tabular.boosters import LightGBM, XGBoost

BOTH = pytest.mark.parametrize("kind", [LightGBM, XGBoost])


def rows(labels: int, *, missing: bool) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(labels)
    inputs = random.normal(size=(240, 4)).round(2)
    answers = inputs[:, 0] * 2 + inputs[:, 1] + random.normal(size=240) / 3
    if missing:
        inputs[random.random(inputs.shape) < 0.1] = np.nan
    if labels:
        edges = np.quantile(answers, np.arange(1, labels) / labels)
        return inputs, np.asarray([f"label {place}" for place in np.searchsorted(edges, answers)])
    return inputs, answers


def with_holes(inputs: np.ndarray) -> np.ndarray:
    holes = inputs.copy()
    holes[np.random.default_rng(1).random(holes.shape) < 0.2] = np.nan
    return holes


@BOTH
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("labels", [2, 3])
def test_labels_stay_the_same(kind, labels: int, missing: bool) -> None:
    inputs, answers = rows(labels, missing=missing)
    model = kind({"rounds": 20}, 0, labels=True).fit(inputs, answers)
    kept = model.as_sklearn()
    for asked in (inputs, with_holes(inputs)):
        np.testing.assert_allclose(kept.predict_proba(asked), model.predict_proba(asked), atol=2e-6)
        assert kept.predict(asked).tolist() == model.predict(asked).tolist()


@BOTH
def test_numbers_stay_the_same(kind) -> None:
    inputs, answers = rows(0, missing=True)
    model = kind({"rounds": 20}, 0, labels=False).fit(inputs, answers)
    kept = model.as_sklearn()
    np.testing.assert_allclose(
        kept.predict(with_holes(inputs)), model.predict(with_holes(inputs)), rtol=1e-4, atol=1e-5
    )


def test_numbers_between_those_of_32_bits_go_the_same_way() -> None:
    inputs, answers = rows(0, missing=False)
    model = XGBoost({"rounds": 10}, 0, labels=False).fit(inputs, answers)
    kept = model.as_sklearn()
    thresholds = np.concatenate([nodes["num_threshold"][nodes["is_leaf"] == 0] for nodes in model.trees()])
    close = np.concatenate([np.nextafter(thresholds, end) for end in (-np.inf, np.inf)])
    asked = np.tile(close[:, None], (1, inputs.shape[1]))
    np.testing.assert_allclose(kept.predict(asked), model.predict(asked), rtol=1e-4, atol=1e-5)


@BOTH
def test_it_stops_when_it_gets_no_better(kind) -> None:
    inputs, answers = rows(2, missing=False)
    model = kind({"learning_rate": 0.3}, 0, labels=True).fit(inputs[:160], answers[:160], (inputs[160:], answers[160:]))
    assert model.rounds is not None
    assert 1 <= model.rounds < 500
    assert len(model.trees()) == model.rounds


@BOTH
def test_nothing_but_known_types_is_in_the_file(kind) -> None:
    inputs, answers = rows(3, missing=True)
    kept = kind({"rounds": 5}, 0, labels=True).fit(inputs, answers).as_sklearn()
    content = skops.io.dumps(kept)
    assert set(skops.io.get_untrusted_types(data=content)) <= set(TRUSTED)
    loaded = skops.io.loads(content, trusted=TRUSTED)
    check_trees(loaded)
    np.testing.assert_array_equal(loaded.predict_proba(inputs), kept.predict_proba(inputs))
