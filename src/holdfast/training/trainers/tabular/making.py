"""The model of a run: the best trials once more on all rows, mixed, calibrated, written to a folder."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.calibration import CalibratedClassifierCV, _CalibratedClassifier, _TemperatureScaling
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from holdfast.inference.runtime.libraries import skops_io
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Trial
from holdfast.training.trainers.interface import Artefact, Clock, TrialFailed
from holdfast.training.trainers.tabular import blending
from holdfast.training.trainers.tabular.blending import Blend
from holdfast.training.trainers.tabular.scoring import Table, fit_one

Array = np.ndarray[Any, Any]

_MODEL = "model.skops"
_EXAMPLE_ROWS = 3
_MORE_ROUNDS = 1.1
"""All rows are more than those of a fold, and bear a few more trees."""
_REAL_GAIN = 0.002
_SAFETY = 1.3
_NEVER = 1e-7
_DOUBT = 0.01


@dataclass(frozen=True)
class _Made:
    model: Any
    members: tuple[tuple[Trial, float], ...]
    temperature: float | None


def finish(table: Table, board: Board, folder: Path, clock: Clock, spec: TrainingSpec) -> Artefact:
    """Make the model from the board's best trials and write it.

    Raises:
        TrialFailed: the board has no trial with predictions.
    """
    trials = [trial for trial in board.finished() if trial.outcome and trial.outcome.predictions is not None]
    if not trials:
        raise TrialFailed("no trial gave a model")
    blend = _that_can_be_paid(blending.choose(table, trials), clock)
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
        explanation=_explanation(blend, made),
    )


def _that_can_be_paid(blend: Blend, clock: Clock) -> Blend:
    """Without the lightest members, while all cannot be fitted in the time that is left."""
    members = list(blend.members)
    while len(members) > 1 and _SAFETY * sum(_refit_seconds(trial) for trial, _weight in members) > clock.left():
        members.pop()
    total = sum(weight for _trial, weight in members)
    return Blend(tuple((trial, weight / total) for trial, weight in members), blend.score, blend.gain)


def _refit_seconds(trial: Trial) -> float:
    return trial.outcome.metrics.get("fit_seconds", trial.seconds) if trial.outcome else trial.seconds


def _make(table: Table, blend: Blend, seed: int) -> _Made:
    everything = np.arange(len(table.inputs))
    fitted = [
        fit_one(table, trial.plan.family, _parameters(trial), seed, everything).kept()
        for trial, _weight in blend.members
    ]
    weights = [weight for _trial, weight in blend.members]
    names = [f"{trial.plan.family}-{trial.number}" for trial, _weight in blend.members]
    if table.labels is None:
        return _Made(fitted[0] if len(fitted) == 1 else _vote(table, fitted, weights, names), blend.members, None)
    predictions = blending.mix(blend.members)
    if _is_sure(predictions):
        predictions = (1 - _DOUBT) * predictions + _DOUBT / predictions.shape[1]
        fitted.append(_doubt(table, fitted[0]))
        weights, names = [(1 - _DOUBT) * weight for weight in weights] + [_DOUBT], [*names, "doubt"]
    model = fitted[0] if len(fitted) == 1 else _vote(table, fitted, weights, names)
    calibrator = _calibrator(table, model, predictions)
    calibrated = model if calibrator is None else _calibrated(model, calibrator, table.labels)
    return _Made(calibrated, blend.members, None if calibrator is None else float(1 / calibrator.beta_))


def _is_sure(predictions: Array) -> bool:
    """Whether any label was ever ruled out: a model that counts neighbours or leaves knows no doubt."""
    return bool((predictions < _NEVER).any())


def _doubt(table: Table, known: Any) -> Any:
    """A member that holds every label for equally likely, so that none is ever impossible."""
    labels = np.asarray(table.labels)
    steps = [("columns", "passthrough"), ("model", DummyClassifier(strategy="uniform", random_state=0))]
    doubt = Pipeline(steps).fit(np.zeros((len(labels), known.n_features_in_)), labels)
    doubt.named_steps["model"].n_features_in_ = known.n_features_in_
    return doubt


def _parameters(trial: Trial) -> dict[str, Any]:
    parameters = dict(trial.plan.parameters)
    rounds = trial.outcome.metrics.get("rounds") if trial.outcome else None
    if rounds is not None:
        parameters["rounds"] = max(1, round(_MORE_ROUNDS * rounds))
    return parameters


def _vote(table: Table, fitted: Sequence[Any], weights: Sequence[float], names: Sequence[str]) -> Any:
    """Fitted models as scikit-learn's voting ensemble."""
    pairs = list(zip(names, fitted, strict=True))
    if table.labels is None:
        vote = VotingRegressor(pairs, weights=list(weights))
    else:
        vote = VotingClassifier(pairs, voting="soft", weights=list(weights))
        vote.le_ = LabelEncoder().fit(np.asarray(table.labels))
        vote.classes_ = vote.le_.classes_
    vote.estimators_ = list(fitted)
    vote.named_estimators_ = dict(pairs)
    return vote


def _calibrator(table: Table, model: Any, predictions: Array) -> Any:
    """One number that all logits are divided by, where the predictions of unseen rows show that it helps; else None."""
    assert table.labels is not None
    codes = np.searchsorted(np.asarray(table.labels), table.answers[table.judged])
    given = np.clip(predictions, 1e-12, 1.0)
    given /= given.sum(axis=1, keepdims=True)
    # As the model itself will say it: the calibrator sees margins where there are any, and probabilities otherwise.
    seen = _margins(given) if given.shape[1] == 2 and hasattr(model, "decision_function") else given
    weights = _smoothed(codes, given.shape[1])
    count = len(table.labels)
    found = _TemperatureScaling().fit(
        np.repeat(seen, count, axis=0), np.tile(np.arange(count), len(codes)), sample_weight=weights.ravel()
    )
    before, after = (-(weights * np.log(np.clip(p, 1e-15, 1))).sum() / len(codes) for p in (given, found.predict(seen)))
    return found if after < before - _REAL_GAIN * before else None


def _smoothed(codes: Array, count: int) -> Array:
    """Targets that leave room for the mistake not seen yet: (rows, labels).

    Source: Platt, Probabilistic outputs for support vector machines, 1999: (N + 1) / (N + 2).
    """
    rows = np.bincount(codes, minlength=count)[codes][:, None]
    weights = np.broadcast_to(1.0 / (rows + count), (len(codes), count)).copy()
    weights[np.arange(len(codes)), codes] = (rows[:, 0] + 1.0) / (rows[:, 0] + count)
    return weights


def _margins(given: Array) -> Array:
    return np.asarray(np.log(given[:, 1]) - np.log(given[:, 0])).reshape(-1, 1)


def _calibrated(model: Any, calibrator: Any, labels: tuple[str, ...]) -> Any:
    """A fitted model with its calibrator, as scikit-learn has it."""
    classes = np.asarray(labels)
    kept = CalibratedClassifierCV(model, method="temperature", ensemble=False)
    kept.classes_ = classes
    kept.calibrated_classifiers_ = [_CalibratedClassifier(model, [calibrator], method="temperature", classes=classes)]
    return kept


def _write(table: Table, model: Any, folder: Path, task: str) -> None:
    skops = skops_io("Writing tabular models", "training")
    skops.dump(model, folder / _MODEL, compression=zipfile.ZIP_DEFLATED, compresslevel=6)
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
        "temperature": made.temperature,
    }
