"""Our own architectures: they learn, they are saved and loaded, tasks answer with them, and padding never counts."""

import io

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers import processors

from holdfast.base.errors import UnusableModel
from holdfast.inference import tasks
from holdfast.inference.runtime import architectures
from tests.factories import tiny_models

CELLS = ("lstm", "gru", "rnn")
RECURRENT = {"model_type": "holdfast-recurrent", "embedding_size": 16, "hidden_size": 24}
TEXTS = ["i love this movie", "a bad film .", "how many stars has the great city of paris ?", ""]
TABLE = {"width": [0.0, 1.0, 4.0, None], "height": ["2", "0", "5", "1"]}


def learn(model, steps=60, **inputs):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        optimizer.step()
    return loss.item()


def words(folder, texts, **options):
    tokenizer = tiny_models.word_tokenizer(folder, **options)
    return tokenizer, tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)


def test_pictures_are_learned_and_classified(tmp_path):
    torch.manual_seed(0)
    config = {"model_type": "holdfast-cnn", "image_size": 16, "widths": [4, 8], "id2label": {0: "dark", 1: "light"}}
    model = architectures.build("image-classification", config)
    labels = torch.arange(16) % 2
    pixels = (labels * 2 - 1)[:, None, None, None] + torch.randn(16, 3, 16, 16) * 0.2
    assert learn(model, pixel_values=pixels, labels=labels) < 0.1
    predictor = tasks.load("image-classification", architectures.save(model, tmp_path))
    white = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(white, "PNG")
    best = predictor.predict(white.getvalue())[0]
    assert best["label"] == "light"
    assert best["score"] > 0.9


@pytest.mark.parametrize("cell", CELLS)
def test_texts_are_learned_and_classified(cell, tmp_path):
    torch.manual_seed(0)
    tokenizer, tokens = words(tmp_path, ["love", "great good film", "hate hate", "this is an awful film"])
    config = {**RECURRENT, "cell": cell, "vocab_size": len(tokenizer), "id2label": {0: "good", 1: "bad"}}
    model = architectures.build("text-classification", config)
    assert learn(model, **tokens, labels=torch.tensor([0, 0, 1, 1])) < 0.1
    predictor = tasks.load("text-classification", architectures.save(model, tmp_path))
    assert [one[0]["label"] for one in predictor.predict_batch(["this is an awful film", "love"])] == ["bad", "good"]


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_never_counts_in_a_classifier(pooling, side, tmp_path):
    torch.manual_seed(0)
    tokenizer, _ = words(tmp_path, TEXTS, padding_side=side)
    config = {**RECURRENT, "vocab_size": len(tokenizer), "bidirectional": True, "pooling": pooling, "num_labels": 3}
    model = architectures.build("text-classification", {**config, "num_hidden_layers": 2})
    predictor = tasks.load("text-classification", architectures.save(model, tmp_path))
    for alone, together in zip(map(predictor.predict, TEXTS), predictor.predict_batch(TEXTS), strict=True):
        assert [one["score"] for one in alone] == pytest.approx([one["score"] for one in together], abs=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_language_model_goes_on_as_it_learned(cell, tmp_path):
    torch.manual_seed(0)
    text = "the cat sat on the mat in paris"
    tokenizer, tokens = words(tmp_path, [text])
    ids = {"bos_token_id": 2, "eos_token_id": 3, "vocab_size": len(tokenizer), "dropout": 0.0}
    model = architectures.build("text-generation", {**RECURRENT, **ids, "cell": cell, "hidden_size": 48})
    learn(model, 120, **tokens, labels=tokens["input_ids"])
    architectures.save(model, tmp_path)
    open_ended = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    tokenizer.backend_tokenizer.post_processor = open_ended
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "bos_token": "[CLS]", "eos_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer, **marks).save_pretrained(
        tmp_path
    )
    predictor = tasks.load("text-generation", tmp_path)
    found = predictor.predict_batch(["the cat sat", "the cat sat on the mat"], {"max_new_tokens": 12, "details": True})
    assert [one["generated_text"].split() for one in found] == [["on", "the", "mat", "in", "paris"], ["in", "paris"]]
    assert found[0]["details"]["finish_reason"] == "eos_token"
    # What was remembered and what is read anew say the same, and so do beams of one.
    plain = predictor.predict("the cat sat", {"max_new_tokens": 5, "use_cache": False})
    assert found[0]["generated_text"].startswith(plain["generated_text"])
    beams = predictor.predict("the cat sat", {"max_new_tokens": 12, "num_beams": 3})
    assert beams["generated_text"].split() == ["on", "the", "mat", "in", "paris"]
    assert "".join(chunk["token"]["text"] for chunk in predictor.stream(predictor.prepare("the cat", {}))).split()


