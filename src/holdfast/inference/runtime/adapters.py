"""LoRA adapters: small changes to a base model, put into its weights when it is loaded, so they cost nothing later.

An adapter is a folder with `adapter_config.json` and `adapter_model.safetensors`, beside the base model's files. For
each matrix W that it changes it holds two thin ones: W + (B · A) · scale. Tensors that it holds whole, such as a
classifier's head, take the place of the base's.

Source: huggingface/peft 0.21, utils/save_and_load.py and tuners/lora/layer.py (names, scales, which way W lies).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.runtime.checkpoints import ADAPTER_CONFIG, Checkpoint
from holdfast.inference.runtime.libraries import need

ADAPTER_FOLDER = "holdfast-adapter"
"""Where an adapter lies in its base model's folder; no repo is likely to have one of that name."""
_WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."
_HEADS = re.compile(r"(^|\.)(score|classifier|classifier\.out_proj|qa_outputs)\.weight$")
_PAIRS = (("lora_A.weight", "lora_B.weight"), ("lora_embedding_A", "lora_embedding_B"))


@dataclass(frozen=True)
class Adapter:
    """An adapter that lies in a folder, not yet merged."""

    folder: Path

    def merge(self, model: Any) -> frozenset[str]:
        """Change a base model's weights. Returns the names of the tensors that came whole.

        Raises:
            UnusableModel: it is of another kind, or was not made for this model.
        """
        kind, other = self._config.get("peft_type"), [name for name in _NOT_DONE if self._config.get(name)]
        if kind != "LORA" or other:
            raise UnusableModel(problem=f"its adapter is {other[0] if other else kind}; here LoRA adapters are merged")
        places = _Places(model)
        with need("torch").no_grad():
            for name, tensor in self._tensors.items():
                if ".lora_" not in name:
                    places.replace(name, tensor)
            for first, second in _PAIRS:
                for name in [name for name in self._tensors if name.endswith(f".{first}")]:
                    module = name.removesuffix(f".{first}")
                    places.add(module, self._tensors[name], self._second(module, second), self._scale(module, name))
        return frozenset(places.replaced)

    @property
    def labels(self) -> int | None:
        """How many labels its own head has; None: it has none."""
        rows = [tensor.shape[0] for name, tensor in self._tensors.items() if _HEADS.search(name)]
        return int(rows[0]) if rows else None

    @cached_property
    def _config(self) -> Mapping[str, Any]:
        return Checkpoint(self.folder).json(ADAPTER_CONFIG) or {}

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        """By their names in the base model."""
        path = self.folder / _WEIGHTS
        if not path.exists():
            Checkpoint(self.folder).refuse_pickles()
            raise UnusableModel(problem=f"it is an adapter without {_WEIGHTS}")
        try:
            found = need("safetensors.torch").load_file(path)
        except need("safetensors").SafetensorError as error:
            raise UnusableModel(problem=f"{_WEIGHTS} is damaged: {error}") from error
        return {name.removeprefix(_PREFIX).replace(".modules_to_save.", "."): tensor for name, tensor in found.items()}

    def _second(self, module: str, name: str) -> Any:
        found = self._tensors.get(f"{module}.{name}")
        if found is None:
            raise UnusableModel(problem=f"{_WEIGHTS} lacks {module}.{name}")
        return found

    def _scale(self, module: str, name: str) -> float:
        rank = self._tensors[name].shape[0]
        alpha = _of_pattern(self._config.get("alpha_pattern"), module, self._config.get("lora_alpha", 8))
        return float(alpha) / (math.sqrt(rank) if self._config.get("use_rslora") else rank)


_NOT_DONE = ("use_dora", "lora_bias", "megatron_config", "trainable_token_indices", "alora_invocation_tokens")
"""What some adapters do beyond the two matrices."""


class _Places:
    """The tensors of a base model, by the names that adapters give them."""

    def __init__(self, model: Any) -> None:
        self._modules = dict(model.named_modules())
        self._parameters = dict(model.named_parameters(remove_duplicate=False))
        self._prefix = f"{model.base_model_prefix}."
        self.replaced: set[str] = set()

    def replace(self, name: str, tensor: Any) -> None:
        found = self._found(name, self._parameters)
        if found is None or self._parameters[found].shape != tensor.shape:
            raise UnusableModel(problem=f"its adapter was made for another base model: {name} does not fit")
        module, _, own_name = found.rpartition(".")
        self._set(self._modules[module], own_name, tensor, self._parameters[found])
        self.replaced.add(found)

    def add(self, name: str, first: Any, second: Any, scale: float) -> None:
        """Add the product of two thin matrices to a module's weight."""
        found = self._found(name, self._modules)
        weight = getattr(self._modules[found], "weight", None) if found is not None else None
        if weight is None or first.ndim != 2 or second.ndim != 2 or first.shape[0] != second.shape[1]:
            raise UnusableModel(problem=f"its adapter was made for another base model: there is no {name} to change")
        change = (second.float() @ first.float()) * scale
        lies_across = weight.shape != change.shape or type(self._modules[str(found)]).__name__ in _LYING_ACROSS
        change = change.T if lies_across else change
        if weight.shape != change.shape:
            raise UnusableModel(problem=f"its adapter was made for another base model: {name} has other sizes")
        self._set(self._modules[str(found)], "weight", weight.float() + change.to(weight.device), weight)

    @staticmethod
    def _set(module: Any, name: str, tensor: Any, old: Any) -> None:
        """Give one module a tensor of its own: where another shares the old one (tied weights), that keeps it."""
        own = need("torch").nn.Parameter(tensor.to(old.device, old.dtype), requires_grad=False)
        setattr(module, name, own)

    def _found(self, name: str, known: Mapping[str, Any]) -> str | None:
        """The same part, whether or not there is a head around the base model."""
        tries = (name, name.removeprefix(self._prefix), self._prefix + name)
        return next((one for one in tries if one in known), None)


_LYING_ACROSS = ("Conv1D", "Embedding")
"""Modules whose weights lie the other way round."""


def adapter_of(folder: Path) -> Adapter | None:
    """The adapter that came with a base model; None: there is none."""
    own = folder / ADAPTER_FOLDER
    return Adapter(own) if (own / ADAPTER_CONFIG).is_file() else None


def _of_pattern(patterns: Any, module: str, usual: Any) -> Any:
    for pattern, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return usual
