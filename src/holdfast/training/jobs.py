"""The command of a run's job: `python -m holdfast.training.jobs`, in the job's folder, with its spec beside it.

Tells the board as events, leaves the report with the job, and goes on where an attempt before it ended.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.base.errors import HoldfastError, InvalidInput, NotInstalled
from holdfast.inference.runtime.libraries import hub_failures, need
from holdfast.jobs import reporting
from holdfast.training.domain import runs
from holdfast.training.domain.events import Event, Stage
from holdfast.training.domain.reports import Report
from holdfast.training.domain.spec_files import read_spec
from holdfast.training.reporting.records import clean, record_of
from holdfast.training.running import train
from holdfast.training.search.journal import line_of

_FOLDER = Path("run")
_ASK_EVERY_SECONDS = 3.0
_FIGURES_EVERY_SECONDS = 0.5
_SHARE_OF_SEARCH = 0.95
_FINAL = (InvalidInput, NotInstalled)
"""These come again however often the run is tried."""
log = logging.getLogger(__name__)


def main() -> None:
    """Carry out the spec of this folder; the status is 1 where nothing came out, with the reason as last line."""
    spec = read_spec(Path(runs.SPEC_FILE).read_text(encoding="utf-8"))
    teller = Teller()
    try:
        report = train(spec, teller.hear, _FOLDER, stop=Stopping().asked)
    except HoldfastError as error:
        if isinstance(error, _FINAL):
            reporting.refuse(error.message)
        reporting.progress(1.0, error.message)
        sys.exit(error.message)
    _leave(report)
    reporting.progress(1.0, f"Done: {report.artefact.family}.", 0.0)


class Teller:
    """Tells what a run tells as events of its job."""

    def __init__(self) -> None:
        self._metric: str | None = None
        self._figures_at = 0.0

    def hear(self, event: Event) -> None:
        """Take what a run tells."""
        told: dict[str, Any] = {"stage": event.stage.value}
        if event.board is not None and self._metric is None:
            metric = event.board.metric
            self._metric = metric.name
            told["metric"] = {"name": metric.name, "greater_is_better": metric.greater_is_better}
        if event.message:
            told["message"] = event.message
            log.info(event.message)
        if event.started:
            number, plan = event.started
            told["running"] = {"number": number, "family": plan.family, "reason": plan.reason}
        if event.ended:
            told["trial"] = line_of(event.ended)
            log.info(_sentence(told["trial"]))
        if event.figures:
            if time.monotonic() - self._figures_at < _FIGURES_EVERY_SECONDS:
                return
            self._figures_at = time.monotonic()
            told["figures"] = dict(event.figures)
        reporting.report({"training": clean(told)})
        if not event.figures:
            _progress(event)


def _progress(event: Event) -> None:
    eta = event.seconds / event.share - event.seconds if event.share else None
    sentence = event.message or event.stage.value
    if event.stage is Stage.SEARCH and event.started:
        sentence = f"trial {event.started[0]}: {event.started[1].family}"
    reporting.progress(min(_SHARE_OF_SEARCH, event.share), sentence, eta)


def _sentence(trial: Mapping[str, Any]) -> str:
    score = "" if trial["score"] is None else f" {trial['score']:.5g}"
    return f"trial {trial['number']}: {trial['family']} {trial['status']}{score} {trial['reason']}".rstrip()


class Stopping:
    """Asks the server now and then whether somebody wants the best so far."""

    def __init__(self) -> None:
        self._asked_at = time.monotonic()
        self._said = False

    def asked(self) -> bool:
        """Whether the run was asked to stop and keep the best."""
        if self._said or time.monotonic() - self._asked_at < _ASK_EVERY_SECONDS:
            return self._said
        self._asked_at = time.monotonic()
        self._said = _is_asked()
        return self._said


def _is_asked() -> bool:
    job = reporting.job()
    if job is None:
        return False
    hub = need("huggingface_hub", "Runs of a server", "training")
    try:
        labels = hub.HfApi().inspect_job(job_id=job[1], namespace=job[0]).labels or {}
    except hub_failures() as error:  # the server restarts: it is asked again
        log.info("The server could not be asked: %s", error)
        return False
    return runs.STOP_LABEL in labels


def _leave(report: Report) -> None:
    """The report stays with the job."""
    folder = reporting.artefact_folder()
    if folder is None:
        return
    path = folder / runs.REPORT_FILE
    path.write_text(json.dumps(record_of(report, own=True), ensure_ascii=False), encoding="utf-8")
    reporting.artefact(path)
    reporting.artefact(_FOLDER / runs.PAGE_FILE)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in ("httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)  # each request of huggingface_hub would be a line
    main()
