"""LoRA for models of texts: small matrices learn beside weights that stay. What is written is the whole model again.

Source: Hu et al. 2021; PEFT 0.21, `inject_adapter_in_model`, which leaves the model what it is, so that it is judged by
the predictor that serves it.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.libraries import need

RATE = 10.0
"""Small matrices take so many times the learning rate that all weights take."""
_ALL = "all-linear"


@dataclass(frozen=True)
class Adapters:
    """How large the matrices are.

    Args:
        rank: of the matrices.
        alpha: how much they count; twice the rank is usual.
        dropout: of what they get.
        target_modules: names (or their ends) of the layers that get them; `all-linear` means every one but the head.
    """

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    target_modules: Any = _ALL

    def add_to(self, model: Any, new: Collection[str]) -> None:
        """Give a model the matrices; they learn, and beside them only what is new.

        Args:
            model: of transformers; changed.
            new: names of weights that the base model did not have, such as those of a head.
        """
        peft = need("peft", "Training with LoRA", "training")
        modules = _linear_layers(model, new) if self.target_modules == _ALL else self.target_modules
        config = peft.LoraConfig(r=self.rank, lora_alpha=self.alpha, lora_dropout=self.dropout, target_modules=modules)
        peft.inject_adapter_in_model(config, model)
        for name, weight in model.named_parameters():
            if name in new:
                weight.requires_grad_(requires_grad=True)


def adapters_of(params: Mapping[str, Any]) -> Adapters | None:
    """What a spec's `params` ask for; None: all weights learn.

    Raises:
        InvalidInput: quantization, which only language models have here.
    """
    if params.get("quantization"):
        raise InvalidInput(field="params.quantization", problem="is for language models: the tasks that begin with llm")
    if not params.get("peft"):
        return None
    rank = int(params.get("lora_r", 16))
    return Adapters(
        rank=rank,
        alpha=int(params.get("lora_alpha", 2 * rank)),
        dropout=float(params.get("lora_dropout", 0.0)),
        target_modules=params.get("target_modules", _ALL),
    )


def whole(model: Any) -> Any:
    """A model without matrices beside its weights: a copy with these added to them, or itself where it has none."""
    if not hasattr(model, "peft_config"):
        return model
    layers = need("peft.tuners.lora", "Training with LoRA", "training")
    copied = copy.deepcopy(model)
    for name, layer in list(copied.named_modules()):
        if isinstance(layer, layers.LoraLayer):
            layer.merge()
            copied.set_submodule(name, layer.get_base_layer())
    del copied.peft_config
    return copied


def _linear_layers(model: Any, new: Collection[str]) -> list[str]:
    """Every linear layer but new ones and the one that gives tokens."""
    torch, last = need("torch"), model.get_output_embeddings()
    return [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and layer is not last and f"{name}.weight" not in new
    ]
