"""Trains a small network from nothing: AdamW, a learning rate that rises and falls, one step after the other.

Large models are trained by transformers' `Trainer`; for networks that need a millisecond a step it is too slow.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.interface import TrialFailed

Batch = Mapping[str, Any]
Tell = Callable[[Mapping[str, Any]], None]
Curve = dict[str, list[tuple[int, float]]]
_RISE = 0.1
"""Of learning, until the learning rate is at its highest."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        epochs: times that every row is seen.
        steps_per_epoch: batches in each.
        learning_rate: the highest; reached after a tenth of the steps, then falling to almost nothing.
        weight_decay: of AdamW.
        clip: the longest gradient that is followed; recurrent networks need it.
        seconds: it ends after so long, with the learning rate down by then; None means that only steps count.
    """

    epochs: int
    steps_per_epoch: int
    learning_rate: float
    weight_decay: float = 0.01
    clip: float = 1.0
    seconds: float | None = None

    @property
    def steps(self) -> int:
        return max(1, self.epochs * self.steps_per_epoch)

    def progress(self, step: int, elapsed_seconds: float) -> float:
        """How far learning is, by steps or by time, whichever is nearer to its end: 0 to 1."""
        by_time = elapsed_seconds / self.seconds if self.seconds else 0.0
        return min(1.0, max(step / self.steps, by_time))

    def rate(self, step: int, elapsed_seconds: float = 0.0) -> float:
        """Part of the highest learning rate at a step: a line upwards, half a cosine downwards."""
        rise = max(1, self.steps // 10)
        progress = self.progress(step, elapsed_seconds)
        if step < rise and progress < _RISE:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (progress - _RISE) / (1 - _RISE))) + 1e-3


def learn(
    model: Any,
    batches: Callable[[int], Iterator[Batch]],
    schedule: Schedule,
    tell: Tell,
    judge: Callable[[], Mapping[str, float]] | None = None,
) -> Curve:
    """Train a model whose output has a `loss`.

    Args:
        model: in training mode afterwards as before.
        batches: of an epoch, by its number; tensors where the model is.
        schedule: how long and how fast.
        tell: is told loss (and what `judge` says) after each epoch; what it raises ends the training.
        judge: scores of the model as it stands; None judges only by the loss.

    Returns:
        loss and scores by step, once an epoch; `epochs_of` says how many there were.

    Raises:
        TrialFailed: the loss is no number any more.
    """
    optimizer = _optimizer(model, schedule)
    curve: Curve = {}
    step, began = 0, time.monotonic()
    for epoch in range(schedule.epochs):
        model.train()
        losses: list[float] = []
        for batch in batches(epoch):
            elapsed = time.monotonic() - began
            if losses and schedule.progress(step, elapsed) >= 1:
                break
            losses.append(_step(model, batch, optimizer, schedule, schedule.rate(step, elapsed)))
            step += 1
        figures = {"loss": sum(losses) / len(losses), **(judge() if judge else {})}
        for name, value in figures.items():
            curve.setdefault(name, []).append((step, value))
        tell({"step": step, "epoch": epoch + 1, **figures})
        if schedule.progress(step, time.monotonic() - began) >= 1:
            break
    return curve


def epochs_of(curve: Mapping[str, Sequence[tuple[int, float]]], schedule: Schedule) -> float:
    """How often every row was seen, by what `learn` returned."""
    return curve["loss"][-1][0] / schedule.steps_per_epoch if curve.get("loss") else 0.0


def _optimizer(model: Any, schedule: Schedule) -> Any:
    torch = need("torch")
    rows = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in rows if weight.ndim > 1], "weight_decay": schedule.weight_decay},
        {"params": [weight for weight in rows if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=schedule.learning_rate)


def _step(model: Any, batch: Batch, optimizer: Any, schedule: Schedule, rate: float) -> float:
    torch = need("torch")
    for group in optimizer.param_groups:
        group["lr"] = schedule.learning_rate * rate
    loss = model(**batch).loss
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrialFailed("the loss was no number any more; a lower learning rate may help")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip)
    optimizer.step()
    return value
