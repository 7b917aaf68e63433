"""Keys and values of rows that come and go: a cache for transformers' models whose rows can be added and dropped.

All rows end at the same column; shorter ones are filled on the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from holdfast.inference.runtime.libraries import need


def new_cache() -> Any:
    """An empty cache: what a model's `past_key_values` takes, with a layer for each of its own."""
    return need("transformers").Cache(layer_class_to_replicate=_layer_class())


def merged(old: Any, new: Any) -> Any:
    """The rows of both caches in one."""
    found = need("transformers").Cache(layers=[])
    length = max(old.get_seq_length(), new.get_seq_length())
    for ours, theirs in zip(old.layers, new.layers, strict=True):
        layer = _layer_class()()
        layer.fill([ours.keys, theirs.keys], [ours.values, theirs.values], length)
        found.layers.append(layer)
    return found


def selected(old: Any, rows: Sequence[int], skip: int) -> Any:
    """Some rows of a cache, without its first columns, which none of them needs."""
    torch = need("torch")
    found = need("transformers").Cache(layers=[])
    length = old.get_seq_length() - skip
    for ours in old.layers:
        places = torch.tensor(rows, device=ours.keys.device)
        layer = _layer_class()()
        layer.fill([ours.keys[places, :, skip:]], [ours.values[places, :, skip:]], length)
        found.layers.append(layer)
    return found


def bytes_per_token(one: Any) -> int:
    """What a column of one row takes, in all layers."""
    pairs = [tensor for layer in one.layers for tensor in (layer.keys, layer.values)]
    return sum(tensor[0, :, 0].numel() * tensor.element_size() for tensor in pairs)


def _layer_class() -> Any:
    return import_module("holdfast.inference.runtime.roomy_layer").RoomyLayer
