"""Models as skops files: the same answers after loading, however many trees, and each tree once."""

import zipfile

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.ensemble import ExtraTreesClassifier

from holdfast.inference.runtime.libraries import skops_io
from holdfast.training.learning.skops_files import write_skops
from holdfast.training.trainers.tabular.calibration import Calibration, calibrated, vote

LABELS = ("0", "1", "2")


@pytest.fixture(scope="module")
def wine():
    inputs, answers = load_wine(return_X_y=True)
    return inputs, answers.astype(str)


def forest(wine, seed):
    return ExtraTreesClassifier(20, max_depth=4, random_state=seed).fit(*wine)


def loaded(path):
    skops = skops_io()
    return skops.load(path, trusted=skops.get_untrusted_types(file=path))


def test_an_ensemble_answers_alike_after_loading(wine, tmp_path):
    members = [calibrated(forest(wine, seed), Calibration(0.01, 1.2), LABELS) for seed in (0, 1)]
    ensemble = calibrated(vote(members, [0.3, 0.7], ["a", "b"], LABELS), Calibration(0.0, 0.9), LABELS)
    write_skops(ensemble, tmp_path / "model.skops")
    found = loaded(tmp_path / "model.skops").predict_proba(wine[0])
    np.testing.assert_allclose(found, ensemble.predict_proba(wine[0]), atol=1e-12)


def test_an_ensemble_holds_each_member_once(wine, tmp_path):
    first, second = forest(wine, 0), forest(wine, 1)
    write_skops(first, tmp_path / "one.skops")
    members = [calibrated(each, Calibration(0.01, 1.2), LABELS) for each in (first, second)]
    write_skops(vote(members, [0.5, 0.5], ["a", "b"], LABELS), tmp_path / "two.skops")
    assert (tmp_path / "two.skops").stat().st_size < 3 * (tmp_path / "one.skops").stat().st_size


def test_looking_for_a_name_lists_none(wine, tmp_path, monkeypatch):
    def refuse(_archive):
        raise AssertionError("all names are listed for one")

    monkeypatch.setattr(zipfile.ZipFile, "namelist", refuse)
    write_skops(forest(wine, 0), tmp_path / "model.skops")
