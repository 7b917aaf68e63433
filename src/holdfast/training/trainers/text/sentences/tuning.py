"""The rungs of sentence embeddings: the encoder as it came, and tuned by what the pairs say."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.bases import Base
from holdfast.training.trainers.text.classification.writing import copy_encoder
from holdfast.training.trainers.text.finetuning import MODEL, time_for_steps, usual_rate
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import WRITING_SECONDS, skipped
from holdfast.training.trainers.text.measuring import Unmeasured, measure
from holdfast.training.trainers.text.pace import Pace
from holdfast.training.trainers.text.sentence_models import (
    encode,
    load_sentence_model,
    losses,
    save_sentence_model,
)
from holdfast.training.trainers.text.sentences.pairs import Pairs, cosines_of
from holdfast.training.trainers.text.tasks import better

Array = np.ndarray[Any, Any]
_BATCH = 32
_EPOCHS = (4, 2, 1)
_FEWEST_STEPS = 20


@dataclass(frozen=True)
class AsItIs:
    """An encoder that learns nothing: what tuning has to beat."""

    pairs: Pairs
    fold: Fold
    base: Base
    metric: str
    families: ClassVar[tuple[str, ...]] = ("as-it-is",)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - always one
        yield Plan("as-it-is", reason="the encoder as it came")

    def fit(self, plan: Plan, place: Place) -> Outcome:  # noqa: ARG002 - nothing to choose
        model, judged = load_sentence_model(self.base.folder), self.pairs.at(self.fold.judged)
        found = judged.scores(cosines_of(lambda texts: encode(model, texts), judged))
        return Outcome(found[self.metric], metrics=found)

    def finish_seconds(self, trial: Trial) -> float:  # noqa: ARG002 - is there
        return WRITING_SECONDS

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - is there
        copy_encoder(self.base, folder)
        return _artefact("as-it-is", {}, self.pairs, self.base)


@dataclass(frozen=True)
class Tuned:
    """Tuned: pairs against the others of their batch (MNRL), with negatives if there are; by scores (CoSENT)."""

    pairs: Pairs
    fold: Fold
    base: Base
    metric: str
    params: Mapping[str, Any]
    seed: int
    families: ClassVar[tuple[str, ...]] = ("fine-tuned",)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - goes by the clock alone
        seconds = measure(self._measured, clock.left())
        if isinstance(seconds, Unmeasured):
            yield skipped("fine-tuned", seconds.reason)
            return
        rate = float(self.params.get("learning_rate", usual_rate(self.base.parameters) / 2.0))
        size = int(self.params.get("per_device_train_batch_size", _BATCH))
        epoch = -(-len(self.fold.fitted) // size)
        asked = self.params.get("num_train_epochs")
        chosen = [max(_FEWEST_STEPS, epochs * epoch) for epochs in _EPOCHS]
        steps = next((steps for steps in chosen if 1.3 * steps * seconds <= clock.left()), chosen[-1])
        if asked is not None:
            steps = max(1, round(float(asked) * epoch))
        parameters = {"loss": self.loss_name, "learning_rate": rate, "batch_size": size, "steps": steps}
        reason = "what belongs together comes together"
        expected = 1.3 * steps * seconds
        yield Plan("fine-tuned", parameters, 0, expected, reason, clock.left())

    @property
    def loss_name(self) -> str:
        """By what kind of data there is."""
        return "MultipleNegativesRankingLoss" if self.pairs.values is None else "CoSENTLoss"

    def _measured(self) -> float:
        model = self._loaded()
        parameters = {"learning_rate": 0.0, "batch_size": _BATCH}
        self._learn(model, parameters | {"steps": 1}, lambda _step, _loss: False)
        began = time.perf_counter()
        self._learn(model, parameters | {"steps": 2}, lambda _step, _loss: False)
        return (time.perf_counter() - began) / 2

    def fit(self, plan: Plan, place: Place) -> Outcome:
        began = time.monotonic()
        model, judged = self._loaded(), self.pairs.at(self.fold.judged)
        limit = time_for_steps(plan, began)
        watcher = _Watcher(
            model, judged, self.metric, place, Pace(plan.parameters["steps"], math.inf if limit is None else limit)
        )
        self._learn(model, plan.parameters, watcher.step)
        curve = {"loss": watcher.losses, "score": watcher.scores}
        return Outcome(watcher.best[self.metric], metrics=watcher.best, curve=curve, kept=MODEL)

    def finish_seconds(self, trial: Trial) -> float:  # noqa: ARG002 - its weights are there
        return WRITING_SECONDS

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - is made
        shutil.copytree(kept / MODEL, folder, dirs_exist_ok=True)
        return _artefact("fine-tuned", trial.plan.parameters, self.pairs, self.base)

    def _loaded(self) -> Any:
        need("torch").manual_seed(self.seed)
        return load_sentence_model(self.base.folder)

    def _learn(self, model: Any, parameters: Mapping[str, Any], watch: Callable[[int, float], bool]) -> None:
        torch, random = need("torch"), np.random.default_rng(self.seed)
        loss_of = getattr(losses(), self.loss_name)(model)
        optimizer = torch.optim.AdamW(model.parameters(), lr=parameters["learning_rate"], weight_decay=0.01)
        model.train()
        for step, places in enumerate(_batches(self.pairs, self.fold.fitted, parameters, random), start=1):
            some = self.pairs.at(places)
            columns = [some.texts, some.others] + ([some.negatives] if some.negatives else [])
            batches = [_placed(model.preprocess(column), model.device) for column in columns]
            labels = None if some.values is None else torch.as_tensor(some.values, dtype=torch.float32).to(model.device)
            loss = loss_of(batches, labels)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if watch(step, float(loss.detach())):
                break
        model.eval()


@dataclass
class _Watcher:
    """Looks at an encoder that learns, keeps the best, and says when to stop."""

    model: Any
    judged: Pairs
    metric: str
    place: Place
    pace: Pace
    losses: list[tuple[int, float]] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)
    best: dict[str, float] = field(default_factory=dict)

    def step(self, step: int, loss: float) -> bool:
        """Whether this was the last."""
        self.losses.append((step, loss))
        self.place.tell({"step": step, "loss": loss})
        ends = self.pace.ends(step)
        if ends or self.pace.wants_score(step):
            before = time.monotonic()
            self._look(step)
            self.pace.judged(time.monotonic() - before)
        return ends

    def _look(self, step: int) -> None:
        self.model.eval()
        found = self.judged.scores(cosines_of(lambda texts: encode(self.model, texts), self.judged))
        self.model.train()
        self.scores.append((step, found[self.metric]))
        if not self.best or better(self.metric)(found[self.metric], self.best[self.metric]):
            self.best = found
            save_sentence_model(self.model, self.place.folder / MODEL)
        self.place.tell({"step": step, "score": found[self.metric]})


def _batches(pairs: Pairs, rows: Array, parameters: Mapping[str, Any], random: np.random.Generator) -> Iterator[Array]:
    """As many batches as there are steps, each row once before any comes again.

    No text is twice in a batch of pairs: each would count as wrong for the other.
    """
    left: list[int] = []
    for _step in range(parameters["steps"]):
        if len(left) < min(parameters["batch_size"], len(rows)):
            left += random.permutation(rows).tolist()
        batch: list[int] = []
        seen: set[str] = set()
        for row in left:
            texts = {pairs.texts[row], pairs.others[row]}
            if len(batch) < parameters["batch_size"] and (pairs.values is not None or not texts & seen):
                batch.append(row)
                seen |= texts
        taken = set(batch)
        left = [row for row in left if row not in taken]
        yield np.array(batch)


def _placed(batch: Mapping[str, Any], device: Any) -> dict[str, Any]:
    return {name: value.to(device) if hasattr(value, "to") else value for name, value in batch.items()}


def _artefact(family: str, parameters: Mapping[str, Any], pairs: Pairs, base: Base) -> Artefact:
    example = {"source_sentence": pairs.texts[0], "sentences": pairs.others[:3]}
    return Artefact("sentence-similarity", family, parameters, "sentence-transformers", example, base_model=base.name)
