"""Architectures that people learn from, each as a tiny config, and how to make a folder of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers as t

from holdfast.inference.runtime import architectures
from tests.factories import tiny_models
from tests.factories.tiny_models import SHAPE

SMALL = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}
LLAMA = {**SHAPE, "num_key_value_heads": 1, "max_position_embeddings": 128}
SIDES = {f"{side}_{name}": size for side in ("encoder", "decoder") for name, size in (("layers", 2), ("ffn_dim", 64))}
SEQ2SEQ = {"d_model": 32, **SIDES, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
PLACES = {"max_position_embeddings": 128}
T5 = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2}

ENCODERS = {
    "albert": partial(t.AlbertConfig, **SHAPE, embedding_size=16, **PLACES),
    "bert": partial(t.BertConfig, **SHAPE, **PLACES),
    "distilbert": partial(t.DistilBertConfig, dim=32, n_layers=2, n_heads=2, hidden_dim=64, **PLACES),
    "electra": partial(t.ElectraConfig, **SHAPE, embedding_size=16, **PLACES),
    "roberta": partial(t.RobertaConfig, **SHAPE, max_position_embeddings=130, pad_token_id=1),
    "xlm-roberta": partial(t.XLMRobertaConfig, **SHAPE, max_position_embeddings=130, pad_token_id=1),
}
DECODERS = {
    "ctrl": partial(t.CTRLConfig, n_embd=32, n_layer=2, n_head=2, dff=64, n_positions=128),
    "gemma": partial(t.GemmaConfig, **LLAMA, head_dim=16),
    "gemma2": partial(t.Gemma2Config, **LLAMA, head_dim=16, sliding_window=16),
    "gpt": partial(t.OpenAIGPTConfig, **SMALL),
    "gpt2": partial(t.GPT2Config, **SMALL),
    "internlm": partial(t.LlamaConfig, **LLAMA, attention_bias=True),  # as its checkpoints are published by now
    "llama": partial(t.LlamaConfig, **LLAMA),
    "mistral": partial(t.MistralConfig, **LLAMA, sliding_window=16),
    "qwen2": partial(t.Qwen2Config, **LLAMA),
    "qwen3": partial(t.Qwen3Config, **LLAMA, head_dim=16),
    "yi": partial(t.LlamaConfig, **LLAMA, rope_theta=5_000_000.0),  # a Llama in all but its name
}
ENCODER_DECODERS = {
    "bart": partial(t.BartConfig, **SEQ2SEQ, **PLACES),
    "flan-t5": partial(t.T5Config, **T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    "marian": partial(t.MarianConfig, **SEQ2SEQ, **PLACES),
    "mbart": partial(t.MBartConfig, **SEQ2SEQ, **PLACES),
    "pegasus": partial(t.PegasusConfig, **SEQ2SEQ, **PLACES),
    "t5": partial(t.T5Config, **T5),
}


def save_transformer(make: Callable[[], Any], head: Any, folder: Path) -> Path:
    """A model of a config whose tokens are those of `byte_tokenizer`; large weights, so that answers differ."""
    tokenizer = tiny_models.byte_tokenizer(folder)
    config = make()
    for name, kind in {"pad_token_id": "pad", "bos_token_id": "bos", "eos_token_id": "eos"}.items():
        setattr(config, name, getattr(tokenizer, f"{kind}_token_id"))
    config.vocab_size = len(tokenizer)
    config.decoder_start_token_id = tokenizer.pad_token_id
    torch.manual_seed(0)
    model = head.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder)
    return folder


def save_own(task: str, config: Mapping[str, Any], folder: Path) -> Path:
    """A model of one of our own architectures, with the tokens of `byte_tokenizer`."""
    torch.manual_seed(0)
    tokens = {}
    if task.startswith("text"):
        tokens = {"vocab_size": len(tiny_models.byte_tokenizer(folder)), "pad_token_id": 2}
    if task == "text-generation":
        tokens |= {"bos_token_id": 0, "eos_token_id": 1}
    model = architectures.build(task, {**config, **tokens})
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return architectures.save(model, folder)


@dataclass(frozen=True)
class Architecture:
    """One architecture as it is shown at work.

    Args:
        task: what it is asked for.
        auto_class: transformers' class that loads it by its repo's name.
        make: writes a checkpoint into a folder.
        parameters: beside the input.
    """

    task: str
    auto_class: str
    make: Callable[[Path], Path]
    parameters: Mapping[str, Any] = field(default_factory=dict)


_FEW = {"max_new_tokens": 8}
_LABELS = {"candidate_labels": ["cat", "green dog", "city"]}
_RECURRENT = {"model_type": "holdfast-recurrent", "embedding_size": 16, "hidden_size": 24}
_XL = {"d_model": 32, "d_embed": 32, "d_inner": 64, "n_head": 2, "d_head": 16, "n_layer": 2, "mem_len": 24}
_TRANSFORMER_XL = {"model_type": "transfo-xl", **_XL, "cutoffs": [50, 100], "div_val": 2, "segment_length": 16}
_CNN = {"model_type": "holdfast-cnn", "image_size": 32, "widths": [4, 8], "num_labels": 3}


def _transformers(
    configs: Mapping[str, Callable[[], Any]], task: str, auto_class: str, parameters: Mapping[str, Any]
) -> dict[str, Architecture]:
    head = getattr(t, auto_class)
    return {
        name: Architecture(task, auto_class, partial(save_transformer, make, head), parameters)
        for name, make in configs.items()
    }


def _own(task: str, auto_class: str, config: Mapping[str, Any], parameters: Mapping[str, Any]) -> Architecture:
    return Architecture(task, auto_class, partial(save_own, task, config), parameters)


ARCHITECTURES: Mapping[str, Architecture] = {
    **_transformers(ENCODERS, "text-classification", "AutoModelForSequenceClassification", {}),
    **_transformers(DECODERS, "text-generation", "AutoModelForCausalLM", _FEW),
    **_transformers(ENCODER_DECODERS, "summarization", "AutoModelForSeq2SeqLM", _FEW),
    "vit": Architecture("image-classification", "AutoModelForImageClassification", tiny_models.vit),
    "clip": Architecture(
        "zero-shot-image-classification", "AutoModelForZeroShotImageClassification", tiny_models.clip, _LABELS
    ),
    "blip": Architecture("image-to-text", "AutoModelForImageTextToText", tiny_models.blip, _FEW),
    "vilt": Architecture("visual-question-answering", "AutoModelForVisualQuestionAnswering", tiny_models.vilt),
    "whisper": Architecture("automatic-speech-recognition", "AutoModelForSpeechSeq2Seq", tiny_models.whisper, _FEW),
    "transformer-xl": _own("text-generation", "AutoModelForCausalLM", _TRANSFORMER_XL, _FEW),
    "cnn": _own("image-classification", "AutoModelForImageClassification", _CNN, {}),
    "lstm": _own("text-classification", "AutoModelForSequenceClassification", {**_RECURRENT, "num_labels": 3}, {}),
    "gru": _own("text-generation", "AutoModelForCausalLM", {**_RECURRENT, "cell": "gru"}, _FEW),
    "rnn": _own("text-generation", "AutoModelForCausalLM", {**_RECURRENT, "cell": "rnn"}, _FEW),
}
"""All of them by the name that people know."""
