"""Runs of a server: each is a job of kind `training`, whose command carries out a spec and pushes what comes out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from holdfast.accounts.auditing import AuditAction
from holdfast.base.errors import Conflict, NotFound, RepoExists
from holdfast.base.identity import Actor
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import CommitHeader
from holdfast.hub.repos.service.lifecycle import RepoLifecycle
from holdfast.hub.repos.service.uploading import ReceivedFile, UploadService
from holdfast.jobs.domain.jobs import Job, JobPage, JobSpec
from holdfast.jobs.service import JobServices
from holdfast.training.domain import runs
from holdfast.training.domain.runs import Request, RunBoard, Target
from holdfast.training.domain.spec_files import parse, spec_of, write_spec
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.search.choosing import chosen_of

_COMMAND = (sys.executable, "-m", "holdfast.training.jobs")
_SPARE_SECONDS = 1_800
_ATTEMPTS = 3
_AROUND_A_TRIAL_MB = 1_024
"""A trial that takes more than it may ends alone: what looks after it has memory of its own."""
_LARGEST_REPORT_BYTES = 64 * 1024 * 1024
_MAIN = "main"
_TO_ITS_REPO = Target()


@dataclass(frozen=True)
class TrainingRun:
    """A run as it is now.

    Args:
        job: that carries it out; its stage, progress and message say how far it is.
        spec: what was asked for.
        board: what it told.
        report: as `reporting.records.record_of` has it; None until there is one.
    """

    job: Job
    spec: TrainingSpec
    board: RunBoard
    report: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class TrainingService:
    """Starts runs and looks after them."""

    jobs: JobServices
    lifecycle: RepoLifecycle
    uploads: UploadService

    def start_run(
        self, actor: Actor, namespace: str, spec: Mapping[str, Any], upload: ReceivedFile | None = None
    ) -> Job:
        """Start a run; its model goes to a repo of the namespace.

        Args:
            actor: the caller.
            namespace: that the run belongs to.
            spec: as people write it; its data are a dataset of this Hub, unless a file is uploaded.
            upload: a file to train on; it becomes a private dataset of the namespace, named as the file is.

        Raises:
            LoginRequired, NotFound, Forbidden: see `Jobs.run_job`.
            InvalidInput: a spec that no server runs; names the field.
        """
        wanted = runs.admitted(Request(spec, f"{namespace}/{_dataset_name(upload)}" if upload else None), namespace)
        if upload is not None:
            self.keep_upload(actor, namespace, upload)
        return self.jobs.jobs.run_job(actor, namespace, _job_of(wanted))

    def keep_upload(self, actor: Actor, namespace: str, upload: ReceivedFile) -> RepoId:
        """An uploaded file as a private dataset: what was trained on stays, and can be trained on again.

        Raises:
            LoginRequired, NotFound, Forbidden: see `RepoLifecycle.create_repo`.
            InvalidInput: a path that no repo may have.
        """
        repo_id = RepoId(namespace, _dataset_name(upload))
        with suppress(RepoExists):  # a new version of the same file is a new commit
            self.lifecycle.create_repo(actor, RepoType.DATASET, repo_id, private=True)
        header = CommitHeader(f"Upload {upload.path}", "For training.", None)
        self.uploads.commit_files(actor, RepoType.DATASET, repo_id, _MAIN, header, [upload])
        return repo_id

    def get_run(self, actor: Actor, namespace: str, run_id: str) -> TrainingRun:
        """One run with its board, and its report once there is one.

        Raises:
            LoginRequired, NotFound: see `Jobs.get_job`; also for a job that is no run.
        """
        job = self._job(actor, namespace, run_id)
        events = self.jobs.jobs.read_events(actor, namespace, run_id)
        board = runs.board_of(event.fields for event in events)
        return TrainingRun(job, _spec_of(job), board, self._report(actor, namespace, run_id))

    def list_runs(self, actor: Actor, namespace: str, *, cursor: str | None = None, limit: int = 100) -> JobPage:
        """A namespace's runs, newest first. Errors as `Jobs.list_jobs`."""
        return self.jobs.jobs.list_jobs(actor, namespace, labels=(runs.LABEL,), cursor=cursor, limit=limit)

    def deploy_trial(
        self, actor: Actor, namespace: str, run_id: str, number: int, target: Target = _TO_ITS_REPO
    ) -> Job:
        """Make another trial of a finished run the served model: a run of that trial alone.

        It is fitted again as the end of a search does, judged by the same sealed rows, pushed as a new commit, and done
        when it has answered.

        Args:
            actor: the caller.
            namespace: that the run belongs to.
            run_id: of the run.
            number: of the trial on its board.
            target: where the model goes.

        Raises:
            LoginRequired, NotFound, Forbidden: see `Jobs.run_job`; also for a job that is no run.
            Conflict: the run has not finished.
            InvalidInput: a trial that came to no score, or no place for the model.
        """
        self._changeable(actor, namespace, run_id)
        run = self.get_run(actor, namespace, run_id)
        if run.report is None:
            raise Conflict(reason="Trials can be deployed once their run has finished with a report.")
        chosen = chosen_of(list(run.report.get("trials") or ()), number, run_id)
        wanted = runs.redeployed(spec_of(run.report["spec"]), chosen, run.job.namespace, target)
        labels = {runs.OF_LABEL: run_id, runs.TRIAL_LABEL: str(number)}
        return self.jobs.jobs.run_job(actor, namespace, _job_of(wanted, labels), AuditAction.TRIAL_DEPLOYED)

    def list_deployments(self, actor: Actor, namespace: str, run_id: str) -> list[Job]:
        """The jobs that made trials of a run the model, newest first. Errors as `Jobs.list_jobs`."""
        return self.jobs.jobs.list_jobs(actor, namespace, labels=((runs.OF_LABEL, run_id),)).jobs

    def stop_and_keep_best(self, actor: Actor, namespace: str, run_id: str) -> Job:
        """End the search of a run soon: what is best by then is finished, judged and pushed. Errors as `cancel`."""
        job = self._changeable(actor, namespace, run_id)
        labels = {**job.spec.labels, runs.STOP_LABEL: "1"}
        return self.jobs.jobs.update_labels(actor, namespace, run_id, labels)

    def cancel(self, actor: Actor, namespace: str, run_id: str) -> Job:
        """End a run and keep nothing.

        Raises:
            LoginRequired, NotFound, Forbidden: see `Jobs.cancel_job`.
        """
        self._changeable(actor, namespace, run_id)
        return self.jobs.jobs.cancel_job(actor, namespace, run_id)

    def _changeable(self, actor: Actor, namespace: str, run_id: str) -> Job:
        """The run, if the actor may end it: what people may do comes before what there is."""
        jobs = self.jobs.jobs
        creator = jobs.get_job(actor, namespace, run_id).creator
        with jobs.database.read() as connection:
            jobs.gate.check_change(connection, actor, jobs.gate.runnable(connection, actor, namespace), creator)
        return self._job(actor, namespace, run_id)

    def _job(self, actor: Actor, namespace: str, run_id: str) -> Job:
        job = self.jobs.jobs.get_job(actor, namespace, run_id)
        if job.spec.kind != runs.KIND:
            raise NotFound(what="This run")
        return job

    def _report(self, actor: Actor, namespace: str, run_id: str) -> Mapping[str, Any] | None:
        files = {file.path: file for file in self.jobs.jobs.list_artefacts(actor, namespace, run_id)}
        found = files.get(runs.REPORT_FILE)
        if found is None or found.size_bytes > _LARGEST_REPORT_BYTES:
            return None
        with self.jobs.jobs.open_artefact(actor, namespace, run_id, runs.REPORT_FILE) as file:
            report: Mapping[str, Any] = orjson.loads(file.read())
        return report


def _dataset_name(upload: ReceivedFile | None) -> str:
    """A repo name of a file's name: `my churn.csv` is `my-churn`."""
    assert upload is not None
    stem = upload.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    words = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in stem)
    return words.strip("-_")[:80] or "upload"


def _job_of(spec: TrainingSpec, labels: Mapping[str, str] | None = None) -> JobSpec:
    return JobSpec(
        kind=runs.KIND,
        command=_COMMAND,
        environment={"OMP_NUM_THREADS": "1"},
        files={runs.SPEC_FILE: write_spec(spec)},
        timeout_seconds=int(2 * spec.budget.seconds) + _SPARE_SECONDS,
        labels={**dict([runs.LABEL]), "task": spec.task, "model": spec.output.repo_id or "", **(labels or {})},
        max_attempts=_ATTEMPTS,
        memory_mb=None if spec.budget.memory_mb is None else spec.budget.memory_mb + _AROUND_A_TRIAL_MB,
    )


def _spec_of(job: Job) -> TrainingSpec:
    return spec_of(parse(job.spec.files[runs.SPEC_FILE]))
