"""Holdfast: your own Hugging Face, in one Python program."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.client import pipeline

__all__ = ["__version__", "deploy_trial", "pipeline", "train"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`from holdfast import pipeline, train` loads what these need; `import holdfast` alone loads nothing."""
    if name == "pipeline":
        from holdfast.client import pipeline  # noqa: PLC0415

        return pipeline
    if name == "train":
        # By name: everything imports this module for its version, and no lower floor may lead to a higher one.
        return import_module("holdfast.training.python").train
    if name == "deploy_trial":
        return import_module("holdfast.training.deploying").deploy_trial
    raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
