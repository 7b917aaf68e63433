"""Rows that join and leave a running batch: each says what it says alone, whatever runs beside it."""

import numpy as np
import pytest
import torch
import transformers as t
from transformers import AutoModelForCausalLM

from holdfast.base.errors import HoldfastError
from holdfast.inference.domain.generation import Plan
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.causal import load_language_model
from holdfast.inference.runtime.running_batch import MAX_ROWS
from tests.factories import tiny_models
from tests.factories.tiny_models import SHAPE

LLAMA = {**SHAPE, "num_key_value_heads": 1, "max_position_embeddings": 256}
SMALL = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 256}
DECODERS = {
    "ctrl": t.CTRLConfig(n_embd=32, n_layer=2, n_head=2, dff=64, n_positions=256),
    "gemma": t.GemmaConfig(**LLAMA, head_dim=16),
    "gemma2": t.Gemma2Config(**LLAMA, head_dim=16, sliding_window=16),
    "gemma3": t.Gemma3TextConfig(**LLAMA, head_dim=16, sliding_window=16),
    "gpt2": t.GPT2Config(**SMALL),
    "gpt_neox": t.GPTNeoXConfig(**SHAPE, max_position_embeddings=256),
    "llama": t.LlamaConfig(**LLAMA),
    "mistral": t.MistralConfig(**LLAMA, sliding_window=16),
    "opt": t.OPTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, ffn_dim=64, word_embed_proj_dim=32),
    "phi": t.PhiConfig(**SHAPE, max_position_embeddings=256),
    "qwen2": t.Qwen2Config(**LLAMA),
    "qwen2-sliding": t.Qwen2Config(**LLAMA, use_sliding_window=True, sliding_window=16, max_window_layers=1),
    "qwen3": t.Qwen3Config(**LLAMA, head_dim=16),
}
GOES_ALONE = {
    "bloom": t.BloomConfig(hidden_size=32, n_layer=2, n_head=2),
    "gpt": t.OpenAIGPTConfig(**SMALL),
    "llama-dynamic": t.LlamaConfig(**LLAMA, rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}),
    "mamba": t.MambaConfig(hidden_size=32, num_hidden_layers=2, state_size=4),
}
PROMPTS = ["hello there", "a", "the cat sat on the mat in paris and looked at a turtle", "x" * 40, "one two", "three"]


def save(config, folder):
    """A model with large weights, so that answers differ from each other."""
    tokenizer = tiny_models.byte_tokenizer(folder)
    for name in ("pad", "bos", "eos"):
        setattr(config, f"{name}_token_id", getattr(tokenizer, f"{name}_token_id"))
    config.vocab_size = len(tokenizer)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder)


@pytest.fixture(params=DECODERS)
def decoder(request, tmp_path):
    save(DECODERS[request.param], tmp_path)
    return load_language_model(tmp_path, Wish(device="cpu"))


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpt2")
    save(t.GPT2Config(**SMALL), folder)
    return load_language_model(folder, Wish(device="cpu"))


def plain(model, prompt, count, seed=None, **options):
    """What transformers says to this prompt alone."""
    tokens = model.reader.tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
    if seed is not None:
        torch.manual_seed(seed)
    given = {"max_new_tokens": count, "do_sample": False, **options}
    whole = model.generator.loaded.model.generate(**tokens, **given)
    return whole[0, tokens["input_ids"].shape[1] :].tolist()


class Run:
    """A stream that is asked for one token after the other."""

    def __init__(self, model, prompt, plan):
        row = {"input_ids": model.reader.row(prompt)["input_ids"]}
        self.pieces = model.generator.stream(row, plan)
        self.ids = []
        assert next(self.pieces) is None

    def go(self, times):
        for _, piece in zip(range(times), self.pieces, strict=False):
            if hasattr(piece, "id"):
                self.ids.append(piece.id)
        return self


def test_rows_that_come_and_go_say_what_plain_transformers_say_to_each_alone(decoder):
    """Rows begin while others are on their way, some longer than the window; one is given up in the middle."""
    assert decoder.generator.decoder.why_not == ""
    counts = [60, 5, 30, 12, 45, 8]
    runs = []
    for index, (prompt, count) in enumerate(zip(PROMPTS, counts, strict=True)):
        runs.append(Run(decoder, prompt, Plan({"do_sample": False}, count)))
        for run in runs:
            run.go(4)
        if index == 3:
            runs[2].pieces.close()
    for _ in range(60):
        for run in runs:
            run.go(1)
    for index, (prompt, count, run) in enumerate(zip(PROMPTS, counts, runs, strict=True)):
        expected = plain(decoder, prompt, count)
        assert run.ids == (expected[: len(run.ids)] if index == 2 else expected)
    assert decoder.generator.running._runners == []


