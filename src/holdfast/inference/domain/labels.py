"""Scores of labels: from what a classifier gives to what people read. Pure numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Choice, Field, Integer, ListOf, Number, Record, Text

Array = np.ndarray[Any, Any]

SCORED_LABELS = ListOf(
    Record({"label": Field(Text(), required=True), "score": Field(Number(), required=True)}),
)
"""Output of every classification: labels, the likeliest first."""

CLASSIFICATION = Record(
    {
        "function_to_apply": Field(
            Choice(("sigmoid", "softmax", "none")),
            "What turns the model's outputs into scores; without it, what the model was trained with.",
        ),
        "top_k": Field(Integer(1), "How many of the likeliest labels to give; all without it."),
    }
)
"""Parameters of every classification."""


def softmax(logits: Array) -> Array:
    """Scores along the last dimension that sum to one."""
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scores: Array = exponents / exponents.sum(axis=-1, keepdims=True)
    return scores


def sigmoid(logits: Array) -> Array:
    """Each score on its own, between 0 and 1."""
    scores: Array = 1.0 / (1.0 + np.exp(-logits))
    return scores


_FUNCTIONS: dict[str, Callable[[Array], Array]] = {"sigmoid": sigmoid, "softmax": softmax, "none": np.asarray}


def usual_function(problem_type: str | None, label_count: int) -> str:
    """What a classifier was trained with. Source: transformers, pipelines/text_classification.py."""
    if problem_type == "regression":
        return "none"
    return "sigmoid" if problem_type == "multi_label_classification" or label_count == 1 else "softmax"


def scored_labels(logits: Array, labels: Sequence[str], function: str, top_k: int | None) -> list[dict[str, Any]]:
    """Labels with scores, the best first; `top_k` of them, or all for None."""
    scores = _FUNCTIONS[function](np.asarray(logits, np.float64))
    order = np.argsort(-scores, kind="stable")[:top_k]
    return [{"label": labels[index], "score": float(scores[index])} for index in order]


def hypotheses_of(labels: Sequence[str], template: str) -> list[str]:
    """A sentence for each label.

    Raises:
        InvalidInput: the template has no place for a label.
    """
    if "{}" not in template:
        raise InvalidInput(field="parameters.hypothesis_template", problem="must hold {} where the label goes")
    return [template.replace("{}", label) for label in labels]
