"""What our architectures have in common: how their weights begin, and who reads their inputs.

Imports torch and transformers; only `architectures` imports it, when it is asked for a model.
"""

from __future__ import annotations

import math
from typing import Any

from torch import nn
from transformers import PreTrainedModel
from transformers import initialization as starts
from transformers.activations import ACT2FN


class OwnModel(PreTrainedModel):
    """A model of ours. Weights begin as is usual for training from nothing, not as for large transformers.

    Source: He et al. 2015 (arXiv 1502.01852) for layers before rectifiers; torch.nn.RNN for recurrent cells.
    """

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            starts.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                starts.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            starts.normal_(module.weight, std=1 / math.sqrt(module.embedding_dim))
        elif isinstance(module, nn.RNNBase):
            bound = 1 / math.sqrt(module.hidden_size)
            for parameter in module.parameters():
                starts.uniform_(parameter, -bound, bound)
        else:
            super()._init_weights(module)

    def input_reader(self) -> Any:
        """What makes this model's inputs and is saved beside it; None: nothing, or a tokenizer, which knows words."""
        return None


def check_activation(name: str) -> None:
    """See that transformers has an activation function of that name.

    Raises:
        ValueError: it has none.
    """
    if name not in ACT2FN:
        raise ValueError(f"activation must be one that transformers has (relu, gelu, silu, tanh …), not {name!r}")
