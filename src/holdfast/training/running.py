"""A run from its spec to its report: read, check, split, search, finish, judge, report, and publish where asked."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from holdfast.base.errors import TrainingFailed
from holdfast.inference.runtime.libraries import need
from holdfast.jobs import reporting
from holdfast.training.checking.check import check_data
from holdfast.training.checking.result import DataCheck, nothing_to_check
from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.events import Event, Listener, Stage, silence
from holdfast.training.domain.exhibits import LearningCurve
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.runs import PAGE_FILE, REPORT_FILE
from holdfast.training.domain.spec_files import mapping_of
from holdfast.training.domain.specification import DataSource, TrainingSpec
from holdfast.training.domain.trials import Board
from holdfast.training.full_disk import is_full
from holdfast.training.growing import Means, learning_curve
from holdfast.training.publishing import publish
from holdfast.training.reading.read import Rows, read, without_rows
from holdfast.training.reporting.columns import columns_of
from holdfast.training.reporting.environment import environment
from holdfast.training.reporting.judging import judge
from holdfast.training.reporting.pages import page
from holdfast.training.reporting.records import record_of
from holdfast.training.reporting.writing import write_report
from holdfast.training.search.choosing import OneTrial
from holdfast.training.search.clock import SearchClock
from holdfast.training.search.isolation import Limits, Meter, run_apart
from holdfast.training.search.journal import Journal
from holdfast.training.search.loop import Frame, Search
from holdfast.training.search.memory import spare_mb
from holdfast.training.splitting import SEALED_SHARE, seal
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import TrialFailed

if TYPE_CHECKING:
    import pandas as pd

Result = TypeVar("Result")

_MODEL = "model"
_NO_ROOM = "The disk is full. Make room and start the run again in its folder: what is done is not done again."
_EXPLAINING = 0.3
_FOR_WRITING = 0.5
"""Of what is kept for the report, once the model is judged."""
_LONGEST_JUDGING = 2.0
"""Judging is never left out; it may take this many times the budget before it is given up."""


def train(
    spec: TrainingSpec,
    listener: Listener = silence,
    folder: Path | None = None,
    *,
    stop: Callable[[], bool] = lambda: False,
    access_token: str | None = None,
) -> Report:
    """Carry out a spec.

    Args:
        spec: what to train.
        listener: hears what happens.
        folder: of the run: journal, trials and model; one of an earlier attempt is taken up where that ended. None
            makes one among the system's temporary files.
        stop: asked again and again; True ends the search and keeps the best.
        access_token: of the Hub, to read datasets and push; None takes the one that its client knows.

    Raises:
        InvalidInput: the data can't be trained on, or the spec names what there is not; with the reason.
        UnknownTask: nothing here trains the task.
        NotInstalled: the `training` extra is missing.
        TrainingFailed: not even the simplest model could be made, or the pushed one did not answer.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="holdfast-run-"))
    try:
        return _Run(spec, listener, place, stop, access_token).report()
    except OSError as error:
        if not is_full(error):
            raise
        raise TrainingFailed(reason=_NO_ROOM) from error


