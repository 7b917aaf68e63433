"""Sounds in and out: files from strangers to one channel of numbers, numbers to WAV files.

Source: libsndfile reads WAV, FLAC, OGG, OPUS, MP3, AIFF; no other program is needed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import load_part
from holdfast.inference.runtime.rows import Row

MAX_SECONDS = 1_800
_MAX_SAMPLES = 400_000_000
_FINEST = 2_000
"""Rates are brought to a ratio of small numbers: all usual ones are such, and the filter grows with the larger one. A
file that says that it has 2,147,483,647 samples a second asks for one of a hundred gigabytes."""

Samples = np.ndarray[Any, Any]


def decode_sound(data: bytes, rate: int, name: str) -> Samples:
    """A sound file as one channel of float32 samples between -1 and 1, `rate` of them each second.

    Raises:
        InvalidInput: it is not a sound file, damaged, or holds no sound.
        TooLarge: it is longer than `MAX_SECONDS`, as its header says; nothing is unpacked then.
    """
    soundfile = need("soundfile")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            seconds = file.frames / max(1, file.samplerate)
            if seconds > MAX_SECONDS or file.frames * file.channels > _MAX_SAMPLES:
                raise TooLarge(what=f"`{name}`, a sound of {seconds:.0f} seconds,", limit=f"{MAX_SECONDS} seconds")
            samples = file.read(dtype="float32", always_2d=True).mean(axis=1)
            own_rate = int(file.samplerate)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError):
        raise InvalidInput(field=name, problem="is not a sound file that can be read (WAV, FLAC, OGG, MP3)") from None
    if not len(samples) or not np.isfinite(samples).all():
        raise InvalidInput(field=name, problem="holds no sound, or numbers that are none")
    return resampled(samples, own_rate, rate)


def resampled(samples: Samples, own_rate: int, rate: int) -> Samples:
    """Samples at another rate.

    Raises:
        InvalidInput: a rate at which nothing is left of them.
    """
    if own_rate == rate:
        return samples
    ratio = Fraction(rate, own_rate).limit_denominator(_FINEST)
    if not ratio:
        raise InvalidInput(field="inputs", problem=f"says that it has {own_rate} samples a second")
    signal = need("scipy.signal")
    changed: Samples = signal.resample_poly(samples, ratio.numerator, ratio.denominator)
    return changed.astype(np.float32)


def encode_wav(samples: Samples, rate: int) -> bytes:
    """One channel of samples between -1 and 1 as a WAV file of 16 bits."""
    buffer = io.BytesIO()
    need("soundfile").write(buffer, np.clip(samples, -1, 1), rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


@dataclass(frozen=True)
class SoundReader:
    """What a model does with sounds before it hears them."""

    extractor: Any

    @property
    def rate(self) -> int:
        """Samples a second that the model wants."""
        return int(self.extractor.sampling_rate)

    def row(self, samples: Samples, **options: Any) -> Row:
        """A sound as the model's inputs, as arrays without a batch dimension."""
        made = self.extractor(samples, sampling_rate=self.rate, return_tensors="np", **options)
        return {name: np.asarray(values[0]) for name, values in made.items()}


def load_sound_reader(folder: Path) -> SoundReader:
    """The feature extractor of a folder.

    Raises:
        UnusableModel: there is none.
    """
    return SoundReader(load_part(folder, "AutoFeatureExtractor"))
