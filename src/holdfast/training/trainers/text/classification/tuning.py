"""The last rung: a whole encoder fine-tuned with a new head, by `transformers.Trainer`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.inference.domain.labels import sigmoid, softmax
from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.adapters import RATE, Adapters, adapters_of
from holdfast.training.trainers.text.bases import Base, Missing
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.scoring import score, scores, standard_error
from holdfast.training.trainers.text.classification.targets import Kind
from holdfast.training.trainers.text.finetuning import (
    MODEL,
    Judged,
    Schedule,
    load_base,
    step_seconds,
    time_for_steps,
    tune,
    usual_rate,
)
from holdfast.training.trainers.text.folds import FEW_ROWS
from holdfast.training.trainers.text.ladder import WRITING_SECONDS, skipped
from holdfast.training.trainers.text.measuring import Unmeasured, measure
from holdfast.training.trainers.text.tasks import better

Array = np.ndarray[Any, Any]
FAMILY = "fine-tuned"
_BATCH = 16
_MAX_TOKENS = 128
_EPOCHS = (3, 2, 1)
_FEWEST_ROWS = 64
_FEWEST_STEPS = 60
_STEPS_A_LABEL = 12
"""With many labels a new head needs many steps before it tells them apart."""
_UNBALANCED = 3.0


@dataclass(frozen=True)
class FineTuning:
    """A fine-tuned encoder.

    Args:
        material: of the run; the first of its folds judges.
        base: the encoder; or why there is none.
    """

    material: Material
    base: Base | Missing
    families: ClassVar[tuple[str, ...]] = (FAMILY,)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - goes by the clock alone
        if isinstance(self.base, Missing):
            yield skipped(FAMILY, self.base.reason)
            return
        rows, in_folds = len(self.material.texts), len(self.material.folds) > 1
        if rows < _FEWEST_ROWS or (in_folds and rows <= FEW_ROWS):
            reason = f"{rows} rows are too few to fine-tune a whole model and judge it"
            yield skipped(FAMILY, reason)
            return
        seconds = measure(self._measured, clock.left())
        if isinstance(seconds, Unmeasured):
            yield skipped(FAMILY, seconds.reason)
            return
        steps = self._steps(seconds, clock.left())
        parameters = self.parameters | {"steps": steps}
        expected = steps * seconds * 1.15
        yield Plan(FAMILY, parameters, 0, expected, "the encoder itself learns the task", clock.left())
        if expected < clock.left() and "learning_rate" not in self.material.params:
            faster = parameters | {"learning_rate": 2.0 * parameters["learning_rate"]}
            yield Plan(FAMILY, faster, 0, expected, "the same, in larger strides", clock.left())

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What a trial is made with, as the spec says or as is usual."""
        params = self.material.params
        assert isinstance(self.base, Base)
        usual = usual_rate(self.base.parameters) * (1.0 if self._adapters is None else RATE)
        return {
            "learning_rate": float(params.get("learning_rate", usual)),
            "batch_size": int(params.get("per_device_train_batch_size", params.get("batch_size", _BATCH))),
            "max_length": int(params.get("max_length", _MAX_TOKENS)),
        }

    @property
    def _adapters(self) -> Adapters | None:
        return adapters_of(self.material.params)

    def _steps(self, seconds: float, left: float) -> int:
        """As many epochs as there is time for; at least as many steps as the labels need."""
        rows, asked = len(self.material.folds[0].fitted), self.material.params.get("num_train_epochs")
        epoch = -(-rows // int(self.parameters["batch_size"]))
        fewest = max(_FEWEST_STEPS, _STEPS_A_LABEL * len(self.material.targets.labels))
        if asked is not None:
            return max(1, round(float(asked) * epoch))
        chosen = [max(fewest, epochs * epoch) for epochs in _EPOCHS]
        return next((steps for steps in chosen if steps * seconds * 1.15 <= left), chosen[-1])

    def _measured(self) -> float:
        model, tokenizer = self._loaded()
        size = self.parameters["batch_size"]
        some = np.linspace(0, len(self.material.texts) - 1, num=min(3 * size, len(self.material.texts)), dtype=int)
        rows = self._rows(tokenizer, some, self.parameters["max_length"])
        return step_seconds(model, rows, _collate(tokenizer), Schedule(3, size, 0.0))

    def fit(self, plan: Plan, place: Place) -> Outcome:
        material, fold, parameters, began = self.material, self.material.folds[0], plan.parameters, time.monotonic()
        model, tokenizer = self._loaded()
        length, targets = parameters["max_length"], material.targets.at(fold.judged)
        judged_rows = self._rows(tokenizer, fold.judged, length)
        best: list[Array] = []

        def judge(current: Any) -> tuple[float, dict[str, float]]:
            found = _outputs(current, judged_rows, _collate(tokenizer), material.targets.kind)
            value = score(material.metric, targets, found)
            if not best or better(material.metric)(value, score(material.metric, targets, best[0])):
                best[:] = [found]
            return value, scores(targets, found)

        rows = self._rows(tokenizer, fold.fitted, length)
        judged = Judged(judge, better(material.metric))
        tuned = tune(
            model, tokenizer, rows, _collate(tokenizer), self._schedule(plan, began), judged, place, self._loss()
        )
        return Outcome(
            score=tuned.score,
            standard_error=standard_error(material.metric, targets, best[0]),
            metrics=tuned.metrics,
            curve={"loss": tuned.losses, "score": tuned.scores},
            kept=MODEL,
            size_bytes=sum(path.stat().st_size for path in (place.folder / MODEL).rglob("*")),
            predict_ms_per_row=_speed(model, judged_rows[:32], _collate(tokenizer)),
        )

    def _schedule(self, plan: Plan, began: float) -> Schedule:
        return Schedule(
            plan.parameters["steps"],
            plan.parameters["batch_size"],
            plan.parameters["learning_rate"],
            time_for_steps(plan, began),
            self.material.seed,
        )

    def finish_seconds(self, trial: Trial) -> float:  # noqa: ARG002 - its weights are there
        return WRITING_SECONDS

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - is made
        assert isinstance(self.base, Base)
        shutil.copytree(kept / MODEL, folder, dirs_exist_ok=True)
        return Artefact(
            "text-classification",
            FAMILY,
            trial.plan.parameters,
            "transformers",
            self.material.texts[0],
            base_model=self.base.name,
        )

    def _loaded(self) -> tuple[Any, Any]:
        assert isinstance(self.base, Base)
        targets = self.material.targets
        model, reader = load_base(
            self.base,
            "AutoModelForSequenceClassification",
            self.material.seed,
            self._adapters,
            num_labels=len(targets.labels),
            id2label=dict(enumerate(targets.labels)),
            label2id={label: place for place, label in enumerate(targets.labels)},
            problem_type=targets.kind.value,
        )
        if reader.max_tokens is not None:
            reader.tokenizer.model_max_length = reader.max_tokens
        return model, reader.tokenizer

    def _rows(self, tokenizer: Any, places: Array, length: int) -> list[dict[str, Any]]:
        most = min(length, tokenizer.model_max_length)
        encoded = self.material.tokens(tokenizer, places, most)
        targets = self.material.targets
        values = targets.values[places]
        labels = values if targets.kind is Kind.ONE_LABEL else values.astype(np.float32)
        names = list(encoded)
        return [
            {name: encoded[name][row] for name in names} | {"labels": labels[row].tolist()}
            for row in range(len(places))
        ]

    def _loss(self) -> Any:
        """Rare labels weigh more, where labels are far from equally frequent; None: the model's own."""
        targets = self.material.targets
        shares = targets.shares if targets.kind is Kind.ONE_LABEL else np.ones(1)
        if shares.max() <= _UNBALANCED * shares.min():
            return None
        torch = need("torch")
        weights = torch.as_tensor(1.0 / (len(shares) * np.maximum(shares, 1e-6)), dtype=torch.float32).clamp(max=10.0)
        return lambda logits, labels: torch.nn.functional.cross_entropy(
            logits.float(), labels, weights.to(logits.device)
        )


def _outputs(model: Any, rows: Sequence[Any], collate: Any, kind: Kind) -> Array:
    """Probabilities or numbers for rows, as they will be served."""
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]["input_ids"]))
    found = np.zeros((len(rows), model.config.num_labels))
    for start in range(0, len(order), 64):
        places = order[start : start + 64]
        batch = {name: tensor.to(model.device) for name, tensor in collate([rows[place] for place in places]).items()}
        batch.pop("labels")
        found[places] = model(**batch).logits.float().cpu().numpy()
    if kind is Kind.NUMBER:
        return found[:, 0]
    return softmax(found) if kind is Kind.ONE_LABEL else sigmoid(found)


def _speed(model: Any, rows: Sequence[Any], collate: Any) -> float:
    model.eval()
    began = time.perf_counter()
    with need("torch").inference_mode():
        _outputs(model, rows, collate, Kind.ONE_LABEL)
    return 1_000 * (time.perf_counter() - began) / len(rows)


def _collate(tokenizer: Any) -> Any:
    return need("transformers").DataCollatorWithPadding(tokenizer)
