"""Titles of filters and words for their values, as people read them."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.tasks import task_label
from holdfast.ui.filtering.languages import language_name


@dataclass(frozen=True)
class Title:
    """What stands over a group of values, and what a newcomer should know of it ("": it goes without saying)."""

    text: str
    hint: str = ""


TITLES: dict[str, Title] = {
    "pipeline_tag": Title("Task"),
    "task_categories": Title("Task"),
    "library": Title("Library", "The program that loads it."),
    "language": Title("Language"),
    "commercial": Title("Commercial use", "By the license that the card names. Read it before you build on it."),
    "license": Title("License"),
    "size": Title("Parameters", "Larger models know more, and need more memory and time."),
    "fits": Title("Runs in", "Memory for the weights and a fifth more."),
    "precision": Title("Precision", "Fewer bits per weight: smaller and faster, a little less exact."),
    "training": Title("Training", "Instruction-tuned models answer; pretrained ones are for training further."),
    "gated": Title("Access"),
    "modality": Title("Kind of data"),
    "size_categories": Title("Rows"),
    "format": Title("Format"),
    "sdk": Title("Made with"),
    "author": Title("Owner"),
    "other": Title("Tags"),
    "filter": Title("Tag"),
    "tags": Title("Tag"),
    "min_parameters": Title("Parameters from"),
    "max_parameters": Title("Parameters to"),
    "num_parameters": Title("Parameters"),
    "dataset": Title("Trained on"),
    "trained_dataset": Title("Trained on"),
    "models": Title("Uses model"),
    "datasets": Title("Uses dataset"),
}

_LABELS: dict[str, dict[str, str]] = {
    "commercial": {"yes": "Allowed", "true": "Allowed", "conditions": "Allowed with conditions", "no": "Not allowed"},
    "size": {
        "0-100m": "Up to 100M",
        "100m-1b": "100M – 1B",
        "1b-3b": "1B – 3B",
        "3b-9b": "3B – 9B",
        "9b-30b": "9B – 30B",
        "30b-100b": "30B – 100B",
        "100b-more": "100B and more",
    },
    "precision": {
        "fp32": "32-bit (FP32)",
        "fp16": "16-bit (FP16)",
        "bf16": "16-bit (BF16)",
        "fp8": "8-bit (FP8)",
        "int8": "8-bit (INT8)",
        "4-bit": "4 to 6 bits",
        "2-bit": "Below 4 bits",
    },
    "training": {
        "pretrained": "Pretrained",
        "fine-tuned": "Fine-tuned",
        "instruction-tuned": "Instruction-tuned",
        "rl-tuned": "RL-tuned (DPO, RLHF, …)",
    },
    "gated": {"yes": "On request", "true": "On request", "no": "Free to everybody", "false": "Free to everybody"},
    "sdk": {"gradio": "Gradio", "streamlit": "Streamlit", "docker": "Docker", "static": "Static page"},
    "fits": {"here": "This machine"},
}
_SMALL_WORDS = {
    "transformers": "Transformers", "sentence-transformers": "Sentence Transformers", "diffusers": "Diffusers",
    "peft": "PEFT", "timm": "timm", "keras": "Keras", "mlx": "MLX", "gguf": "GGUF", "onnx": "ONNX", "jax": "JAX",
    "pytorch": "PyTorch", "tf": "TensorFlow", "safetensors": "Safetensors", "sklearn": "scikit-learn", "spacy": "spaCy",
    "setfit": "SetFit", "stable-baselines3": "Stable-Baselines3", "transformers.js": "Transformers.js",
}  # fmt: skip
_TASKS = ("pipeline_tag", "task_categories")


def value_label(name: str, value: str) -> str:
    """A filter's value in words: `English` for `language=en`."""
    known = _LABELS.get(name, {}).get(value.lower())
    if known is not None:
        return known
    if name in _TASKS:
        return task_label(value)
    if name == "language":
        return language_name(value)
    if name == "library":
        return _SMALL_WORDS.get(value.lower(), value)
    if name == "size_categories":
        return _rows(value.upper())
    return value.upper().replace("GB", " GB") if name == "fits" else value


def _rows(category: str) -> str:
    """`10K – 100K` for `10K<n<100K`."""
    if category.startswith("N<"):
        return f"Up to {category[2:]}"
    return f"More than {category[2:]}" if category.startswith("N>") else category.replace("<N<", " – ")


ORDERED: frozenset[str] = frozenset({"commercial", "size", "fits", "precision", "training", "size_categories"})
"""Groups whose values have an order of their own; all others show the most frequent first."""

SORTS: dict[str, str] = {
    "trendingScore": "Trending",
    "likes": "Most likes",
    "downloads": "Most downloads",
    "createdAt": "Newest",
    "lastModified": "Recently updated",
}
"""Orders by the API's word; Spaces have no downloads."""

NOUNS: dict[RepoType, tuple[str, str]] = {
    RepoType.MODEL: ("model", "models"),
    RepoType.DATASET: ("dataset", "datasets"),
    RepoType.SPACE: ("Space", "Spaces"),
}
"""One, and many."""
