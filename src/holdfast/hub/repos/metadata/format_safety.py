"""What the name of a file says about loading it: some formats hold code that runs, some hold numbers only.

It judges names, not contents: nothing here has looked into the file.
Source: Python's documentation of pickle; PyTorch's of `torch.load`; the safetensors and GGUF format descriptions.
"""

from __future__ import annotations

import re
from enum import Enum


class FormatSafety(Enum):
    """What loading a file of this format may do."""

    RUNS_CODE = "runs-code"
    """Python's pickle, in whatever package: loading it can run anything."""
    MAY_RUN_CODE = "may-run-code"
    """Often numbers only, sometimes a pickle: the name does not tell."""
    SAFE = "safe"
    """Numbers and names only."""


_PICKLES = frozenset(("pkl", "pickle", "pt", "pth", "ckpt", "joblib", "dill", "pt2", "mar"))
_TORCH_BIN = re.compile(
    r"(pytorch_model|adapter_model|diffusion_pytorch_model|training_args|optimizer|scheduler|rng_state)[^/]*\.bin", re.I
)
_MAYBE = frozenset(("bin", "npy", "npz", "data"))
_SAFE = frozenset(("safetensors", "gguf"))


def format_safety(path: str) -> FormatSafety | None:
    """Judge a file by its name; None where the name says nothing."""
    name = path.rpartition("/")[2].lower()
    suffix = name.rpartition(".")[2] if "." in name else ""
    if suffix in _SAFE:
        return FormatSafety.SAFE
    if suffix in _PICKLES or _TORCH_BIN.fullmatch(name):
        return FormatSafety.RUNS_CODE
    return FormatSafety.MAY_RUN_CODE if suffix in _MAYBE else None
