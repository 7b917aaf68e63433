import json
import struct
from dataclasses import asdict

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.base.errors import ObjectNotFound, StorageFull
from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.documents import affects_facts, derive_facts
from holdfast.hub.repos.metadata.files import RepoFile
from holdfast.hub.repos.metadata.tags import BaseModel


def derive(repo_type, contents):
    """Facts of a repo with these files; contents are bytes, text or JSON values."""
    data = {path: content if isinstance(content, bytes) else encode(content) for path, content in contents.items()}
    files = [RepoFile(path, len(content)) for path, content in data.items()]
    return derive_facts(repo_type, files, lambda path, start, length: data[path][start : start + length])


def encode(content):
    return content.encode() if isinstance(content, str) else json.dumps(content).encode()


def safetensors(**shapes):
    header = orjson.dumps({name: {"dtype": "F32", "shape": s, "data_offsets": [0, 0]} for name, s in shapes.items()})
    return struct.pack("<Q", len(header)) + header


BERT = {
    "README.md": """---
language: en
tags: [exbert]
license: Apache-2.0
datasets: [bookcorpus, wikipedia]
base_model: google-bert/bert-large-uncased
---
# BERT

Pretrained with a masked language modeling objective, see [the paper](https://arxiv.org/abs/1810.04805).
""",
    "config.json": {"architectures": ["BertForMaskedLM"], "model_type": "bert", "vocab_size": 30522},
    "tokenizer_config.json": {"mask_token": {"content": "[MASK]"}, "model_max_length": 512},
    "model.safetensors": safetensors(a=[2, 3], b=[4]),
    "pytorch_model.bin": b"x",
    "tf_model.h5": b"x",
    "onnx/model.onnx": b"x",
}


def test_a_bert():
    facts = derive(RepoType.MODEL, BERT)
    assert facts.tags == (
        "transformers", "pytorch", "tf", "onnx", "safetensors", "bert", "fill-mask", "exbert", "en",
        "dataset:bookcorpus", "dataset:wikipedia", "arxiv:1810.04805", "base_model:google-bert/bert-large-uncased",
        "base_model:finetune:google-bert/bert-large-uncased", "license:apache-2.0", "region:us",
    )  # fmt: skip
    assert (facts.pipeline_tag, facts.library_name, facts.mask_token) == ("fill-mask", "transformers", "[MASK]")
    assert facts.base_models == (BaseModel("google-bert/bert-large-uncased", "finetune"),)
    assert facts.parameter_count == 10
    assert "masked language modeling objective" in facts.search_text
    assert facts.transformers.as_info() == {
        "auto_model": "AutoModelForMaskedLM",
        "pipeline_tag": "fill-mask",
        "processor": "AutoTokenizer",
    }
    assert facts.config == {
        "architectures": ["BertForMaskedLM"],
        "model_type": "bert",
        "tokenizer_config": {"mask_token": {"content": "[MASK]"}},
    }


