"""Folders and ZIP files of pictures or sounds: a folder for each class, or a metadata file that names them."""

from __future__ import annotations

import stat
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.training.reading import tables

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
_SOUNDS = frozenset({".wav", ".flac", ".ogg", ".mp3"})
_METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
_PARTS = {"train": "train", "training": "train", "test": "test"}
_MOST_BYTES = 8 * 1024**3
_MOST_FILES = 500_000


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A ZIP file as a folder, while it is needed.

    Raises:
        InvalidInput: damaged, far too large, encrypted, or with names that lead out of the folder.
    """
    with tempfile.TemporaryDirectory(prefix="holdfast-zip-") as name:
        _unpack(path, Path(name))
        yield _without_wrapping(Path(name))


@contextmanager
def all_unpacked(paths: Sequence[Path], folder: Path) -> Iterator[Path]:
    """ZIP files as one folder while it is needed: a single one as it is, several each below its name (`train.zip`).

    Args:
        paths: of the ZIP files; where there are none, `folder` is given back.
        folder: that they lie in.

    Raises:
        InvalidInput: see `unpacked`.
    """
    if not paths:
        yield folder
    elif len(paths) == 1:
        with unpacked(paths[0]) as place:
            yield place
    else:
        with tempfile.TemporaryDirectory(prefix="holdfast-zip-") as name:
            for path in paths:
                _unpack(path, Path(name) / path.stem)
            yield Path(name)


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path.name)
            archive.extractall(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise InvalidInput(field="data", problem=f"cannot be read: {path.name}: {str(error)[:200]}") from None


def _without_wrapping(folder: Path) -> Path:
    """The only folder of a folder: many ZIP files hold one that is named as they are."""
    inside = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX"))]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() and inside[0].name not in _PARTS else folder


def _check(archive: zipfile.ZipFile, name: str) -> None:
    entries = archive.infolist()
    if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise InvalidInput(
            field="data", problem=f"is too large: {name} holds more than {_MOST_BYTES >> 30} GB or {_MOST_FILES} files"
        )
    for entry in entries:
        parts = Path(entry.filename).parts
        if entry.filename.startswith(("/", "\\")) or ".." in parts or stat.S_ISLNK(entry.external_attr >> 16):
            raise InvalidInput(
                field="data", problem=f"cannot be read: {name} has the unsafe name {entry.filename[:80]}"
            )


def media_parts(folder: Path) -> dict[str, pd.DataFrame]:
    """Rows of pictures or sounds by part (`train`, `test`): their bytes, and `label` or what the metadata says.

    Empty where the folder holds neither.
    """
    named = {_PARTS[entry.name.lower()]: entry for entry in sorted(folder.iterdir()) if _is_part(entry)}
    found = {part: _media(place) for part, place in (named or {"train": folder}).items()}
    return {part: frame for part, frame in found.items() if frame is not None}


def _is_part(entry: Path) -> bool:
    return entry.is_dir() and entry.name.lower() in _PARTS


def _media(folder: Path) -> pd.DataFrame | None:
    metadata = next((folder / name for name in _METADATA if (folder / name).is_file()), None)
    if metadata is not None:
        return _with_metadata(folder, metadata)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PICTURES | _SOUNDS)
    labelled = [path for path in files if path.parent != folder and not _is_litter(path.relative_to(folder))]
    if not labelled:
        return None
    column = _column(labelled[0])
    rows = {column: [path.read_bytes() for path in labelled], "label": [path.parent.name for path in labelled]}
    return pd.DataFrame(rows)


def _is_litter(path: Path) -> bool:
    """What macOS puts beside each file, and hidden folders."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _with_metadata(folder: Path, metadata: Path) -> pd.DataFrame:
    readers = {".jsonl": tables.read_json, ".csv": tables.read_delimited, ".parquet": tables.read_parquet}
    frame = readers[metadata.suffix](metadata)
    if "file_name" not in frame.columns:
        raise InvalidInput(field="data", problem=f"cannot be read: {metadata.name} has no column file_name")
    paths = [folder / str(name) for name in frame["file_name"]]
    for path in paths:
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise InvalidInput(field="data", problem=f"lacks the file {path.name} that {metadata.name} names")
    column = _column(paths[0]) if paths else "image"
    return frame.drop(columns="file_name").assign(**{column: [path.read_bytes() for path in paths]})


def _column(path: Path) -> str:
    return "audio" if path.suffix.lower() in _SOUNDS else "image"
