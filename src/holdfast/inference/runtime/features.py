"""Pictures and sounds as a fixed number of numbers, for classifiers of scikit-learn; sounds as pictures, for networks.

`config.json` of such a model says how, beside what it says of scikit-learn:
`{"features": {"kind": "hog", "size": 48}}`.

| kind | of | numbers |
|---|---|---|
| pixels | a picture | levels of red, green and blue, made small |
| hog | a picture | directions of edges in cells of 8 × 8 pixels, compared with the cells around |
| mfcc | a sound | shape of the spectrum and how it changes, in five parts of the sound |
| spectrogram | a sound | loudness by pitch and time, as a picture that a network of pictures sees |

Source: Dalal & Triggs 2005 (HOG); Davis & Mermelstein 1980 (MFCC).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import UnusableModel
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.estimators import Estimator, load_estimator
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.rows import Row

Array = np.ndarray[Any, Any]
_CELL, _DIRECTIONS = 8, 9
_MELS, _COEFFICIENTS, _PARTS = 40, 13, 5
SPOKEN_RATE = 16_000
"""Samples a second that `mfcc` and spectrograms are made of."""


def pixels(image: Any, size: int) -> Array:
    """A picture made small, as size × size × 3 levels between 0 and 1."""
    small = image.resize((size, size), need("PIL.Image").Resampling.BILINEAR)
    return np.asarray(small, np.float32) / 255


def hog(image: Any, size: int) -> Array:
    """Histograms of 9 directions of edges in cells of 8 × 8 pixels; each block of 2 × 2 cells is normalized."""
    gray = pixels(image, size).mean(axis=2)
    down, right = np.gradient(gray)
    strength = np.hypot(down, right)
    turn = (np.arctan2(down, right) % np.pi) / np.pi * _DIRECTIONS
    low = np.floor(turn).astype(int) % _DIRECTIONS
    share = turn - np.floor(turn)
    planes = np.zeros((_DIRECTIONS, size, size), np.float32)
    rows, columns = np.indices((size, size))
    planes[low, rows, columns] = strength * (1 - share)
    planes[(low + 1) % _DIRECTIONS, rows, columns] += strength * share
    count = size // _CELL
    kept = planes[:, : count * _CELL, : count * _CELL].reshape(_DIRECTIONS, count, _CELL, count, _CELL)
    cells = kept.sum(axis=(2, 4)).transpose(1, 2, 0)
    return _normalized_blocks(cells)


def _normalized_blocks(cells: Array) -> Array:
    blocks = np.concatenate([cells[:-1, :-1], cells[1:, :-1], cells[:-1, 1:], cells[1:, 1:]], axis=2)
    blocks = np.minimum(blocks / np.sqrt((blocks**2).sum(axis=2, keepdims=True) + 1e-5), 0.2)
    blocks /= np.sqrt((blocks**2).sum(axis=2, keepdims=True) + 1e-5)
    found: Array = blocks.ravel().astype(np.float32)
    return found


def spectrogram(samples: Array, bands: int = _MELS) -> Array:
    """Loudness (logarithm) in bands as the ear has them, every 10 ms: bands × moments; samples at `SPOKEN_RATE`."""
    width, hop = 400, 160
    padded = np.pad(np.asarray(samples, np.float32), (width // 2, width // 2 + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop] * np.hanning(width).astype(np.float32)
    power = np.abs(np.fft.rfft(frames, 512)) ** 2
    found: Array = np.log(_mel_bands(bands) @ power.T + 1e-6).astype(np.float32)
    return found


def _mel_bands(bands: int) -> Array:
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + SPOKEN_RATE / 2 / 700), bands + 2) / 2595) - 1)
    places = np.linspace(0, SPOKEN_RATE / 2, 257)
    rising = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    found: Array = np.clip(np.minimum(rising, falling), 0, None)
    return found


def mfcc(samples: Array) -> Array:
    """Coefficients of the spectrum's shape, their changes, and both in five parts of the sound."""
    shape = need("scipy.fft").dct(spectrogram(samples), axis=0, norm="ortho")[:_COEFFICIENTS]
    change = np.gradient(shape, axis=1) if shape.shape[1] > 1 else np.zeros_like(shape)
    both = np.concatenate([shape, change])
    parts = [part.mean(axis=1) for part in np.array_split(both, _PARTS, axis=1) if part.shape[1]]
    parts += [parts[-1]] * (_PARTS - len(parts))
    found: Array = np.concatenate([*parts, both.mean(axis=1), both.std(axis=1)]).astype(np.float32)
    return found


