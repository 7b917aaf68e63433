"""How people read the name of a task."""

from __future__ import annotations

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


def _capital(word: str) -> str:
    return word.upper() if word in ("3d", "qa") else word.capitalize()
