"""What a task teaches a model of transformers, and the rung that does so: the same for entities, answers and rewriting.

A lesson judges the model on its way through the predictor that will serve it; only are its weights not on disk yet.
"""

from __future__ import annotations

import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.inference.domain.predictors import Placement, Predictor
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.texts import TextReader
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.adapters import RATE, adapters_of
from holdfast.training.trainers.text.bases import Base, Missing
from holdfast.training.trainers.text.finetuning import (
    MODEL,
    Judged,
    Schedule,
    load_base,
    step_seconds,
    time_for_steps,
    tune,
    usual_rate,
)
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import WRITING_SECONDS, skipped
from holdfast.training.trainers.text.measuring import Unmeasured, measure
from holdfast.training.trainers.text.pace import EVALUATIONS, rows_to_judge
from holdfast.training.trainers.text.tasks import better

Array = np.ndarray[Any, Any]
FAMILY = "fine-tuned"
_BATCH = 16
_EPOCHS = (5, 3, 2, 1)
_FEWEST_STEPS = 40
_ROWS_MEASURED = 64
_JUDGED_MEASURED = 3


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
        measured = measure(self._measured, clock.left())
        if isinstance(measured, Unmeasured):
            yield skipped(FAMILY, measured.reason)
            return
        step, judging = measured
        judged = rows_to_judge(len(self.lesson.fold.judged), judging, clock.left())
        looks = EVALUATIONS * judged * judging
        parameters = self.parameters | {"steps": self._steps(step, clock.left() - looks), "judged_rows": judged}
        expected = 1.15 * parameters["steps"] * step + looks
        reason = "a model that knows language learns the task"
        yield Plan(FAMILY, parameters, 0, expected, reason=reason, limit_seconds=clock.left())
        if expected < clock.left() and "learning_rate" not in self.lesson.params:
            faster = parameters | {"learning_rate": 3.0 * parameters["learning_rate"]}
            yield Plan(FAMILY, faster, 0, expected, "the same, in larger strides", clock.left())

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What a trial is made with, as the spec says or as is usual."""
        params = self.lesson.params
        assert isinstance(self.base, Base)
        usual = usual_rate(self.base.parameters) * (1.0 if adapters_of(params) is None else RATE)
        return {
            "learning_rate": float(params.get("learning_rate", usual)),
            "batch_size": int(params.get("per_device_train_batch_size", params.get("batch_size", _BATCH))),
        }

    def _steps(self, seconds: float, left: float) -> int:
        epoch = -(-len(self.lesson.fold.fitted) // int(self.parameters["batch_size"]))
        asked = self.lesson.params.get("num_train_epochs")
        if asked is not None:
            return max(1, round(float(asked) * epoch))
        chosen = [max(_FEWEST_STEPS, epochs * epoch) for epochs in _EPOCHS]
        return next((steps for steps in chosen if 1.15 * steps * seconds <= left), chosen[-1])

    def _measured(self) -> tuple[float, float]:
        """Seconds of a step, and of judging a row."""
        model, reader = self._loaded()
        judged = self.lesson.fold.judged[:_JUDGED_MEASURED]
        model.eval()
        began = time.perf_counter()
        with need("torch").inference_mode():
            self._judge(model, reader, judged, Path())
        judging = (time.perf_counter() - began) / len(judged)
        rows = self.lesson.rows(reader, self.lesson.fold.fitted[:_ROWS_MEASURED])
        schedule = Schedule(3, self.parameters["batch_size"], 0.0)
        return step_seconds(model, rows, self.lesson.collate(reader, model), schedule), judging

    def _judge(self, model: Any, reader: TextReader, places: Array, folder: Path) -> Mapping[str, float]:
        loaded = Loaded(model, Checkpoint(folder), Placement(str(model.device), "float32"))
        return self.lesson.scores(self.lesson.predictor(loaded, reader), places)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        lesson, parameters, began = self.lesson, plan.parameters, time.monotonic()
        model, reader = self._loaded()
        rows = lesson.rows(reader, lesson.fold.fitted)
        places = lesson.fold.judged[: parameters.get("judged_rows")]

        def judge(current: Any) -> tuple[float, Mapping[str, float]]:
            found = self._judge(current, reader, places, place.folder)
            return found[lesson.metric], found

        limit = time_for_steps(plan, began)
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
        adapters = adapters_of(self.lesson.params)
        return load_base(self.base, self.lesson.auto_class, self.lesson.seed, adapters, **self.lesson.options)
