"""What a run tells while it goes: the live board, a log, a job's progress are listeners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from holdfast.training.domain.trials import Board, Plan, Trial


class Stage(Enum):
    """Where a run is."""

    READ = "reading the data"
    CHECK = "checking the data"
    SEARCH = "searching"
    FINISH = "making the final model"
    JUDGE = "judging it by the sealed test"
    REPORT = "writing the report"
    PUSH = "pushing it to the Hub"
    DEPLOY = "asking the deployed model"
    DONE = "done"


@dataclass(frozen=True)
class Event:
    """Something happened.

    Args:
        stage: where the run is.
        share: of the budget that is used up, 0 to 1.
        seconds: since the run began.
        message: a sentence for people; empty where the rest says it.
        started: number and plan of a trial that begins.
        ended: a trial that has ended.
        figures: of a running trial's step.
        board: of the run, as it is now; None before the search.
    """

    stage: Stage
    share: float
    seconds: float
    message: str = ""
    started: tuple[int, Plan] | None = None
    ended: Trial | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    board: Board | None = None


Listener = Callable[[Event], None]


def silence(event: Event) -> None:
    """Listen to nothing."""
