"""Linear layers of a model on a CPU, laid out for its instructions when the model is loaded and not at every call.

In `bfloat16` that gives the same numbers, sooner: a CPU would spend half of its time on reordering weights. In `int8`
weights and what they meet are rounded to 255 steps: less exact, and so only where somebody asks for it. What it gains
and what it loses is in docs/reference/benchmarks.md. Imported when a model is loaded: it needs torch.

Tensors are named by their dimensions: O outputs, I inputs, N rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from holdfast.inference.domain.predictors import Placement

_FEWEST = 64
"""Layers with fewer inputs or outputs stay as they are: they cost nothing, and the last of them decides."""
_STEPS = 127
_TINY = 1e-9
_TILE = 16
_STEPS_OF_COUNTS = ((256, _TILE), (1024, 4 * _TILE))
_LONGEST_STEP = 16 * _TILE
_LYING_ACROSS = "Conv1D"
"""The layer of GPT-2 and its kin, whose weight is inputs × outputs."""


class PackedLinear(nn.Module):  # type: ignore[misc] # mypy does not follow into torch
    """A linear layer whose weight only oneDNN can read.

    Args:
        weight_OI: in bfloat16 (or float32); inputs are of the same.
        bias_O: None: there is none.
    """

    def __init__(self, weight_OI: torch.Tensor, bias_O: torch.Tensor | None) -> None:
        super().__init__()
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight_OI.contiguous(), None)
        self.bias = bias_O
        self.out_features, self.in_features = weight_OI.shape

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """See `torch.nn.Linear`."""
        rows_NI = inputs.reshape(-1, self.in_features)
        return self._product(rows_NI).view(*inputs.shape[:-1], self.out_features)

    def _product(self, rows_NI: torch.Tensor) -> torch.Tensor:
        found_NO: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            _padded(rows_NI), self.weight, self.bias, "none", [], ""
        )
        return found_NO[: len(rows_NI)]


class SmallLinear(PackedLinear):
    """One whose numbers have eight bits: each output's weights are scaled alone, and so is every row of inputs.

    So what a row gives does not depend on the rows beside it.

    Args:
        weight_OI: in float32, as inputs are.
        bias_O: None: there is none.
    """

    def __init__(self, weight_OI: torch.Tensor, bias_O: torch.Tensor | None) -> None:
        nn.Module.__init__(self)
        self.out_features, self.in_features = weight_OI.shape
        self.scales_O = weight_OI.abs().amax(1).clamp(min=_TINY) / _STEPS
        self.zeros_O = torch.zeros(len(weight_OI), dtype=torch.long)
        rounded_OI = (weight_OI / self.scales_O[:, None]).round().to(torch.int8).contiguous()
        self.weight = torch.ops.onednn.qlinear_prepack(rounded_OI, None)
        self.bias = torch.zeros(len(weight_OI)) if bias_O is None else bias_O

    def _product(self, rows_NI: torch.Tensor) -> torch.Tensor:
        scales_N1 = rows_NI.abs().amax(1, keepdim=True).clamp_(min=_TINY).div_(_STEPS)
        rounded_NI = (rows_NI / scales_N1).round_().to(torch.int8)
        weight = (self.weight, self.scales_O, self.zeros_O)
        product_NO = torch.ops.onednn.qlinear_pointwise(
            _padded(rounded_NI), 1.0, 0, *weight, None, 1.0, 0, torch.float32, "none", [], ""
        )
        return torch.addcmul(self.bias, product_NO[: len(rows_NI)], scales_N1)


def pack(model: Any, placement: Placement) -> None:
    """Change a model's linear layers to the fastest that give what its placement promises. It can't learn any more.

    Float32 keeps its layers, as packed ones would cost one row what eight gain; what writes token by token has its
    weights turned. Weights that several layers share (often the first and the last, of words) would be there twice:
    they are not packed, but for `int8`, where the second time is small.
    """
    if placement.device == "cpu" and placement.dtype == "float32" and model.can_generate():
        _turn(model)
    if placement.device != "cpu" or not _can(placement.dtype):
        return
    small, shared = placement.dtype == "int8", _shared_weights(model)
    for parent, name, layer in list(_linear_layers(model)):
        weight_OI = layer.weight.detach().T if type(layer).__name__ == _LYING_ACROSS else layer.weight.detach()
        if min(weight_OI.shape) >= _FEWEST and (small or id(layer.weight) not in shared):
            bias_O = None if layer.bias is None else layer.bias.detach()
            setattr(parent, name, (SmallLinear if small else PackedLinear)(weight_OI, bias_O))


def _turn(model: Any) -> None:
    """Lay weights out input by input: the numbers are the same, and few rows have their products sooner.

    Up to an eighth for one row and for eight; large batches gain nothing. These weights are no longer pages of their
    file. Words that the last layer shares stay shared: looking one up takes 13 to 40 µs more, a thousandth of a step.
    """
    owners = _owners(model)
    while owners:  # one after the other, so that an old weight may go before the next one is there twice
        weight_OI, layers = owners.popitem()
        if any(type(layer) is nn.Linear for layer in layers) and min(weight_OI.shape) >= _FEWEST:
            turned_OI = nn.Parameter(weight_OI.detach().T.contiguous().T, requires_grad=False)
            for layer in layers:
                layer.weight = turned_OI


def _owners(model: Any) -> dict[nn.Parameter, list[Any]]:
    """What is called `weight`, with all the parts that have it."""
    owners: dict[nn.Parameter, list[Any]] = {}
    for part in model.modules():
        for name, weight in part.named_parameters(recurse=False):
            if name == "weight":
                owners.setdefault(weight, []).append(part)
    return owners


def _can(dtype: str) -> bool:
    if dtype == "bfloat16":
        return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return dtype == "int8"


def _linear_layers(model: Any) -> Iterator[tuple[Any, str, Any]]:
    """Each with what holds it, and its name there. Kinds made of these do more than they, and stay."""
    for parent in model.modules():
        for name, layer in parent.named_children():
            if type(layer) is nn.Linear or type(layer).__name__ == _LYING_ACROSS:
                yield parent, name, layer


def _shared_weights(model: Any) -> frozenset[int]:
    """Which weights are those of several layers."""
    owners = Counter(id(one) for part in model.modules() for one in part.parameters(recurse=False))
    return frozenset(weight for weight, count in owners.items() if count > 1)


def _padded(rows_NI: torch.Tensor) -> torch.Tensor:
    """Rows of zeros behind them, so that there are few counts: what computes a new one is made first, in 1 to 2 ms.

    Half precision and integers go by tiles of 16 rows anyway; float32 does not, and its kernels are made sooner.
    """
    count = len(rows_NI)
    if rows_NI.dtype == torch.float32 or count <= _TILE:
        return rows_NI
    step = next((step for most, step in _STEPS_OF_COUNTS if count <= most), _LONGEST_STEP)
    more = -count % step
    return nn.functional.pad(rows_NI, (0, 0, 0, more)) if more else rows_NI
