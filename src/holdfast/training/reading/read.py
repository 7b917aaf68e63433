"""Rows of whatever a `DataSource` names: a file, a folder, an archive, a dataset of the Hub."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.specification import DataSource
from holdfast.training.reading import archives, datasets, tables, texts

_PARQUET_MARK = b"PAR1"
_ZIP_MARK = b"PK\x03\x04"
_WORKBOOK = "xl/workbook.xml"
_CHUNK = 1 << 20


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

    Args:
        source: what to read.
        access_token: of the Hub; None takes the one that its client knows.

    Raises:
        InvalidInput: there is nothing there, or nothing that can be read; says what.
        NotInstalled: a library for this kind of file is missing.
    """
    if source.repo_id is not None:
        folder, commit = datasets.fetch(source, access_token)
        return _folder(folder, source, source.repo_id, commit)
    path = Path(source.path or "")
    if source.path is None or not path.exists():
        raise InvalidInput(field="data", problem=f"is not there: {source.path}")
    if path.is_dir():
        return _folder(path, source, path.name)
    if _is_archive(path):
        with archives.unpacked(path) as folder:
            return _folder(folder, source, path.name, fingerprint(path))
    return Rows(read_file(path), None, path.name, fingerprint(path))


def without_rows(source: DataSource) -> Rows:
    """What a task reads that learns by trying: nothing. The source names an environment."""
    name = source.path or ""
    return Rows(pd.DataFrame(), None, name, name)


def _folder(folder: Path, source: DataSource, name: str, mark: str | None = None) -> Rows:
    """A table in each file, by parts; else pictures or sounds by class or with metadata, packed or not; else texts."""
    mark = mark or fingerprint(folder)
    packed = (
        [] if datasets.has_tables(folder) else [path for path in sorted(folder.rglob("*.zip")) if _is_archive(path)]
    )
    with archives.all_unpacked(packed, folder) as place:
        return _rows(_frames(place, source), name, mark)


def _frames(folder: Path, source: DataSource) -> dict[str, pd.DataFrame]:
    media = {} if datasets.has_tables(folder) else archives.media_parts(folder)
    if media:
        return media if source.split is None else {"train": _split(media, source.split)}
    parts = datasets.parts_of(folder, source)
    return {part: _together([read_file(path) for path in paths]) for part, paths in parts.items()}


def _split(parts: dict[str, pd.DataFrame], split: str) -> pd.DataFrame:
    if split not in parts:
        raise InvalidInput(field="data.split", problem=f"must be one of {', '.join(parts)}")
    return parts[split]


def _rows(frames: dict[str, pd.DataFrame], name: str, mark: str) -> Rows:
    if "train" not in frames and "test" in frames and len(frames) == 1:
        frames = {"train": frames["test"]}
    if "train" not in frames:
        raise InvalidInput(field="data", problem=f"has no part to train on; there are {', '.join(frames) or 'none'}")
    return Rows(frames["train"], frames.get("test"), name, mark)


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _is_archive(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return _WORKBOOK not in archive.namelist()


def read_file(path: Path) -> pd.DataFrame:
    """One file with rows, recognised by what is in it.

    Raises:
        InvalidInput: it holds no rows that can be read.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(_PARQUET_MARK):
        return tables.read_parquet(path)
    if start.startswith(_ZIP_MARK):
        return tables.read_excel(path)
    suffix = path.suffix.lower()
    if suffix in (".json", ".jsonl", ".ndjson") or start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return texts.squad_rows(tables.read_json(path))
    if suffix in (".conll", ".conllu", ".iob", ".bio"):
        return texts.read_conll(path)
    if suffix in (".txt", ".md", ".text"):
        return texts.read_text(path)
    return tables.read_delimited(path)


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, or of the names and bytes of all files of a folder."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(found for found in path.rglob("*") if found.is_file()):
        if path.is_dir():
            digest.update(str(file.relative_to(path)).encode())
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