class _Run:
    """A spec on its way."""

    def __init__(
        self, spec: TrainingSpec, listener: Listener, folder: Path, stop: Callable[[], bool], access_token: str | None
    ) -> None:
        self._spec, self._listener, self._folder, self._stop = spec, listener, folder, stop
        self._access_token = access_token
        self._clock = SearchClock(spec.budget.seconds)
        self._meter = Meter()
        self._seconds: dict[str, float] = {}

    def report(self) -> Report:
        """All stages in turn."""
        asked = self._spec
        rows = self._timed(Stage.READ, lambda: self._read(asked))
        self._spec = replace(asked, data=_pinned(asked.data, rows))
        data = self._timed(Stage.CHECK, lambda: self._check(rows))
        board = Board(registry.metric_of(self._spec, data), folder=self._folder / "trials")
        self._spec = replace(self._spec, metric=board.metric.name)
        journal = Journal(self._folder, {"spec": mapping_of(asked), "data": rows.fingerprint})
        search = self._timed(Stage.SEARCH, lambda: self._search(data, board, journal))
        model = Path(asked.output.folder or self._folder / _MODEL)
        artefact = self._timed(Stage.FINISH, lambda: self._finish(search, model))
        report = self._judged(rows, data, board, artefact, model)
        self._timed(Stage.REPORT, lambda: self._write(report))
        report = replace(report, seconds={**self._seconds, "all": self._clock.elapsed()})
        report = self._publish(report)
        self._say(Stage.DONE)
        return report

    def _judged(self, rows: Rows, data: TrainingData, board: Board, artefact: Artefact, model: Path) -> Report:
        """The model's answers to the sealed rows, and all that is known of the run by then."""
        judgement = self._timed(Stage.JUDGE, lambda: self._judge(artefact, model, data))
        curve = self._learning_curve(data, board)
        return Report(
            spec=self._spec,
            folder=model,
            artefact=artefact,
            board=board,
            judgement=judgement,
            baseline=None if self._spec.trial else _baseline(board),
            findings=data.findings,
            rows=(len(data.train), len(data.test)),
            data=(rows.name, rows.fingerprint),
            seconds={**self._seconds, "all": self._clock.elapsed()},
            peak_memory_mb=self._meter.peak_mb,
            columns=columns_of(data),
            curve=curve,
            environment=environment(),
            page=_page(),
        )

    def _read(self, spec: TrainingSpec) -> Rows:
        if registry.learns_from_rows(spec.task):
            return read(spec.data, self._access_token)
        return without_rows(spec.data)

    def _check(self, rows: Rows) -> TrainingData:
        if not registry.learns_from_rows(self._spec.task):
            nothing = nothing_to_check(self._spec, rows.frame)
            return nothing.training_data(rows.frame, rows.frame)
        test = self._read_test() if self._spec.test else rows.test
        checked = check_data(rows.frame, self._spec, test)
        checked.require()
        self._spec = replace(self._spec, task=checked.task, columns=dict(checked.columns))
        registry.plan_of(checked.task)
        train, sealed = self._seal(checked) if checked.test is None else (checked.frame, checked.test)
        return checked.training_data(train, sealed)

    def _read_test(self) -> pd.DataFrame:
        assert self._spec.test is not None
        rows = read(self._spec.test, self._access_token)
        self._spec = replace(self._spec, test=_pinned(self._spec.test, rows))
        return rows.frame

    def _seal(self, checked: DataCheck) -> tuple[pd.DataFrame, pd.DataFrame]:
        return seal(
            checked.frame,
            SEALED_SHARE,
            self._spec.seed,
            target=checked.columns.get("target") if checked.labels else None,
            groups=checked.groups,
            order=checked.order,
        )

    def _search(self, data: TrainingData, board: Board, journal: Journal) -> Search:
        self._clock = SearchClock(self._spec.budget.seconds, journal.elapsed + self._clock.elapsed())
        if journal.resumed:
            self._say(Stage.SEARCH, f"{journal.resumed} trials of an earlier attempt are taken up.")
        wall, cpu = time.monotonic(), time.process_time()
        trainer = registry.module_of(self._spec.task).prepare(data, self._spec)
        self._clock.notice(time.monotonic() - wall, time.process_time() - cpu)
        chosen = self._spec.trial
        frame = Frame(
            folder=self._folder,
            clock=self._clock,
            memory_mb=self._memory_mb,
            trials=self._spec.budget.trials,
            seed=self._spec.seed,
            listener=self._listener,
            stop=self._stop,
            meter=self._meter,
            first=chosen.number if chosen else 0,
        )
        search = Search(OneTrial(trainer, chosen) if chosen else trainer, board, journal, frame)
        search.run()
        return search

    @property
    def _memory_mb(self) -> int:
        return self._spec.budget.memory_mb or spare_mb()

    def _finish(self, search: Search, model: Path) -> Artefact:
        try:
            return search.finish(model)
        except TrialFailed as error:
            raise TrainingFailed(reason=f"No model could be made: {str(error).rstrip('.')}.") from error

    def _judge(self, artefact: Artefact, model: Path, data: TrainingData) -> Judgement:
        limits = Limits(_LONGEST_JUDGING * self._clock.seconds + 30, self._memory_mb)
        log = self._folder / "judge.txt"
        spec, seconds = self._spec, _EXPLAINING * self._clock.for_report
        try:
            return run_apart(lambda _tell: judge(artefact, model, data, spec, seconds), limits, log, meter=self._meter)
        except TrialFailed as error:
            raise TrainingFailed(reason=f"The model could not be judged: {str(error).rstrip('.')}.") from error

    def _learning_curve(self, data: TrainingData, board: Board) -> LearningCurve:
        """With what the budget has left over; a chosen trial was asked for as a model, not to be looked into."""
        if self._spec.trial is not None or not registry.learns_from_rows(self._spec.task):
            return LearningCurve(left_out="It is measured where a search compares models.")
        began = time.monotonic()
        spare = self._clock.until_end() - _FOR_WRITING * self._clock.for_report
        means = Means(spare, self._memory_mb, self._folder / "learning-curve", self._meter)
        found = learning_curve(data, self._spec, board, means)
        self._seconds["learning_curve"] = time.monotonic() - began
        return found

    def _write(self, report: Report) -> None:
        """In a process of its own: what draws pictures is heavy, and gone afterwards."""
        limits = Limits(_LONGEST_JUDGING * self._clock.seconds + 30, self._memory_mb)
        try:
            run_apart(lambda _tell: write_report(report), limits, self._folder / "report.txt", meter=self._meter)
        except TrialFailed as error:
            raise TrainingFailed(reason=f"The report could not be written: {error}.") from error
        record = json.dumps(record_of(report, own=True), ensure_ascii=False)
        (self._folder / REPORT_FILE).write_text(record, encoding="utf-8")
        (self._folder / PAGE_FILE).write_text(page(report, own=True), encoding="utf-8")

    def _publish(self, report: Report) -> Report:
        output = self._spec.output
        if output.repo_id is None:
            return report
        published = publish(report, self._access_token, self._say)
        return replace(report, published=published)

    def _timed(self, stage: Stage, work: Callable[[], Result]) -> Result:
        self._say(stage)
        began = time.monotonic()
        result = work()
        self._seconds[stage.name.lower()] = time.monotonic() - began
        return result

    def _say(self, stage: Stage, message: str = "") -> None:
        self._listener(Event(stage, self._clock.share, self._clock.elapsed(), message))


def _page() -> str | None:
    """Where people see this run; None outside of a server's job."""
    job = reporting.job()
    if job is None:
        return None
    endpoint = need("huggingface_hub", "Runs of a server", "training").constants.ENDPOINT
    return f"{endpoint}/training/{job[0]}/{job[1]}"


def _pinned(source: DataSource, rows: Rows) -> DataSource:
    """A dataset at the commit that was read: whoever carries out the report's spec again gets the same rows."""
    return replace(source, revision=rows.fingerprint) if source.repo_id else source


def _baseline(board: Board) -> float | None:
    """The score of what was tried first: the simplest."""
    return next((trial.outcome.score for trial in board.trials if trial.outcome), None)
