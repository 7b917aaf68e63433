"""The model of a run: the best trials once more on all rows, mixed, calibrated, written to a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import VotingRegressor

from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Trial
from holdfast.training.learning.skops_files import write_skops
from holdfast.training.trainers.interface import Artefact, Clock, TrialFailed
from holdfast.training.trainers.tabular import blending
from holdfast.training.trainers.tabular import calibration as calibrating
from holdfast.training.trainers.tabular.blending import Blend
from holdfast.training.trainers.tabular.calibration import Calibration
from holdfast.training.trainers.tabular.costs import MORE_ROUNDS, making_seconds
from holdfast.training.trainers.tabular.networks import anatomy_of, network_in
from holdfast.training.trainers.tabular.scoring import Table, calibration_of, fit_one

Array = np.ndarray[Any, Any]

_MODEL = "model.skops"
_EXAMPLE_ROWS = 3


@dataclass(frozen=True)
class _Made:
    model: Any
    calibration: Calibration
    fitted: tuple[Any, ...]


def finish(table: Table, board: Board, folder: Path, clock: Clock, spec: TrainingSpec) -> Artefact:
    """Make the model from the board's best trials and write it.

    Raises:
        TrialFailed: the board has no trial with predictions.
    """
    trials = [trial for trial in board.finished() if trial.outcome and trial.outcome.predictions is not None]
    if not trials:
        raise TrialFailed("no trial gave a model")
    blend = _that_can_be_paid(blending.choose(table, trials), table, clock)
    made = _make(table, blend, spec.seed)
    _write(table, made.model, folder, spec.task)
    single = len(blend.members) == 1
    best = blend.members[0][0].plan
    return Artefact(
        task=spec.task,
        family=best.family if single else "ensemble",
        parameters=best.parameters if single else {},
        library="sklearn",
        example={"table": _example(table)},
        explanation={**_explanation(blend, made), **_anatomy(blend, made)},
    )


def _that_can_be_paid(blend: Blend, table: Table, clock: Clock) -> Blend:
    """Without those that take longest for their weight, while all cannot be made in the time that is left."""
    labels = len(table.labels or ())
    members = [(making_seconds(trial, table.growth, labels), trial, weight) for trial, weight in blend.members]
    while len(members) > 1 and sum(seconds for seconds, _, _ in members) > clock.left():
        del members[max(range(len(members)), key=lambda place: members[place][0] / members[place][2])]
    total = sum(weight for _, _, weight in members)
    return Blend(tuple((trial, weight / total) for _, trial, weight in members), blend.score, blend.gain)


def _make(table: Table, blend: Blend, seed: int) -> _Made:
    fitted = [_refit(table, trial, seed) for trial, _weight in blend.members]
    weights = [weight for _trial, weight in blend.members]
    names = [f"{trial.plan.family}-{trial.number}" for trial, _weight in blend.members]
    if len(fitted) == 1:
        return _Made(fitted[0], Calibration(), tuple(fitted))
    if table.labels is None:
        return _Made(_mean(fitted, weights, names), Calibration(), tuple(fitted))
    codes = np.searchsorted(np.asarray(table.labels), table.answers[table.judged])
    calibration = calibrating.learn(blending.mix(blend.members), codes)
    mixed = calibrating.vote(fitted, weights, names, table.labels)
    return _Made(calibrating.calibrated(mixed, calibration, table.labels), calibration, tuple(fitted))


def _refit(table: Table, trial: Trial, seed: int) -> Any:
    """A trial's model on all rows, calibrated as the trial's predictions were."""
    everything = np.arange(len(table.inputs))
    model = fit_one(table, trial.plan.family, _parameters(trial), seed, everything).kept()
    if table.labels is None or trial.outcome is None:
        return model
    return calibrating.calibrated(model, calibration_of(trial.outcome), table.labels)


def _mean(fitted: Sequence[Any], weights: Sequence[float], names: Sequence[str]) -> Any:
    """Fitted regressors as scikit-learn's voting ensemble."""
    found = VotingRegressor(calibrating.unfitted(fitted, names), weights=list(weights))
    found.estimators_ = list(fitted)
    return found


def _parameters(trial: Trial) -> dict[str, Any]:
    parameters = dict(trial.plan.parameters)
    rounds = trial.outcome.metrics.get("rounds") if trial.outcome else None
    if rounds is not None:
        parameters["rounds"] = max(1, round(MORE_ROUNDS * rounds))
    return parameters


def _write(table: Table, model: Any, folder: Path, task: str) -> None:
    write_skops(model, folder / _MODEL)
    config = {
        "sklearn": {
            "columns": list(table.columns.all),
            "environment": [f"scikit-learn={sklearn.__version__}", f"skops={version('skops')}"],
            "example_input": _example(table),
            "model": {"file": _MODEL},
            "model_format": "skops",
            "task": task,
        }
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n")


def _example(table: Table) -> dict[str, list[Any]]:
    """The first rows; in a column of words at least one is a word, for that is how it is known for one."""
    words = table.columns.all[len(table.columns.numbers) :]
    found: dict[str, list[Any]] = {}
    for name in table.columns.all:
        values = table.inputs[name].iloc[:_EXAMPLE_ROWS].tolist()
        if name in words:
            known = table.inputs[name].dropna()
            substitute = str(known.iloc[0]) if len(known) else "unknown"
            found[name] = [substitute if value is None else value for value in values]
        else:
            found[name] = [None if np.isnan(value) else value for value in values]
    return found


def _anatomy(blend: Blend, made: _Made) -> Mapping[str, Any]:
    """The layers of the heaviest member that is a network, and how its loss fell as it was fitted on all rows."""
    members = zip(blend.members, made.fitted, strict=True)
    networks = [
        (weight, trial, found) for (trial, weight), model in members if (found := network_in(model)) is not None
    ]
    if not networks:
        return {}
    _weight, trial, network = max(networks, key=lambda each: each[0])
    return {**anatomy_of(network), "layers_of": {"trial": trial.number, "family": trial.plan.family}}


def _explanation(blend: Blend, made: _Made) -> Mapping[str, Any]:
    return {
        "members": [
            {
                "trial": trial.number,
                "family": trial.plan.family,
                "parameters": dict(trial.plan.parameters),
                "weight": round(weight, 4),
                "score": trial.outcome.score if trial.outcome else None,
            }
            for trial, weight in blend.members
        ],
        "gain_of_mixing": blend.gain,
        "calibration": {"doubt": made.calibration.doubt, "sharpness": made.calibration.sharpness},
    }
