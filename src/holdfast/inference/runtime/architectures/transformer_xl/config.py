"""How a Transformer-XL looks."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig


@strict
class TransformerXlConfig(PreTrainedConfig):
    """How the network looks; the names are those of published checkpoints.

    Args:
        vocab_size: V.
        cutoffs: where the vocabulary, sorted by frequency, is cut into parts for the adaptive softmax.
        d_model: D.
        d_embed: size of embeddings of the first part.
        n_head: N.
        d_head: H.
        d_inner: units of the feed-forward layers.
        div_val: embeddings of each further part are so many times smaller; 1: all are alike, in one table.
        pre_lnorm: normalize before a layer instead of behind it.
        n_layer: number of layers.
        mem_len: how many tokens before the segment are remembered.
        clamp_len: distances beyond this count as this; not positive: they count as they are.
        same_length: every token sees equally many before it.
        tie_projs: for each part, whether input and output share its projection; None: all but the first do.
        untie_r: each layer has biases of its own for content and position.
        segment_length: longer texts are read segment by segment. Not part of published configs.
    """

    model_type = "transfo-xl"
    attribute_map: ClassVar[dict[str, str]] = {
        "n_token": "vocab_size",
        "hidden_size": "d_model",
        "num_attention_heads": "n_head",
        "num_hidden_layers": "n_layer",
    }

    vocab_size: int = 267_735
    cutoffs: list[int] | tuple[int, ...] = (20_000, 40_000, 200_000)
    d_model: int = 1_024
    d_embed: int = 1_024
    n_head: int = 16
    d_head: int = 64
    d_inner: int = 4_096
    div_val: int = 4
    pre_lnorm: bool = False
    n_layer: int = 18
    mem_len: int = 1_600
    clamp_len: int = 1_000
    same_length: bool = True
    tie_projs: list[bool] | tuple[bool, ...] | None = None
    untie_r: bool = True
    dropout: float = 0.1
    dropatt: float = 0.0
    layer_norm_epsilon: float = 1e-5
    init_std: float = 0.02
    tie_word_embeddings: bool = True
    segment_length: int = 1_024
    pad_token_id: int | None = None
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = 0
    use_cache: bool = True

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Of the vocabulary: first word, and one behind the last."""
        return list(pairwise([0, *self.cutoffs, self.vocab_size]))

    def part_size(self, index: int) -> int:
        """Of the embeddings of a part."""
        return self.d_embed // self.div_val**index

    def shares_projection(self, index: int) -> bool:
        """Whether input and output have the projection of a part in common."""
        return index > 0 if self.tie_projs is None else self.tie_projs[index]

    def validate_architecture(self) -> None:
        """Called by transformers with every new config. Source: transformers 5.23, PreTrainedConfig."""
        if any(start >= end for start, end in self.parts):
            raise ValueError(f"cutoffs must grow, from 1 to less than vocab_size: {list(self.cutoffs)}")
        if self.part_size(len(self.cutoffs)) < 1:
            raise ValueError(f"div_val leaves nothing of d_embed for part {len(self.cutoffs)}")
        if self.tie_projs is not None and len(self.tie_projs) != len(self.parts):
            raise ValueError(f"tie_projs must say something of each of {len(self.parts)} parts")
        if self.d_model % 2:
            raise ValueError("d_model must be even")
