"""Imports what trials will need before they are forked, so that each finds it there and none pays for it again."""

from __future__ import annotations

from importlib.util import find_spec

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.text.bases import Base
from holdfast.training.trainers.text.sentence_models import library

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


def import_networks(base: Base, *, for_sentences: bool = False) -> None:
    """torch, transformers and the architecture of a base model; nothing is computed with them.

    Args:
        base: whose architecture.
        for_sentences: sentence-transformers too.

    Raises:
        NotInstalled: they are missing.
    """
    for name in _NETWORKS:
        need(name)
    kind = str(base.config.get("model_type", "")).replace("-", "_")
    architecture = f"transformers.models.{kind}.modeling_{kind}"
    if kind.isidentifier() and find_spec(f"transformers.models.{kind}") and find_spec(architecture):
        need(architecture)
    if for_sentences:
        library()
