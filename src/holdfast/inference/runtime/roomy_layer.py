"""A cache layer that writes new columns into room made ahead. Imported when a decoder is used: it needs transformers.

Its base copies all keys and values at every step: for eight rows of some hundred tokens as much as all the weights.
Tensors are named by their dimensions: B rows, H heads, C columns, D numbers for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicLayer

_ROOM = 64
"""Columns that are made ahead, at least; else an eighth of those there are."""


class RoomyLayer(DynamicLayer):  # type: ignore[misc] # mypy does not follow into transformers
    """One layer's keys and values; all rows end at the same column."""

    def update(self, key_states: Any, value_states: Any, *_arguments: Any, **_options: Any) -> tuple[Any, Any]:
        """Add columns; returns all of them."""
        if not self.is_initialized:
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
