"""Vectors of a run's texts: made once by the encoder that will serve them, kept below the run's trials, used by many.

N texts, D dimensions.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.domain.pooling import normalized
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.sentences import SentenceEncoder, load_sentence_encoder
from holdfast.inference.runtime.text_heads import vectors
from holdfast.training.trainers.text.bases import Base
from holdfast.training.trainers.text.precision import fast_dtype

Array = np.ndarray[Any, Any]
_CHUNK = 256
_MEASURED = 32
_MOST_MEASURING_SECONDS = 4.0


@dataclass(frozen=True)
class Encoding:
    """An encoder for texts.

    Args:
        base: the encoder.
    """

    base: Base

    def vectors(self, texts: Sequence[str], shelf: Path, tell: Callable[[Mapping[str, Any]], None]) -> Array:
        """A vector for each text (N, D).

        Args:
            texts: to encode; those that are too long are cut.
            shelf: folder where vectors of the same texts may lie already, and will lie afterwards.
            tell: hears how far it is.
        """
        told = hashlib.sha256("\0".join([self.base.name, *texts]).encode(errors="surrogatepass"))
        path = shelf / f"vectors-{told.hexdigest()[:16]}.npy"
        if path.exists():
            found: Array = np.load(path, allow_pickle=False)
            return found
        encoder = load_sentence_encoder(self.base.folder, Wish(dtype=fast_dtype()))
        made = _encoded(encoder, texts, tell)
        shelf.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.npy")
        np.save(unfinished, made, allow_pickle=False)
        unfinished.rename(path)
        return made

    def seconds_for(self, texts: Sequence[str]) -> float:
        """How long encoding takes here, found out with some of the texts. Loads the encoder: measure it apart."""
        began = time.perf_counter()
        encoder = load_sentence_encoder(self.base.folder, Wish(dtype=fast_dtype()))
        loading = time.perf_counter() - began
        _encoded(encoder, texts[:2], _silent)  # the first call prepares what later ones use
        each = _seconds_each(encoder, texts, _MEASURED)
        if each * _CHUNK < _MOST_MEASURING_SECONDS:  # a whole chunk tells more: its texts stand by their lengths
            each = _seconds_each(encoder, texts, _CHUNK)
        return loading + each * len(texts)


def _seconds_each(encoder: SentenceEncoder, texts: Sequence[str], count: int) -> float:
    some = texts[:: max(1, len(texts) // count)][:count]
    began = time.perf_counter()
    _encoded(encoder, some, _silent)
    return (time.perf_counter() - began) / len(some)


def _encoded(encoder: SentenceEncoder, texts: Sequence[str], tell: Callable[[Mapping[str, Any]], None]) -> Array:
    parts: list[Array] = []
    for start in range(0, len(texts), _CHUNK):
        rows = [encoder.row(text, {"truncate": True}) for text in texts[start : start + _CHUNK]]
        parts.append(np.stack(vectors(encoder, rows)).astype(np.float32))
        tell({"texts": min(len(texts), start + _CHUNK), "of": len(texts)})
    return normalized(np.concatenate(parts))


def _silent(figures: Mapping[str, Any]) -> None:
    """Nobody needs to hear of a measure."""
