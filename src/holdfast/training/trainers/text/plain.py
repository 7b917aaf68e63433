"""Rungs that learn nothing: what a fine-tuned model has to beat, written as a config that the Inference API serves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from holdfast.inference import tasks
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.ladder import WRITING_SECONDS
from holdfast.training.trainers.text.lessons import Lesson


@dataclass(frozen=True)
class Plain:
    """Models without weights.

    Args:
        lesson: what they are judged by.
        kind: `model_type` of their config.
        choices: other entries of their configs, a trial each.
        reason: for the board.
    """

    lesson: Lesson
    kind: str
    choices: tuple[Mapping[str, Any], ...]
    reason: str
    families: ClassVar[tuple[str, ...]] = ("baseline",)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - all are cheap
        for choice in self.choices:
            yield Plan("baseline", {"kind": self.kind, **choice}, reason=self.reason)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        self._write(plan, place.folder / "model")
        predictor = tasks.load(self.lesson.task, place.folder / "model", device="cpu")
        found = self.lesson.scores(predictor, self.lesson.fold.judged)
        return Outcome(found[self.lesson.metric], metrics=found)

    def finish_seconds(self, trial: Trial) -> float:  # noqa: ARG002 - a file of one line
        return WRITING_SECONDS

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - takes no time
        self._write(trial.plan, folder)
        return Artefact(self.lesson.task, "baseline", trial.plan.parameters, "holdfast", self.lesson.example)

    def _write(self, plan: Plan, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        told = {"model_type": self.kind} | {name: value for name, value in plan.parameters.items() if name != "kind"}
        (folder / "config.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
