"""From vectors of tokens to one vector for the text. Pure numpy; T tokens, D dimensions.

Source: sentence-transformers, models/Pooling.py, for the names and meanings of the modes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def pool(tokens_TD: Array, mode: str) -> Array:  # noqa: N803 - dimensions in the name
    """One vector of D numbers.

    Args:
        tokens_TD: vectors of the text's own tokens, without padding.
        mode: `cls`, `mean`, `max`, `mean_sqrt_len`, `weightedmean` or `lasttoken`.
    """
    if mode == "cls":
        return np.asarray(tokens_TD[0])
    if mode == "lasttoken":
        return np.asarray(tokens_TD[-1])
    if mode == "max":
        return np.asarray(tokens_TD.max(axis=0))
    if mode == "weightedmean":
        weights = np.arange(1, len(tokens_TD) + 1, dtype=tokens_TD.dtype)
        return np.asarray(weights @ tokens_TD / weights.sum())
    divisor = np.sqrt(len(tokens_TD)) if mode == "mean_sqrt_len" else len(tokens_TD)
    return np.asarray(tokens_TD.sum(axis=0) / divisor)


def normalized(vectors: Array) -> Array:
    """Vectors of length one along the last dimension; a vector of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))
