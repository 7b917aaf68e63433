"""Many numbers for each thing become two or three, so that things can be drawn as points: alike ones near each other.

Source: scikit-learn 1.9, decomposition.PCA and manifold.TSNE.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need

Array = np.ndarray[Any, Any]
METHODS = ("pca", "tsne")
MIN_THINGS = 3
MAX_TSNE_THINGS = 2_000
"""t-SNE compares each with each, hundreds of times."""
_PERPLEXITY = 30.0


def reduced(vectors_ND: Array, dimensions: int, method: str) -> Array:
    """Coordinates of N things, N × dimensions; the same for the same vectors, each time.

    Args:
        vectors_ND: at least `MIN_THINGS` of them.
        dimensions: 2 or 3; what the vectors cannot give is 0.
        method: `pca` keeps distances on the whole, `tsne` keeps neighbours together.
    """
    if method == "tsne":
        return _neighbours(vectors_ND, dimensions)
    kept = min(dimensions, *vectors_ND.shape)
    found = need("sklearn.decomposition").PCA(kept, svd_solver="full").fit_transform(vectors_ND)
    return np.pad(found, ((0, 0), (0, dimensions - kept)))


def _neighbours(vectors_ND: Array, dimensions: int) -> Array:
    perplexity = min(_PERPLEXITY, (len(vectors_ND) - 1) / 3)
    # Begun from the main directions it is the same each time. A spread of nothing would divide by zero there.
    start = "pca" if min(vectors_ND.shape) >= dimensions and np.ptp(vectors_ND, axis=0).any() else "random"
    tsne = need("sklearn.manifold").TSNE(dimensions, perplexity=perplexity, init=start, random_state=0)
    found: Array = tsne.fit_transform(np.asarray(vectors_ND, np.float32))
    return found
