"""A search of one trial: the one that somebody chose from the board of an earlier run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.specification import ChosenTrial
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.trainers.interface import Artefact, Clock, Place, Trainer


@dataclass(frozen=True)
class OneTrial:
    """A trainer that proposes nothing but the chosen trial; everything else is the trainer's own."""

    trainer: Trainer
    chosen: ChosenTrial

    def plans(self, _board: Board, _clock: Clock) -> Iterator[Plan]:
        """See `Trainer.plans`."""
        chosen = self.chosen
        where = f" of run {chosen.run}" if chosen.run else ""
        yield Plan(
            chosen.family, chosen.parameters, chosen.rung, reason=f"trial {chosen.number}{where}, chosen by hand"
        )

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """See `Trainer.fit`."""
        return self.trainer.fit(plan, place)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """See `Trainer.finish`."""
        return self.trainer.finish(board, folder, clock)


def chosen_of(lines: list[Mapping[str, Any]], number: int, run: str | None = None) -> ChosenTrial:
    """The trial of that number, as a spec names it.

    Args:
        lines: trials of a board as JSON; see `journal.line_of`.
        number: of the trial that is wanted.
        run: that the board belongs to.

    Raises:
        InvalidInput: there is none, or it came to no score.
    """
    line = next((line for line in lines if line.get("number") == number), None)
    if line is None:
        raise InvalidInput(field="trial", problem=f"{number} is not on the board")
    if line.get("status") != "ok" or line.get("score") is None:
        raise InvalidInput(field="trial", problem=f"{number} came to no score, so there is no model to make of it")
    return ChosenTrial(number, str(line["family"]), _as_long(line), int(line.get("rung") or 0), run)


def _as_long(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was trained for as long as its search could wait is trained for as many epochs again."""
    parameters, epochs = dict(line.get("parameters") or {}), (line.get("metrics") or {}).get("epochs")
    return {**parameters, "epochs": math.ceil(epochs)} if epochs and "epochs" in parameters else parameters
