"""The journal of a run: one line for each ended trial, written before the next begins.

Arrays of predictions lie beside it in the trial's own folder. Reading it back gives the trials as they were.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.trials import Outcome, Plan, Status, Trial

JOURNAL = "trials.jsonl"
_HEAD = "run.json"
_BEGUN, _SPENT = "begun.jsonl", "spent.json"
_PREDICTIONS = "predictions.npy"
_KEEP_EVERY_SECONDS = 1.0
_LENGTHS = frozenset(("epochs", "num_train_epochs", "steps", "max_steps", "total_timesteps", "folds", "judged_rows"))
"""Parameters that say how long a trial learns and is judged: what is left of the budget decides them, and an attempt
that takes the run up has less left than the one before."""


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
        lines = self._read(self._file)
        self.elapsed = max([line["elapsed"] for line in lines] + [self._spent()])
        """Seconds that earlier attempts have used, to within a second."""
        self._known = [self._trial(line) for line in lines]
        self.resumed = len(self._known)
        begun = Counter(line["plan"] for line in self._read(folder / _BEGUN))
        self._lost = begun - Counter(_key(trial.plan, lengths=False) for trial in self._known)
        self._kept_at = -math.inf

    def _begin(self, run: str) -> None:
        head = self._folder / _HEAD
        if head.exists() and head.read_text() != run:
            raise InvalidInput(field="folder", problem=f"{self._folder} holds another run; take an empty one")
        if not head.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            head.write_text(run)

    @staticmethod
    def _read(file: Path) -> list[dict[str, Any]]:
        if not file.exists():
            return []
        content = file.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # killed while it wrote: that line is lost
            os.truncate(file, len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def _spent(self) -> float:
        try:
            return float((self._folder / _SPENT).read_text())
        except (FileNotFoundError, ValueError):
            return 0.0

    def keep_time(self, elapsed: float) -> None:
        """Note what the run has used; called as often as one likes. What a killed attempt has used is used."""
        if elapsed - self._kept_at < _KEEP_EVERY_SECONDS:
            return
        self._kept_at = elapsed
        new = self._folder / f"{_SPENT}.new"
        new.write_text(str(round(elapsed, 3)))
        new.replace(self._folder / _SPENT)

    def take(self, plan: Plan) -> Trial | None:
        """The trial of an earlier attempt that had this plan, or this plan at another length; None where it is new."""
        for lengths in (True, False):
            wanted = _key(plan, lengths=lengths)
            for trial in self._known:
                if _key(trial.plan, lengths=lengths) == wanted:
                    self._known.remove(trial)
                    return trial
        return None

    def begin(self, plan: Plan) -> None:
        """Note that a trial begins: one whose end is never written ended with its machine."""
        self._append(self._folder / _BEGUN, {"plan": _key(plan, lengths=False)})

    def losses(self, plan: Plan) -> int:
        """How often an attempt at this run was killed while it tried this plan."""
        return self._lost[_key(plan, lengths=False)]

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
        self._append(self._file, {**line_of(trial), "elapsed": round(elapsed, 3)})

    @staticmethod
    def _append(path: Path, line: Mapping[str, Any]) -> None:
        with path.open("a") as file:
            file.write(json.dumps(line, default=_plain) + "\n")
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


def _key(plan: Plan, *, lengths: bool) -> str:
    """What a plan is known by; without lengths, the rung and the reason tell a short try from a long one."""
    if lengths:
        return json.dumps([plan.family, dict(plan.parameters)], sort_keys=True, default=_plain)
    others = {name: value for name, value in plan.parameters.items() if name not in _LENGTHS}
    return json.dumps([plan.family, others, plan.rung, plan.reason], sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
