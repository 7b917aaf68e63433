"""Tiny checkpoints of every kind of model, built from a config and saved to a folder. Needs torch and transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = [
    "the",
    "a",
    "an",
    "of",
    "to",
    "and",
    "in",
    "is",
    "was",
    "i",
    "you",
    "it",
    "we",
    "they",
    "he",
    "she",
    "love",
    "hate",
    "like",
    "this",
    "that",
    "movie",
    "film",
    "great",
    "bad",
    "good",
    "awful",
    "not",
    "very",
    "how",
    "what",
    "where",
    "who",
    "when",
    "paris",
    "berlin",
    "london",
    "france",
    "germany",
    "lives",
    "works",
    "for",
    "my",
    "name",
    "sarah",
    "john",
    "city",
    "capital",
    "answer",
    "question",
    "many",
    "stars",
    "red",
    "green",
    "blue",
    "cat",
    "dog",
    "sat",
    "on",
    "mat",
    "big",
    "small",
    "one",
    "two",
    "three",
    "zero",
    ".",
    ",",
    "!",
    "?",
    "-",
    "'",
]
LETTERS = list("abcdefghijklmnopqrstuvwxyz0123456789")


def word_tokenizer(folder: Path, **special: str) -> Any:
    """A WordPiece tokenizer of some eighty words and all letters, in the manner of BERT."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {word: index for index, word in enumerate(dict.fromkeys(words))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special)
    fast.save_pretrained(folder)
    return fast


def bert(folder: Path, head: str = "AutoModelForSequenceClassification", **options: Any) -> Path:
    """A BERT of two layers with some head."""
    import transformers

    tokenizer = word_tokenizer(folder)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
        **options,
    )
    save(getattr(transformers, head), config, folder)
    return folder


def save(auto_class: Any, config: Any, folder: Path) -> None:
    """A model with reproducible random weights, in a folder."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    auto_class.from_config(config).save_pretrained(folder)