@pytest.mark.parametrize(
    ("contents", "library", "task", "tag"),
    [
        (
            {"modules.json": [], "config.json": {"model_type": "bert"}},
            "sentence-transformers",
            "sentence-similarity",
            "bert",
        ),
        ({"config_setfit.json": {}, "modules.json": []}, "setfit", "text-classification", "setfit"),
        ({"adapter_config.json": {"peft_type": "LORA", "task_type": "CAUSAL_LM"}}, "peft", "text-generation", "peft"),
        (
            {"model_index.json": {"_class_name": "StableDiffusionPipeline"}},
            "diffusers",
            "text-to-image",
            "diffusers:StableDiffusionPipeline",
        ),
        ({"config.json": {"architecture": "resnet18", "num_features": 512}}, "timm", "image-classification", "timm"),
        ({"config.json": {"sklearn": {}}, "model.joblib": b"x"}, "sklearn", None, "joblib"),
        ({"a.gguf": b"GGUF"}, None, None, "gguf"),
        ({"runs/events.out.tfevents.1.host": b"x"}, None, None, "tensorboard"),
        (
            {"README.md": "---\nlibrary_name: keras\npipeline_tag: image-segmentation\n---\n"},
            "keras",
            "image-segmentation",
            "keras",
        ),
        (
            {"README.md": "---\ntags: [stable-baselines3, CartPole-v1]\n---\n"},
            "stable-baselines3",
            "reinforcement-learning",
            "CartPole-v1",
        ),
        ({"README.md": "---\ntags: [text-classification]\n---\n"}, None, "text-classification", "text-classification"),
        ({"README.md": "---\nco2_eq_emissions: 3.5\n---\n"}, None, None, "co2_eq_emissions"),
        (
            {"config.json": {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, "chat_template.jinja": "x"},
            "transformers",
            "text-generation",
            "conversational",
        ),
        (
            {
                "config.json": {
                    "model_type": "x",
                    "quantization_config": {"load_in_4bit": True, "quant_method": "bitsandbytes"},
                }
            },
            "transformers",
            None,
            "4-bit",
        ),
    ],
)
def test_signs_of_libraries(contents, library, task, tag):
    facts = derive(RepoType.MODEL, contents)
    assert (facts.library_name, facts.pipeline_tag) == (library, task)
    assert tag in facts.tags


@pytest.mark.parametrize(
    ("front_matter", "more", "relation"),
    [
        ("base_model: a/b", {}, "finetune"),
        ("base_model: a/b\nbase_model_relation: merge", {}, "merge"),
        ("base_model: a/b\nbase_model_relation: [x]", {}, "finetune"),
        ("base_model: [a/b, c/d]", {}, "merge"),
        ("base_model: a/b", {"adapter_config.json": {"peft_type": "LORA"}}, "adapter"),
        ("base_model: a/b", {"m.gguf": b""}, "quantized"),
        ("base_model: a/b\ntags: [lora]", {}, "adapter"),
    ],
)
def test_relation_to_base_models(front_matter, more, relation):
    facts = derive(RepoType.MODEL, {"README.md": f"---\n{front_matter}\n---\n", **more})
    assert facts.base_models[0] == BaseModel("a/b", relation)
    assert f"base_model:{relation}:a/b" in facts.tags


def test_sharded_weights_are_added_up():
    contents = {
        "model.safetensors.index.json": {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}},
        "model-1.safetensors": safetensors(a=[5]),
        "model-2.safetensors": safetensors(b=[7]),
    }
    assert derive(RepoType.MODEL, contents).parameter_count == 12
    del contents["model-2.safetensors"]
    assert derive(RepoType.MODEL, contents).safetensors is None


def test_a_dataset_pushed_with_the_datasets_library():
    card = """---
language: [en, fr]
license: mit
task_categories: [text-classification]
multilinguality: multilingual
dataset_info:
  features:
  - {name: text, dtype: string}
  - {name: pictures, list: {dtype: image}}
  - {name: label, dtype: {class_label: {names: {'0': a}}}}
  splits:
  - {name: train, num_examples: 1500}
  - {name: test, num_examples: 500}
configs:
- config_name: default
  data_files: [{split: train, path: data/train-*}]
pretty_name: Pairs
---
# Dataset Card

A small set of pairs for tests.

```bibtex
@misc{pairs, title={Pairs}}
```
"""
    facts = derive(
        RepoType.DATASET, {"README.md": card, "data/train-00000-of-00001.parquet": b"PAR1", ".gitattributes": ""}
    )
    assert facts.tags == (
        "task_categories:text-classification", "multilinguality:multilingual", "language:en", "language:fr",
        "license:mit", "size_categories:1K<n<10K", "format:parquet", "modality:image", "modality:text",
        "library:datasets", "library:pandas", "library:polars", "region:us",
    )  # fmt: skip
    assert facts.description == "A small set of pairs for tests."
    assert facts.citation == "@misc{pairs, title={Pairs}}"
    assert facts.pretty_name == "Pairs"


