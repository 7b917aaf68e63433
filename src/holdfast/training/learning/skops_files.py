"""Fitted scikit-learn models as skops files: no pickle, readable without running anything."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import KeysView
from pathlib import Path
from typing import Any

from holdfast.inference.runtime.libraries import skops_io

_COMPRESSION_LEVEL = 6


def write_skops(model: Any, path: Path) -> None:
    """Write a fitted model.

    Raises:
        NotInstalled: skops is missing.
    """
    skops = ready()
    skops.dump(model, path, compression=zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL)


def ready() -> Any:
    """skops.io, such that many arrays cost no more than they must.

    Before each array skops looks through a fresh list of all that are written already, which for an ensemble of forests
    takes longer than to fit it.
    """
    skops = skops_io("Writing tabular models", "training")
    sys.modules["skops.io._persist"].ZipFile = _Archive  # type: ignore[attr-defined]
    return skops


class _Archive(zipfile.ZipFile):
    """Knows at once whether it has a name."""

    def namelist(self) -> KeysView[str]:  # type: ignore[override]
        return self.NameToInfo.keys()
