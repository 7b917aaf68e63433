"""Keys and values of rows that come and go: a cache for transformers' models whose rows can be added and dropped.

All rows end at the same column; shorter ones are filled on the left. Tensors are named by their dimensions:
B rows, H heads, C columns, D numbers for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from holdfast.inference.runtime.libraries import need

_ROOM = 64
"""Columns that are made ahead, at least; else an eighth of those there are."""


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


@cache
def _layer_class() -> Any:
    torch = need("torch")

    class RoomyLayer(need("transformers.cache_utils").DynamicLayer):  # type: ignore[misc] # a base that mypy cannot see
        """Writes new columns into room made ahead; its base copies everything at every step, as much as the weights."""

        def update(self, key_states: Any, value_states: Any, *_arguments: Any, **_options: Any) -> tuple[Any, Any]:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
                self.fill([key_states], [value_states], key_states.shape[-2])
                return self.keys, self.values
            begin = self.keys.shape[-2]
            end = begin + key_states.shape[-2]
            if end > self.all_keys_BHCD.shape[-2]:
                self.fill([self.keys], [self.values], begin)
            self.all_keys_BHCD[:, :, begin:end] = key_states
            self.all_values_BHCD[:, :, begin:end] = value_states
            return self._show(end)

        def fill(self, keys: Sequence[Any], values: Sequence[Any], length: int) -> None:
            """Take the rows of some tensors over, one below the other, so that all end at column `length`."""
            self.dtype, self.device, self.is_initialized = keys[0].dtype, keys[0].device, True
            self.all_keys_BHCD, self.all_values_BHCD = _stacked(keys, length), _stacked(values, length)
            self._show(length)

        def _show(self, end: int) -> tuple[Any, Any]:
            self.keys, self.values = self.all_keys_BHCD[:, :, :end], self.all_values_BHCD[:, :, :end]
            return self.keys, self.values

    def _stacked(tensors: Sequence[Any], length: int) -> Any:
        heads, _, numbers = tensors[0].shape[1:]
        rows = sum(tensor.shape[0] for tensor in tensors)
        columns = length + max(_ROOM, length // 8)
        whole = torch.zeros(rows, heads, columns, numbers, dtype=tensors[0].dtype, device=tensors[0].device)
        first = 0
        for tensor in tensors:
            whole[first : first + tensor.shape[0], :, length - tensor.shape[-2] : length] = tensor
            first += tensor.shape[0]
        return whole

    return RoomyLayer
