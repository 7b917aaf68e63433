"""Pictures of bars, lying or standing: what each rung learns from them, and that inference serves what comes out."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference import tasks
from holdfast.training.trainers.images import prepare
from holdfast.training.trainers.images.reducing import affordable, reduced
from tests.factories.tiny_models import vit
from tests.factories.training_runs import Hours, carry_out, specification, training_data


def picture(kind, seed):
    draw = np.random.default_rng(seed)
    levels = draw.integers(0, 60, (32, 32, 3), np.uint8)
    start = int(draw.integers(4, 22))
    if kind == "lying":
        levels[start : start + 6, 2:30] = 230
    else:
        levels[2:30, start : start + 6] = 230
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def bars():
    rows = [
        {"photo": picture(kind, 2 * i + shift), "kind": kind}
        for i in range(30)
        for shift, kind in enumerate(("lying", "standing"))
    ]
    return training_data(pd.DataFrame(rows), {"image": "photo", "target": "kind"})


def served(run):
    predictor = tasks.load(run.artefact.task, run.folder, device="cpu")
    kinds = ("lying", "standing") * 4
    answers = predictor.predict_batch([picture(kind, 1_000 + i) for i, kind in enumerate(kinds)])
    return sum(answer[0]["label"] == kind for answer, kind in zip(answers, kinds, strict=True)), answers[0]


def test_estimators_learn_edges_and_are_served(bars, tmp_path):
    spec = specification("image-classification", candidates=("majority", "hog-svm", "pixels-linear"))
    run = carry_out(bars, spec, tmp_path)
    assert run.families == ["majority", "hog-svm", "pixels-linear"]
    assert run.trial("hog-svm").outcome.metrics["accuracy"] > 0.9 > run.trial("majority").outcome.metrics["accuracy"]
    right, first = served(run)
    assert right == 8
    assert sum(line["score"] for line in first) == pytest.approx(1)
    assert run.artefact.library == "sklearn"


def test_a_small_network_learns_from_nothing_and_is_served(bars, tmp_path):
    spec = specification("image-classification", candidates=("cnn",), params={"epochs": 12})
    run = carry_out(bars, spec, tmp_path)
    (trial,) = run.board.trials
    losses = [value for _step, value in trial.outcome.curve["loss"]]
    assert losses[-1] < losses[0]
    assert trial.outcome.metrics["accuracy"] > 0.8
    assert served(run)[0] >= 7
    assert {layer["kind"] for layer in run.artefact.explanation["layers"]} >= {"Conv2d", "ReLU", "Linear"}


def test_a_model_that_is_taken_as_its_trial_left_it_is_explained_all_the_same(bars, tmp_path):
    spec = specification("image-classification", candidates=("cnn",), params={"epochs": 1})
    run = carry_out(bars, spec, tmp_path, Hours(seconds=0.0), most=1)
    said = run.artefact.explanation
    assert "no time to learn from all" in said["learned_from"]
    assert said["layers"][0]["kind"] == "Conv2d"


def test_a_transformer_learns_from_nothing_where_it_is_asked_for(bars, tmp_path):
    params = {"epochs": 10, "width": 32, "layers": 2}
    spec = specification("image-classification", candidates=("vit",), params=params)
    run = carry_out(bars, spec, tmp_path)
    losses = [value for _step, value in run.trial("vit").outcome.curve["loss"]]
    assert losses[-1] < losses[0]
    assert json.loads((run.folder / "config.json").read_text())["model_type"] == "vit"
    assert {line["label"] for line in served(run)[1]} == {"lying", "standing"}
    assert run.artefact.base_model is None
    families = {plan.family for plan in prepare(bars, specification("image-classification")).plans(run.board, Hours())}
    assert "vit" not in families, "a CNN learns more in the same time"


def test_a_family_that_there_is_not_is_named(bars):
    with pytest.raises(InvalidInput, match=r"resnet.*known: majority"):
        prepare(bars, specification("image-classification", candidates=("resnet",)))


def test_a_network_of_the_hub_gets_a_new_last_layer_and_learns_further(bars, tmp_path):
    base = vit(tmp_path / "base")
    params = {"epochs": 1, "learning_rate": 1e-4}
    spec = specification(
        "image-classification", candidates=("embeddings-linear", "fine-tuning"), base_model=str(base), params=params
    )
    run = carry_out(bars, spec, tmp_path)
    assert run.families == ["embeddings-linear", "fine-tuning"]
    assert run.trial("embeddings-linear").outcome.metrics["accuracy"] > 0.6
    assert run.trial("fine-tuning").outcome.curve["loss"]
    assert run.artefact.base_model == str(base)
    assert {path.suffix for path in run.folder.iterdir()} == {".json", ".safetensors"}
    assert {line["label"] for line in served(run)[1]} == {"lying", "standing"}


def photo(turned=False):
    """A large JPEG, dark on its left; `turned` as cameras say it."""
    image = Image.new("RGB", (3_000, 2_000), "white")
    image.paste((0, 0, 0), (0, 0, 1_500, 2_000))
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6  # to be turned to the right
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_large_photos_are_made_small_once_and_stand_upright():
    small = Image.open(io.BytesIO(reduced(photo())))
    assert small.size == (672, 448)
    assert sum(small.getpixel((10, 200))) < 30 < sum(small.getpixel((660, 200)))
    assert Image.open(io.BytesIO(reduced(photo(turned=True)))).size == (448, 672)
    assert reduced(b"no picture") == b"no picture"
    assert reduced(picture("lying", 0)) == picture("lying", 0)


def test_only_as_many_photos_are_read_as_the_budget_allows(bars):
    files = [photo()] * len(bars.train)
    some, kept = affordable(bars, files, 20.0, 0)
    assert len(some.train) == len(kept) == 55  # a fifth of 20 s, 72 ms each
    assert affordable(bars, files, 20.0, 0)[0].train.equals(some.train)
    assert len(affordable(bars, files, 600.0, 0)[1]) == 60
    assert len(affordable(bars, files, 1.0, 0)[1]) == 40


def test_a_file_that_is_no_picture_is_named(bars, tmp_path):
    broken = bars.train.copy()
    broken.at[0, "photo"] = b"no picture"
    with pytest.raises(InvalidInput, match="row 1"):
        carry_out(training_data(broken, dict(bars.columns)), specification("image-classification"), tmp_path)


def test_features_that_do_not_fit_the_classifier_are_refused(bars, tmp_path):
    spec = specification("image-classification", candidates=("majority",))
    run = carry_out(bars, spec, tmp_path)
    config = run.folder / "config.json"
    config.write_text(config.read_text().replace('"size": 48', '"size": 64'))
    with pytest.raises(UnusableModel, match="does not fit"):
        tasks.load("image-classification", run.folder)
    config.write_text(config.read_text().replace('"pixels"', '"odd"'))
    with pytest.raises(UnusableModel, match="none of"):
        tasks.load("image-classification", run.folder)
