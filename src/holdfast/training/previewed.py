"""The other end of `previewing`: the process that reads a folder of data files and checks them."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

import orjson

from holdfast.base.errors import HoldfastError
from holdfast.inference.runtime.libraries import need
from holdfast.training.thumbnails import by_label

_MAX_MEMORY_BYTES = 3 * 1024**3
_MAX_CPU_SECONDS = 55
_SHOWN_ROWS = 5
_SHOWN_COLUMNS = 40
_SHOWN_LABELS = 30
_CELL = 120


def main() -> None:
    """Answer the question on standard input."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECONDS, _MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = orjson.loads(sys.stdin.buffer.read())
    try:
        answer: dict[str, Any] = {
            "check": check_folder(Path(asked["folder"]), asked["task"], asked["columns"], asked["kinds"])
        }
    except HoldfastError as error:
        answer = {"problem": error.message}
    sys.stdout.buffer.write(orjson.dumps(answer))


def check_folder(
    folder: Path, task: str, columns: dict[str, str], kinds: dict[str, str] | None = None
) -> dict[str, Any]:
    """The check of the data files of a folder, as JSON.

    Raises:
        InvalidInput: there are none that can be read.
        NotInstalled: the libraries for it are missing.
    """
    need("pandas", "Looking at data", "training")
    from holdfast.training.checking.check import check_data  # noqa: PLC0415 - heavy, and missing on a plain Hub
    from holdfast.training.domain.specification import DataSource, TrainingSpec  # noqa: PLC0415
    from holdfast.training.reading.read import read  # noqa: PLC0415

    rows = read(DataSource(path=str(folder)))
    spec = TrainingSpec(task, DataSource(path=str(folder)), columns=columns, kinds=kinds or {})
    found = check_data(rows.frame, spec, rows.test)
    return record_of(found, list(map(str, rows.frame.columns)))


def record_of(found: Any, given: list[str]) -> dict[str, Any]:
    """A `DataCheck` as JSON.

    Args:
        found: it.
        given: names of all columns as they were read.
    """
    shown = [profile.name for profile in found.profiles][:_SHOWN_COLUMNS]
    first = found.frame[shown].head(_SHOWN_ROWS) if len(found.frame) else None
    image = found.columns.get("image")
    return {
        "task": found.task,
        "reason": found.reason,
        "confidence": found.confidence,
        "verdict": found.verdict.value,
        "columns": dict(found.columns),
        "inputs": list(found.inputs[:_SHOWN_COLUMNS]),
        "labels": None if found.labels is None else list(found.labels[:50]),
        "rows": len(found.frame),
        "names": [str(name) for name in found.frame.columns] or given,
        "profiles": [_profile(profile) for profile in found.profiles[:_SHOWN_COLUMNS]],
        "findings": [_finding(finding) for finding in found.findings],
        "shown": shown,
        "first": [] if first is None else [[_cell(value) for value in row] for row in first.to_numpy(dtype=object)],
        "counts": _counts(found),
        "pictures": by_label(found.frame, image, found.columns.get("target")) if image in found.frame else [],
    }


def _counts(found: Any) -> list[list[Any]]:
    """Rows of each label, most first; empty where there are none."""
    target = found.columns.get("target")
    if found.labels is None or target not in found.frame:
        return []
    counted = found.frame[target].astype(str).value_counts()
    return [[str(label), int(rows)] for label, rows in counted.items()][:_SHOWN_LABELS]


def _profile(profile: Any) -> dict[str, Any]:
    names = ("name", "confidence", "missing", "distinct", "role")
    plain = {name: getattr(profile, name) for name in names}
    return {**plain, "kind": profile.kind.value, "examples": list(profile.examples)}


def _finding(finding: Any) -> dict[str, Any]:
    plain = {name: getattr(finding, name) for name in ("code", "sentence", "advice", "column")}
    return {**plain, "severity": finding.severity.value}


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - missing values are unlike themselves
        return ""
    if isinstance(value, bytes | bytearray):
        return f"{len(value):,} bytes"
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
