"""Python's pickles, PyTorch's `.bin` and `.pt` among them: what they would import, as `scanning` reads it."""

from __future__ import annotations

from holdfast.scanning.pickles import is_pickle, scan_pickles
from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.viewer.readers.archives import open_archive

SUFFIXES = frozenset(("bin", "pt", "pth", "ckpt", "pkl", "pickle", "joblib", "dill"))
_ALWAYS = frozenset(("pkl", "pickle", "dill", "joblib"))
"""Pickles of Python 2 have no mark at their start, and some are compressed."""


def preview(file: PreviewedFile) -> Preview | None:
    """The imports; None when the file holds no pickle."""
    if file.suffix not in _ALWAYS and not is_pickle(file.start(2)) and not _is_model_archive(file):
        return None
    scan = scan_pickles(file.source)
    imports = [
        {"module": found.module, "name": found.name, "safety": found.level.name.lower()} for found in scan.imports
    ]
    return Preview("pickle", {"imports": imports, "safety": scan.level.name.lower(), "problem": scan.problem})


def _is_model_archive(file: PreviewedFile) -> bool:
    archive = open_archive(file.source) if file.start(2) == b"PK" else None
    return archive is not None and any(entry.filename.endswith("data.pkl") for entry in archive.infolist())
