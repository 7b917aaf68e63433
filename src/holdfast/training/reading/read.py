"""Rows of whatever a `DataSource` names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.specification import DataSource
from holdfast.training.reading import tables

_PARTS = {"train": "train", "training": "train", "test": "test"}


@dataclass(frozen=True)
class Rows:
    """What was read.

    Args:
        frame: rows to train on.
        test: rows to judge by, where the source has a part of that name; None otherwise.
        name: of the source, for people.
        fingerprint: SHA-256 of the bytes, or the commit of a dataset: the same fingerprint means the same rows.
    """

    frame: pd.DataFrame
    test: pd.DataFrame | None
    name: str
    fingerprint: str


def read(source: DataSource, access_token: str | None = None) -> Rows:
    """Read a file, a folder, or a dataset of the Hub.

    Raises:
        InvalidInput: there is nothing there, or nothing that can be read; says what.
        NotInstalled: a library for this kind of file is missing.
    """
    path = Path(source.path or "")
    if source.path is None or not path.exists():
        raise InvalidInput(field="data", problem=f"is not there: {source.path}")
    frame = read_file(path)
    return Rows(frame, None, path.name, hashlib.sha256(path.read_bytes()).hexdigest())


def read_file(path: Path) -> pd.DataFrame:
    """One file."""
    return tables.read_delimited(path)
