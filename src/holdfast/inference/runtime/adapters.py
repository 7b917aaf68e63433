"""LoRA adapters: small changes to a base model, put into its weights when it is loaded, so they cost nothing later.

An adapter is a folder with `adapter_config.json` and `adapter_model.safetensors`, beside the base model's files. For
each matrix W that it changes it holds two thin ones: W + (B · A) · scale. A DoRA holds the lengths of the result's rows
too. Tensors that an adapter holds whole, such as a classifier's head, take the place of the base's. Adapters of nothing
but thin matrices can also work beside each other on one base, see `live_adapters`.

Source: huggingface/peft 0.21, utils/save_and_load.py, tuners/lora/layer.py and dora.py (names, scales, which way W
lies).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
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
_LENGTHS = ("lora_magnitude_vector", "lora_magnitude_vector.weight")
_MOST_HEAD_BYTES = 16 * 1024 * 1024
_MOST_THIN_BYTES = 256 * 1024 * 1024
"""Larger adapters are not worth keeping beside their base."""


@dataclass(frozen=True)
class Change:
    """What an adapter does to one module, whose weight has O rows (outputs) and I columns (inputs); R is its rank.

    Args:
        module: its name in the base model.
        first: the thin matrix that reads, R × I.
        second: the thin matrix that writes, O × R.
        scale: of their product.
        lengths: of a DoRA: what each of the O rows of the result is brought to; None: they stay as they come.
    """

    module: str
    first: Any
    second: Any
    scale: float
    lengths: Any = None

    def applied(self, weight_OI: Any) -> Any:
        """The new weight, in float32."""
        changed_OI = weight_OI.float() + ((self.second.float() @ self.first.float()) * self.scale).to(weight_OI.device)
        if self.lengths is None:
            return changed_OI
        lengths_O1 = self.lengths.float().to(weight_OI.device).reshape(-1, 1)
        return changed_OI * (lengths_O1 / changed_OI.norm(dim=1, keepdim=True))


@dataclass(frozen=True)
class Adapter:
    """An adapter that lies in a folder, not yet merged."""

    folder: Path

    def merge(self, model: Any) -> frozenset[str]:
        """Change a base model's weights. Returns the names of the tensors that came whole.

        Raises:
            UnusableModel: it is of another kind, or was not made for this model.
        """
        changes, places = self.changes(), Places(model)
        with need("torch").no_grad():
            for name, tensor in self._tensors.items():
                if ".lora_" not in name:
                    places.replace(name, tensor)
            for change in changes:
                places.change(change)
        return frozenset(places.replaced)

    def changes(self) -> list[Change]:
        """What it does to each module.

        Raises:
            UnusableModel: it is of another kind, or lacks something.
        """
        kind, other = self._config.get("peft_type"), [name for name in _NOT_DONE if self._config.get(name)]
        if kind != "LORA" or other:
            raise UnusableModel(problem=f"its adapter is {other[0] if other else kind}; here LoRA adapters are known")
        return list(self._changes())

    def _changes(self) -> Iterator[Change]:
        for first, second in _PAIRS:
            for name in [name for name in self._tensors if name.endswith(f".{first}")]:
                module = name.removesuffix(f".{first}")
                lengths = next(
                    (self._tensors[f"{module}.{one}"] for one in _LENGTHS if f"{module}.{one}" in self._tensors), None
                )
                if lengths is None and self._config.get("use_dora"):
                    raise UnusableModel(problem=f"{_WEIGHTS} lacks {module}.{_LENGTHS[0]}")
                pair = self._tensors[name], self._second(module, second)
                if any(one.ndim != 2 for one in pair) or pair[0].shape[0] != pair[1].shape[1]:
                    raise UnusableModel(
                        problem=f"its adapter was made for another base model: there is no {module} to change"
                    )
                yield Change(module, *pair, self._scale(module, name), lengths)

    @property
    def is_thin(self) -> bool:
        """Whether it is nothing but thin matrices, which can work beside those of others. Reads no tensor."""
        plain = self._config.get("peft_type") == "LORA" and self._config.get("bias", "none") == "none"
        if not plain or self._config.get("use_dora") or any(self._config.get(name) for name in _NOT_DONE):
            return False
        path = self.folder / _WEIGHTS
        if not path.is_file() or path.stat().st_size > _MOST_THIN_BYTES:
            return False
        names = _names_of_tensors(path)
        return bool(names) and all(".lora_" in name for name in names)

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


_NOT_DONE = (
    "lora_bias",
    "megatron_config",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "layer_replication",
    "target_parameters",
)
"""What some adapters do beyond the two matrices."""


class Places:
    """The tensors of a base model, by the names that adapters give them."""

    def __init__(self, model: Any) -> None:
        self._modules = dict(model.named_modules())
        self._parameters = dict(model.named_parameters(remove_duplicate=False))
        self._prefix = f"{model.base_model_prefix}."
        self.replaced: set[str] = set()

    def replace(self, name: str, tensor: Any) -> None:
        """Put a tensor in the place of the base's."""
        found = self._found(name, self._parameters)
        if found is None or self._parameters[found].shape != tensor.shape:
            raise UnusableModel(problem=f"its adapter was made for another base model: {name} does not fit")
        module, _, own_name = found.rpartition(".")
        self._set(self._modules[module], own_name, tensor, self._parameters[found])
        self.replaced.add(found)

    def change(self, change: Change) -> None:
        """Give a module its new weight."""
        _, module, lies_across = self.module_of(change)
        weight = module.weight
        changed_OI = change.applied(weight.T if lies_across else weight)
        self._set(module, "weight", changed_OI.T if lies_across else changed_OI, weight)

    def module_of(self, change: Change) -> tuple[str, Any, bool]:
        """The module that is changed: its name, itself, and whether its weight lies the other way round.

        Raises:
            UnusableModel: there is none, or it has other sizes.
        """
        found = self._found(change.module, self._modules)
        weight = getattr(self._modules[found], "weight", None) if found is not None else None
        if found is None or weight is None:
            raise UnusableModel(
                problem=f"its adapter was made for another base model: there is no {change.module} to change"
            )
        sizes = (change.second.shape[0], change.first.shape[1])
        lies_across = tuple(weight.shape) != sizes or type(self._modules[found]).__name__ in _LYING_ACROSS
        if tuple(weight.shape) != (sizes[::-1] if lies_across else sizes):
            raise UnusableModel(problem=f"its adapter was made for another base model: {change.module} has other sizes")
        return found, self._modules[found], lies_across

    @staticmethod
    def _set(module: Any, name: str, tensor: Any, old: Any) -> None:
        """Give one module a tensor of its own: where another shares the old one (tied weights), that keeps it."""
        own = need("torch").nn.Parameter(tensor.to(old.device, old.dtype).contiguous(), requires_grad=False)
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


def _names_of_tensors(path: Path) -> list[str]:
    """Names in a safetensors file; none where it is damaged. Source: huggingface/safetensors, "Format"."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > _MOST_HEAD_BYTES:
            return []
        try:
            head = json.loads(file.read(length))
        except (ValueError, RecursionError):
            return []
    return [name for name in head if name != "__metadata__"] if isinstance(head, dict) else []
