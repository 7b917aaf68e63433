"""Sounds of a run, decoded once: as features for estimators, as pictures for networks.

Dimensions: N sounds, B of a batch, F features, C channels, H × W pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.runtime.features import SPOKEN_RATE, mfcc, spectrogram_picture
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.sounds import decode_sound
from holdfast.training.domain.data import TrainingData
from holdfast.training.learning.holdout import labels_of, truth_of

Array = np.ndarray[Any, Any]
SIZE = 64


@dataclass(frozen=True)
class Recordings:
    """Sounds with the numbers of their labels.

    Args:
        files: bytes of each sound's file.
        samples: of each, at `SPOKEN_RATE`.
        truth_N: number of each one's label.
        labels: their names.
        size: of the pictures.
    """

    files: Sequence[bytes]
    samples: Sequence[Array]
    truth_N: Array  # noqa: N815 - dimensions in the name
    labels: tuple[str, ...]
    size: int = SIZE

    @cached_property
    def features_NF(self) -> Array:  # noqa: N802
        """Of the kind `mfcc`."""
        return np.stack([mfcc(sound) for sound in self.samples])

    @cached_property
    def pictures_NCHW(self) -> Array:  # noqa: N802
        """Of the kind `spectrogram`."""
        return np.stack([spectrogram_picture(sound, self.size) for sound in self.samples])

    def tensor(self, rows: Array) -> Any:
        """Some of them as the served model will see them."""
        return need("torch").from_numpy(self.pictures_NCHW[rows])

    def vary(self, tensor: Any, draw: Any, parameters: Mapping[str, Any]) -> Any:  # noqa: ARG002 - none
        """Each begins a little earlier or later, and lacks a band of pitches and a moment.

        Source: Park et al. 2019, arXiv 1904.08779 (SpecAugment).
        """
        torch = need("torch")
        found = tensor.clone()
        for sound in found:
            shift, high, late = (int(torch.randint(*span, (1,), generator=draw)) for span in _spans(self.size))
            sound.copy_(sound.roll(shift, dims=2))
            sound[:, high : high + self.size // 10] = 0
            sound[:, :, late : late + self.size // 10] = 0
        return found


def _spans(size: int) -> tuple[tuple[int, int], ...]:
    return (-size // 12, size // 12 + 1), (0, size), (0, size)


def read_recordings(data: TrainingData) -> Recordings:
    """The sounds to search on.

    Raises:
        InvalidInput: one is no sound, or too long; says which row.
    """
    files = [_file_bytes(value) for value in data.train[data.columns["audio"]]]
    return Recordings(files, [_decoded(file, row) for row, file in enumerate(files)], truth_of(data), labels_of(data))


def _file_bytes(value: Any) -> bytes:
    """Datasets of the Hub have sounds as records with their bytes."""
    found = value.get("bytes") if isinstance(value, Mapping) else value
    return bytes(found) if isinstance(found, (bytes, bytearray, memoryview)) else b""


def _decoded(file: bytes, row: int) -> Array:
    try:
        return decode_sound(file, SPOKEN_RATE, "audio")
    except (InvalidInput, TooLarge) as error:
        raise InvalidInput(field="data", problem=f"has no usable sound in row {row + 1}: {error.message}") from None