def test_tables_are_learned_and_classified(tmp_path):
    torch.manual_seed(0)
    config = {"model_type": "holdfast-mlp", "columns": ["width", "height"], "id2label": {0: "flat", 1: "tall"}}
    model = architectures.build("tabular-classification", config)
    values = torch.tensor([[400.0, 1.0], [300.0, 2.0], [100.0, 6.0], [float("nan"), 7.0]])
    model.fit_scale(values)
    assert learn(model, values=values, labels=torch.tensor([0, 0, 1, 1])) < 0.1
    predictor = tasks.load("tabular-classification", architectures.save(model, tmp_path))
    table = {"height": ["1", "8"], "width": [390, None]}
    assert predictor.predict({"table": table}) == ["flat", "tall"]
    assert predictor.predict({"table": table}, {"return_scores": True})[1][0]["label"] == "tall"


@pytest.mark.parametrize("targets", [1, 2])
def test_numbers_are_learned_and_estimated(targets, tmp_path):
    torch.manual_seed(0)
    config = {"model_type": "holdfast-mlp", "columns": ["width", "height"], "num_labels": targets}
    model = architectures.build("tabular-regression", {**config, "activation": "tanh"})
    values = torch.tensor([[0.0, 2.0], [1.0, 0.0], [4.0, 5.0], [3.0, 1.0]])
    wanted = (values @ torch.tensor([[100.0, 1.0], [50.0, -1.0]]))[:, :targets]
    model.fit_scale(values)
    model.fit_target(wanted)
    assert learn(model, 150, values=values, labels=wanted) < 1e-3
    predictor = tasks.load("tabular-regression", architectures.save(model, tmp_path))
    found = predictor.predict({"table": {"width": [0.0, 4.0], "height": [2.0, 5.0]}})
    np.testing.assert_allclose(np.array(found).reshape(2, targets)[:, 0], [100.0, 650.0], atol=20)


def test_transformers_own_classes_know_them(tmp_path):
    architectures.register()
    model = architectures.build("text-classification", {**RECURRENT, "vocab_size": 30, "num_labels": 2})
    architectures.save(model, tmp_path)
    found = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert type(found) is type(architectures.load(tmp_path)) is type(model)


@pytest.mark.parametrize(
    ("task", "config", "words"),
    [
        ("text-generation", {"model_type": "holdfast-cnn"}, "is for image-classification, not for text-generation"),
        ("text-generation", {"model_type": "bert"}, "none of our own architectures"),
        ("text-generation", {**RECURRENT, "cell": "transistor"}, "cell must be one of lstm, gru, rnn"),
        ("text-generation", {**RECURRENT, "hidden_size": "many"}, "hidden_size"),
        ("tabular-regression", {"model_type": "holdfast-mlp", "columns": ["a", "a"]}, "a name of its own"),
        ("image-classification", {"model_type": "holdfast-cnn", "activation": "sneeze"}, "sneeze"),
        ("image-classification", {"model_type": "holdfast-cnn", "image_size": 4}, "stages"),
    ],
)
def test_what_cannot_be_built_is_said(task, config, words):
    with pytest.raises(UnusableModel, match=words):
        architectures.build(task, config)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tensors: tensors.pop("head.bias"), r"lack 1 tensors \(head.bias\)"),
        (lambda tensors: tensors.update({"head.bias": torch.zeros(9)}), "do not fit"),
    ],
)
def test_lost_and_wrong_weights_are_refused(change, words, tmp_path):
    config = {"model_type": "holdfast-mlp", "columns": ["a", "b"], "num_labels": 2}
    architectures.save(architectures.build("tabular-classification", config), tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    change(tensors)
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnusableModel, match=words):
        tasks.load("tabular-classification", tmp_path)


def test_files_that_are_damaged_are_refused(tmp_path):
    config = {"model_type": "holdfast-mlp", "columns": ["a", "b"], "num_labels": 2}
    architectures.save(architectures.build("tabular-classification", config), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(UnusableModel, match="do not fit"):
        tasks.load("tabular-classification", tmp_path)


def test_another_model_is_not_loaded(tmp_path):
    tiny_models.bert(tmp_path)
    with pytest.raises(UnusableModel, match="bert is none of our own"):
        architectures.load(tmp_path)
