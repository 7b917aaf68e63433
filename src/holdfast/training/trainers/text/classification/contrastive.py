"""The few-shot rung: an encoder drawn to the labels, with a linear head (SetFit).

Source: Tunstall and others 2022, "Efficient Few-Shot Learning Without Prompts", for the idea: contrast first, then a
linear head; `drawing` says what is done otherwise here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.bases import Base, Missing
from holdfast.training.trainers.text.classification import heads, writing
from holdfast.training.trainers.text.classification.drawing import Drawing, depth, draw, learns
from holdfast.training.trainers.text.classification.embeddings import LINEAR, ZERO_SHOT
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.targets import Kind, Targets
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import refit_seconds, skipped
from holdfast.training.trainers.text.measuring import Unmeasured, measure
from holdfast.training.trainers.text.sentence_models import encode, load_sentence_model, save_sentence_model

Array = np.ndarray[Any, Any]
FAMILY = "setfit"
_STEPS = (30, 20, 12)
_BATCH = 32
_RATE = 1e-4
_LAYERS, _FEWER_LAYERS = 4, 2
"""Four layers that learn gain 0.01 to 0.06 of macro-F1 over two, on spam and sentiment, for twice the time."""
_OF_THEIR_TIME = 0.5
_TOKENS = 64
_MEASURED_STEPS = 3


@dataclass(frozen=True)
class Contrastive:
    """An encoder tuned by contrasts, with a linear head.

    Args:
        material: of the run.
        base: the encoder; or why there is none.
        always: try it however many examples there are.
    """

    material: Material
    base: Base | Missing
    always: bool = False
    families: ClassVar[tuple[str, ...]] = (FAMILY,)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        if self.material.targets.kind is not Kind.ONE_LABEL or not (self.material.is_few or self.always):
            return
        if isinstance(self.base, Missing):
            yield skipped(FAMILY, self.base.reason)
            return
        described = self._descriptions_help(board)
        measured = measure(lambda: self._measured(described=described), clock.left())
        if isinstance(measured, Unmeasured):
            yield skipped(FAMILY, measured.reason)
            return
        before, step = measured
        folds, steps, layers = affordable(before, step, clock.left(), len(self.material.folds))
        parameters = _usual(steps) | {"folds": folds, "layers": layers, "descriptions": described}
        step = step if layers == _LAYERS else _OF_THEIR_TIME * step
        reason = "few examples: pairs of them teach the encoder which texts belong together"
        # The model itself has still to be made after the last fold: a trial that leaves no time for it is for nothing.
        yield Plan(FAMILY, parameters, expected_seconds=(folds + 1) * (before + steps * step), reason=reason)

    def _descriptions_help(self, board: Board) -> bool:
        """Whether a description is as good as an example: where by descriptions alone as much is right as by examples.

        What knows nothing but the descriptions is judged by all rows, so this is the one question they can answer.
        """
        best = {trial.plan.family: trial for trial in reversed(board.finished())}
        if ZERO_SHOT not in best or LINEAR not in best or self.material.descriptions is None:
            return False
        by_words, by_examples = best[ZERO_SHOT].outcome, best[LINEAR].outcome
        assert by_words is not None
        assert by_examples is not None
        return not board.metric.better(by_examples.score, by_words.score)

    def _measured(self, *, described: bool) -> tuple[float, float]:
        """Seconds before the first step, and of a step."""
        model, rows = self._loaded(), np.arange(len(self.material.texts))
        parameters = _usual(_MEASURED_STEPS) | {"learning_rate": 0.0, "descriptions": described}
        texts, targets = self._examples(rows, parameters)
        ended, began = [], time.perf_counter()
        draw(
            model,
            texts,
            targets.values,
            self._drawing(parameters),
            lambda _figures: ended.append(time.perf_counter()),
        )
        step = (ended[-1] - ended[0]) / (_MEASURED_STEPS - 1)
        return max(0.0, ended[0] - began - step), step

    def fit(self, plan: Plan, place: Place) -> Outcome:
        losses: list[tuple[int, float]] = []
        model = self._loaded()
        deep, layers = depth(model), self._drawing(plan.parameters).layers
        untaught = {name: value.clone() for name, value in model.state_dict().items() if learns(name, layers, deep)}

        def tell(figures: dict[str, Any]) -> None:
            losses.append((len(losses) + 1, figures["loss"]))
            place.tell({"step": len(losses), "loss": figures["loss"]})

        def predict(fold: Fold) -> Array:
            model.load_state_dict(untaught, strict=False)
            head = self._tuned(model, plan, fold.fitted, tell)
            return heads.outputs(head, encode(model, self.material.some(fold.judged)), self.material.targets)

        return self.material.outcome(predict, folds=plan.parameters.get("folds"), curve={"loss": losses})

    def finish_seconds(self, trial: Trial) -> float:
        return refit_seconds(trial, trial.plan.parameters.get("folds", len(self.material.folds)))

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - was kept back
        material, plan = self.material, trial.plan
        assert isinstance(self.base, Base)
        model = self._loaded()
        head = self._tuned(model, plan, np.arange(len(material.texts)), lambda _figures: None)
        save_sentence_model(model, folder)
        writing.write_head(folder, head, material.targets)
        return Artefact(
            "text-classification",
            FAMILY,
            plan.parameters,
            "sentence-transformers",
            material.texts[0],
            base_model=self.base.name,
        )

    def _tuned(self, model: Any, plan: Plan, rows: Array, tell: Any) -> Any:
        """Draw, then fit a head on what the encoder makes of the same rows."""
        texts, targets = self._examples(rows, plan.parameters)
        draw(model, texts, targets.values, self._drawing(plan.parameters), tell)
        head = heads.vector_linear({"C": plan.parameters["C"]}, targets)
        return heads.fit(head, encode(model, texts), targets)

    def _examples(self, rows: Array, parameters: Mapping[str, Any]) -> tuple[list[str], Targets]:
        """Texts of some rows and what is right for them; with descriptions, one more of each label."""
        texts, targets = self.material.some(rows), self.material.targets.at(rows)
        described = self.material.descriptions
        if described is None or not parameters.get("descriptions"):
            return texts, targets
        places = np.concatenate([targets.values, np.arange(len(targets.labels))])
        return [*texts, *described], Targets(targets.kind, targets.labels, places)

    def _loaded(self) -> Any:
        assert isinstance(self.base, Base)
        need("torch").manual_seed(self.material.seed)
        return load_sentence_model(self.base.folder)

    def _drawing(self, parameters: Mapping[str, Any]) -> Drawing:
        names = ("steps", "batch_size", "learning_rate", "layers", "tokens")
        known = _usual(_STEPS[0]) | dict(parameters)
        return Drawing(**{name: known[name] for name in names}, seed=self.material.seed)


def _usual(steps: int) -> dict[str, Any]:
    return {
        "steps": steps,
        "layers": _LAYERS,
        "tokens": _TOKENS,
        "batch_size": _BATCH,
        "learning_rate": _RATE,
        "C": 10.0,
    }


def affordable(before: float, step: float, left: float, folds: int) -> tuple[int, int, int]:
    """Folds to judge by, steps in each and layers that learn: as many as there is time for, the final model included.

    Layers come first, then steps: what is judged by fewer rows is still as good, what learned too little is not.

    Args:
        before: seconds until the first step.
        step: seconds of one, with all layers that may learn.
        left: seconds of the search.
        folds: at most.
    """
    parts = tuple(dict.fromkeys((folds, min(2, folds), 1)))
    choices = [(part, _STEPS[0], _LAYERS) for part in parts] + [(1, _STEPS[1], _LAYERS)]
    choices += [(part, _STEPS[0], _FEWER_LAYERS) for part in parts[1:]]
    choices += [(1, steps, _FEWER_LAYERS) for steps in _STEPS[1:]]
    for part, steps, layers in choices:
        each = step if layers == _LAYERS else _OF_THEIR_TIME * step
        if (part + 1) * (before + steps * each) <= left:
            return part, steps, layers
    return choices[-1]
