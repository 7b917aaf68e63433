"""Words to vectors and back: tables by parts of the vocabulary, and the adaptive softmax.

Dimensions: B texts, T tokens, D size of the model, V words.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from holdfast.inference.runtime.architectures.transformer_xl.config import TransformerXlConfig


class Embeddings(nn.Module):
    """Tables of the vocabulary's parts; rarer words have smaller vectors, projected to the model's size."""

    def __init__(self, config: TransformerXlConfig) -> None:
        super().__init__()
        self.config = config
        sizes = [end - start for start, end in config.parts]
        if config.div_val == 1:
            self.emb_layers = nn.ModuleList([nn.Embedding(config.vocab_size, config.d_embed)])
        else:
            self.emb_layers = nn.ModuleList(nn.Embedding(size, config.part_size(i)) for i, size in enumerate(sizes))
        self.emb_projs = nn.ParameterDict()
        if config.div_val > 1 or config.d_embed != config.d_model:
            for index in range(len(self.emb_layers)):
                self.emb_projs[str(index)] = nn.Parameter(torch.empty(config.d_model, config.part_size(index)))

    def forward(self, input_ids_BT: torch.Tensor) -> torch.Tensor:
        """B × T × D, with the length that words keep through the layers: √D."""
        scale = self.config.d_model**0.5
        if len(self.emb_layers) == 1:
            return self._projected(self.emb_layers[0](input_ids_BT), 0) * scale
        found_BTD = self.emb_projs["0"].new_zeros(*input_ids_BT.shape, self.config.d_model)
        for index, (start, end) in enumerate(self.config.parts):
            is_here_BT = (input_ids_BT >= start) & (input_ids_BT < end)
            own = self.emb_layers[index](input_ids_BT[is_here_BT] - start)
            found_BTD = found_BTD.index_put((is_here_BT,), self._projected(own, index))
        return found_BTD * scale

    def _projected(self, vectors: torch.Tensor, index: int) -> torch.Tensor:
        return functional.linear(vectors, self.emb_projs[str(index)]) if self.emb_projs else vectors

    def table(self, index: int) -> torch.Tensor:
        """Vectors of the words of a part."""
        if len(self.emb_layers) > 1:
            return self.emb_layers[index].weight
        start, end = self.config.parts[index]
        return self.emb_layers[0].weight[start:end]


class Output(nn.Module):
    """The adaptive softmax: frequent words compete with whole parts of rarer ones, and these among themselves.

    Tables and projections that it shares with the embeddings are the embeddings' own; nothing of them is kept here.
    """

    def __init__(self, config: TransformerXlConfig) -> None:
        super().__init__()
        self.config = config
        rare = len(config.cutoffs)
        if rare:
            self.cluster_weight = nn.Parameter(torch.empty(rare, config.d_embed))
            self.cluster_bias = nn.Parameter(torch.empty(rare))
        sizes = [config.vocab_size] if config.div_val == 1 else [end - start for start, end in config.parts]
        self.out_layers = nn.ModuleList(
            _OutputTable(size, None if config.tie_word_embeddings else config.part_size(i))
            for i, size in enumerate(sizes)
        )
        self.out_projs = nn.ParameterDict()
        if config.div_val > 1 or config.d_embed != config.d_model:
            for index in range(rare + 1):
                if not config.shares_projection(index):
                    self.out_projs[str(index)] = nn.Parameter(torch.empty(config.d_model, self._size(index)))

    def _size(self, index: int) -> int:
        return self.config.part_size(index) if self.config.div_val > 1 else self.config.d_embed

    def forward(self, hidden_BTD: torch.Tensor, embeddings: Embeddings) -> torch.Tensor:
        """Log-probabilities, B × T × V."""
        words, biases = self._words(0, embeddings)
        first = len(words)
        if self.config.cutoffs:
            words, biases = torch.cat([words, self.cluster_weight]), torch.cat([biases, self.cluster_bias])
        head = functional.linear(self._projected(hidden_BTD, 0, embeddings), words, biases).log_softmax(dim=-1)
        parts = [head[..., :first]]
        for index in range(1, len(self.config.parts)):
            words, biases = self._words(index, embeddings)
            within = functional.linear(self._projected(hidden_BTD, index, embeddings), words, biases)
            parts.append(within.log_softmax(dim=-1) + head[..., first + index - 1, None])
        return torch.cat(parts, dim=-1)

    def _words(self, index: int, embeddings: Embeddings) -> tuple[torch.Tensor, torch.Tensor]:
        start, end = self.config.parts[index]
        is_one_table = len(self.out_layers) == 1
        own = self.out_layers[0 if is_one_table else index]
        biases = own.bias[start:end] if is_one_table else own.bias
        if self.config.tie_word_embeddings:
            return embeddings.table(index), biases
        return own.weight[start:end] if is_one_table else own.weight, biases

    def _projected(self, hidden_BTD: torch.Tensor, index: int, embeddings: Embeddings) -> torch.Tensor:
        name = str(index)
        if name in self.out_projs:
            return hidden_BTD @ self.out_projs[name]
        if not embeddings.emb_projs:
            return hidden_BTD
        return hidden_BTD @ embeddings.emb_projs[name if name in embeddings.emb_projs else "0"]


class _OutputTable(nn.Module):
    """A bias for each word, and a vector where the embeddings' are not taken (`size` is not None)."""

    def __init__(self, words: int, size: int | None) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.empty(words))
        if size is not None:
            self.weight = nn.Parameter(torch.empty(words, size))
