"""What a run's `params` say about teaching a language model, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from holdfast.base.errors import InvalidInput

_SHARED = (
    "learning_rate",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "activation_checkpointing",
    "max_grad_norm",
    "warmup_steps",
    "weight_decay",
    "lr_scheduler_type",
    "optim",
)
_PREFERENCE = ("max_length", "beta", "loss_type")
_TRYING = ("num_generations", "max_completion_length", "temperature", "top_p", "beta", "num_iterations", "epsilon")
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "llm-sft": (*_SHARED, "max_length", "packing", "completion_only_loss"),
    "llm-pretraining": (*_SHARED, "max_length", "packing"),
    "llm-reward": (*_SHARED, "max_length", "center_rewards_coefficient"),
    "llm-dpo": (*_SHARED, *_PREFERENCE, "label_smoothing"),
    "llm-kto": (*_SHARED, *_PREFERENCE, "desirable_weight", "undesirable_weight"),
    "llm-grpo": (*_SHARED, *_TRYING, "scale_rewards"),
    "llm-rloo": (*_SHARED, *_TRYING, "normalize_advantages"),
    "llm-ppo": (*_SHARED, *_TRYING, "normalize_advantages"),
}
"""What can be set for each task: fields of TRL's configuration of the same name."""

_SHORT = {
    "lr": "learning_rate",
    "epochs": "num_train_epochs",
    "steps": "max_steps",
    "batch_size": "per_device_train_batch_size",
    "gradient_accumulation": "gradient_accumulation_steps",
    "gradient_checkpointing": "activation_checkpointing",
    "block_size": "max_length",
    "model_max_length": "max_length",
    "dpo_beta": "beta",
    "warmup_ratio": "warmup_steps",
}
"""Shorter words for the same, as the old AutoTrain and people have them."""

_OURS = ("peft", "lora_r", "lora_alpha", "lora_dropout", "target_modules", "quantization", "merge_adapter", "rewards")
_ON_GPUS, _ON_PROCESSORS = ("8bit", "4bit", "paged"), "adamw_torch"
_PRECISIONS = (None, "int4", "int8")


@dataclass(frozen=True)
class LlmSettings:
    """How to teach.

    Args:
        options: fields of TRL's configuration.
        peft: whether small matrices learn (LoRA) instead of all weights; None leaves it to the model's size.
        rank: of these matrices.
        alpha: how much they count; twice the rank is usual.
        dropout: of what they get.
        target_modules: layers that get them; `all-linear` means every linear one but the last.
        quantization: of the weights that do not learn: `int4`, `int8`, or None.
        merge_adapter: add what was learned to the weights, and nothing beside; False keeps it as an adapter, too.
        rewards: of reinforcement learning; see `rewards`.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    peft: bool | None = None
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    target_modules: Any = "all-linear"
    quantization: str | None = None
    merge_adapter: bool = True
    rewards: Any = None


def is_setting(task: str, name: str) -> bool:
    """Whether a task has a setting of this name."""
    return name in _OURS or _SHORT.get(name, name) in OPTIONS[task]


def without_gpu(settings: LlmSettings) -> tuple[LlmSettings, str]:
    """Settings that a processor alone can follow, and a sentence about what differs; an empty one where nothing does.

    bitsandbytes keeps what its optimizers remember in 8 bits, or pages it out, on GPUs only.
    """
    asked = str(settings.options.get("optim", ""))
    if not any(mark in asked for mark in _ON_GPUS):
        return settings, ""
    options = {**settings.options, "optim": _ON_PROCESSORS}
    return replace(settings, options=options), f"{asked} needs a GPU; {_ON_PROCESSORS} learned in its place."


def read_settings(task: str, params: Mapping[str, Any]) -> LlmSettings:
    """Read `params`.

    Raises:
        InvalidInput: a setting that the task does not have, or a value that it can't have; names it.
    """
    known = OPTIONS[task]
    options: dict[str, Any] = {}
    for name, value in params.items():
        if _SHORT.get(name, name) in known:
            options[_SHORT.get(name, name)] = value
        elif name not in _OURS:
            raise InvalidInput(field=f"params.{name}", problem=f"is no setting of {task}; it has {', '.join(known)}")
    if params.get("quantization") not in _PRECISIONS:
        raise InvalidInput(field="params.quantization", problem="must be int4, int8 or null")
    return LlmSettings(
        options=options,
        peft=params.get("peft"),
        rank=int(params.get("lora_r", 16)),
        alpha=int(params.get("lora_alpha", 2 * int(params.get("lora_r", 16)))),
        dropout=float(params.get("lora_dropout", 0.0)),
        target_modules=params.get("target_modules", "all-linear"),
        quantization=params.get("quantization"),
        merge_adapter=bool(params.get("merge_adapter", True)),
        rewards=params.get("rewards"),
    )
