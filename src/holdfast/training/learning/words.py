"""Tokenizers trained on the very texts: byte-level BPE, so that every text of every language can be written.

Source: Sennrich et al. 2016 (BPE); GPT-2 (bytes). The work is done by the tokenizers library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need

END, PADDING = "<|endoftext|>", "<|padding|>"
_BYTES = 256
_SHOWN_PIECES = 40
_ENOUGH_CHARACTERS = 4_000_000
"""They tell which pairs of letters come often; more of them tell the same, later."""


def usual_vocabulary(texts: Sequence[str]) -> int:
    """A vocabulary for so much text: about one token for each hundred characters, between 512 and 8,192."""
    characters = sum(map(len, texts))
    return max(512, min(8_192, characters // 100))


def some_of(texts: Sequence[str], characters: float, seed: int = 0) -> list[str]:
    """Texts of so many characters together, drawn at random, in their order; all where they are no more than that.

    Args:
        texts: to choose from.
        characters: at most, but one text always.
        seed: of the draw.
    """
    order = np.random.default_rng(seed).permutation(len(texts))
    length = np.cumsum([len(texts[place]) for place in order])
    count = max(1, int((length <= characters).sum()))
    return [texts[place] for place in sorted(order[:count])]


def pieces_of(tokenizer: Any, text: str) -> list[str]:
    """The first pieces that a text is cut into, as people read them."""
    ids = tokenizer(text)["input_ids"][:_SHOWN_PIECES]
    return [tokenizer.decode([each]) for each in ids]


def train_tokenizer(texts: Sequence[str], vocabulary: int, longest: int) -> Any:
    """A tokenizer of transformers that has learned how to write these texts in few tokens.

    Args:
        texts: to learn from; of very many, some.
        vocabulary: tokens at most; fewer where the texts have no more pairs that come twice.
        longest: tokens that the model takes.
    """
    library = need("tokenizers", "Training", "training")
    tokenizer = library.Tokenizer(library.models.BPE())
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = library.decoders.ByteLevel()
    trainer = library.trainers.BpeTrainer(
        vocab_size=max(vocabulary, _BYTES + 2),
        min_frequency=2,
        special_tokens=[PADDING, END],
        initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(some_of(texts, _ENOUGH_CHARACTERS), trainer)
    return need("transformers").PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        bos_token=END,
        pad_token=PADDING,
        model_max_length=longest,
        clean_up_tokenization_spaces=False,
    )
