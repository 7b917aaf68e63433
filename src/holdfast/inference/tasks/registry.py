"""Which task is in which module. Modules are imported when they are asked for."""

from __future__ import annotations

import base64
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from holdfast.base.errors import UnknownTask
from holdfast.inference.domain.predictors import Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec

_TASKS = (
    "text-classification",
    "token-classification",
    "question-answering",
    "table-question-answering",
    "zero-shot-classification",
    "fill-mask",
    "summarization",
    "translation",
    "text2text-generation",
    "text-generation",
    "chat-completion",
    "feature-extraction",
    "sentence-similarity",
    "text-ranking",
    "image-classification",
    "zero-shot-image-classification",
    "object-detection",
    "zero-shot-object-detection",
    "depth-estimation",
    "image-segmentation",
    "image-feature-extraction",
    "image-to-text",
    "image-text-to-text",
    "visual-question-answering",
    "document-question-answering",
    "automatic-speech-recognition",
    "audio-classification",
    "text-to-speech",
    "tabular-classification",
    "tabular-regression",
    "clustering",
    "anomaly-detection",
    "dimensionality-reduction",
    "reinforcement-learning",
)

ALIASES = {
    "sentiment-analysis": "text-classification",
    "ner": "token-classification",
    "conversational": "chat-completion",
    "text-to-audio": "text-to-speech",
    "vqa": "visual-question-answering",
}
"""Other words for a task, as people and older clients use them."""


_CARRIERS = {"chat-completion": "text-generation", "sentence-similarity": "feature-extraction"}


_ALSO = {("image-text-to-text", "chat-completion"): "load_seeing"}
"""Tasks that models of another one do, too, when that is what they are for: (what for, asked), with what loads them."""


def carrier(task: str, said: str | None = None) -> str:
    """The task in whose process another one is answered too, as both use the same weights; most carry themselves.

    Args:
        task: what is asked.
        said: what the model is for; None: nobody knows.
    """
    name, own = ALIASES.get(task, task), ALIASES.get(said or "", said or "")
    return own if (own, name) in _ALSO else _CARRIERS.get(name, name)


def names() -> tuple[str, ...]:
    """Every task that can be served, in the order of the reference."""
    return _TASKS


def spec(task: str) -> TaskSpec:
    """What a task takes and gives, by its name or an alias.

    Raises:
        UnknownTask: there is no such task here; names those that there are.
    """
    found: TaskSpec = _module(task).SPEC
    return found


def load(
    task: str,
    folder: Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    adapter: str = "",
    progress: bool = False,
    said: str | None = None,
) -> Predictor:
    """Load the model in a folder for a task. This imports torch and transformers, or scikit-learn, as need be.

    Args:
        task: a name or an alias.
        folder: what `git clone` or `snapshot_download` of a model repo gives.
        device: see `Wish`.
        dtype: see `Wish`.
        adapter: see `Wish`.
        progress: see `Wish`.
        said: see `carrier`.

    Raises:
        UnknownTask: there is no such task here.
        NotInstalled: the libraries for it are not installed.
        UnusableModel: the folder holds no model for this task, or one that needs code of its own.
        UnsafeWeights: its weights are pickled.
        InvalidInput: no such device or dtype.
    """
    module = _module(task)
    loader = _ALSO.get((said or "", ALIASES.get(task, task)), "load")
    found: Predictor = getattr(module, loader)(folder, Wish(device, dtype, adapter, progress))
    return found


def wire_value(value: Any) -> Any:
    """An output as JSON has it: bytes become base64 text, everything else stays."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {key: wire_value(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [wire_value(element) for element in value]
    return value


def _module(task: str) -> ModuleType:
    name = ALIASES.get(task, task)
    if name not in _TASKS:
        raise UnknownTask(task=task[:80], known=_TASKS)
    return import_module(f"holdfast.inference.tasks.{name.replace('-', '_')}")
