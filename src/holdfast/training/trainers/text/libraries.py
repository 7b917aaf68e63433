"""Imports what trials will need before they are forked, so that each finds it there and none pays for it again."""

from __future__ import annotations

from holdfast.inference.runtime.libraries import need

_ESTIMATORS = (
    "sklearn.calibration",
    "sklearn.dummy",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.multiclass",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "skops.io",
)
_NETWORKS = (
    "torch",
    "transformers",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
)


def import_estimators() -> None:
    """scikit-learn.

    Raises:
        NotInstalled: it is missing.
    """
    for name in _ESTIMATORS:
        need(name)


def import_networks() -> None:
    """Torch and transformers; nothing is computed with them.

    Raises:
        NotInstalled: they are missing.
    """
    for name in _NETWORKS:
        need(name)
