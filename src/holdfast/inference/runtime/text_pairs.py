"""Pairs of texts for models that can't be given two: trained and asked with the second under the first."""

from __future__ import annotations

from pathlib import Path

from holdfast.inference.runtime.checkpoints import Checkpoint

PAIRS_FILE = "pairs.json"
"""Beside a classifier of scikit-learn that learned from pairs: `{"joined_by": "\\n"}`."""
_JOINED_BY = "\n"
FORMAT = {"joined_by": _JOINED_BY}


def joined(text: str, text_pair: str) -> str:
    """Two texts as one."""
    return f"{text}{_JOINED_BY}{text_pair}"


def reads_pairs(folder: Path) -> bool:
    """Whether a classifier's folder says that it learned from pairs."""
    return Checkpoint(folder).json(PAIRS_FILE) == FORMAT
