"""Adapters beside each other on one base, against peft's own merged models, and what they take of memory."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from holdfast.base.errors import UnusableModel
from holdfast.inference import tasks
from holdfast.inference.domain.generation import Plan
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.adapters import ADAPTER_FOLDER, Adapter
from holdfast.inference.runtime.causal import load_language_model
from tests.factories import tiny_models
from tests.unit.inference.runtime.test_adapters import CPU, llama, put_adapter, thin

peft = pytest.importorskip("peft")
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks the old name
PLAN = Plan(options={"do_sample": False}, max_new_tokens=8)
PROMPTS = ("hello", "the cat sat on the mat and", "a")


def save_adapter(base: Path, folder: Path, seed: int, **config) -> torch.nn.Module:
    """An adapter with random weights as peft saves it, with its base's tokenizer; returns peft's own model.

    It is merged, but where words are changed to which the head is tied: merging would change the head, too.
    """
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base)
    wrapped = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", **config))
    for name, parameter in wrapped.named_parameters():
        if "lora_" in name and "magnitude" not in name:
            torch.nn.init.normal_(parameter, std=0.3)
        if "magnitude" in name:
            parameter.data *= 1.5
    wrapped.save_pretrained(folder)
    for path in base.glob("tokenizer*"):
        (folder / path.name).write_bytes(path.read_bytes())
    return wrapped.eval() if "wte" in config["target_modules"] else wrapped.merge_and_unload().eval()


def greedy(model, tokenizer, prompt: str) -> list[int]:
    tokens = tokenizer(prompt, return_tensors="pt")
    made = model.generate(**tokens, max_new_tokens=8, do_sample=False, pad_token_id=2)[0]
    return made[tokens["input_ids"].shape[1] :].tolist()


def ids(answer) -> list[int]:
    return [token["id"] for token in answer["details"]["tokens"]]


KINDS = {
    "llama": (llama, {"r": 4, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj", "down_proj"]}),
    "gpt2": (
        tiny_models.gpt2,
        {"r": 2, "use_rslora": True, "target_modules": ["c_attn", "wte"], "fan_in_fan_out": True},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_adapters_and_their_base_go_through_the_model_together(tmp_path, kind):
    make, config = KINDS[kind]
    base = make(tmp_path)
    folders = [tmp_path / f"adapter-{number}" for number in range(3)]
    plain = [save_adapter(base, folder, seed, **config) for seed, folder in enumerate(folders)]
    models = [
        load_language_model(base, CPU),
        *(load_language_model(base, Wish("cpu", adapter=str(one))) for one in folders),
    ]
    decoder, reader = models[0].generator.decoder, models[0].reader
    assert not decoder.why_not
    prompts = [reader.row(prompt)["input_ids"].tolist() for prompt in PROMPTS]
    rows = [(prompt, model) for model in models for prompt in prompts]
    logits, _, _ = decoder.read([prompt for prompt, _ in rows], [model.generator.adapter for _, model in rows])
    wholes = [AutoModelForCausalLM.from_pretrained(base).eval(), *plain]
    for (prompt, model), found in zip(rows, logits, strict=True):
        with torch.inference_mode():
            expected = wholes[models.index(model)](torch.tensor([prompt])).logits[0, -1]
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    steps = [model.generator.steps([reader.row(prompt)], PLAN) for prompt in PROMPTS for model in models]
    made = _together(steps)
    whole = [greedy(one, reader.tokenizer, prompt) for prompt in PROMPTS for one in wholes]
    assert [[token.id for token in one.tokens] for one in made] == whole


def _together(steps):
    """Advance all of them side by side, as a worker does."""
    results = {}
    while len(results) < len(steps):
        for index, one in enumerate(steps):
            if index not in results:
                try:
                    next(one)
                except StopIteration as end:
                    [results[index]] = end.value
    return [results[index] for index in range(len(steps))]


def test_what_cannot_join_the_running_batch_is_adapted_too(tmp_path):
    base = llama(tmp_path)
    folder = tmp_path / "adapter"
    plain = save_adapter(base, folder, 0, **KINDS["llama"][1])
    adapted = tasks.load("text-generation", base, device="cpu", adapter=str(folder))
    tokenizer = load_language_model(base, CPU).reader.tokenizer
    tokens = tokenizer("hello", return_tensors="pt")
    expected = plain.generate(**tokens, max_new_tokens=6, num_beams=3, do_sample=False, pad_token_id=2)[0]
    answer = adapted.predict("hello", {"max_new_tokens": 6, "num_beams": 3, "details": True})
    assert ids(answer) == [one for one in expected[tokens["input_ids"].shape[1] :].tolist() if one != 1]


def test_a_dora_is_merged_as_peft_merges_it(tmp_path):
    for kind, (make, config) in KINDS.items():
        base = tmp_path / kind
        base.mkdir()
        make(base)
        plain = save_adapter(base, base / ADAPTER_FOLDER, 1, **config, use_dora=True)
        assert not Adapter(base / ADAPTER_FOLDER).is_thin
        merged = dict(load_language_model(base, CPU).generator.loaded.model.state_dict())
        if kind == "gpt2":
            plain = plain.merge_and_unload()
        for name, tensor in plain.state_dict().items():
            if (kind, name) != ("gpt2", "lm_head.weight"):
                torch.testing.assert_close(merged[name], tensor, atol=1e-5, rtol=1e-5)


def test_ten_adapters_take_about_one_base(tmp_path):
    base = llama(tmp_path)
    models = [load_language_model(base, CPU)]
    for number in range(10):
        folder = tmp_path / f"adapter-{number}"
        save_adapter(base, folder, number, **KINDS["llama"][1])
        assert Adapter(folder).is_thin
        models.append(load_language_model(base, Wish("cpu", adapter=str(folder))))
    assert len({id(model.generator.loaded.model) for model in models}) == 1
    assert len({id(model.generator.running) for model in models}) == 1
    gc.collect()
    wholes = [one for one in gc.get_objects() if type(one) is type(models[0].generator.loaded.model)]
    assert len(wholes) == 1


def test_which_adapters_are_thin(tmp_path):
    folder = llama(tmp_path)
    query = thin("model.layers.0.self_attn.q_proj", 32, 32)
    own = Adapter(folder / ADAPTER_FOLDER)
    for tensors, config, is_thin in (
        (query, {}, True),
        (query, {"use_rslora": True}, True),
        (query, {"use_dora": True}, False),
        (query, {"bias": "lora_only"}, False),
        (query, {"peft_type": "IA3"}, False),
        ({**query, "model.norm.weight": torch.ones(32)}, {}, False),
    ):
        put_adapter(folder, tensors, **config)
        assert Adapter(folder / ADAPTER_FOLDER).is_thin is is_thin, config
    (own.folder / "adapter_model.safetensors").write_bytes(b"\xff" * 100)
    assert not own.is_thin


def test_an_adapter_that_does_not_fit_leaves_its_base_as_it_was(tmp_path):
    base = llama(tmp_path)
    before = tasks.load("text-generation", base, device="cpu").predict("hello")
    put_adapter(base, thin("model.layers.0.self_attn.q_proj", 32, 48))
    bad = base / ADAPTER_FOLDER
    for path in base.glob("tokenizer*"):
        (bad / path.name).write_bytes(path.read_bytes())
    with pytest.raises(UnusableModel, match="other sizes"):
        tasks.load("text-generation", base, device="cpu", adapter=str(bad))
    bad.rename(base.parent / "away")
    assert tasks.load("text-generation", base, device="cpu").predict("hello") == before
