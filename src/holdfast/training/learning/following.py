"""Follows transformers' (and TRL's) `Trainer`: its figures go to the board, and the board can end it."""

from __future__ import annotations

import math
import time
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


def report_to(tell: Callable[[Mapping[str, Any]], None], seconds: float | None = None) -> Follower:
    """A callback that passes each logged figure on; what `tell` raises ends the training.

    The callback raises TrialFailed where the loss is no number any more.

    Args:
        tell: takes figures.
        seconds: the training ends after so long, with what it has learned by then; None means that it is not ended.
    """
    curve: dict[str, list[tuple[int, float]]] = {}
    began = time.monotonic()

    class _Callback(need("transformers").TrainerCallback):  # type: ignore[misc]
        def on_log(self, _args: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_others: Any) -> None:
            figures = {name: float(value) for name, value in logs.items() if isinstance(value, (int, float))}
            if not math.isfinite(figures.get("loss", 0.0)):
                raise TrialFailed(f"the loss was no number any more at step {state.global_step}")
            for name, value in figures.items():
                if name not in _UNINTERESTING and math.isfinite(value):
                    curve.setdefault(name, []).append((state.global_step, value))
            tell({"step": state.global_step, "steps": state.max_steps, **figures})

        def on_step_end(self, _args: Any, _state: Any, control: Any, **_others: Any) -> None:
            if seconds is not None and time.monotonic() - began > seconds:
                control.should_training_stop = True

    return Follower(_Callback(), curve)
