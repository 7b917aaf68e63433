"""Tiny models of scikit-learn as skops files, and policies. Needs scikit-learn, skops, pandas and safetensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from safetensors.numpy import save_file
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FRAME = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "b": [5.0, 4.0, 4.0, 2.0, 1.0, 0.0]})
LABELS = ["low", "low", "low", "high", "high", "high"]


def classifier(folder: Path) -> Path:
    """Two labels by two columns."""
    return save(make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, LABELS), folder)


def regressor(folder: Path) -> Path:
    """A number by two columns: a + 2 b."""
    return save(LinearRegression().fit(FRAME, FRAME["a"] + 2 * FRAME["b"]), folder)


def clusterer(folder: Path) -> Path:
    """Two groups."""
    return save(KMeans(2, n_init=1, random_state=0).fit(FRAME), folder)


def detector(folder: Path) -> Path:
    """Finds rows unlike the others."""
    return save(IsolationForest(n_estimators=5, random_state=0).fit(FRAME), folder)


def reducer(folder: Path) -> Path:
    """Two columns seen from their main directions."""
    return save(make_pipeline(StandardScaler(), PCA(2)).fit(FRAME), folder)


def save(model: Any, folder: Path) -> Path:
    """As skops' own tools lay out a folder."""
    skops.io.dump(model, folder / "model.skops")
    said = {"columns": ["a", "b"], "model": {"file": "model.skops"}, "model_format": "skops"}
    (folder / "config.json").write_text(json.dumps({"sklearn": said}))
    return folder


def policy(folder: Path, action: Any = None) -> Path:
    """A network of two layers that sees four numbers."""
    random = np.random.default_rng(0)
    sizes = [(8, 4), (2, 8)]
    tensors = {f"layers.{index}.weight": random.normal(size=size) for index, size in enumerate(sizes)}
    tensors |= {f"layers.{index}.bias": random.normal(size=size[0]) for index, size in enumerate(sizes)}
    save_file({name: tensor.astype(np.float32) for name, tensor in tensors.items()}, folder / "model.safetensors")
    said = {"kind": "mlp", "activation": "tanh", "observation_shape": [4]}
    action = action or {"kind": "discrete", "count": 2}
    (folder / "config.json").write_text(json.dumps({"policy": {**said, "action": action}}))
    return folder
