"""Folders that are no model, or not one to be trusted."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from holdfast.base.errors import InvalidInput, UnsafeWeights, UnusableModel
from holdfast.inference import tasks
from holdfast.inference.runtime.ocr import Word, words_in
from tests.factories import tiny_estimators, tiny_models


@pytest.fixture
def folder(tmp_path):
    return tiny_models.bert(tmp_path, num_labels=2)


def edit(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refused(folder, task="text-classification"):
    with pytest.raises(UnusableModel) as caught:
        tasks.load(task, folder)
    return caught.value.message


def test_nothing_there(tmp_path):
    assert "no config.json" in refused(tmp_path)


def test_a_config_that_is_none(folder):
    (folder / "config.json").write_text("{")
    assert "config.json is not valid JSON" in refused(folder)
    (folder / "config.json").write_text("[]")
    assert "must hold a JSON object" in refused(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pkl", "tf_model.h5"])
def test_pickles(folder, name):
    (folder / "model.safetensors").rename(folder / name)
    with pytest.raises(UnsafeWeights, match=name.replace(".", r"\.")) as caught:
        tasks.load("text-classification", folder)
    assert "save_pretrained" in caught.value.message


def test_no_weights(folder):
    (folder / "model.safetensors").unlink()
    assert "no model.safetensors" in refused(folder)


def test_an_architecture_nobody_knows(folder):
    edit(folder, model_type="moonshot")
    assert "moonshot" in refused(folder)


def test_code_in_the_repo_is_not_run(folder):
    (folder / "code.py").write_text("raise SystemExit('ran')")
    edit(folder, model_type="own", auto_map={"AutoModelForSequenceClassification": "code.Model"})
    assert "needs Python code from its repo" in refused(folder)


def test_code_beside_a_known_architecture_is_not_run(folder):
    (folder / "code.py").write_text("raise SystemExit('ran')")
    edit(folder, auto_map={"AutoModelForSequenceClassification": "code.Model"})
    assert len(tasks.load("text-classification", folder).predict("a cat")) == 2


def test_weights_that_lack_tensors(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("classifier.weight")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert "lack 1 tensors" in refused(folder)
    assert "classifier.weight" in refused(folder)


def test_weights_of_other_shapes(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["classifier.weight"] = np.zeros((7, 32), np.float32)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert refused(folder)


def test_weights_cut_short(folder):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    assert refused(folder)


def test_no_tokenizer(folder):
    for path in folder.glob("token*"):
        path.unlink()
    assert refused(folder)


def test_a_cross_encoder_has_one_output(folder):
    assert "2 labels" in refused(folder, "text-ranking")


def test_nli_is_needed_for_labels_of_ones_own(folder):
    assert "entailment" in refused(folder, "zero-shot-classification")


def test_sentence_modules_that_are_not_known(tmp_path):
    folder = tiny_models.sentence_encoder(tmp_path)
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps([*modules, {"path": "3", "type": "x.LSTM"}]))
    assert "'LSTM'" in refused(folder, "feature-extraction")
    modules[1]["path"] = "../elsewhere"
    (folder / "modules.json").write_text(json.dumps(modules))
    assert "out of the model's folder" in refused(folder, "feature-extraction")


def test_the_limit_and_the_prompts_of_a_sentence_encoder(tmp_path):
    encoder = tasks.load("feature-extraction", tiny_models.sentence_encoder(tmp_path))
    [plain] = encoder.predict("paris")
    assert encoder.predict("paris", {"prompt_name": "query"}) != [plain]
    assert encoder.predict("question: paris") == encoder.predict("paris", {"prompt_name": "query"})
    with pytest.raises(InvalidInput, match="known: query"):
        encoder.predict("paris", {"prompt_name": "answer"})
    assert len(encoder.predict("paris", {"dimensions": 4})[0]) == 4
    with pytest.raises(InvalidInput, match="dimensions` must be at most 32"):
        encoder.predict("paris", {"dimensions": 33})
    cut = encoder.predict("paris " * 40, {"truncate": True})
    assert cut == encoder.predict("paris " * 14)


@pytest.mark.parametrize(
    ("task", "labels", "ask"),
    [
        ("text-classification", 3, lambda text: text),
        ("text-ranking", 1, lambda text: {"query": "paris", "texts": [text]}),
        ("sentence-similarity", 3, lambda text: {"source_sentence": "paris", "sentences": [text]}),
    ],
)
def test_a_text_is_cut_where_its_sender_wants(tmp_path, task, labels, ask):
    predictor = tasks.load(task, tiny_models.bert(tmp_path, num_labels=labels))
    cut = "truncation" if task == "text-classification" else "truncate"
    text = " ".join(["cat"] * 60 + ["paris"] * 60)
    found = {
        side: predictor.predict(ask(text), {cut: True, "truncation_direction": side}) for side in ("left", "right")
    }
    assert found["left"] != found["right"]
    assert found["right"] == predictor.predict(ask(text), {cut: True})


def test_an_architecture_that_has_no_such_head(tmp_path):
    assert "made for another task: models of this type have no AutoModelForCausalLM" in refused(
        tiny_models.t5(tmp_path), "text-generation"
    )


def test_what_is_missing_is_named_without_paths_of_this_machine(tmp_path):
    said = refused(tiny_models.gpt2(tmp_path), "automatic-speech-recognition")
    assert "there is no feature extractor in its repo" in said
    assert str(tmp_path) not in said


def test_policies_that_make_no_sense(tmp_path):
    folder = tiny_estimators.policy(tmp_path)
    edit(
        folder,
        policy={
            "kind": "mlp",
            "activation": "tanh",
            "observation_shape": [7],
            "action": {"kind": "discrete", "count": 2},
        },
    )
    assert "do not fit together" in refused(folder, "reinforcement-learning")
    edit(folder, policy=3)
    assert "nothing of a policy" in refused(folder, "reinforcement-learning")


def test_policies_of_both_kinds(tmp_path):
    bounds = {"kind": "continuous", "low": [-0.1, -0.1], "high": [0.1, 0.1]}
    found = tasks.load("reinforcement-learning", tiny_estimators.policy(tmp_path, bounds))
    action = found.predict({"observation": [9, 9, 9, 9]})["action"]
    assert [abs(number) for number in action] == pytest.approx([0.1, 0.1])
    save_file({"q_table": np.array([[0.0, 1.0], [2.0, 0.0]], np.float32)}, tmp_path / "model.safetensors")
    edit(tmp_path, policy={"kind": "table", "action": {"kind": "discrete", "count": 2}})
    table = tasks.load("reinforcement-learning", tmp_path)
    assert table.predict_batch([{"observation": 0}, {"observation": 1}]) == [
        {"action": 1, "scores": [0.0, 1.0]},
        {"action": 0, "scores": [2.0, 0.0]},
    ]
    with pytest.raises(InvalidInput, match=r"inputs\.observation"):
        table.predict({"observation": 2})


def test_words_of_tesseract():
    lines = [
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
        "1\t1\t0\t0\t0\t0\t0\t0\t200\t100\t-1\t",
        "5\t1\t1\t1\t1\t1\t20\t10\t60\t20\t96.1\tTotal",
        "5\t1\t1\t1\t1\t2\t100\t10\t60\t20\t95\t ",
    ]
    assert words_in("\n".join(lines), 200, 100) == [Word("Total", (100, 100, 400, 300))]


def test_a_classifiers_body_gives_features_but_no_pooling(tmp_path):
    body = tasks.load("image-feature-extraction", tiny_models.vit(tmp_path, num_labels=2))
    assert len(body.predict(tiny_models.picture())) == 17
    with pytest.raises(InvalidInput, match=r"parameters\.pool"):
        body.predict(tiny_models.picture(), {"pool": True})
