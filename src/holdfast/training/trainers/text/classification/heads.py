"""Estimators of scikit-learn for texts and for vectors of texts, and what they give in the order of the labels.

They are fitted on names of labels, so that their `classes_` say them to whoever loads the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.text.classification.targets import Kind, Targets

Array = np.ndarray[Any, Any]
_MANY_ROWS = 1_000
_MOST_WORDS = 40_000
_MANY_LABELS = 10


def majority(targets: Targets) -> Any:
    """Says the same of every text: how frequent labels are, or the mean."""
    dummy = need("sklearn.dummy")
    if targets.kind is Kind.NUMBER:
        return dummy.DummyRegressor()
    return _each(targets, dummy.DummyClassifier(strategy="prior"))


def text_linear(family: str, parameters: Mapping[str, Any], targets: Targets) -> Any:
    """A pipeline from texts to labels or numbers: words and pieces of words, counted and weighed; a linear model."""
    return need("sklearn.pipeline").make_pipeline(_counts(len(targets)), _linear(family, parameters, targets))


def vector_svm(parameters: Mapping[str, Any]) -> Any:
    """A support vector machine of vectors of length one, which finds borders that are no planes."""
    options = {"C": 1.0, "gamma": 1.0, "class_weight": "balanced"} | dict(parameters)
    machine = _with_probabilities(need("sklearn.svm").SVC(**options))
    return need("sklearn.pipeline").make_pipeline(need("sklearn.preprocessing").Normalizer(), machine)


def vector_linear(parameters: Mapping[str, Any], targets: Targets) -> Any:
    """A linear model of vectors of length one."""
    linear = need("sklearn.linear_model")
    if targets.kind is Kind.NUMBER:
        model = linear.Ridge(alpha=1.0 / float(parameters.get("C", 1.0)))
    else:
        options = {"C": parameters.get("C", 10.0), "class_weight": parameters.get("class_weight", "balanced")}
        model = linear.LogisticRegression(max_iter=1_000, **options)
        model = _each(targets, model) if targets.kind is Kind.SEVERAL_LABELS else model
    return need("sklearn.pipeline").make_pipeline(need("sklearn.preprocessing").Normalizer(), model)


def nearest_label(vectors_LD: Array, labels: tuple[str, ...], sharpness: float) -> Any:  # noqa: N803
    """A model that gives each text the label whose description is nearest: softmax of cosines, learned from nothing.

    Args:
        vectors_LD: of the descriptions, of length one.
        labels: their names.
        sharpness: what cosines are multiplied by.
    """
    order = np.argsort(labels)
    model = need("sklearn.linear_model").LogisticRegression()
    model.classes_ = np.array(labels)[order]
    model.n_features_in_ = vectors_LD.shape[1]
    model.coef_, model.intercept_ = sharpness * vectors_LD[order].astype(np.float64), np.zeros(len(labels))
    model.n_iter_ = np.array([0])
    if len(labels) == 2:  # with two labels scikit-learn keeps but the difference of the second to the first
        model.coef_, model.intercept_ = model.coef_[1:] - model.coef_[:1], np.zeros(1)
    return need("sklearn.pipeline").make_pipeline(need("sklearn.preprocessing").Normalizer(), model)


def fit(model: Any, inputs: Any, targets: Targets) -> Any:
    """Fit on names of labels, on the matrix of several labels, or on numbers."""
    wanted = np.array(targets.labels)[targets.values] if targets.kind is Kind.ONE_LABEL else targets.values
    fitted = model.fit(inputs, wanted)
    for _name, counts in getattr(fitted[0], "transformer_list", ()) if hasattr(fitted, "steps") else ():
        # NumPy's numbers would each be a file of their own in a skops file: a minute instead of a second.
        counts.vocabulary_ = {str(word): int(place) for word, place in counts.vocabulary_.items()}
    return fitted


def outputs(model: Any, inputs: Any, targets: Targets) -> Array:
    """Probabilities in the order of the labels, zero for those that were not among the fitted rows; or numbers."""
    if targets.kind is Kind.NUMBER:
        return np.asarray(model.predict(inputs), dtype=np.float64).ravel()
    found = np.asarray(model.predict_proba(inputs))
    if targets.kind is Kind.SEVERAL_LABELS:
        return found
    places = [targets.labels.index(str(name)) for name in model.classes_]
    whole = np.zeros((len(found), len(targets.labels)))
    whole[:, places] = found
    return whole


def _counts(rows: int) -> Any:
    text = need("sklearn.feature_extraction.text")
    shared = {"sublinear_tf": True, "min_df": 2 if rows > _MANY_ROWS else 1, "max_features": _MOST_WORDS}
    words = text.TfidfVectorizer(ngram_range=(1, 2), **shared)
    pieces = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **shared)
    return need("sklearn.pipeline").FeatureUnion([("words", words), ("pieces", pieces)])


def _linear(family: str, parameters: Mapping[str, Any], targets: Targets) -> Any:
    linear, options = need("sklearn.linear_model"), dict(parameters)
    if targets.kind is Kind.NUMBER:
        return linear.Ridge(**options)
    if family == "tfidf-svm":
        machine = need("sklearn.svm").LinearSVC(**({"class_weight": "balanced"} | options))
        if targets.kind is Kind.SEVERAL_LABELS:
            return _each(targets, _with_probabilities(machine))
        return _with_probabilities(machine)
    if len(targets.labels) > _MANY_LABELS:
        # One label against the rest, many times over: drawing rows one by one finds what solvers take minutes for.
        strength = 1.0 / (float(options.pop("C", 10.0)) * 10_000.0)
        options = {"alpha": strength, "max_iter": 8, "tol": None, "random_state": 0} | options
        return _each(targets, linear.SGDClassifier(loss="log_loss", **options))
    chosen = linear.LogisticRegression(
        **({"class_weight": "balanced", "solver": "liblinear", "max_iter": 1_000} | options)
    )
    return chosen if len(targets.labels) == 2 and targets.kind is Kind.ONE_LABEL else _one_against_rest(chosen)


def _with_probabilities(machine: Any) -> Any:
    return need("sklearn.calibration").CalibratedClassifierCV(machine, cv=3, ensemble=False)


def _each(targets: Targets, model: Any) -> Any:
    return _one_against_rest(model) if targets.kind is Kind.SEVERAL_LABELS else model


def _one_against_rest(model: Any) -> Any:
    return need("sklearn.multiclass").OneVsRestClassifier(model)
