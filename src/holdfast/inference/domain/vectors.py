"""Vectors of texts as APIs of embeddings want them. Pure: numpy only."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np


def sentence_vectors(answer: Sequence[Any]) -> list[Any]:
    """One vector per text, from what feature-extraction answers to a list of texts.

    A plain transformer gives one per token; their mean stands for the text.
    Source: sentence-transformers, which does the same with models that say nothing of pooling.
    """
    return [np.mean(np.asarray(rows, np.float32), axis=0).tolist() if _is_nested(rows) else rows for rows in answer]


def openai_embedding(index: int, vector: Sequence[float], written: str) -> dict[str, Any]:
    """A row of OpenAI's answer: numbers, or `base64` of them as little-endian float32."""
    value: Any = vector
    if written == "base64":
        value = base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode("ascii")
    return {"object": "embedding", "index": index, "embedding": value}


def _is_nested(rows: Sequence[Any]) -> bool:
    return bool(rows) and isinstance(rows[0], list)
