"""Trains a small network from nothing: AdamW, a learning rate that rises and falls, one step after the other.

Large models are trained by transformers' `Trainer`; for networks that need a millisecond a step it is too slow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.interface import TrialFailed

Batch = Mapping[str, Any]
Tell = Callable[[Mapping[str, Any]], None]
Curve = dict[str, list[tuple[int, float]]]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        epochs: times that every row is seen.
        steps_per_epoch: batches in each.
        learning_rate: the highest; reached after a tenth of the steps, then falling to almost nothing.
        weight_decay: of AdamW.
        clip: the longest gradient that is followed; recurrent networks need it.
    """

    epochs: int
    steps_per_epoch: int
    learning_rate: float
    weight_decay: float = 0.01
    clip: float = 1.0

    @property
    def steps(self) -> int:
        return max(1, self.epochs * self.steps_per_epoch)

    def rate(self, step: int) -> float:
        """Part of the highest learning rate at a step: a line upwards, half a cosine downwards."""
        rise = max(1, self.steps // 10)
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, self.steps - rise))) + 1e-3


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
        loss and scores by step, once an epoch.

    Raises:
        TrialFailed: the loss is no number any more.
    """
    optimizer = _optimizer(model, schedule)
    curve: Curve = {}
    step = 0
    for epoch in range(schedule.epochs):
        model.train()
        losses = []
        for batch in batches(epoch):
            losses.append(_step(model, batch, optimizer, schedule, step))
            step += 1
        figures = {"loss": sum(losses) / len(losses), **(judge() if judge else {})}
        for name, value in figures.items():
            curve.setdefault(name, []).append((step, value))
        tell({"step": step, "epoch": epoch + 1, **figures})
    return curve


def _optimizer(model: Any, schedule: Schedule) -> Any:
    torch = need("torch")
    rows = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in rows if weight.ndim > 1], "weight_decay": schedule.weight_decay},
        {"params": [weight for weight in rows if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=schedule.learning_rate)


def _step(model: Any, batch: Batch, optimizer: Any, schedule: Schedule, step: int) -> float:
    torch = need("torch")
    for group in optimizer.param_groups:
        group["lr"] = schedule.learning_rate * schedule.rate(step)
    loss = model(**batch).loss
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrialFailed(f"the loss was no number any more at step {step + 1}; a lower learning rate may help")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip)
    optimizer.step()
    return value
