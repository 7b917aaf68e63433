"""Small data sets of texts, in the words that tiny tokenizers know, and a tiny run around a trainer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from holdfast.training.domain.data import ColumnKind, TrainingData
from holdfast.training.domain.specification import DataSource, TrainingSpec
from holdfast.training.domain.trials import Board, Status, Trial
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import Place

GOOD = ["love", "like", "good", "great", "film", "star"]
BAD = ["hate", "bad", "awful", "not", "zero", "no"]
FILLER = ["the", "a", "this", "that", "movie", "was", "is", "very", "how", "what", "i", "you", "it", "we"]


def review(label, chance):
    words = [chance.choice(FILLER) for _ in range(5)] + [
        chance.choice(GOOD if label == "good" else BAD) for _ in range(3)
    ]
    chance.shuffle(words)
    return " ".join(words)


def reviews(rows, seed=0):
    """Texts with labels `bad` and `good`."""
    chance = random.Random(seed)
    labels = [("bad", "good")[row % 2] for row in range(rows)]
    return pd.DataFrame({"text": [review(label, chance) for label in labels], "label": labels})


def data_of(train, test, columns, labels=None, kinds=None):
    """Rows with the roles of their columns."""
    known = dict.fromkeys(train.columns, ColumnKind.TEXT)
    return TrainingData(train, test, columns, (), known | (kinds or {}), labels)


def spec_of(task, **more):
    """A spec whose data are given apart."""
    return TrainingSpec(task, DataSource(path="rows.csv"), **more)


@dataclass
class StillClock:
    """A clock that stands."""

    seconds: float = 1_000.0
    kept_back: list = field(default_factory=list)

    def left(self):
        return self.seconds

    def elapsed(self):
        return 0.0

    def keep_back(self, seconds):
        self.kept_back.append(seconds)


@dataclass
class Bench:
    """A run without processes: trials one after the other, in this one."""

    trainer: object
    board: Board
    folder: Path
    clock: StillClock = field(default_factory=StillClock)
    told: list = field(default_factory=list)

    def fit(self, plan):
        """Make a trial and note it on the board."""
        number = len(self.board.trials)
        if plan.expected_seconds is not None and plan.expected_seconds > self.clock.left():
            self.board.trials.append(Trial(number, plan, Status.SKIPPED, 0.0))
            return self.board.trials[-1]
        folder = self.board.folder / f"{number:04d}"
        folder.mkdir(parents=True)
        outcome = self.trainer.fit(plan, Place(folder, self.told.append, seed=number))
        self.board.trials.append(Trial(number, plan, Status.OK, 1.0, outcome))
        return self.board.trials[-1]

    def run(self):
        """All trials that the trainer proposes."""
        for plan in self.trainer.plans(self.board, self.clock):
            self.fit(plan)
        return self.board

    def finish(self):
        """The model of the best."""
        target = self.folder / "model"
        target.mkdir()
        return self.trainer.finish(self.board, target, self.clock), target

    def only(self, family):
        """The board with the best trial of one family."""
        kept = [trial for trial in self.board.finished() if trial.plan.family == family][:1]
        return Bench(self.trainer, Board(self.board.metric, kept, self.board.folder), self.folder / family, self.clock)


def bench(data, spec, folder):
    """A bench for a spec."""
    trainer = registry.module_of(spec.task).prepare(data, spec)
    return Bench(trainer, Board(registry.metric_of(spec, data), [], folder / "trials"), folder)
