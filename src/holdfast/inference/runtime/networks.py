"""One forward pass over any number of rows: batches in, numpy arrays out, one result per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.rows import Padding, Row, batches, stack, unpad

Arrays = dict[str, "np.ndarray[Any, Any]"]
MAX_BATCH_ROWS = 64


@dataclass(frozen=True)
class Network:
    """A model and how its rows are padded.

    Args:
        loaded: the model.
        padding: of sequences in its rows.
        call: what is called with a batch; None means the model itself.
    """

    loaded: Loaded
    padding: Padding = field(default_factory=Padding)
    call: Callable[..., Any] | None = None

    def forward(
        self, rows: Sequence[Row], outputs: Sequence[str] = ("logits",), *, per_token: bool = False
    ) -> list[Arrays]:
        """Outputs of the model by their names, in float32, one dict per row.

        Args:
            rows: any number, in any order.
            outputs: names in the model's output, e.g. `start_logits`; those that it does not have are left out.
            per_token: the first dimension of outputs is the row's tokens; padding is cut off.
        """
        results: list[Arrays] = [{} for _ in rows]
        for indexes in batches(rows, self.loaded.placement.batch_size, MAX_BATCH_ROWS):
            found = self._forward_batch([rows[index] for index in indexes], outputs)
            for position, index in enumerate(indexes):
                results[index] = {name: array[position] for name, array in found.items()}
        if per_token:
            return [self._own_tokens(row, result) for row, result in zip(rows, results, strict=True)]
        return results

    def _forward_batch(self, rows: Sequence[Row], outputs: Sequence[str]) -> Arrays:
        torch = need("torch")
        with torch.inference_mode():
            found = (self.call or self.loaded.model)(**self.tensors(stack(rows, self.padding)))
        named = {name: _named(found, name) for name in outputs}
        return {name: as_array(tensor) for name, tensor in named.items() if tensor is not None}

    def tensors(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
        """Arrays where the model is, and numbers as exact as its own."""
        torch = need("torch")
        dtype = getattr(torch, self.loaded.placement.computes_in)
        placed = {name: torch.from_numpy(array).to(self.loaded.placement.device) for name, array in arrays.items()}
        return {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in placed.items()}

    def _own_tokens(self, row: Row, result: Arrays) -> Arrays:
        length = len(row["input_ids"])
        return {name: unpad(array, length, self.padding) for name, array in result.items()}


class Output(SimpleNamespace):
    """A model's output as image processors read it: some by attribute, some by key."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def as_array(tensor: Any) -> np.ndarray[Any, Any]:
    """A tensor as numpy has it; bfloat16, which numpy lacks, becomes float32."""
    array: np.ndarray[Any, Any] = (tensor.float() if tensor.is_floating_point() else tensor).cpu().numpy()
    return array


def _named(output: Any, name: str) -> Any:
    return output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
