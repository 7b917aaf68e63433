"""LoRA adapters, written by hand as PEFT writes them, against the same mathematics done by hand."""

import json
import math

import pytest
import torch
import transformers as t
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from holdfast.base.errors import UnsafeWeights, UnusableModel
from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.adapters import ADAPTER_FOLDER
from holdfast.inference.runtime.loading import load_model
from tests.factories import tiny_models
from tests.factories.tiny_models import SHAPE

CPU = Wish(device="cpu")
RANK = 4


def llama(folder):
    tokenizer = tiny_models.byte_tokenizer(folder)
    sizes = {**SHAPE, "num_key_value_heads": 1, "max_position_embeddings": 64, "vocab_size": len(tokenizer)}
    tiny_models.save(AutoModelForCausalLM, t.LlamaConfig(**sizes, initializer_range=0.3), folder)
    return folder


def put_adapter(folder, tensors, **config):
    own = folder / ADAPTER_FOLDER
    own.mkdir(exist_ok=True)
    said = {"peft_type": "LORA", "r": RANK, "lora_alpha": 16, "base_model_name_or_path": "alice/base", **config}
    (own / "adapter_config.json").write_text(json.dumps(said))
    save_file(
        {f"base_model.model.{name}": tensor for name, tensor in tensors.items()}, own / "adapter_model.safetensors"
    )


def thin(module, rows, columns, rank=RANK):
    torch.manual_seed(len(module))
    return {f"{module}.lora_A.weight": torch.randn(rank, columns), f"{module}.lora_B.weight": torch.randn(rows, rank)}


QUERY, DOWN = "model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"


def loaded(folder, auto_class="AutoModelForCausalLM"):
    return dict(load_model(folder, auto_class, CPU).model.state_dict())


def test_weights_are_the_bases_plus_the_product_of_the_thin_matrices(tmp_path):
    folder = llama(tmp_path)
    before = loaded(folder)
    tensors = thin(QUERY, 32, 32) | thin(DOWN, 32, 64, rank=2)
    put_adapter(folder, tensors, alpha_pattern={"mlp.down_proj": 3}, rank_pattern={"mlp.down_proj": 2})
    after = loaded(folder)
    for name, scale in ((QUERY, 16 / RANK), (DOWN, 3 / 2)):
        change = tensors[f"{name}.lora_B.weight"] @ tensors[f"{name}.lora_A.weight"] * scale
        torch.testing.assert_close(after[f"{name}.weight"], before[f"{name}.weight"] + change)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {f"{QUERY}.weight", f"{DOWN}.weight"}


def test_scales_by_the_root_of_the_rank_and_tensors_that_come_whole(tmp_path):
    folder = llama(tmp_path)
    before = loaded(folder)
    norm = torch.full((32,), 2.0)
    put_adapter(folder, {**thin(QUERY, 32, 32), "model.norm.weight": norm}, use_rslora=True)
    after = loaded(folder)
    tensors = thin(QUERY, 32, 32)
    change = tensors[f"{QUERY}.lora_B.weight"] @ tensors[f"{QUERY}.lora_A.weight"] * 16 / math.sqrt(RANK)
    torch.testing.assert_close(after[f"{QUERY}.weight"], before[f"{QUERY}.weight"] + change)
    torch.testing.assert_close(after["model.norm.weight"], norm)


def test_weights_that_lie_the_other_way_round(tmp_path):
    folder = tiny_models.gpt2(tmp_path)
    before = loaded(folder)
    name, words = "transformer.h.0.attn.c_attn", "transformer.wte"
    tensors = thin(name, 96, 32)
    embedding = {
        f"{words}.lora_embedding_A": torch.randn(RANK, 259),
        f"{words}.lora_embedding_B": torch.randn(32, RANK),
    }
    put_adapter(folder, tensors | embedding, fan_in_fan_out=True)
    after = loaded(folder)
    change = (tensors[f"{name}.lora_B.weight"] @ tensors[f"{name}.lora_A.weight"] * 4).T
    torch.testing.assert_close(after[f"{name}.weight"], before[f"{name}.weight"] + change)
    change = (embedding[f"{words}.lora_embedding_B"] @ embedding[f"{words}.lora_embedding_A"] * 4).T
    torch.testing.assert_close(after[f"{words}.weight"], before[f"{words}.weight"] + change)
    assert torch.equal(after["lm_head.weight"], before["lm_head.weight"])  # it was tied to the words


def test_an_adapted_model_says_something_else_than_its_base(tmp_path):
    folder = llama(tmp_path)
    wish = {"max_new_tokens": 20}
    plain = tasks.load("text-generation", folder).predict("hello", wish)
    put_adapter(folder, thin(QUERY, 32, 32) | thin(DOWN, 32, 64))
    adapted = tasks.load("text-generation", folder).predict("hello", wish)
    assert adapted != plain


def test_a_classifiers_head_comes_with_the_adapter(tmp_path):
    """The base has none, and would have other labels."""
    folder = tiny_models.bert(tmp_path, "AutoModel")
    torch.manual_seed(0)
    head = {"classifier.weight": torch.randn(5, 32), "classifier.bias": torch.randn(5)}
    pooler = {"bert.pooler.dense.weight": torch.randn(32, 32), "bert.pooler.dense.bias": torch.randn(32)}
    query = "bert.encoder.layer.0.attention.self.query"
    put_adapter(folder, {**head, **pooler, **thin(query, 32, 32)}, task_type="SEQ_CLS")
    model = load_model(folder, "AutoModelForSequenceClassification", CPU).model
    torch.testing.assert_close(model.classifier.weight.data, head["classifier.weight"])
    found = tasks.load("text-classification", folder).predict("a movie", {"top_k": 10})
    assert len(found) == 5
    plain = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=5)
    plain.load_state_dict(model.state_dict())
    assert plain.num_labels == 5


@pytest.mark.parametrize(
    ("tensors", "config", "words"),
    [
        (thin(QUERY, 32, 32), {"peft_type": "IA3"}, "IA3"),
        (thin(QUERY, 32, 32), {"use_dora": True}, "lacks .*lora_magnitude_vector"),
        (thin("model.layers.9.self_attn.q_proj", 32, 32), {}, "no model.layers.9"),
        (thin(QUERY, 32, 48), {}, "other sizes"),
        ({f"{QUERY}.lora_A.weight": torch.ones(RANK, 32)}, {}, "lacks"),
        ({"model.norm.weight": torch.ones(7)}, {}, "model.norm.weight does not fit"),
    ],
)
def test_adapters_that_do_not_fit_are_refused_in_words(tmp_path, tensors, config, words):
    folder = llama(tmp_path)
    put_adapter(folder, tensors, **config)
    with pytest.raises(UnusableModel, match=words):
        load_model(folder, "AutoModelForCausalLM", CPU)


def test_pickled_and_damaged_adapters(tmp_path):
    folder = llama(tmp_path)
    put_adapter(folder, thin(QUERY, 32, 32))
    weights = folder / ADAPTER_FOLDER / "adapter_model.safetensors"
    weights.write_bytes(b"nonsense")
    with pytest.raises(UnusableModel, match="damaged"):
        load_model(folder, "AutoModelForCausalLM", CPU)
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(UnsafeWeights):
        load_model(folder, "AutoModelForCausalLM", CPU)


def test_an_adapter_alone_names_its_base(tmp_path):
    put_adapter(tmp_path, thin(QUERY, 32, 32))
    with pytest.raises(UnusableModel, match="adapter of alice/base"):
        load_model(tmp_path / ADAPTER_FOLDER, "AutoModelForCausalLM", CPU)
