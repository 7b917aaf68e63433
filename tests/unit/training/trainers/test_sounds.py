"""Tones that rise or fall: what each rung hears in them, and that inference serves what comes out."""

import numpy as np
import pandas as pd
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.inference.runtime.sounds import encode_wav
from tests.factories.training_runs import carry_out, specification, training_data

KINDS = ("falling", "rising")


def tone(kind, seed):
    draw = np.random.default_rng(seed)
    moments = np.arange(int(8_000 * draw.uniform(0.3, 0.5))) / 8_000
    start, end = sorted(draw.uniform(300, 2_500, 2))
    pitch = np.linspace(*((start, end + 400) if kind == "rising" else (end + 400, start)), len(moments))
    wave = 0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / 8_000) + draw.normal(0, 0.01, len(moments))
    return encode_wav(wave, 8_000)


@pytest.fixture(scope="module")
def tones():
    rows = [{"sound": tone(kind, 2 * i + shift), "kind": kind} for i in range(40) for shift, kind in enumerate(KINDS)]
    return training_data(pd.DataFrame(rows), {"audio": "sound", "target": "kind"})


def right(run):
    predictor = tasks.load("audio-classification", run.folder, device="cpu")
    asked = [(kind, tone(kind, 5_000 + i)) for i in range(6) for kind in KINDS]
    answers = predictor.predict_batch([sound for _kind, sound in asked])
    return sum(answer[0]["label"] == kind for (kind, _sound), answer in zip(asked, answers, strict=True)) / len(asked)


def test_the_spectrum_tells_and_is_served(tones, tmp_path):
    run = carry_out(tones, specification("audio-classification", candidates=("majority", "mfcc-svm")), tmp_path)
    assert run.families == ["majority", "mfcc-svm"]
    assert run.trial("mfcc-svm").outcome.metrics["accuracy"] > 0.8
    assert right(run) > 0.8


@pytest.mark.heavy
def test_a_network_sees_sounds_and_is_served(tones, tmp_path):
    spec = specification("audio-classification", candidates=("cnn",), params={"epochs": 10})
    run = carry_out(tones, spec, tmp_path)
    assert run.board.best.outcome.metrics["accuracy"] > 0.8
    assert right(run) > 0.8


def test_a_file_that_is_no_sound_is_named(tones, tmp_path):
    broken = tones.train.copy()
    broken.at[2, "sound"] = b"no sound"
    with pytest.raises(InvalidInput, match="row 3"):
        carry_out(training_data(broken, dict(tones.columns)), specification("audio-classification"), tmp_path)
