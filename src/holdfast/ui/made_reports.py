"""How a model was made, from the report that AutoTrain left in its repo. Pure.

Anybody may have written that file: what it can't be read as is no report, and what it says is shown as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.lesson_networks import NetworkLesson, network_lesson
from holdfast.ui.lessons import Lesson, lesson_of
from holdfast.ui.training_findings import Found, found_of
from holdfast.ui.training_runs import Bar, ScoreLine, importance_bars, score_lines

REPORT_PATH = "autotrain/report.json"
MAX_BYTES = 8_000_000
_MOST_TRIALS = 2_000
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class MadeModel:
    """What a report says, ready to be shown.

    Args:
        task: that it was trained for.
        family: of the model.
        trials: how many there were.
    """

    task: str
    family: str
    trials: int
    scores: list[ScoreLine]
    found: Found
    lesson: Lesson
    network: NetworkLesson
    bars: list[Bar]


def made_model(content: bytes) -> MadeModel | None:
    """What a report's file says; None where it is none."""
    try:
        report = orjson.loads(content)
        return _made(report) if isinstance(report, dict) else None
    except _BROKEN:
        return None


def _made(report: Mapping[str, Any]) -> MadeModel:
    metric = report["metric"]
    trials = tuple(trial for trial in report["trials"] if isinstance(trial["number"], int))[:_MOST_TRIALS]
    board = RunBoard(
        metric=str(metric["name"]), greater_is_better=metric.get("greater_is_better") is not False, trials=trials
    )
    return MadeModel(
        task=str(report["task"]),
        family=str(report["model"]["family"]),
        trials=len(trials),
        scores=score_lines(report),
        found=found_of(board, report),
        lesson=lesson_of(board, report),
        network=network_lesson(report),
        bars=importance_bars(report),
    )