def test_a_space():
    fields = ["title: Chat", "emoji: 🤖", "colorFrom: red", "sdk: gradio", "sdk_version: 6.1", "models: [a/b]"]
    card = "\n".join(["---", *fields, "datasets: c/d", "app_port: x", "---", ""])
    facts = derive(RepoType.SPACE, {"README.md": card, "app.py": "x"})
    assert facts.tags == ("gradio", "region:us")
    assert (facts.space.title, facts.space.sdk_version, facts.space.app_port) == ("Chat", "6.1", 7860)
    assert (facts.models, facts.datasets, facts.space.sdk) == (("a/b",), ("c/d",), "gradio")


def test_an_empty_repo_and_a_broken_card():
    assert derive(RepoType.MODEL, {}).tags == ("region:us",)
    facts = derive(RepoType.MODEL, {"README.md": "---\na: [\n---\n# Title\n\nStill searchable words here.\n"})
    assert facts.card_data is None
    assert "Still searchable" in facts.search_text


def test_infinity_in_a_config_does_not_hide_it():
    content = b'{"model_type": "mamba", "architectures": ["MambaForCausalLM"], "time_step_limit": [0.0, Infinity]}'
    assert derive(RepoType.MODEL, {"config.json": content}).pipeline_tag == "text-generation"


def test_missing_content_is_absent_but_storage_trouble_is_told():
    files = [RepoFile("README.md", 10), RepoFile("model.safetensors", 100), RepoFile("m.gguf", 100)]

    def missing(path, start, length):
        raise ObjectNotFound(oid=path)

    def broken(path, start, length):
        raise StorageFull

    assert derive_facts(RepoType.MODEL, files, missing).safetensors is None
    with pytest.raises(StorageFull):
        derive_facts(RepoType.MODEL, files, broken)


@pytest.mark.parametrize(
    ("repo_type", "path", "affects"),
    [
        (RepoType.MODEL, "README.md", True),
        (RepoType.MODEL, "config.json", True),
        (RepoType.MODEL, "onnx/model.onnx", True),
        (RepoType.MODEL, "notes/data.txt", False),
        (RepoType.DATASET, "data/x.parquet", True),
        (RepoType.DATASET, "data/x.json.gz", True),
        (RepoType.DATASET, "script.py", False),
        (RepoType.SPACE, "app.py", False),
        (RepoType.SPACE, "README.md", True),
    ],
)
def test_which_commits_need_new_facts(repo_type, path, affects):
    assert affects_facts(repo_type, path) is affects


NAMES = ["name", "features", "dtype", "content", "a", "weight_map", "AutoModel", "num_examples", "splits"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
KEYS = st.sampled_from([
    "license", "language", "tags", "datasets", "base_model", "base_model_relation", "model-index", "widget", "models",
    "dataset_info", "sdk", "app_port", "title", "colorFrom", "pipeline_tag", "library_name", "architectures",
    "model_type", "auto_map", "quantization_config", "_class_name", "peft_type", "task_type", "mask_token",
    "chat_template", "size_categories", "task_categories", "sklearn", "architecture", "weight_map",
])  # fmt: skip
OBJECTS = st.dictionaries(KEYS, JSON, max_size=5)
PATHS = st.sampled_from([
    "config.json", "model_index.json", "adapter_config.json", "tokenizer_config.json", "model.safetensors.index.json",
    "meta.json", "model.safetensors", "a.gguf", "data.parquet",
])  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(card=OBJECTS, files=st.dictionaries(PATHS, OBJECTS | JSON | st.binary(max_size=20), max_size=5))
def test_no_content_breaks_the_derivation(card, files):
    readme = f"---\n{json.dumps(card, allow_nan=True)}\n---\nbody"
    for repo_type in RepoType:
        facts = derive(repo_type, {"README.md": readme, **files})
        orjson.dumps(asdict(facts))
