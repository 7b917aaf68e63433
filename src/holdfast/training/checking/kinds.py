"""What the values of a column are, judged by the values and, where they leave it open, by the name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from holdfast.training.domain.data import ColumnKind

_IMAGE_NAMES = re.compile(r"\.(?:png|jpe?g|gif|webp|bmp|tiff?)$", re.I)
_AUDIO_NAMES = re.compile(r"\.(?:wav|mp3|flac|ogg|m4a|opus)$", re.I)
_IMAGE_BYTES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_AUDIO_BYTES = (b"ID3", b"fLaC", b"OggS", b"\xff\xfb", b"\xff\xf3")
_ID_NAMES = re.compile(r"(^|_)(id|ids|uuid|guid|key|rownames|row_?num(ber)?|index|idx|serial|unnamed.*|nr|no)$")
_TIME_NAMES = re.compile(r"(^|_)(year|month|week|day|hour|minute|date|time|timestamp|t|age|step)$")
_YES_NO = {"true", "false", "yes", "no", "y", "n", "t", "f", "ja", "nein", "oui", "non", "si", "sí", "on", "off"}


@dataclass(frozen=True)
class Judgement:
    """A column's kind, and how sure that is (0 to 1)."""

    kind: ColumnKind
    confidence: float


def snake(name: str) -> str:
    """`PassengerId`, `customer-ID` → `passenger_id`, `customer_id`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s\-.]+", "_", name.strip())
    return re.sub(r"_+", "_", spaced).lower()


def kind_of_numbers(values: pd.Series, name: str) -> Judgement:
    """Kind of a column that holds numbers, with NaN where none is known."""
    known = values.to_numpy(dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return Judgement(ColumnKind.EMPTY, 1.0)
    if not bool((known == np.floor(known)).all()):
        return Judgement(ColumnKind.NUMBER, 0.98)
    plain = snake(name)
    distinct = len(np.unique(known))
    if not _TIME_NAMES.search(plain):
        if distinct == len(known) and _ID_NAMES.search(plain):
            return Judgement(ColumnKind.IDENTIFIER, 0.97)
        if len(known) >= 20 and bool((np.diff(known) == 1).all()):
            return Judgement(ColumnKind.IDENTIFIER, 0.85)
        if distinct > max(20, 0.02 * len(known)) and re.search(r"(^|_)(id|uuid|guid)$", plain):
            return Judgement(ColumnKind.IDENTIFIER, 0.9)
    return Judgement(ColumnKind.NUMBER, 0.8 if distinct <= 5 < len(known) else 0.98)


def kind_of_texts(values: pd.Series, name: str) -> Judgement:
    """Kind of a column that holds texts and no numbers or dates."""
    known = values.dropna()
    if known.empty:
        return Judgement(ColumnKind.EMPTY, 1.0)
    different = pd.Series(known.unique(), dtype=object)
    if set(different.head(3).str.casefold()) <= _YES_NO and len(different) <= 2:
        return Judgement(ColumnKind.BOOLEAN, 0.95)
    sample = different.head(2000)
    for pattern, kind in ((_IMAGE_NAMES, ColumnKind.IMAGE), (_AUDIO_NAMES, ColumnKind.AUDIO)):
        if sample.str.contains(pattern).mean() > 0.9:
            return Judgement(kind, 0.9)
    return _of_words(sample, len(different) / len(known), len(known), snake(name))


def _of_words(sample: pd.Series, variety: float, rows: int, name: str) -> Judgement:
    words = sample.str.count(r"\s+") + 1
    single = float((words == 1).mean())
    if single > 0.95 and variety > 0.95 and rows >= 10:
        return Judgement(ColumnKind.IDENTIFIER, 0.95 if _ID_NAMES.search(name) else 0.75)
    if single > 0.95 and rows >= 20 and len(sample) > 20 and re.search(r"(^|_)(id|uuid|guid)$", name):
        return Judgement(ColumnKind.IDENTIFIER, 0.9)
    length = float(sample.str.len().mean())
    many = len(sample) > 20 or variety > 0.5
    if words.mean() >= 3 and (variety > 0.3 or (length > 40 and many)):
        return Judgement(ColumnKind.TEXT, min(0.99, 0.6 + variety * 0.4))
    if words.mean() >= 2 and variety > 0.9 and rows >= 20:
        return Judgement(ColumnKind.TEXT, 0.6)
    return Judgement(ColumnKind.CATEGORY, 0.95 if variety < 0.1 else 0.7)


def kind_of_objects(values: pd.Series) -> Judgement | None:
    """Kind of a column that holds bytes, lists or records; None where it holds texts and numbers."""
    sample = values.dropna().head(200)
    if sample.empty:
        return Judgement(ColumnKind.EMPTY, 1.0)
    kinds = [kind_of_object(value) for value in sample]
    best = max(set(kinds), key=kinds.count, default=None)
    if best is None:
        return None
    return Judgement(best, kinds.count(best) / len(kinds))


def kind_of_object(value: Any) -> ColumnKind | None:
    """Kind of one value; None for texts, numbers and dates."""
    if isinstance(value, bytes | bytearray):
        return _kind_of_bytes(bytes(value[:16]))
    if isinstance(value, dict):
        inner = value.get("bytes")
        if isinstance(inner, bytes):
            return _kind_of_bytes(inner[:16])
        return ColumnKind.AUDIO if {"array", "sampling_rate"} <= value.keys() else ColumnKind.RECORD
    return ColumnKind.LIST if isinstance(value, list | tuple | np.ndarray) else None


def _kind_of_bytes(head: bytes) -> ColumnKind:
    if head.startswith(b"RIFF"):
        return ColumnKind.IMAGE if head[8:12] == b"WEBP" else ColumnKind.AUDIO
    if head.startswith(_AUDIO_BYTES):
        return ColumnKind.AUDIO
    return ColumnKind.IMAGE if head.startswith(_IMAGE_BYTES) else ColumnKind.RECORD


def is_readable_media(value: Any) -> bool:
    """Whether bytes begin as a picture or a sound does; paths and arrays pass."""
    inner = value.get("bytes") if isinstance(value, dict) and value.get("bytes") else value
    if not isinstance(inner, bytes | bytearray):
        return not isinstance(inner, str) or bool(inner.strip())
    return _kind_of_bytes(bytes(inner[:16])) is not ColumnKind.RECORD