def spectrogram_picture(samples: Array, size: int) -> Array:
    """A sound as a picture: 3 × size × size, pitch upwards, time to the right, its own mean 0 and spread a third."""
    levels = spectrogram(samples, size)
    places = np.linspace(0, levels.shape[1] - 1, size)
    drawn = np.stack([np.interp(places, np.arange(levels.shape[1]), line) for line in levels])
    even = (drawn - drawn.mean()) / (3 * drawn.std() + 1e-6)
    found: Array = np.repeat(even[None], 3, axis=0).astype(np.float32)
    return found


@dataclass(frozen=True)
class Features:
    """How a picture or sound becomes numbers. It stands where networks have their image processor."""

    kind: str
    size: int = 48
    rate: int = SPOKEN_RATE

    def of(self, thing: Any) -> Array:
        """Numbers of one picture (PIL, RGB) or sound (samples at `rate`)."""
        if self.kind == "mfcc":
            return mfcc(thing)
        return pixels(thing, self.size).ravel() if self.kind == "pixels" else hog(thing, self.size)

    @property
    def count(self) -> int:
        """How many numbers there are."""
        nothing = np.zeros(self.rate // 10) if self.kind == "mfcc" else need("PIL.Image").new("RGB", (16, 16))
        return len(self.of(nothing))

    def row(self, thing: Any) -> Row:
        if self.kind == "spectrogram":
            return {"pixel_values": spectrogram_picture(thing, self.size)}
        return {"features": self.of(thing)}


@dataclass(frozen=True)
class FeatureClassifier:
    """A classifier of scikit-learn over features; it stands where other models have their network."""

    estimator: Estimator

    @property
    def labels(self) -> list[str]:
        return [str(label) for label in self.estimator.model.classes_]

    def forward(self, rows: Sequence[Row]) -> list[dict[str, Array]]:
        """Logarithms of the probabilities: their softmax is the probabilities again."""
        scores = self.estimator.model.predict_proba(np.stack([row["features"] for row in rows]))
        return [{"logits": np.log(np.clip(line, 1e-15, 1.0))} for line in scores]


def features_said(folder: Path, kinds: Sequence[str]) -> Features | None:
    """What a model's config.json says of its features; None: it is a network, which sees the whole.

    Raises:
        UnusableModel: features that are none of `kinds`, or of no sensible size.
    """
    said = (Checkpoint(folder).json("config.json") or {}).get("features")
    if said is None:
        return None
    if not isinstance(said, Mapping) or said.get("kind") not in kinds:
        raise UnusableModel(problem=f"config.json names features that are none of {', '.join(kinds)}")
    size = said.get("size", 48)
    if not isinstance(size, int) or not 16 <= size <= 512:
        raise UnusableModel(problem="config.json names features of a size that is not between 16 and 512")
    return Features(str(said["kind"]), size)


def load_feature_classifier(folder: Path, features: Features) -> FeatureClassifier:
    """The classifier of a folder whose config.json names features.

    Raises:
        UnsafeWeights: a pickle, or foreign types.
        UnusableModel: no classifier, or one without probabilities.
    """
    estimator = load_estimator(folder)
    if not (estimator.can("classes_") and estimator.can("predict_proba")):
        raise UnusableModel(problem="it is not a fitted classifier with probabilities")
    if getattr(estimator.model, "n_features_in_", None) != features.count:
        raise UnusableModel(problem="its classifier does not fit the features that config.json names")
    return FeatureClassifier(estimator)
