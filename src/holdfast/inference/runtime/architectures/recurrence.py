"""Recurrent networks for texts: LSTM, GRU or plain RNN, as a classifier and as a language model.

Dimensions: B texts, T tokens, E size of embeddings, H size of the state, L labels, V words in the vocabulary.

Padding never counts, on whichever side it is: a text's own tokens are packed together before the network sees them.
Source: Hochreiter & Schmidhuber 1997 (LSTM); Cho et al. 2014, arXiv 1406.1078 (GRU).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from huggingface_hub.dataclasses import strict
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from transformers import GenerationMixin, PreTrainedConfig
from transformers.modeling_outputs import CausalLMOutputWithPast, SequenceClassifierOutput

from holdfast.inference.runtime.architectures.network import OwnModel

_CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
_POOLINGS = ("last", "mean", "max")


@strict
class RecurrentConfig(PreTrainedConfig):
    """How the network looks.

    Args:
        cell: lstm, gru or rnn.
        vocab_size: V.
        embedding_size: E.
        hidden_size: H, in each direction.
        num_hidden_layers: recurrent layers above each other.
        bidirectional: classifiers only: read each text from its end, too.
        pooling: classifiers only: what stands for a text: the `last` state, or the `mean` or `max` of all.
        dropout: between layers, and before the last one.
        max_position_embeddings: longest text in tokens that is taken; the name is everybody's, there are no positions.
        pad_token_id: filling; never counts.
    """

    model_type = "holdfast-recurrent"

    cell: str = "lstm"
    vocab_size: int = 8_000
    embedding_size: int = 128
    hidden_size: int = 256
    num_hidden_layers: int = 1
    bidirectional: bool = False
    pooling: str = "last"
    dropout: float = 0.1
    max_position_embeddings: int = 2_048
    pad_token_id: int | None = 0
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = None
    tie_word_embeddings: bool = False
    use_cache: bool = True

    def validate_architecture(self) -> None:
        """Called by transformers with every new config. Source: transformers 5.23, PreTrainedConfig."""
        if self.cell not in _CELLS or self.pooling not in _POOLINGS:
            raise ValueError(f"cell must be one of {', '.join(_CELLS)}, pooling one of {', '.join(_POOLINGS)}")


@dataclass
class RecurrentState:
    """What a language model knows of the texts so far: tensors of layers × B × H; an LSTM has two."""

    parts: tuple[torch.Tensor, ...]

    def reorder_cache(self, rows: torch.Tensor) -> None:
        """Keep the texts of these rows, in this order: how beams are chosen."""
        self.parts = tuple(part.index_select(1, rows.to(part.device)) for part in self.parts)


class _Recurrent(OwnModel):
    """Embeddings with cells above them."""

    config_class = RecurrentConfig
    base_model_prefix = "recurrent"

    def __init__(self, config: RecurrentConfig, *, bidirectional: bool) -> None:
        super().__init__(config)
        layers = config.num_hidden_layers
        self.embeddings = nn.Embedding(config.vocab_size, config.embedding_size, padding_idx=config.pad_token_id)
        self.dropout = nn.Dropout(config.dropout)
        self.cells = _CELLS[config.cell](
            config.embedding_size,
            config.hidden_size,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=config.dropout if layers > 1 else 0.0,
        )

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embeddings

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        self.embeddings = value

    def read(
        self, input_ids_BT: torch.Tensor, mask_BT: torch.Tensor, state: RecurrentState | None = None
    ) -> tuple[torch.Tensor, RecurrentState]:
        """States after each token (B × T × H, zero at padding), and the last ones."""
        order_BT = torch.argsort(mask_BT.logical_not().long(), dim=1, stable=True)  # own tokens first
        embedded_BTE = self.dropout(self.embeddings(input_ids_BT.gather(1, order_BT)))
        lengths_B = mask_BT.sum(dim=1).clamp(min=1).cpu()
        packed = pack_padded_sequence(embedded_BTE, lengths_B, batch_first=True, enforce_sorted=False)
        before = None if state is None else state.parts if len(state.parts) > 1 else state.parts[0]
        found, after = self.cells(packed, before)
        states_BTH, _ = pad_packed_sequence(found, batch_first=True, total_length=input_ids_BT.shape[1])
        back_BTH = torch.argsort(order_BT, dim=1)[:, :, None].expand_as(states_BTH)
        return states_BTH.gather(1, back_BTH), RecurrentState(after if isinstance(after, tuple) else (after,))


class RecurrentForSequenceClassification(_Recurrent):
    """What the network remembers of a text, and one linear layer."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, bidirectional=config.bidirectional)
        self.classifier = nn.Linear(config.hidden_size * (2 if config.bidirectional else 1), config.num_labels)
        self.post_init()

    def features(self, input_ids_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """What the last layer sees of each text: B × H, or B × 2H in two directions."""
        states_BTH, last = self.read(input_ids_BT, mask_BT)
        if self.config.pooling == "last":
            return torch.cat(list(last.parts[0][-2 if self.config.bidirectional else -1 :]), dim=-1)
        is_own_BT1 = mask_BT[:, :, None].bool()
        if self.config.pooling == "max":
            return states_BTH.masked_fill(~is_own_BT1, -1.0).amax(dim=1)  # states lie between -1 and 1
        return (states_BTH * is_own_BT1).sum(dim=1) / is_own_BT1.sum(dim=1).clamp(min=1)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        **_others: Any,
    ) -> SequenceClassifierOutput:
        """Logits (B × L), and with labels the loss that fits `config.problem_type`."""
        ids_BT, mask_BT = _never_empty(input_ids, attention_mask, self.config.pad_token_id or 0)
        logits_BL = self.classifier(self.dropout(self.features(ids_BT, mask_BT)))
        loss = None if labels is None else self.loss_function(labels, logits_BL, self.config)
        return SequenceClassifierOutput(loss=loss, logits=logits_BL)


