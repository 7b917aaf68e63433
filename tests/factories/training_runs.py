"""A trainer's whole work in this process, as the search does it in others: plans, trials, the finished model."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.training.domain.data import ColumnKind, TrainingData
from holdfast.training.domain.specification import Budget, DataSource, TrainingSpec
from holdfast.training.domain.trials import Board, Status, Trial
from holdfast.training.trainers.interface import Artefact, Place, Trainer, TrialFailed
from holdfast.training.trainers.registry import metric_of, module_of


@dataclass
class Hours:
    """A clock that is set by hand: what is left does not depend on how busy the machine is."""

    seconds: float = 600.0
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        return self.seconds

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def keep_back(self, seconds: float) -> None:
        pass


def training_data(train: pd.DataFrame, columns: dict[str, str], **more: Any) -> TrainingData:
    """Rows as the data check leaves them; the test part is empty unless given."""
    kinds = dict.fromkeys(train.columns, ColumnKind.TEXT)
    labels = None
    if "target" in columns:
        labels = tuple(sorted({str(value) for value in train[columns["target"]]}))
    given = {"test": train.iloc[:0], "inputs": (), "kinds": kinds, "labels": labels, **more}
    return TrainingData(train=train, columns=columns, **given)


def specification(task: str, **more: Any) -> TrainingSpec:
    """A spec whose data are given apart."""
    return TrainingSpec(task, DataSource(path="unused"), **{"budget": Budget(60.0), **more})


@dataclass
class Run:
    """What a trainer made."""

    board: Board
    artefact: Artefact
    folder: Path

    @property
    def families(self) -> list[str]:
        return [trial.plan.family for trial in self.board.trials]

    def trial(self, family: str) -> Trial:
        """The last one of a family."""
        return [trial for trial in self.board.trials if trial.plan.family == family][-1]


def carry_out(data: TrainingData, spec: TrainingSpec, folder: Path, hours: Hours | None = None, most: int = 20) -> Run:
    """Prepare, make at most so many trials, finish."""
    clock = hours or Hours()
    trainer: Trainer = module_of(spec.task).prepare(data, spec)
    board = Board(metric_of(spec, data), folder=folder / "trials")
    for plan in trainer.plans(board, clock):
        board.trials.append(_trial(trainer, plan, board))
        if len(board.trials) == most:
            break
    made = folder / "model"
    made.mkdir()
    return Run(board, trainer.finish(board, made, clock), made)


def _trial(trainer: Trainer, plan: Any, board: Board) -> Trial:
    number = len(board.trials)
    place = Place(board.folder / f"{number:04d}", lambda figures: None, number)
    place.folder.mkdir(parents=True)
    began = time.monotonic()
    try:
        outcome = trainer.fit(plan, place)
    except TrialFailed as error:
        return Trial(number, plan, Status.FAILED, time.monotonic() - began, reason=str(error))
    return Trial(number, plan, Status.OK, time.monotonic() - began, outcome)
