"""Sentence encoders that learn: what of the sentence-transformers library is used here, in one place.

N texts, D dimensions. What is saved is what `inference.runtime.sentences` reads.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import NotInstalled
from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.text.finetuning import loading_quietly

Array = np.ndarray[Any, Any]
_LEFT_OUT = ("README.md", "training_args.bin")


def load_sentence_model(folder: Path) -> Any:
    """A `SentenceTransformer` of a folder here; a plain transformer gets an average over its tokens.

    Raises:
        NotInstalled: sentence-transformers are missing.
    """
    with loading_quietly():
        return library().SentenceTransformer(str(folder), local_files_only=True, trust_remote_code=False)


def vectors_of(model: Any, texts: Sequence[str]) -> Any:
    """Vectors (N, D) as a tensor that gradients flow through."""
    return model(tokens_of(model, texts))["sentence_embedding"]


def tokens_of(model: Any, texts: Sequence[str]) -> dict[str, Any]:
    """Some texts as the model takes them, where it computes."""
    batch = model.preprocess(list(texts))
    return {name: value.to(model.device) if hasattr(value, "to") else value for name, value in batch.items()}


def encode(model: Any, texts: Sequence[str]) -> Array:
    """Vectors (N, D), for good."""
    return np.asarray(model.encode(list(texts), show_progress_bar=False, convert_to_numpy=True), dtype=np.float32)


def save_sentence_model(model: Any, folder: Path) -> None:
    """Write it without the library's own card."""
    model.save_pretrained(str(folder), create_model_card=False)
    for name in _LEFT_OUT:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "eval", ignore_errors=True)


def losses() -> Any:
    """The library's losses.

    Raises:
        NotInstalled: it is missing.
    """
    library()
    return need("sentence_transformers.sentence_transformer.losses")


def library() -> Any:
    """The library itself.

    Raises:
        NotInstalled: it is missing.
    """
    try:
        return need("sentence_transformers")
    except NotInstalled as error:
        raise NotInstalled(feature="Training sentence encoders", extra="training") from error