class RecurrentForCausalLM(_Recurrent, GenerationMixin):
    """Says after each token which one comes next. What it remembers is its state; there is no window."""

    _is_stateful = True

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, bidirectional=False)
        self.head = nn.Linear(config.hidden_size, config.vocab_size)
        self.post_init()

    def get_output_embeddings(self) -> nn.Linear:
        return self.head

    def set_output_embeddings(self, new_embeddings: nn.Linear) -> None:
        self.head = new_embeddings

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        """No cache of keys and values: a state. Source: transformers 5.23, generation/utils.py."""
        return False

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        past_key_values: RecurrentState | None = None,
        labels: torch.Tensor | None = None,
        use_cache: bool | None = None,
        **_others: Any,
    ) -> CausalLMOutputWithPast:
        """Logits (B × T × V); with labels (the same tokens again; they are shifted here) the loss; the state."""
        mask_BT = None if attention_mask is None else attention_mask[:, -input_ids.shape[1] :]
        ids_BT, mask_BT = _never_empty(input_ids, mask_BT, self.config.pad_token_id or 0)
        states_BTH, state = self.read(ids_BT, mask_BT, past_key_values)
        logits_BTV = self.head(self.dropout(states_BTH))
        loss = None if labels is None else self.loss_function(logits_BTV, labels, vocab_size=self.config.vocab_size)
        kept = state if use_cache or use_cache is None else None
        return CausalLMOutputWithPast(loss=loss, logits=logits_BTV, past_key_values=kept)


def _never_empty(ids_BT: torch.Tensor, mask_BT: torch.Tensor | None, filling: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens with their mask; a text without any becomes one token of padding."""
    if ids_BT.shape[1] == 0:
        ids_BT = ids_BT.new_full((len(ids_BT), 1), filling)
        return ids_BT, torch.zeros_like(ids_BT)
    return ids_BT, torch.ones_like(ids_BT) if mask_BT is None else mask_BT


CONFIG = RecurrentConfig
HEADS: Mapping[str, Any] = {
    "text-classification": RecurrentForSequenceClassification,
    "text-generation": RecurrentForCausalLM,
}
