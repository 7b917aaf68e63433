"""A run from its spec to its report: read, check, split, search, finish, judge."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from holdfast.base.errors import InvalidInput
from holdfast.training.checking.check import check_data
from holdfast.training.checking.result import DataCheck
from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.events import Event, Listener, Stage, silence
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board
from holdfast.training.reading.read import Rows, read
from holdfast.training.reporting.judging import judge
from holdfast.training.search.clock import SearchClock
from holdfast.training.search.isolation import Limits, run_apart
from holdfast.training.search.journal import Journal
from holdfast.training.search.loop import Frame, Search
from holdfast.training.search.memory import spare_mb
from holdfast.training.splitting import SEALED_SHARE, seal
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import TrialFailed

_MODEL = "model"
_JUDGE_AT_LEAST_SECONDS = 20.0


def train(
    spec: TrainingSpec,
    listener: Listener = silence,
    folder: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Carry out a spec.

    Args:
        spec: what to train.
        listener: hears what happens.
        folder: of the run: journal, trials and model; one of an earlier attempt is taken up where that ended. None
            makes one among the system's temporary files.
        stop: asked again and again; True ends the search and keeps the best.

    Raises:
        InvalidInput: the data can't be trained on, or the spec names what there is not; with the reason.
        UnknownTask: nothing here trains the task.
        NotInstalled: the `training` extra is missing.
        TrainingFailed: not even the simplest model could be made.
    """
    return _Run(spec, listener, folder or Path(tempfile.mkdtemp(prefix="holdfast-run-")), stop).report()


class _Run:
    def __init__(self, spec: TrainingSpec, listener: Listener, folder: Path, stop: Callable[[], bool]) -> None:
        self._spec, self._listener, self._folder, self._stop = spec, listener, folder, stop
        self._began = time.monotonic()
        self._clock = SearchClock(spec.budget.seconds)
        self._seconds: dict[str, float] = {}

    def report(self) -> Report:
        rows = self._timed(Stage.READ, lambda: read(self._spec.data))
        checked, data = self._timed(Stage.CHECK, lambda: self._check(rows))
        spec = self._spec
        board = Board(registry.metric_of(spec, data), folder=self._folder / "trials")
        spec = self._spec = replace(spec, metric=board.metric.name)
        search = self._timed(Stage.SEARCH, lambda: self._search(data, board, rows))
        model = Path(spec.output.folder) if spec.output.folder else self._folder / _MODEL
        artefact, _used = self._timed(Stage.FINISH, lambda: search.finish(model))
        judgement = self._timed(Stage.JUDGE, lambda: self._judge(artefact, model, data))
        self._say(Stage.DONE)
        return Report(
            spec=spec,
            folder=model,
            artefact=artefact,
            board=board,
            judgement=judgement,
            baseline=_baseline(board),
            findings=checked.findings,
            rows=(len(data.train), len(data.test)),
            data=(rows.name, rows.fingerprint),
            seconds={**self._seconds, "all": self._clock.elapsed()},
            peak_memory_mb=None,
        )

    def _check(self, rows: Rows) -> tuple[DataCheck, TrainingData]:
        test = read(self._spec.test).frame if self._spec.test else rows.test
        checked = check_data(rows.frame, self._spec, test)
        checked.require()
        self._spec = replace(self._spec, task=checked.task, columns=dict(checked.columns))
        train, sealed = (checked.frame, checked.test) if checked.test is not None else self._seal(checked)
        return checked, checked.training_data(train, sealed)

    def _seal(self, checked: DataCheck):  # noqa: ANN202
        return seal(
            checked.frame,
            SEALED_SHARE,
            self._spec.seed,
            target=checked.columns.get("target") if checked.labels else None,
            groups=checked.groups,
            order=checked.order,
        )

    def _search(self, data: TrainingData, board: Board, rows: Rows) -> Search:
        trainer = registry.module_of(self._spec.task).prepare(data, self._spec)
        journal = Journal(self._folder, {"spec": repr(self._spec), "data": rows.fingerprint})
        self._clock = SearchClock(self._spec.budget.seconds, journal.elapsed + self._clock.elapsed())
        frame = Frame(
            folder=self._folder,
            clock=self._clock,
            memory_mb=self._spec.budget.memory_mb or spare_mb(),
            trials=self._spec.budget.trials,
            seed=self._spec.seed,
            listener=self._listener,
            stop=self._stop,
        )
        search = Search(trainer, board, journal, frame)
        search.run()
        return search

    def _judge(self, artefact: Artefact, model: Path, data: TrainingData) -> Judgement:
        limits = Limits(max(_JUDGE_AT_LEAST_SECONDS, self._clock.seconds), self._spec.budget.memory_mb or spare_mb())
        return run_apart(lambda _tell: judge(artefact, model, data, self._spec), limits, self._folder / "judge.txt")

    def _timed(self, stage: Stage, work):  # noqa: ANN001, ANN202
        self._say(stage)
        began = time.monotonic()
        result = work()
        self._seconds[stage.name.lower()] = time.monotonic() - began
        return result

    def _say(self, stage: Stage, message: str = "") -> None:
        self._listener(Event(stage, self._clock.share, self._clock.elapsed(), message))


def _baseline(board: Board) -> float | None:
    first = next((trial for trial in board.trials if trial.outcome), None)
    return first.outcome.score if first and first.outcome else None


__all__ = ["InvalidInput", "TrialFailed", "train"]
