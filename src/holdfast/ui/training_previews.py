"""What the data check said, as the wizard shows it: remarks beside the column that they are about. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.ui.formats import plural

_MENDABLE = ("number", "category", "text", "date", "boolean", "identifier")
_LITTLE, _MUCH = 50_000, 5_000_000
_SLOW_KINDS = ("text", "image", "audio", "list")


@dataclass(frozen=True)
class ColumnLine:
    """A column of the table, with the findings that are about it; `may_differ` where people may correct its kind."""

    profile: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...]
    may_differ: bool


@dataclass(frozen=True)
class LabelBar:
    """A label with its rows; `share` of the most frequent one, 0 to 100."""

    name: str
    rows: int
    share: int


@dataclass(frozen=True)
class PreviewLines:
    """The check by column, and what is about no single one."""

    columns: tuple[ColumnLine, ...]
    general: tuple[Mapping[str, Any], ...]
    labels: tuple[LabelBar, ...]
    pictures: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class TimeAdvice:
    """Minutes that are worth giving a run, and why."""

    minutes: int
    words: str


def preview_lines(found: Mapping[str, Any]) -> PreviewLines:
    """What `previewed.record_of` told; empty where nothing could be looked at."""
    findings = found.get("findings") or ()
    profiles = found.get("profiles") or ()
    names = {profile["name"] for profile in profiles}
    columns = tuple(
        ColumnLine(
            profile,
            tuple(finding for finding in findings if finding["column"] == profile["name"]),
            profile["kind"] in _MENDABLE,
        )
        for profile in profiles
    )
    general = tuple(finding for finding in findings if finding["column"] not in names)
    counts = found.get("counts") or ()
    most = max((rows for _name, rows in counts), default=0) or 1
    labels = tuple(LabelBar(name, rows, round(100 * rows / most)) for name, rows in counts)
    return PreviewLines(columns, general, labels, tuple(found.get("pictures") or ()))


def time_advice(found: Mapping[str, Any]) -> TimeAdvice | None:
    """How long is worth it: by how many values there are, and by what they are; None where nothing is known."""
    rows, profiles = found.get("rows"), found.get("profiles") or ()
    if not rows or not profiles:
        return None
    used = [profile for profile in profiles if profile["role"]]
    slow = any(profile["kind"] in _SLOW_KINDS for profile in used)
    values = rows * max(1, len(used))
    size = f"{plural(rows, 'row')} of {plural(len(used), 'column')}"
    if slow:
        return TimeAdvice(10, f"{size} with texts, pictures or sounds: networks need some minutes to pay.")
    if values <= _LITTLE:
        return TimeAdvice(1, f"{size} are few: after one minute there is little left to find.")
    if values <= _MUCH:
        return TimeAdvice(10, f"{size}: ten minutes are enough to try every kind of model.")
    return TimeAdvice(60, f"{size} are many: each trial takes a while.")
