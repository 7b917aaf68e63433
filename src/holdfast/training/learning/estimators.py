"""Estimators of scikit-learn over features, in a folder that inference serves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.inference.runtime import architectures
from holdfast.inference.runtime.libraries import need


def save_feature_classifier(model: Any, features: Mapping[str, Any], task: str, folder: Path) -> None:
    """Write a fitted classifier as skops with the config.json that says how its features are made.

    Args:
        model: fitted, with `predict_proba`.
        features: fields of `inference.runtime.features.Features`.
        task: that serves it.
        folder: to be filled.
    """
    need("skops.io", "Training", "training").dump(model, folder / "model.skops")
    said = {"model": {"file": "model.skops"}, "model_format": "skops", "task": task}
    (folder / "config.json").write_text(json.dumps({"sklearn": said, "features": dict(features)}, indent=2))


def classifier(family: str, parameters: Mapping[str, Any], seed: int) -> Any:
    """An estimator that is not fitted, by its family's name: `majority`, `logistic-regression` or `svm`."""
    if family == "majority":
        return need("sklearn.dummy").DummyClassifier(strategy="prior")
    scaler = need("sklearn.preprocessing").StandardScaler()
    if family == "logistic-regression":
        last = need("sklearn.linear_model").LogisticRegression(**{"max_iter": 300, **parameters})
    else:
        machine = need("sklearn.svm").SVC(**{"random_state": seed, **parameters})
        last = need("sklearn.calibration").CalibratedClassifierCV(machine, cv=3, ensemble=False)
    return need("sklearn.pipeline").make_pipeline(scaler, last)


def load_once() -> None:
    """Import what estimators and small networks need, in the process that trials are forked from."""
    for library in ("sklearn.svm", "sklearn.linear_model", "sklearn.calibration", "sklearn.dummy", "skops.io"):
        need(library, "Training", "training")
    architectures.register()
