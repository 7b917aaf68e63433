"""Coordinates for plots: as scikit-learn computes them, from tables and from texts."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference import tasks
from tests.factories import tiny_estimators, tiny_models

TASK = "dimensionality-reduction"
TEXTS = ["i love this movie", "a great film", "paris is a city", "berlin is in germany", "one two three"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return tasks.load(TASK, tiny_models.sentence_encoder(tmp_path_factory.mktemp("encoder")))


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return tasks.load(TASK, tiny_estimators.reducer(tmp_path_factory.mktemp("reducer")))


def places(predictor, inputs, parameters=None):
    return np.array([one["coordinates"] for one in predictor.predict(inputs, parameters)])


def test_rows_are_placed_by_the_fitted_model(rows):
    table = {"b": [5.0, 0.0, 2.5], "a": [0.0, 5.0, 2.5]}
    found = places(rows, {"table": table})
    assert found.shape == (3, 2)
    assert abs(found[0, 0] - found[1, 0]) > 2  # far apart in the main direction
    assert places(rows, {"table": table}, {"dimensions": 1}).shape == (3, 1)


def test_texts_are_placed_by_their_vectors(texts, tmp_path):
    vectors = tasks.load("feature-extraction", tiny_models.sentence_encoder(tmp_path)).predict(TEXTS)
    expected = PCA(3, svd_solver="full").fit_transform(np.array(vectors))
    np.testing.assert_allclose(places(texts, {"texts": TEXTS}, {"dimensions": 3}), expected, atol=1e-4)
    assert places(texts, {"texts": TEXTS}).shape == (5, 2)


def test_texts_of_a_plain_transformer_are_the_mean_of_their_tokens(tmp_path):
    predictor = tasks.load(TASK, tiny_models.bert(tmp_path, "AutoModel"))
    assert np.ptp(places(predictor, {"texts": TEXTS}), axis=0).min() > 0


@pytest.mark.parametrize("dimensions", [2, 3])
def test_neighbours_stay_together(texts, dimensions):
    given = {"texts": [*TEXTS, TEXTS[0]]}
    found = places(texts, given, {"method": "tsne", "dimensions": dimensions})
    assert found.shape == (6, dimensions)
    if dimensions == 2:
        distances = np.linalg.norm(found - found[0], axis=1)
        assert distances[5] < np.median(distances[1:5])
    np.testing.assert_array_equal(found, places(texts, given, {"method": "tsne", "dimensions": dimensions}))


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_equal_texts_lie_in_one_place(texts, method):
    assert np.isfinite(places(texts, {"texts": ["a"] * 3}, {"method": method, "dimensions": 3})).all()


def test_what_does_not_fit_is_said_by_name(texts, rows):
    for predictor, inputs, parameters, field in (
        (rows, {"texts": TEXTS}, {}, "inputs.table"),
        (texts, {"table": {"a": [1]}}, {}, "inputs.texts"),
        (texts, {"texts": TEXTS[:2]}, {}, "inputs.texts"),
        (rows, {"table": {"a": [1], "b": [2]}}, {"dimensions": 3}, "parameters.dimensions"),
        (texts, {"texts": TEXTS}, {"dimensions": 4, "method": "tsne"}, "parameters.dimensions"),
        (rows, {"table": {"a": [1], "b": [2]}}, {"method": "pca"}, "parameters.method"),
    ):
        with pytest.raises(InvalidInput) as caught:
            predictor.predict(inputs, parameters)
        assert caught.value.field == field
    with pytest.raises(TooLarge, match="2000 with t-SNE"):
        texts.predict({"texts": ["a"] * 2_001}, {"method": "tsne"})


def test_models_that_place_nothing_are_refused(tmp_path):
    with pytest.raises(UnusableModel, match="t-SNE cannot"):
        tasks.load(TASK, tiny_estimators.regressor(tmp_path))
