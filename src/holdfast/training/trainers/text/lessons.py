"""What a task teaches a model of transformers, and the rung that does so: the same for entities, answers and rewriting.

A lesson judges the model on its way through the predictor that will serve it; only are its weights not on disk yet.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.inference.domain.predictors import Placement, Predictor
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.texts import TextReader
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.bases import Base, Missing
from holdfast.training.trainers.text.finetuning import (
    MODEL,
    Judged,
    Schedule,
    load_base,
    step_seconds,
    tune,
    usual_rate,
)
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import WRITING_SECONDS, skipped
from holdfast.training.trainers.text.measuring import UNKNOWN, measure
from holdfast.training.trainers.text.tasks import better

Array = np.ndarray[Any, Any]
FAMILY = "fine-tuned"
_BATCH = 16
_EPOCHS = (5, 3, 2, 1)
_FEWEST_STEPS = 40
_ROWS_MEASURED = 64


class Lesson(ABC):
    """A task's rows for one base model.

    Attributes:
        task: of inference that serves the result.
        auto_class: of transformers.
        fold: rows to learn from and to judge by.
        metric: that the best is kept by.
        params: settings of the spec.
        seed: of everything random.
    """

    task: ClassVar[str]
    auto_class: ClassVar[str]
    fold: Fold
    metric: str
    params: Mapping[str, Any]
    seed: int

    @property
    def options(self) -> Mapping[str, Any]:
        """Of the model's config, such as its labels."""
        return {}

    @abstractmethod
    def rows(self, reader: TextReader, places: Array) -> list[dict[str, Any]]:
        """What the model learns from some rows: tokens, with `labels` or what its loss needs."""

    @abstractmethod
    def collate(self, reader: TextReader, model: Any) -> Callable[[Any], Any]:
        """Rows to a batch."""

    @abstractmethod
    def predictor(self, loaded: Loaded, reader: TextReader) -> Predictor:
        """What will serve the model, around weights that still learn."""

    @abstractmethod
    def scores(self, predictor: Predictor, places: Array) -> Mapping[str, float]:
        """How right a predictor is about some training rows."""

    @property
    @abstractmethod
    def example(self) -> Any:
        """An input for the card."""


@dataclass(frozen=True)
class Tuning:
    """The rung that fine-tunes a base model by a lesson."""

    lesson: Lesson
    base: Base | Missing
    families: ClassVar[tuple[str, ...]] = (FAMILY,)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - goes by the clock alone
        if isinstance(self.base, Missing):
            yield skipped(FAMILY, self.base.reason)
            return
        seconds = measure(self._measured, clock.left())
        if seconds is None:
            yield skipped(FAMILY, UNKNOWN)
            return
        parameters = self.parameters | {"steps": self._steps(seconds, clock.left())}
        expected = 1.3 * parameters["steps"] * seconds
        yield Plan(FAMILY, parameters, expected_seconds=expected, reason="a model that knows language learns the task")
        if expected < clock.left() and "learning_rate" not in self.lesson.params:
            faster = parameters | {"learning_rate": 3.0 * parameters["learning_rate"]}
            yield Plan(FAMILY, faster, expected_seconds=expected, reason="the same, in larger strides")

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What a trial is made with, as the spec says or as is usual."""
        params = self.lesson.params
        assert isinstance(self.base, Base)
        return {
            "learning_rate": float(params.get("learning_rate", usual_rate(self.base.parameters))),
            "batch_size": int(params.get("per_device_train_batch_size", params.get("batch_size", _BATCH))),
        }

    def _steps(self, seconds: float, left: float) -> int:
        epoch = -(-len(self.lesson.fold.fitted) // int(self.parameters["batch_size"]))
        asked = self.lesson.params.get("num_train_epochs")
        if asked is not None:
            return max(1, round(float(asked) * epoch))
        chosen = [max(_FEWEST_STEPS, epochs * epoch) for epochs in _EPOCHS]
        return next((steps for steps in chosen if 1.3 * steps * seconds <= left), chosen[-1])

    def _measured(self) -> float:
        model, reader = self._loaded()
        rows = self.lesson.rows(reader, self.lesson.fold.fitted[:_ROWS_MEASURED])
        return step_seconds(
            model, rows, self.lesson.collate(reader, model), Schedule(3, self.parameters["batch_size"], 0.0)
        )

    def fit(self, plan: Plan, place: Place) -> Outcome:
        lesson, parameters = self.lesson, plan.parameters
        model, reader = self._loaded()
        rows = lesson.rows(reader, lesson.fold.fitted)

        def judge(current: Any) -> tuple[float, Mapping[str, float]]:
            placement = Placement(str(current.device), "float32")
            loaded = Loaded(current, Checkpoint(place.folder), placement)
            found = lesson.scores(lesson.predictor(loaded, reader), lesson.fold.judged)
            return found[lesson.metric], found

        limit = None if plan.expected_seconds is None else 1.5 * plan.expected_seconds
        schedule = Schedule(
            parameters["steps"], parameters["batch_size"], parameters["learning_rate"], limit, lesson.seed
        )
        judged = Judged(judge, better(lesson.metric))
        tuned = tune(model, reader.tokenizer, rows, lesson.collate(reader, model), schedule, judged, place)
        return Outcome(
            score=tuned.score,
            metrics=tuned.metrics,
            curve={"loss": tuned.losses, "score": tuned.scores},
            kept=MODEL,
            size_bytes=sum(path.stat().st_size for path in (place.folder / MODEL).rglob("*")),
        )

    def finish_seconds(self, trial: Trial) -> float:  # noqa: ARG002 - its weights are there
        return WRITING_SECONDS

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - is made
        assert isinstance(self.base, Base)
        shutil.copytree(kept / MODEL, folder, dirs_exist_ok=True)
        parameters, example = trial.plan.parameters, self.lesson.example
        return Artefact(self.lesson.task, FAMILY, parameters, "transformers", example, base_model=self.base.name)

    def _loaded(self) -> tuple[Any, TextReader]:
        assert isinstance(self.base, Base)
        return load_base(self.base, self.lesson.auto_class, self.lesson.seed, **self.lesson.options)
