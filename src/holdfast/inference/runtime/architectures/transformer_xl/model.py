"""Transformer-XL as a language model.

Dimensions: B texts, T tokens of this segment, M remembered ones before them, K = M + T, N heads, H size of a head,
D size of the model, V words in the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import GenerationMixin
from transformers import initialization as starts
from transformers.modeling_outputs import CausalLMOutputWithPast

from holdfast.inference.runtime.architectures.network import OwnModel
from holdfast.inference.runtime.architectures.transformer_xl.config import TransformerXlConfig
from holdfast.inference.runtime.architectures.transformer_xl.layers import Layer, Memory
from holdfast.inference.runtime.architectures.transformer_xl.vocabulary import Embeddings, Output


class Layers(nn.Module):
    """Everything below the output."""

    def __init__(self, config: TransformerXlConfig) -> None:
        super().__init__()
        self.config = config
        self.word_emb = Embeddings(config)
        self.drop = nn.Dropout(config.dropout)
        if not config.untie_r:
            self.r_w_bias = nn.Parameter(torch.empty(config.n_head, config.d_head))
            self.r_r_bias = nn.Parameter(torch.empty(config.n_head, config.d_head))
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.n_layer))

    def begin(self, texts: int) -> Memory:
        """A memory of nothing yet, for so many texts."""
        table = self.word_emb.emb_layers[0].weight
        return Memory([table.new_zeros(texts, 0, self.config.d_model) for _ in self.layers])

    def forward(self, input_ids_BT: torch.Tensor, mask_BK: torch.Tensor, memory: Memory) -> tuple[torch.Tensor, Memory]:
        """One segment: what comes out of the last layer, and the memory with this segment."""
        hidden_BTD = self.drop(self.word_emb(input_ids_BT))
        positions_KD = self.drop(self._positions(mask_BK.shape[1], hidden_BTD))
        hides_BTK = self._hides(input_ids_BT.shape[1], mask_BK)
        biases = None if self.config.untie_r else (self.r_w_bias, self.r_r_bias)
        seen = []
        for layer, memory_BMD in zip(self.layers, memory.layers, strict=True):
            seen.append(hidden_BTD)
            hidden_BTD = layer.pos_ff(layer.dec_attn(hidden_BTD, memory_BMD, positions_KD, hides_BTK, biases))
        return self.drop(hidden_BTD), memory.with_segment(seen, self.config.mem_len)

    def _positions(self, keys: int, like: torch.Tensor) -> torch.Tensor:
        distances_K = torch.arange(keys - 1, -1, -1, device=like.device, dtype=torch.float32)
        if self.config.clamp_len > 0:
            distances_K = distances_K.clamp(max=self.config.clamp_len)
        steps = torch.arange(0, self.config.d_model, 2, device=like.device, dtype=torch.float32)
        angles = distances_K[:, None] / 10_000 ** (steps / self.config.d_model)
        return torch.cat([angles.sin(), angles.cos()], dim=-1).to(like.dtype)

    def _hides(self, tokens: int, mask_BK: torch.Tensor) -> torch.Tensor:
        keys = mask_BK.shape[1]
        row = torch.arange(tokens, device=mask_BK.device)[:, None]
        column = torch.arange(keys, device=mask_BK.device)
        hides_TK = column > row + keys - tokens
        if self.config.same_length:
            reach = tokens - max(0, keys - self.config.mem_len)
            hides_TK = hides_TK | (column <= row - reach)
        return hides_TK | mask_BK[:, None].logical_not()


class TransformerXlForCausalLM(OwnModel, GenerationMixin):
    """Transformer-XL as a language model. Its logits are log-probabilities.

    A memory begins empty, as in the paper; transformers 4 began with `mem_len` zeros, and looked at them.
    """

    config_class = TransformerXlConfig
    base_model_prefix = "transformer"
    _is_stateful = True
    _keys_to_ignore_on_load_unexpected: Sequence[str] = [
        r"pos_emb\.inv_freq",
        r"crit\.out_layers\.\d+\.weight",  # tied: the same as the embeddings'
        r"crit\.out_projs\.\d+",
        r"layers\.\d+\.dec_attn\.r_[wr]_bias",
    ]

    def __init__(self, config: TransformerXlConfig) -> None:
        super().__init__(config)
        self.transformer = Layers(config)
        self.crit = Output(config)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        for name, parameter in module.named_parameters(recurse=False):
            if name.endswith("bias") and parameter.ndim == 1:
                starts.zeros_(parameter)
            elif isinstance(module, nn.LayerNorm):
                starts.ones_(parameter)
            else:
                starts.normal_(parameter, std=self.config.init_std)

    def get_input_embeddings(self) -> nn.Module:
        return self.transformer.word_emb

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        """No cache of keys and values: a memory. Source: transformers 5.23, generation/utils.py."""
        return False

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        past_key_values: Memory | None = None,
        labels: torch.Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 0,
        **_others: Any,
    ) -> CausalLMOutputWithPast:
        """Log-probabilities of the next token, B × T × V, and the memory.

        Args:
            input_ids: B × T, what is new; any length.
            attention_mask: B × (everything so far); zero at padding.
            past_key_values: the memory of what came before; None: nothing did.
            labels: the same tokens again; shifted here. Then there is a loss.
            use_cache: give the memory.
            logits_to_keep: only of so many last tokens; 0: of all.
        """
        memory = past_key_values or self.transformer.begin(len(input_ids))
        hidden_BTD, memory = self._read(input_ids, attention_mask, memory)
        logits_BTV = self.crit(hidden_BTD[:, -logits_to_keep:], self.transformer.word_emb)
        loss = None
        if labels is not None:
            loss = functional.nll_loss(logits_BTV[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        kept = memory if use_cache or use_cache is None else None
        return CausalLMOutputWithPast(loss=loss, logits=logits_BTV, past_key_values=kept)

    def _read(
        self, input_ids_BT: torch.Tensor, mask: torch.Tensor | None, memory: Memory
    ) -> tuple[torch.Tensor, Memory]:
        """All segments, one after the other."""
        tokens = input_ids_BT.shape[1]
        mask_BK = input_ids_BT.new_ones(len(input_ids_BT), memory.length + tokens) if mask is None else mask
        found = []
        for start in range(0, tokens, self.config.segment_length):
            segment_BT = input_ids_BT[:, start : start + self.config.segment_length]
            end = mask_BK.shape[1] - tokens + start + segment_BT.shape[1]
            seen_BK = mask_BK[:, end - segment_BT.shape[1] - memory.length : end]
            hidden_BTD, memory = self.transformer(segment_BT, seen_BK, memory)
            found.append(hidden_BTD)
        return torch.cat(found, dim=1), memory
