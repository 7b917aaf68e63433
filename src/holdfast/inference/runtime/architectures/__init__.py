"""Architectures of our own: what AutoTrain makes from nothing, and what transformers no longer carries.

They are `transformers` models in every way (config.json, model.safetensors, `Trainer`, `generate`), only their classes
lie here; no code comes out of a repo. Trainers build and save them, tasks load them:

    from holdfast.inference.runtime import architectures

    model = architectures.build("image-classification", {"model_type": "holdfast-cnn", "num_labels": 10})
    model(pixel_values=pixels_BCHW, labels=labels_B).loss.backward()
    architectures.save(model, folder)       # config.json, model.safetensors, and what reads the inputs
    model = architectures.load(folder)      # also: tasks.load("image-classification", folder), pipeline(…)

| model_type | tasks | what it is |
|---|---|---|
| holdfast-cnn | image-classification | stages of convolutions that halve the picture, mean, one linear layer |
| holdfast-recurrent | text-classification, text-generation | `cell`: lstm, gru or rnn, over embeddings of tokens |
| holdfast-mlp | tabular-classification, tabular-regression | linear layers over columns of numbers |
| transfo-xl | text-generation | Transformer-XL: attention to a memory of what came before |

Texts need a tokenizer beside the model: `tokenizer.save_pretrained(folder)`. Labels are `id2label`, as everywhere.
Importing this imports no library of models; `build`, `load` and `register` do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need

_MODULES = {
    "holdfast-cnn": "convolution",
    "holdfast-recurrent": "recurrence",
    "holdfast-mlp": "perceptron",
    "transfo-xl": "transformer_xl",
}
"""Where a model type lives. Each module has `CONFIG` and `HEADS`: the class for each task."""

_AUTO_CLASSES = {
    "image-classification": "AutoModelForImageClassification",
    "text-classification": "AutoModelForSequenceClassification",
    "text-generation": "AutoModelForCausalLM",
}
"""Where transformers looks for a task's class. Tables have none there."""


def model_types() -> tuple[str, ...]:
    """The `model_type` of every architecture here."""
    return tuple(_MODULES)


def build(task: str, config: Mapping[str, Any]) -> Any:
    """A new model with random weights (`torch.manual_seed` decides which), in training mode.

    Args:
        task: one of those in the table above.
        config: `model_type`, and what differs from the defaults of its config class; e.g. `id2label`.

    Returns:
        a `transformers.PreTrainedModel`; called with `labels` beside its inputs, its output has a `loss`.

    Raises:
        UnusableModel: no such architecture, one that has no head for the task, or a config it cannot be built from.
        NotInstalled: torch or transformers are missing.
    """
    module = _module(str(config.get("model_type")))
    if task not in module.HEADS:
        raise UnusableModel(problem=f"{config['model_type']} is for {', '.join(module.HEADS)}, not for {task}")
    register()
    values = {name: value for name, value in config.items() if name != "model_type"}
    try:
        return module.HEADS[task](module.CONFIG(**values)).train()
    except (ValueError, TypeError, need("huggingface_hub").errors.StrictDataclassError) as error:
        raise UnusableModel(problem=f"no {config['model_type']} can be built so: {str(error)[:300]}") from error


def save(model: Any, folder: Path) -> Path:
    """Write config.json and model.safetensors; for pictures also preprocessor_config.json. Returns the folder."""
    model.save_pretrained(folder)
    reader = model.input_reader()
    if reader is not None:
        reader.save_pretrained(folder)
    return folder


def load(folder: Path) -> Any:
    """A saved model of one of these architectures, ready to compute (`eval`); its task is the one it was built for.

    Raises:
        UnusableModel: the folder holds another architecture, or weights that do not fit.
        UnsafeWeights: its weights are pickled.
        NotInstalled: torch or transformers are missing.
    """
    checkpoint = Checkpoint(folder)
    config = checkpoint.config()
    module = _module(str(config.get("model_type")))
    checkpoint.check_weights()
    register()
    wanted = (config.get("architectures") or [""])[0]
    for head in module.HEADS.values():
        if head.__name__ == wanted:
            return _load_head(head, folder)
    raise UnusableModel(problem=f"config.json names no architecture of {config['model_type']}: {wanted!r}")


def _load_head(head: Any, folder: Path) -> Any:
    damaged = need("safetensors").SafetensorError
    strict = need("huggingface_hub").errors.StrictDataclassError
    options = {"use_safetensors": True, "local_files_only": True, "output_loading_info": True}
    try:
        model, report = head.from_pretrained(folder, **options)
    except (ValueError, TypeError, RuntimeError, OSError, damaged, strict) as error:
        words = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnusableModel(problem=f"its weights do not fit its config.json: {words[:300]}") from error
    if report["missing_keys"]:
        lacking = ", ".join(sorted(report["missing_keys"])[:3])
        raise UnusableModel(problem=f"its weights lack {len(report['missing_keys'])} tensors ({lacking})")
    return model.eval()


@cache
def register() -> None:
    """Make transformers' Auto classes know these architectures, in this process."""
    transformers = need("transformers")
    for model_type in _MODULES:
        module = _module(model_type)
        transformers.AutoConfig.register(model_type, module.CONFIG)
        for task, head in module.HEADS.items():
            if task in _AUTO_CLASSES:
                getattr(transformers, _AUTO_CLASSES[task]).register(module.CONFIG, head)


def _module(model_type: str) -> Any:
    if model_type not in _MODULES:
        raise UnusableModel(problem=f"{model_type[:80]} is none of our own architectures: {', '.join(_MODULES)}")
    need("torch")
    need("transformers")
    return import_module(f"{__name__}.{_MODULES[model_type]}")
