"""The journal of a run: one line for each ended trial, written before the next begins.

Arrays of predictions lie beside it in the trial's own folder. Reading it back gives the trials as they were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.trials import Outcome, Plan, Status, Trial

JOURNAL = "trials.jsonl"
_HEAD = "run.json"
_PREDICTIONS = "predictions.npy"


class Journal:
    """Trials of a run that have ended, by what was planned.

    Args:
        folder: of the run.
        run: what the run depends on, as JSON; another one in the same folder is refused.

    Raises:
        InvalidInput: the folder has the journal of another run.
    """

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        self._folder = folder
        self._file = folder / JOURNAL
        self._begin(json.dumps(run, sort_keys=True, default=str))
        lines = list(self._read())
        self.elapsed = max((line["elapsed"] for line in lines), default=0.0)
        """Seconds that the run had used when its last trial ended."""
        self._known = [self._trial(line) for line in lines]
        self.resumed = len(self._known)

    def _begin(self, run: str) -> None:
        head = self._folder / _HEAD
        if head.exists() and head.read_text() != run:
            raise InvalidInput(field="folder", problem=f"{self._folder} holds another run; take an empty one")
        if not head.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            head.write_text(run)

    def _read(self) -> list[dict[str, Any]]:
        if not self._file.exists():
            return []
        content = self._file.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # killed while it wrote: that trial is lost
            os.truncate(self._file, len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def take(self, plan: Plan) -> Trial | None:
        """The trial of an earlier attempt that had this plan; None where it is new."""
        wanted = _key(plan)
        found = next((trial for trial in self._known if _key(trial.plan) == wanted), None)
        if found:
            self._known.remove(found)
        return found

    def rest(self) -> list[Trial]:
        """Trials of an earlier attempt that nobody has asked for."""
        taken, self._known = self._known, []
        return taken

    def number(self) -> int:
        """The first number that no trial of an earlier attempt has."""
        return max((trial.number for trial in self._known), default=-1) + 1

    def write(self, trial: Trial, elapsed: float) -> None:
        """Note an ended trial, and see that it is on the disk."""
        if trial.outcome is not None and trial.outcome.predictions is not None:
            folder = self._folder / "trials" / f"{trial.number:04d}"
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / _PREDICTIONS, trial.outcome.predictions, allow_pickle=False)
        with self._file.open("a") as file:
            file.write(json.dumps({**line_of(trial), "elapsed": round(elapsed, 3)}, default=_plain) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _trial(self, line: Mapping[str, Any]) -> Trial:
        plan = Plan(line["family"], line["parameters"], line["rung"], line["expected_seconds"], line["tried_because"])
        outcome = self._outcome(line) if line["score"] is not None else None
        return Trial(line["number"], plan, Status(line["status"]), line["seconds"], outcome, line["reason"])

    def _outcome(self, line: Mapping[str, Any]) -> Outcome:
        path = self._folder / "trials" / f"{line['number']:04d}" / _PREDICTIONS
        return Outcome(
            score=line["score"],
            standard_error=line["standard_error"],
            metrics=line["metrics"],
            predictions=np.load(path, allow_pickle=False) if path.exists() else None,
            predict_ms_per_row=line["predict_ms_per_row"],
            size_bytes=line["size_bytes"],
            curve={name: [(step, value) for step, value in points] for name, points in line["curve"].items()},
            kept=line["kept"],
        )


def line_of(trial: Trial) -> dict[str, Any]:
    """A trial as JSON has it: without arrays."""
    plan, outcome = trial.plan, trial.outcome
    return {
        "number": trial.number,
        "family": plan.family,
        "parameters": dict(plan.parameters),
        "rung": plan.rung,
        "expected_seconds": plan.expected_seconds,
        "tried_because": plan.reason,
        "status": trial.status.value,
        "seconds": round(trial.seconds, 3),
        "reason": trial.reason,
        "score": outcome.score if outcome else None,
        "standard_error": outcome.standard_error if outcome else None,
        "metrics": dict(outcome.metrics) if outcome else {},
        "predict_ms_per_row": outcome.predict_ms_per_row if outcome else None,
        "size_bytes": outcome.size_bytes if outcome else None,
        "curve": {name: list(points) for name, points in outcome.curve.items()} if outcome else {},
        "kept": outcome.kept if outcome else None,
    }


def _key(plan: Plan) -> str:
    return json.dumps([plan.family, dict(plan.parameters)], sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