@pytest.mark.parametrize("name", GOES_ALONE)
def test_models_that_cannot_say_why_and_answer_all_the_same(name, tmp_path):
    save(GOES_ALONE[name], tmp_path)
    model = load_language_model(tmp_path, Wish(device="cpu"))
    assert model.generator.decoder.why_not
    run = Run(model, "hello there", Plan({"do_sample": False}, 8)).go(20)
    assert run.ids == plain(model, "hello there", 8)


SAMPLED = {"do_sample": True, "temperature": 1.3, "top_p": 0.9}


def test_each_row_keeps_its_own_ways(gpt2):
    """Seeds, temperatures, penalties and limits of one row are none of its neighbours' business."""
    ways = [
        ({"do_sample": False}, {}),
        (SAMPLED, {"seed": 3}),
        (SAMPLED, {"seed": 4}),
        ({"do_sample": False, "repetition_penalty": 1.8}, {}),
        ({"do_sample": False, "no_repeat_ngram_size": 2, "min_new_tokens": 20}, {}),
        ({"do_sample": True, "top_k": 5}, {"seed": 5}),
    ]
    runs = [Run(gpt2, "hello there", Plan(options, 25, **more)) for options, more in ways]
    for _ in range(30):
        for run in runs:
            run.go(1)
    for run, (options, more) in zip(runs, ways, strict=True):
        assert run.ids == plain(gpt2, "hello there", 25, more.get("seed"), **options)


def test_who_leaves_makes_room_at_once(gpt2):
    row = {"input_ids": gpt2.reader.row("hello there")["input_ids"]}
    plan = Plan({"do_sample": False}, 50)
    runs = [Run(gpt2, "hello there", plan) for _ in range(MAX_ROWS)]
    assert not gpt2.generator.has_room([row], plan)
    runs[0].go(3)
    assert not gpt2.generator.has_room([row], plan)
    runs[5].pieces.close()
    assert gpt2.generator.has_room([row], plan)
    for run in runs:
        run.pieces.close()
    assert gpt2.generator.has_room([row] * MAX_ROWS, plan)


def test_long_rows_need_room_for_all_they_may_become(gpt2, monkeypatch):
    plan = Plan({"do_sample": False}, 50)
    row = {"input_ids": gpt2.reader.row("hello there")["input_ids"]}
    monkeypatch.setattr(gpt2.generator.running, "_max_tokens", 150)
    assert gpt2.generator.has_room([row] * 9, plan)  # nobody is there
    run = Run(gpt2, "a", plan)
    assert gpt2.generator.has_room([row], plan)
    assert not gpt2.generator.has_room([row, row], plan)
    run.pieces.close()


def test_more_rows_than_there_is_room_for_wait_their_turn(gpt2, monkeypatch):
    monkeypatch.setattr(gpt2.generator.running, "_max_tokens", 100)
    rows = [{"input_ids": gpt2.reader.row(prompt)["input_ids"]} for prompt in PROMPTS]
    plans = [Plan({"do_sample": False}, 3 + index) for index in range(len(rows))]
    found = gpt2.generator.generate(rows, plans)
    for prompt, plan, one in zip(PROMPTS, plans, found, strict=True):
        assert [token.id for token in one.tokens] == plain(gpt2, prompt, plan.max_new_tokens)


def test_what_hinders_the_model_is_told_to_all_and_the_next_are_answered(gpt2, monkeypatch):
    runs = [Run(gpt2, prompt, Plan({"do_sample": False}, 20)).go(2) for prompt in PROMPTS[:3]]

    def broken(*_arguments, **_options):
        raise MemoryError

    with monkeypatch.context() as during:
        during.setattr(gpt2.generator.loaded.model, "forward", broken)
        for run in runs:
            with pytest.raises(MemoryError):
                run.go(5)
    run = Run(gpt2, "a", Plan({"do_sample": False}, 5)).go(9)
    assert run.ids == plain(gpt2, "a", 5)


def test_a_prompt_that_cannot_be_read_spoils_no_other(gpt2):
    """Neither those on their way nor those that come with it."""
    plan = Plan({"do_sample": False}, 12)
    before = Run(gpt2, "hello there", plan).go(3)
    bad, beside = gpt2.generator.stream({"input_ids": np.array([9_999])}, plan), Run(gpt2, "one two", plan)
    assert next(bad) is None
    before.go(20)
    with pytest.raises(IndexError):
        next(bad)
    assert before.ids == plain(gpt2, "hello there", 12)
    assert beside.go(20).ids == plain(gpt2, "one two", 12)


def test_one_row_that_cannot_be_drawn_from_spoils_no_other(gpt2):
    """A temperature so small that chances become no numbers."""
    other = Run(gpt2, "hello there", Plan({"do_sample": False}, 10))
    bad = Run(gpt2, "hello there", Plan({"do_sample": True, "temperature": 1e-45}, 10))
    with pytest.raises(HoldfastError):
        bad.go(5)
    assert other.go(20).ids == plain(gpt2, "hello there", 10)
