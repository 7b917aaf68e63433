"""The few-shot rung: an encoder drawn to the labels, so that texts of one label come near to each other (SetFit).

Source: Tunstall and others 2022, "Efficient Few-Shot Learning Without Prompts", for the idea: contrast first, then a
linear head. SetFit draws pairs and encodes both texts of each; here every two texts of a batch are a pair, which says
far more for the same work. Only the last layers learn: few examples can't teach words, and the rest costs time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.bases import Base, Missing
from holdfast.training.trainers.text.classification import heads, writing
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.targets import Kind
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import refit_seconds, skipped
from holdfast.training.trainers.text.measuring import UNKNOWN, measure
from holdfast.training.trainers.text.precision import fast_steps
from holdfast.training.trainers.text.sentence_models import (
    encode,
    load_sentence_model,
    save_sentence_model,
    vectors_of,
)

Array = np.ndarray[Any, Any]
FAMILY = "setfit"
_STEPS = (30, 20, 12)
_BATCH = 32
_RATE = 1e-4
_LAYERS = 2
_LAYER = re.compile(r"\b(?:layers?|blocks?|h)\.(\d+)\.")
_MOST_TOKENS = 128
"""Of a text while the encoder learns; its head sees all that the encoder takes."""
_MEASURED_STEPS = 2


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

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - goes by the clock alone
        if self.material.targets.kind is not Kind.ONE_LABEL or not (self.material.is_few or self.always):
            return
        if isinstance(self.base, Missing):
            yield skipped(FAMILY, self.base.reason)
            return
        step = measure(self._measured, clock.left())
        if step is None:
            yield skipped(FAMILY, UNKNOWN)
            return
        folds, steps = affordable(step, clock.left(), len(self.material.folds))
        parameters = {
            "steps": steps,
            "folds": folds,
            "layers": _LAYERS,
            "batch_size": _BATCH,
            "learning_rate": _RATE,
            "C": 10.0,
        }
        reason = "few examples: pairs of them teach the encoder which texts belong together"
        # The model itself has still to be made after the last fold: a trial that leaves no time for it is for nothing.
        yield Plan(FAMILY, parameters, expected_seconds=(folds + 1) * steps * step, reason=reason)

    def _measured(self) -> float:
        parameters = {"steps": 1, "batch_size": _BATCH, "learning_rate": 0.0, "layers": _LAYERS}
        rows = np.arange(len(self.material.texts))
        model = self._loaded()
        self._draw(model, rows, parameters, lambda _figures: None)
        began = time.perf_counter()
        self._draw(model, rows, parameters | {"steps": _MEASURED_STEPS}, lambda _figures: None)
        return (time.perf_counter() - began) / _MEASURED_STEPS

    def fit(self, plan: Plan, place: Place) -> Outcome:
        losses: list[tuple[int, float]] = []
        model = self._loaded()
        learned = [
            name for name in model.state_dict() if _learns(name, plan.parameters.get("layers", _LAYERS), _depth(model))
        ]
        untaught = {name: value.clone() for name, value in model.state_dict().items() if name in learned}

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
        self._draw(model, rows, plan.parameters, tell)
        targets = self.material.targets.at(rows)
        head = heads.vector_linear({"C": plan.parameters["C"]}, targets)
        return heads.fit(head, encode(model, self.material.some(rows)), targets)

    def _loaded(self) -> Any:
        assert isinstance(self.base, Base)
        need("torch").manual_seed(self.material.seed)
        return load_sentence_model(self.base.folder)

    def _draw(self, model: Any, rows: Array, parameters: Any, tell: Any) -> None:
        """Draw texts of one label together and others apart."""
        torch, random = need("torch"), np.random.default_rng(self.material.seed)
        trained, longest = _prepared(model, parameters.get("layers", _LAYERS)), model.max_seq_length
        optimizer = torch.optim.AdamW(trained, lr=parameters["learning_rate"], weight_decay=0.01)
        steps = parameters["steps"]
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_then_fade(step, steps))
        model.max_seq_length = min(longest or _MOST_TOKENS, _MOST_TOKENS)
        model.train()
        for _step in range(steps):
            chosen = _balanced(self.material.targets.values[rows], parameters["batch_size"], random)
            labels = torch.as_tensor(self.material.targets.values[rows[chosen]], device=model.device)
            with fast_steps():
                vectors = vectors_of(model, self.material.some(rows[chosen]))
            loss = _contrast(vectors.float(), labels)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            tell({"loss": float(loss.detach())})
        model.eval()
        model.max_seq_length = longest


def affordable(step: float, left: float, folds: int) -> tuple[int, int]:
    """Folds to judge by and steps in each, as many as there is time for, the final model's among them.

    Args:
        step: seconds of one.
        left: seconds of the search.
        folds: at most.
    """
    choices = [(folds, _STEPS[0]), (folds, _STEPS[1])]
    choices += [(min(2, folds), steps) for steps in _STEPS]
    return next((one for one in choices if (one[0] + 1) * one[1] * step <= left), choices[-1])


def _depth(model: Any) -> int:
    """Layers of an encoder; 0 where its parts do not say."""
    found = [_LAYER.search(name) for name, _weight in model.named_parameters()]
    return max((int(one[1]) + 1 for one in found if one), default=0)


def _learns(name: str, layers: int, depth: int) -> bool:
    """Whether a weight does: those of the last layers, and what comes behind them."""
    found = _LAYER.search(name)
    if found:
        return int(found[1]) >= depth - layers
    return "embedding" not in name


def _prepared(model: Any, layers: int) -> list[Any]:
    """Weights that learn; all others are told not to, which spares their part of going back."""
    depth = _depth(model)
    for name, weight in model.named_parameters():
        weight.requires_grad_(_learns(name, layers, depth))
    return [weight for weight in model.parameters() if weight.requires_grad]


def _warm_then_fade(step: int, steps: int) -> float:
    warm = max(1, steps // 10)
    return min((step + 1) / warm, (steps - step) / max(1, steps - warm))


def _balanced(labels: Array, size: int, random: np.random.Generator) -> Array:
    """Places of a batch: at least two of each label that is in it, of as many labels as there is room for."""
    known = np.unique(labels)
    drawn = random.permutation(known)[: max(2, size // 4)]
    each = max(2, size // len(drawn))
    places = [np.flatnonzero(labels == label) for label in drawn]
    return np.concatenate([random.permutation(place)[:each] for place in places])


def _contrast(vectors_BD: Any, labels_B: Any) -> Any:  # noqa: N803
    """Mean square of what cosines lack: to 1 for texts of one label, to 0 for others; both kinds weigh the same."""
    torch = need("torch")
    vectors = torch.nn.functional.normalize(vectors_BD, dim=-1)
    cosines = vectors @ vectors.T
    same = labels_B[:, None] == labels_B[None, :]
    alone = ~torch.eye(len(labels_B), dtype=torch.bool, device=same.device)
    near, far = cosines[same & alone], cosines[~same]
    parts = [
        ((1.0 - near) ** 2).mean() if near.numel() else None,
        (far.clamp(min=0.0) ** 2).mean() if far.numel() else None,
    ]
    return sum(part for part in parts if part is not None)
