"""LoRA for models of texts: what learns, and that whole weights are written, which inference serves."""

import json

import pytest

pytest.importorskip("peft")
pytest.importorskip("transformers")

import safetensors.torch
import torch

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.training.trainers.text import adapters, prepare
from holdfast.training.trainers.text.bases import Base
from holdfast.training.trainers.text.finetuning import load_base
from tests.factories import tiny_models
from tests.factories.training_texts import bench, data_of, reviews, spec_of

ROLES = {"text": "text", "target": "label"}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_models.bert(tmp_path_factory.mktemp("base"), "AutoModel")


def test_small_matrices_and_the_new_head_learn_and_nothing_else(base):
    model, _reader = load_base(
        Base(base, "base"), "AutoModelForSequenceClassification", 0, adapters.Adapters(rank=4), num_labels=2
    )
    learning = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert {"classifier.weight", "classifier.bias"} <= learning
    assert all("lora_" in name or name.startswith(("classifier", "bert.pooler")) for name in learning)
    assert any("attention.self.query.lora_A" in name for name in learning)


def test_a_model_that_writes_gets_no_matrices_at_its_last_layer(tmp_path):
    folder = tiny_models.t5(tmp_path)
    model, _reader = load_base(Base(folder, "t5"), "AutoModelForSeq2SeqLM", 0, adapters.Adapters(rank=2))
    learning = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert learning
    assert all("lora_" in name and "lm_head" not in name for name in learning)
    plain = adapters.whole(model)
    assert {name for name, _weight in plain.named_parameters()} == {
        name.replace(".base_layer", "") for name, _weight in model.named_parameters() if "lora_" not in name
    }


def test_what_is_written_is_whole_and_served(base, tmp_path):
    spec = spec_of(
        "text-classification",
        base_model=str(base),
        candidates=("majority", "fine-tuned"),
        params={"peft": True, "lora_r": 4, "num_train_epochs": 1},
    )
    run = bench(data_of(reviews(420), reviews(20, seed=1), ROLES), spec, tmp_path)
    run.run()
    assert run.board.trials[1].plan.parameters["learning_rate"] == pytest.approx(1e-3)
    chosen = run.only("fine-tuned")
    chosen.folder.mkdir()
    _artefact, folder = chosen.finish()
    learned, before = (safetensors.torch.load_file(place / "model.safetensors") for place in (folder, base))
    assert not [name for name in learned if "lora" in name or "base_layer" in name]
    assert torch.equal(learned["bert.embeddings.word_embeddings.weight"], before["embeddings.word_embeddings.weight"])
    query = "encoder.layer.0.attention.self.query.weight"
    assert not torch.equal(learned[f"bert.{query}"], before[query])
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["BertForSequenceClassification"]
    assert tasks.load("text-classification", folder, device="cpu").predict("love it")[0]["label"] in ("good", "bad")


def test_texts_are_not_quantized():
    spec = spec_of("text-classification", params={"quantization": "int4"})
    with pytest.raises(InvalidInput, match="llm"):
        prepare(data_of(reviews(40), reviews(4), ROLES), spec)
