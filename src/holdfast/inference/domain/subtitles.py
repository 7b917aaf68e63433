"""Subtitles: what was said, with its times, as SubRip and WebVTT files. Pure.

Source: w3.org/TR/webvtt1; SubRip has no specification: its times have a comma, and its blocks are numbered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SUBTITLES = {"srt": "application/x-subrip", "vtt": "text/vtt"}
"""Their media types."""


@dataclass(frozen=True)
class TimedPiece:
    """A piece of what was said."""

    text: str
    start_seconds: float
    end_seconds: float


def timed_pieces(chunks: Iterable[Mapping[str, Any]]) -> list[TimedPiece]:
    """Chunks of automatic-speech-recognition. Where a model does not say when one ends, it ends as it begins."""
    found: list[TimedPiece] = []
    for chunk in chunks:
        start, end = chunk["timestamp"]
        begins = float(start if start is not None else found[-1].end_seconds if found else 0.0)
        found.append(TimedPiece(str(chunk["text"]), begins, float(end if end is not None else begins)))
    return found


def subtitles(pieces: Sequence[TimedPiece], kind: str) -> str:
    """A subtitle file of kind `srt` or `vtt`."""
    mark, head = (",", []) if kind == "srt" else (".", ["WEBVTT\n"])
    blocks = []
    for number, piece in enumerate(pieces, 1):
        times = f"{_time(piece.start_seconds, mark)} --> {_time(piece.end_seconds, mark)}"
        text = " ".join(piece.text.replace("-->", "→").split())
        blocks.append("\n".join([*([str(number)] if kind == "srt" else []), times, text]) + "\n")
    return "\n".join([*head, *blocks])


def _time(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"
