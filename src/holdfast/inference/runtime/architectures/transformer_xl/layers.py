"""Layers that look at a segment and at what they remember of the text before it.

Dimensions: B texts, T tokens of this segment, M remembered ones before them, K = M + T, N heads, H size of a head,
D size of the model, V words in the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from holdfast.inference.runtime.architectures.transformer_xl.config import TransformerXlConfig


@dataclass
class Memory:
    """What each layer saw of the text so far: B × M × D for every layer, the lowest first."""

    layers: Sequence[torch.Tensor]

    def reorder_cache(self, rows: torch.Tensor) -> None:
        """Keep the texts of these rows, in this order: how beams are chosen."""
        self.layers = [layer.index_select(0, rows.to(layer.device)) for layer in self.layers]

    @property
    def length(self) -> int:
        """M."""
        return self.layers[0].shape[1]

    def with_segment(self, hidden: Sequence[torch.Tensor], most: int) -> Memory:
        """Remember a segment too: the last `most` tokens of both. Nothing is learned through a memory."""
        joined = [torch.cat(pair, dim=1) for pair in zip(self.layers, hidden, strict=True)]
        return Memory([layer[:, max(0, layer.shape[1] - most) :].detach() for layer in joined])


class Attention(nn.Module):
    """Looks at tokens by what they are and by how far back they are (appendix B of the paper)."""

    def __init__(self, config: TransformerXlConfig) -> None:
        super().__init__()
        self.config = config
        width = config.n_head * config.d_head
        self.qkv_net = nn.Linear(config.d_model, 3 * width, bias=False)
        self.r_net = nn.Linear(config.d_model, width, bias=False)
        self.o_net = nn.Linear(width, config.d_model, bias=False)
        self.layer_norm = nn.LayerNorm(config.d_model, eps=config.layer_norm_epsilon)
        self.drop = nn.Dropout(config.dropout)
        self.dropatt = nn.Dropout(config.dropatt)
        if config.untie_r:
            self.r_w_bias = nn.Parameter(torch.empty(config.n_head, config.d_head))
            self.r_r_bias = nn.Parameter(torch.empty(config.n_head, config.d_head))

    def forward(
        self,
        hidden_BTD: torch.Tensor,
        memory_BMD: torch.Tensor,
        positions_KD: torch.Tensor,
        hides_BTK: torch.Tensor,
        biases: tuple[torch.Tensor, torch.Tensor] | None,
    ) -> torch.Tensor:
        """The segment after this layer, B × T × D.

        Args:
            hidden_BTD: the segment.
            memory_BMD: what this layer saw before it.
            positions_KD: of distances K - 1 … 0.
            hides_BTK: true where a token must not look.
            biases: N × H each, for content and for position (u and v in the paper), if layers have none of their own.
        """
        joined_BKD = torch.cat([memory_BMD, hidden_BTD], dim=1)
        if self.config.pre_lnorm:
            joined_BKD = self.layer_norm(joined_BKD)
        query, key, value = (self._heads(part) for part in self.qkv_net(joined_BKD).chunk(3, dim=-1))
        query_BNTH = query[:, :, -hidden_BTD.shape[1] :]
        content, position = biases or (self.r_w_bias, self.r_r_bias)
        far_NKH = self._heads(self.r_net(positions_KD)[None])[0]
        by_content_BNTK = (query_BNTH + content[:, None]) @ key.mT
        by_distance_BNTK = _by_distance((query_BNTH + position[:, None]) @ far_NKH.mT)
        scores_BNTK = (by_content_BNTK + by_distance_BNTK) * self.config.d_head**-0.5
        scores_BNTK = scores_BNTK.masked_fill(hides_BTK[:, None], torch.finfo(scores_BNTK.dtype).min)
        seen = self.dropatt(scores_BNTK.softmax(dim=-1)) @ value
        found_BTD = hidden_BTD + self.drop(self.o_net(seen.transpose(1, 2).flatten(2)))
        return found_BTD if self.config.pre_lnorm else self.layer_norm(found_BTD)

    def _heads(self, vectors: torch.Tensor) -> torch.Tensor:
        """… × K × NH as … × N × K × H."""
        return vectors.unflatten(-1, (self.config.n_head, self.config.d_head)).transpose(1, 2)


def _by_distance(scores_BNTK: torch.Tensor) -> torch.Tensor:
    """From scores of distances K - 1 … 0 to scores of tokens: token j is M + i - j before token i of the segment."""
    tokens, keys = scores_BNTK.shape[-2:]
    row, column = torch.arange(tokens, device=scores_BNTK.device), torch.arange(keys, device=scores_BNTK.device)
    places_TK = (tokens - 1 - row[:, None] + column).clamp(max=keys - 1)  # beyond lies what is hidden: the future
    return scores_BNTK.gather(-1, places_TK.expand_as(scores_BNTK))


class FeedForward(nn.Module):
    """Two linear layers. Their places in `CoreNet` are their names in checkpoints."""

    def __init__(self, config: TransformerXlConfig) -> None:
        super().__init__()
        self.pre_lnorm = config.pre_lnorm
        self.CoreNet = nn.Sequential(
            nn.Linear(config.d_model, config.d_inner),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.d_inner, config.d_model),
            nn.Dropout(config.dropout),
        )
        self.layer_norm = nn.LayerNorm(config.d_model, eps=config.layer_norm_epsilon)

    def forward(self, hidden_BTD: torch.Tensor) -> torch.Tensor:
        if self.pre_lnorm:
            return hidden_BTD + self.CoreNet(self.layer_norm(hidden_BTD))
        return self.layer_norm(hidden_BTD + self.CoreNet(hidden_BTD))


class Layer(nn.Module):
    """Attention, then feed-forward."""

    def __init__(self, config: TransformerXlConfig) -> None:
        super().__init__()
        self.dec_attn = Attention(config)
        self.pos_ff = FeedForward(config)
