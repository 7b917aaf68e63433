"""What made a model: versions, the machine."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_LIBRARIES = (
    *("holdfast", "numpy", "pandas", "pyarrow", "scikit-learn", "skops", "optuna", "lightgbm", "xgboost-cpu", "torch"),
    *("transformers", "tokenizers", "sentence-transformers", "setfit", "trl", "peft", "accelerate", "safetensors"),
    *("stable-baselines3", "gymnasium", "huggingface_hub", "matplotlib"),
)


def environment() -> dict[str, str]:
    """Versions by name, those that are installed, and the machine in words."""
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
