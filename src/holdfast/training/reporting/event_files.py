"""What trials told while they learned, as TensorBoard's event files: the model's page shows them as charts.

Source: tensorboard, compat/proto/event.proto and summary.proto; see `viewer.readers.event_files`, which reads them.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from holdfast.training.domain.trials import Board, Trial
from holdfast.viewer.readers.event_files import masked_crc32c

FOLDER = "runs"
_VERSION = b"brain.Event:2"


def write_events(board: Board, folder: Path) -> None:
    """Write a file for each trial that has a curve, below `runs/`; where none has, nothing is written."""
    for trial in board.trials:
        if trial.outcome and any(trial.outcome.curve.values()):
            place = folder / FOLDER / f"{trial.number:04d}-{trial.plan.family}"
            place.mkdir(parents=True, exist_ok=True)
            content = event_file(_scalars(trial))
            (place / f"events.out.tfevents.{trial.number:010d}.holdfast").write_bytes(content)


def _scalars(trial: Trial) -> Mapping[str, Sequence[tuple[int, float]]]:
    assert trial.outcome is not None
    return {_tag(name): points for name, points in trial.outcome.curve.items()}


def _tag(name: str) -> str:
    """As transformers' own callback writes them: `eval_loss` is `eval/loss`, everything else belongs to training."""
    return f"eval/{name.removeprefix('eval_')}" if name.startswith("eval_") else f"train/{name}"


def event_file(scalars: Mapping[str, Sequence[tuple[int, float]]]) -> bytes:
    """Scalars as the bytes of an event file, without times: the same figures give the same bytes."""
    events = [_field(3, _VERSION)]
    for tag, points in scalars.items():
        events += [_event(tag, int(step), float(value)) for step, value in points if math.isfinite(value)]
    return b"".join(map(_record, events))


def _event(tag: str, step: int, value: float) -> bytes:
    scalar = _field(1, tag.encode()) + _varint(2 << 3 | 5) + struct.pack("<f", value)
    return _varint(2 << 3) + _varint(step) + _field(5, _field(1, scalar))


def _record(message: bytes) -> bytes:
    length = struct.pack("<Q", len(message))
    return length + struct.pack("<I", masked_crc32c(length)) + message + struct.pack("<I", masked_crc32c(message))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))
