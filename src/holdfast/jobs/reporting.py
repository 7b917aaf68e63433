"""For the command of a job: tell how far it is. Standard library only; outside of a job, nothing happens.

    from holdfast.jobs import reporting
    reporting.progress(0.4, "Trying gradient boosting", eta_seconds=36)

What is written goes, one JSON object a line, to the file that HOLDFAST_JOB_EVENTS names.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVENTS = "HOLDFAST_JOB_EVENTS"
ARTEFACTS = "HOLDFAST_JOB_ARTEFACTS"
ATTEMPT = "HOLDFAST_JOB_ATTEMPT"


def progress(fraction: float, sentence: str | None = None, eta_seconds: float | None = None) -> None:
    """Say how far the job is, 0 to 1; what it does, for people; and how long it still takes."""
    report({"progress": fraction, "sentence": sentence, "eta_seconds": eta_seconds})


def refuse(sentence: str) -> None:
    """Say why no attempt can succeed: when the command now fails, the job ends, whatever attempts are left."""
    report({"refused": sentence})


def metric(values: Mapping[str, Any]) -> None:
    """Tell numbers, for instance `{"step": 10, "loss": 0.3}`."""
    report({"metric": dict(values)})


def artefact(path: Path | str, name: str | None = None) -> Path | None:
    """Keep a copy of a file with the job, under `name` (its own by default); None outside of a job."""
    folder = artefact_folder()
    if folder is None:
        return None
    source = Path(path)
    target = folder / (name or source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.resolve() != target.resolve():
        shutil.copyfile(source, target)
    report({"artefact": str(target.relative_to(folder))})
    return target


def artefact_folder() -> Path | None:
    """Where files that are to stay with the job belong; None outside of a job."""
    folder = os.environ.get(ARTEFACTS)
    return Path(folder) if folder else None


def attempt() -> int:
    """1 for the first start of the command; more when it goes on in the folder of the one before."""
    return int(os.environ.get(ATTEMPT, "1"))


def job() -> tuple[str, str] | None:
    """The namespace and id of the job that this is the command of; None outside of a job."""
    namespace, job_id = os.environ.get("JOB_NAMESPACE"), os.environ.get("JOB_ID")
    return (namespace, job_id) if namespace and job_id else None


def memory_mb() -> int | None:
    """What the job may take; None outside of a job, and where it may take everything."""
    said = os.environ.get("MEMORY", "") if job() else ""
    return int(said.removesuffix("Mi")) if said.removesuffix("Mi").isdecimal() else None


def report(fields: Mapping[str, Any]) -> None:
    """Write one line. It is one write, so that processes of a job may report at the same time."""
    path = os.environ.get(EVENTS)
    if not path:
        return
    line = json.dumps(dict(fields), default=str).encode() + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
