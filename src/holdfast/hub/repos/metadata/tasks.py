"""Tasks in words for people, and what the Hub says of each.

Source: huggingface_hub 2.4.0 inference/_providers/hf_inference.py takes the first of a task's `widgetModels`.
"""

from __future__ import annotations

from typing import Any

from holdfast.hub.repos.metadata.vocabulary import PIPELINE_TAGS

_LABELS = {
    "fill-mask": "Fill-Mask",
    "graph-ml": "Graph Machine Learning",
    "text2text-generation": "Text2Text Generation",
}
_JOINED = ("Zero Shot", "Multi Class", "Multi Label")
_LOWER = ("to", "of")


def task_label(task: str) -> str:
    """`text-classification` as people read it: `Text Classification`; what is turned into what keeps its hyphens."""
    if task in _LABELS:
        return _LABELS[task]
    words = [word if word in _LOWER else _capital(word) for word in task.split("-")]
    if "to" in words:
        return "-".join(words)
    label = " ".join(words)
    for pair in _JOINED:
        label = label.replace(pair, pair.replace(" ", "-"))
    return label


def task_items() -> dict[str, dict[str, Any]]:
    """Every task by its id. There are no recommended models here: that would be the public Hub's choice."""
    return {
        task: {
            "id": task,
            "label": task_label(task),
            "summary": "",
            "datasets": [],
            "metrics": [],
            "models": [],
            "spaces": [],
            "widgetModels": [],
        }
        for task in PIPELINE_TAGS
    }


def _capital(word: str) -> str:
    return word.upper() if word in ("3d", "qa") else word.capitalize()
