"""The first rungs: what needs no base model and takes seconds."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.classification import heads, writing
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.targets import Kind
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import refit_seconds

Array = np.ndarray[Any, Any]
_WORDS_SHOWN = 12


@dataclass(frozen=True)
class Majority:
    """What is most frequent: whoever can't beat it has learned nothing."""

    material: Material
    families: ClassVar[tuple[str, ...]] = ("majority",)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - always one
        yield Plan("majority", reason="what is said without reading the text")

    def fit(self, plan: Plan, place: Place) -> Outcome:  # noqa: ARG002 - nothing to choose
        targets = self.material.targets

        def predict(fold: Fold) -> Any:
            fitted = heads.fit(heads.majority(targets), fold.fitted[:, None], targets.at(fold.fitted))
            return heads.outputs(fitted, fold.judged[:, None], targets)

        return self.material.outcome(predict)

    def finish_seconds(self, trial: Trial) -> float:
        return refit_seconds(trial, len(self.material.folds))

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - takes no time
        targets = self.material.targets
        model = heads.fit(heads.majority(targets), np.zeros((len(targets), 1)), targets)
        writing.write_estimator(folder, model, targets, self.material.texts[0])
        return Artefact("text-classification", "majority", {}, "sklearn", self.material.texts[0])


@dataclass(frozen=True)
class WordCounts:
    """Words and pieces of words, weighed by how rare they are (TF-IDF), and a linear model.

    Args:
        material: of the run.
        grid: exactly these parameters; None means our own choice.
    """

    material: Material
    grid: Mapping[str, tuple[Any, ...]] | None = None
    families: ClassVar[tuple[str, ...]] = ("tfidf-linear", "tfidf-svm")

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - all are cheap
        if self.grid is not None:
            names = list(self.grid)
            for values in itertools.product(*self.grid.values()):
                yield Plan("tfidf-linear", dict(zip(names, values, strict=True)), reason="asked for by param_grid")
        elif self.material.targets.kind is Kind.NUMBER:
            for alpha in (1.0, 0.3, 3.0):
                yield Plan("tfidf-linear", {"alpha": alpha}, reason="counts of words tell much, at once")
        else:
            yield Plan("tfidf-linear", {"C": 10.0}, reason="counts of words tell much, at once")
            if self.material.targets.rarest >= 6:  # three folds of calibration inside of a fold
                yield Plan("tfidf-svm", {"C": 0.3}, reason="looks at what lies between two labels only")
            yield Plan("tfidf-linear", {"C": 1.0}, reason="trusts single words less")

    def fit(self, plan: Plan, place: Place) -> Outcome:  # noqa: ARG002 - tells nothing on its way
        seconds: list[float] = []
        outcome = self.material.outcome(self.fitting(plan, seconds))
        return replace(outcome, predict_ms_per_row=1_000 * float(np.mean(seconds)))

    def fitting(self, plan: Plan, seconds: list[float] | None = None) -> Callable[[Fold], Array]:
        """What fits on a fold and gives outputs for its judged rows.

        Args:
            plan: of the model.
            seconds: gets what an output took, by fold.
        """
        targets = self.material.targets

        def predict(fold: Fold) -> Array:
            own = targets.at(fold.fitted)
            model = heads.text_linear(plan.family, plan.parameters, own)
            heads.fit(model, self.material.some(fold.fitted), own)
            began = time.perf_counter()
            found = heads.outputs(model, self.material.some(fold.judged), targets)
            if seconds is not None:
                seconds.append((time.perf_counter() - began) / len(fold.judged))
            return found

        return predict

    def finish_seconds(self, trial: Trial) -> float:
        return refit_seconds(trial, len(self.material.folds))

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - takes seconds
        material, plan = self.material, trial.plan
        model = self.model(plan)
        writing.write_estimator(folder, model, material.targets, material.texts[0])
        explanation = {"words": telling_words(model, material)}
        return Artefact(
            "text-classification", plan.family, plan.parameters, "sklearn", material.texts[0], explanation=explanation
        )

    def model(self, plan: Plan) -> Any:
        """That of a plan, fitted on all rows."""
        material = self.material
        model = heads.text_linear(plan.family, plan.parameters, material.targets)
        return heads.fit(model, material.texts, material.targets)


def telling_words(model: Any, material: Material) -> dict[str, list[str]]:
    """For each label the words and pieces that speak for it most; for numbers what makes them high and low."""
    names = np.asarray(model[0].get_feature_names_out())
    weights, labels = _weights(model[-1]), material.targets.labels
    if weights is None:
        return {}
    if len(weights) == 1:
        weights = np.vstack([-weights, weights])
        labels = ("low", "high") if material.targets.kind is Kind.NUMBER else labels
    return {
        label: [str(name).partition("__")[2] for name in names[np.argsort(-line)[:_WORDS_SHOWN]]]
        for label, line in zip(labels, weights, strict=True)
    }


def _weights(model: Any) -> Any:
    if hasattr(model, "calibrated_classifiers_"):
        model = model.calibrated_classifiers_[0].estimator
    if hasattr(model, "estimators_"):
        lines = [_weights(one) for one in model.estimators_]
        return None if any(line is None for line in lines) else np.vstack(lines)
    return np.atleast_2d(model.coef_) if hasattr(model, "coef_") else None
