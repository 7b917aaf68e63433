"""Follows transformers' (and TRL's) `Trainer`: its figures go to the board, and the board can end it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.interface import TrialFailed

_UNINTERESTING = frozenset(
    ("epoch", "total_flos", "train_runtime", "train_samples_per_second", "train_steps_per_second")
)


@dataclass(frozen=True)
class Follower:
    """What a trainer has said so far.

    Args:
        callback: to be given to the trainer.
        curve: figures by step.
    """

    callback: Any
    curve: dict[str, list[tuple[int, float]]] = field(default_factory=dict)


def report_to(tell: Callable[[Mapping[str, Any]], None]) -> Follower:
    """A callback that passes each logged figure on; what `tell` raises ends the training.

    The callback raises TrialFailed where the loss is no number any more.
    """
    curve: dict[str, list[tuple[int, float]]] = {}

    class _Callback(need("transformers").TrainerCallback):  # type: ignore[misc]
        def on_log(self, _args: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_others: Any) -> None:
            figures = {name: float(value) for name, value in logs.items() if isinstance(value, (int, float))}
            if not math.isfinite(figures.get("loss", 0.0)):
                raise TrialFailed(f"the loss was no number any more at step {state.global_step}")
            for name, value in figures.items():
                if name not in _UNINTERESTING and math.isfinite(value):
                    curve.setdefault(name, []).append((state.global_step, value))
            tell({"step": state.global_step, "steps": state.max_steps, **figures})

    return Follower(_Callback(), curve)
