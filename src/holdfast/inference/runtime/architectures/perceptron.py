"""A multi-layer perceptron for tables: columns of numbers in, a label or numbers out.

Dimensions: B rows, C columns, L labels (or numbers to estimate).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers import PreTrainedConfig
from transformers.activations import ACT2FN
from transformers.modeling_outputs import SequenceClassifierOutput

from holdfast.inference.runtime.architectures.network import OwnModel, check_activation


@strict
class MlpConfig(PreTrainedConfig):
    """How the network looks.

    Args:
        columns: names of the columns, in order; C of them.
        hidden_sizes: units of each hidden layer.
        activation: a name that transformers knows: relu, gelu, silu, tanh, sigmoid …
        dropout: after each hidden layer.
    """

    model_type = "holdfast-mlp"

    columns: list[str] | tuple[str, ...] = ()
    hidden_sizes: list[int] | tuple[int, ...] = (64, 64)
    activation: str = "relu"
    dropout: float = 0.0

    def validate_architecture(self) -> None:
        """Called by transformers with every new config. Source: transformers 5.23, PreTrainedConfig."""
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("every column must have a name of its own")
        check_activation(self.activation)


class _Mlp(OwnModel):
    """Columns are made comparable first: `fit_scale` learns how, and the weights keep it."""

    config_class = MlpConfig
    base_model_prefix = "mlp"
    main_input_name = "values"

    def __init__(self, config: MlpConfig) -> None:
        super().__init__(config)
        sizes = [len(config.columns), *config.hidden_sizes]
        self.register_buffer("center", torch.zeros(sizes[0]))
        self.register_buffer("scale", torch.ones(sizes[0]))
        hidden: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            hidden += [nn.Linear(inputs, outputs), ACT2FN[config.activation], nn.Dropout(config.dropout)]
        self.hidden = nn.Sequential(*hidden)
        self.head = nn.Linear(sizes[-1], config.num_labels)

    def fit_scale(self, values_BC: torch.Tensor) -> None:
        """Take centre and spread of each column from training data (NaN: missing)."""
        _measure(values_BC, self.center, self.scale)

    def _outputs(self, values_BC: torch.Tensor) -> torch.Tensor:
        """Of the last layer; a missing value, NaN, counts as the column's centre."""
        return self.head(self.hidden(torch.nan_to_num((values_BC - self.center) / self.scale)))


class MlpForTabularClassification(_Mlp):
    """A label for each row."""

    def __init__(self, config: MlpConfig) -> None:
        super().__init__(config)
        self.post_init()

    def forward(
        self, values: torch.Tensor, labels: torch.Tensor | None = None, **_others: Any
    ) -> SequenceClassifierOutput:
        """Logits (B × L) of rows (B × C), and with labels (B, whole numbers) the loss."""
        logits_BL = self._outputs(values)
        loss = None if labels is None else nn.functional.cross_entropy(logits_BL, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits_BL)


class MlpForTabularRegression(_Mlp):
    """Numbers for each row, `num_labels` of them. `fit_target` tells their measure before training."""

    def __init__(self, config: MlpConfig) -> None:
        super().__init__(config)
        self.register_buffer("target_center", torch.zeros(config.num_labels))
        self.register_buffer("target_scale", torch.ones(config.num_labels))
        self.post_init()

    def fit_target(self, targets_BL: torch.Tensor) -> None:
        """Take centre and spread of what is to be estimated from training data."""
        _measure(targets_BL, self.target_center, self.target_scale)

    def forward(
        self, values: torch.Tensor, labels: torch.Tensor | None = None, **_others: Any
    ) -> SequenceClassifierOutput:
        """Estimates (B × L) of rows (B × C), and with labels (B × L) the squared error in the targets' own spread."""
        outputs_BL = self._outputs(values)
        estimates_BL = outputs_BL * self.target_scale + self.target_center
        loss = None
        if labels is not None:
            loss = nn.functional.mse_loss(outputs_BL, (labels - self.target_center) / self.target_scale)
        return SequenceClassifierOutput(loss=loss, logits=estimates_BL)


def _measure(values_BC: torch.Tensor, center_C: torch.Tensor, scale_C: torch.Tensor) -> None:
    known_BC = values_BC.isfinite()
    count_C = known_BC.sum(dim=0).clamp(min=1)
    filled_BC = values_BC.where(known_BC, torch.zeros_like(values_BC))
    center_C.copy_(filled_BC.sum(dim=0) / count_C)
    spread_C = (((filled_BC - center_C) ** 2 * known_BC).sum(dim=0) / count_C).sqrt()
    scale_C.copy_(spread_C.where(spread_C > 0, torch.ones_like(spread_C)))


CONFIG = MlpConfig
HEADS: Mapping[str, Any] = {
    "tabular-classification": MlpForTabularClassification,
    "tabular-regression": MlpForTabularRegression,
}
