"""Language models in and out: loaded to learn, with adapters, quantized; merged and written for inference."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from holdfast.inference.runtime import architectures
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import load_tokenizer
from holdfast.training.learning.publishing import strip_unsafe
from holdfast.training.trainers.interface import TrialFailed
from holdfast.training.trainers.llm.settings import LlmSettings

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ {'user': 'User', 'assistant': 'Assistant', 'system': 'System'}[message['role']] }}: {{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% endif %}"
)
"""For models that never learned to chat: plain words instead of tokens that they do not know."""

_LARGE_BYTES = 1_000_000_000
"""Weights above this learn by LoRA unless it is asked otherwise: all of them would take four times as much memory."""


def weight_bytes(folder: Path) -> int:
    """Size of a model's weights on disk."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def window_of(folder: Path) -> int | None:
    """Tokens that a model takes at most; None: as many as there are."""
    architectures.register()
    config = need("transformers").AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    found: int | None = getattr(config.get_text_config(), "max_position_embeddings", None)
    return found


def family_of(settings: LlmSettings, folder: Path) -> str:
    """How a model learns: `full`, `lora` or `qlora`."""
    if settings.quantization:
        return "qlora"
    wanted = weight_bytes(folder) > _LARGE_BYTES if settings.peft is None else settings.peft
    return "lora" if wanted else "full"


def load_base(folder: Path, settings: LlmSettings, *, scores: bool = False) -> Any:
    """A model, ready to learn.

    Args:
        folder: of safetensors weights.
        settings: say how exact its weights are.
        scores: with one output (a reward model) instead of tokens.

    Raises:
        NotInstalled: quantization without the library that does it.
        TrialFailed: weights that are not safe.
    """
    transformers, torch = need("transformers"), need("torch")
    architectures.register()
    auto = transformers.AutoModelForSequenceClassification if scores else transformers.AutoModelForCausalLM
    options: dict[str, Any] = {"dtype": torch.float32}
    if settings.quantization:
        options = {"dtype": _half(torch), "quantization_config": quantization(settings.quantization)}
    elif torch.cuda.is_available() and settings.peft:
        options = {"dtype": torch.bfloat16}
    if scores:
        options["num_labels"] = 1
    if not any(folder.glob("*.safetensors")):
        raise TrialFailed("the model to start from has no safetensors weights, and others are not loaded")
    options |= {"use_safetensors": True, "local_files_only": True, "trust_remote_code": False}
    return _with_one_layout(auto.from_pretrained(folder, **options))


def _with_one_layout(model: Any) -> Any:
    """Quantized layers keep the layout that learns: on some CPUs bitsandbytes turns them into another for inference.

    That one fits whole blocks only, and judging and learning go by turns here.
    Source: bitsandbytes 0.50, nn/modules.py, Linear4bit.forward.
    """
    for layer in model.modules():
        if hasattr(layer, "support_avx512bf16_for_cpu"):
            layer.support_avx512bf16_for_cpu = False
    return model


def quantization(precision: str) -> Any:
    """How bitsandbytes shall shrink weights: 4 bits as in QLoRA, or 8. On a GPU, and slower on a CPU.

    Source: Dettmers et al. 2023 (NF4, double quantization).

    Raises:
        NotInstalled: there is no bitsandbytes; says how to get it.
    """
    need("bitsandbytes", f"Quantization ({precision}, QLoRA)", "training")
    transformers, torch = need("transformers"), need("torch")
    if precision == "int8":
        return transformers.BitsAndBytesConfig(load_in_8bit=True)
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=_half(torch),
        bnb_4bit_use_double_quant=True,
    )


def _half(torch: Any) -> Any:
    """Two bytes for each number; older GPUs have only the kind with little range."""
    return torch.float16 if torch.cuda.is_available() and not torch.cuda.is_bf16_supported() else torch.bfloat16


def adapter_config(settings: LlmSettings, *, scores: bool = False) -> Any:
    """PEFT's configuration of LoRA."""
    peft = need("peft", "Training with LoRA", "training")
    return peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.target_modules,
        task_type="SEQ_CLS" if scores else "CAUSAL_LM",
        modules_to_save=["score"] if scores else None,
    )


def load_words(folder: Path, *, chats: bool) -> Any:
    """The tokenizer of a model, with padding, and where needed with a chat template."""
    tokenizer = load_tokenizer(folder)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if chats and not tokenizer.chat_template:
        tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def write(model: Any, tokenizer: Any, base: Path, settings: LlmSettings, folder: Path) -> None:
    """Write a model that has learned, as inference serves it: whole, safetensors only.

    With `merge_adapter: false` the adapter lies beside it in `adapter/`, for those who have the base model already.

    Args:
        model: as the trainer leaves it: plain, or with adapters.
        tokenizer: of the model.
        base: folder that it began from.
        settings: of the run.
        folder: to be filled.
    """
    peft = need("peft", "Training with LoRA", "training")
    if isinstance(model, peft.PeftModel):
        adapter = folder / "adapter"
        model.save_pretrained(adapter)
        model = _merged(model, base, adapter, settings)
        if settings.merge_adapter:
            for path in adapter.iterdir():
                path.unlink()
            adapter.rmdir()
    model.config.use_cache = True
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    strip_unsafe(folder)


def _merged(model: Any, base: Path, adapter: Path, settings: LlmSettings) -> Any:
    if not settings.quantization:
        return model.merge_and_unload()
    peft = need("peft", "Training with LoRA", "training")
    whole = load_base(base, LlmSettings(peft=True), scores=model.peft_config["default"].task_type == "SEQ_CLS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where weights lie the other way round (GPT-2), PEFT sees it and says so
        return peft.PeftModel.from_pretrained(whole, adapter).merge_and_unload()
