"""Transformer-XL: a language model whose layers also see what they computed for the text before this segment.

Written after the paper, with the tensor names of its published checkpoints (`transfo-xl`), so that these load once
they are safetensors. transformers carried it until 4.57; see docs/decisions/0010.
Source: Dai et al. 2019, arXiv 1901.02860, section 3 and appendix B; adaptive softmax: Grave et al. 2017, arXiv
1609.04309; defaults and names: transformers 4.57, models/deprecated/transfo_xl.

    config        how the network looks
    vocabulary    embeddings, and the adaptive softmax
    layers        attention by content and distance, feed-forward, memory
    model         the language model
"""

from __future__ import annotations

from holdfast.inference.runtime.architectures.transformer_xl.config import TransformerXlConfig
from holdfast.inference.runtime.architectures.transformer_xl.model import TransformerXlForCausalLM

CONFIG = TransformerXlConfig
HEADS = {"text-generation": TransformerXlForCausalLM}
