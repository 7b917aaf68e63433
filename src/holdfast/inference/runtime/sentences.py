"""Sentence encoders: a transformer and the modules that sentence-transformers puts behind it.

Source: sentence-transformers 5, modules.json, 1_Pooling/config.json, 2_Dense/config.json, sentence_bert_config.json and
config_sentence_transformers.json. A folder without them is a plain transformer and gives a vector for every token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.pooling import normalized, pool
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Network
from holdfast.inference.runtime.rows import Row
from holdfast.inference.runtime.sharing import shared
from holdfast.inference.runtime.texts import TextReader, load_text_reader

Array = np.ndarray[Any, Any]
_MODES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


def _relu(vector: Array) -> Array:
    return np.maximum(vector, 0.0)


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"Tanh": np.tanh, "Identity": np.asarray, "ReLU": _relu}


@dataclass(frozen=True)
class Dense:
    """A linear layer behind the pooling: `weight_ED` from D to E dimensions."""

    weight_ED: Array  # noqa: N815 - dimensions in the name
    bias_E: Array | None  # noqa: N815
    activation: str

    def __call__(self, vector_D: Array) -> Array:
        raw = self.weight_ED @ vector_D
        return np.asarray(_ACTIVATIONS[self.activation](raw if self.bias_E is None else raw + self.bias_E))


@dataclass(frozen=True)
class Head:
    """What comes behind the transformer.

    Args:
        modes: poolings whose vectors are joined; empty: a vector for every token.
        layers: linear layers behind them.
        normalizes: vectors have length one.
        prompts: texts put before an input, by their names.
        default_prompt: the name of the one that is used when none is named.
    """

    modes: tuple[str, ...] = ()
    layers: tuple[Dense, ...] = ()
    normalizes: bool = False
    prompts: Mapping[str, str] | None = None
    default_prompt: str | None = None


@dataclass(frozen=True)
class SentenceEncoder:
    """Texts to vectors."""

    loaded: Loaded
    reader: TextReader
    head: Head

    def row(self, text: str, parameters: Mapping[str, Any], name: str = "inputs") -> Row:
        """Tokens of a text with its prompt.

        Raises:
            InvalidInput: the model has no prompt of that name.
            TooLarge: more tokens than the model takes, and `truncate` was not asked for.
        """
        prompted = self._prompt(parameters.get("prompt_name")) + text
        side = parameters.get("truncation_direction", "right")
        return self.reader.row(prompted, name=name, truncation=parameters.get("truncate", False), side=side)

    @property
    def dimensions(self) -> int | None:
        """How many numbers a vector has; None: the model's config does not say."""
        if self.head.layers:
            return int(self.head.layers[-1].weight_ED.shape[0])
        size = getattr(self.loaded.config.get_text_config(), "hidden_size", None)
        return None if size is None else int(size) * max(1, len(self.head.modes))

    def _prompt(self, name: str | None) -> str:
        prompts = self.head.prompts or {}
        wanted = name or self.head.default_prompt
        if name and name not in prompts:
            known = ", ".join(prompts) or "none"
            raise InvalidInput(field="parameters.prompt_name", problem=f"is not a prompt of this model; known: {known}")
        return prompts.get(wanted, "") if wanted else ""

    def vectors(self, rows: Sequence[Row]) -> list[Array]:
        """For each row a vector (D), or a matrix of its tokens' vectors (T, D) if the model has no pooling."""
        network = Network(self.loaded, self.reader.padding)
        found = network.forward(rows, ("last_hidden_state",), per_token=True)
        return [self._behind(result["last_hidden_state"]) for result in found]

    def _behind(self, tokens: Array) -> Array:
        if not self.head.modes:
            return tokens
        vector = np.concatenate([pool(tokens, mode) for mode in self.head.modes])
        for layer in self.head.layers:
            vector = layer(vector)
        return normalized(vector) if self.head.normalizes else vector


def load_sentence_encoder(folder: Path, wish: Wish) -> SentenceEncoder:
    """Load a sentence-transformers folder, or a plain transformer; or take what another task has loaded.

    Raises:
        UnusableModel: see `load_model`; or it has modules that are not known here.
    """
    return shared(_load, folder, wish)


def _load(folder: Path, wish: Wish) -> SentenceEncoder:
    checkpoint = Checkpoint(folder)
    modules = _modules(checkpoint)
    inner = folder / next((module["path"] for module in modules if module["kind"] == "Transformer"), "")
    loaded = load_model(inner, "AutoModel", wish, spare=("pooler",))
    reader = load_text_reader(inner, loaded)
    limit = (Checkpoint(inner).json("sentence_bert_config.json") or {}).get("max_seq_length")
    if isinstance(limit, int):
        reader = replace(reader, max_tokens=min(limit, reader.max_tokens or limit))
    return SentenceEncoder(loaded, reader, _head(checkpoint, modules))


def _modules(checkpoint: Checkpoint) -> list[dict[str, str]]:
    listed = checkpoint.json_list("modules.json") or []
    modules = [{"path": str(one.get("path", "")), "kind": str(one.get("type", "")).split(".")[-1]} for one in listed]
    for module in modules:
        if module["kind"] not in ("Transformer", "Pooling", "Dense", "Normalize"):
            raise UnusableModel(problem=f"its module {module['kind']!r} is not known here")
        if ".." in Path(module["path"]).parts or Path(module["path"]).is_absolute():
            raise UnusableModel(problem="modules.json points out of the model's folder")
    return modules


def _head(checkpoint: Checkpoint, modules: Sequence[Mapping[str, str]]) -> Head:
    prompts = checkpoint.json("config_sentence_transformers.json") or {}
    return Head(
        modes=tuple(mode for one in modules if one["kind"] == "Pooling" for mode in _pooling(checkpoint, one["path"])),
        layers=tuple(_dense(checkpoint.folder / one["path"]) for one in modules if one["kind"] == "Dense"),
        normalizes=any(one["kind"] == "Normalize" for one in modules),
        prompts={str(name): str(text) for name, text in (prompts.get("prompts") or {}).items()},
        default_prompt=prompts.get("default_prompt_name"),
    )


def _pooling(checkpoint: Checkpoint, path: str) -> list[str]:
    config = checkpoint.json(f"{path}/config.json") or {}
    named = config.get("pooling_mode")
    modes = [named] if isinstance(named, str) else [mode for key, mode in _MODES.items() if config.get(key)]
    if not modes or not set(modes) <= set(_MODES.values()):
        raise UnusableModel(problem=f"{path}/config.json names no pooling that is known here")
    return modes


def _dense(folder: Path) -> Dense:
    checkpoint = Checkpoint(folder)
    checkpoint.check_weights()
    tensors = need("safetensors.numpy").load_file(folder / "model.safetensors")
    activation = str(checkpoint.config().get("activation_function", "Identity")).split(".")[-1]
    if activation not in _ACTIVATIONS:
        raise UnusableModel(problem=f"its dense layer has an activation that is not known here: {activation}")
    return Dense(tensors["linear.weight"], tensors.get("linear.bias"), activation)
