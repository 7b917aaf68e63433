"""Transformer-XL: as the paper has it, computed once more word by word; segments, memory and padding."""

import math

import pytest
import torch
from torch.nn.functional import layer_norm

from holdfast.base.errors import UnusableModel
from holdfast.inference import tasks
from holdfast.inference.runtime import architectures
from tests.factories import tiny_models

SIZES = {"d_model": 16, "d_embed": 16, "d_inner": 24, "n_head": 2, "d_head": 4, "n_layer": 2, "dropout": 0.0}
WORDS = {"vocab_size": 30, "cutoffs": [10, 20], "div_val": 2, "eos_token_id": 1}
CONFIG = {"model_type": "transfo-xl", **SIZES, **WORDS, "mem_len": 64, "clamp_len": 3, "same_length": False}
TOKENS = torch.tensor([[3, 12, 25, 7, 29, 0, 14, 3], [1, 2, 20, 19, 10, 9, 5, 4]])


def build(**changes):
    torch.manual_seed(0)
    model = architectures.build("text-generation", {**CONFIG, **changes}).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model


def say(model, tokens, **given):
    with torch.no_grad():
        return model(tokens, **given)


def attend(layer, hidden, config):
    """Section 3.3 and appendix B, one pair of words after the other."""
    width = config.n_head * config.d_head
    query, key, value = layer.qkv_net(hidden).split(width, dim=-1)
    seen = torch.zeros(len(hidden), width)
    for i in range(len(hidden)):
        for head in range(config.n_head):
            own = slice(head * config.d_head, (head + 1) * config.d_head)
            scores = []
            for j in range(i + 1):
                distance = min(i - j, config.clamp_len)
                angles = [distance / 10_000 ** (2 * k / config.d_model) for k in range(config.d_model // 2)]
                place = torch.tensor([*map(math.sin, angles), *map(math.cos, angles)])
                by_content = (query[i, own] + layer.r_w_bias[head]) @ key[j, own]
                by_distance = (query[i, own] + layer.r_r_bias[head]) @ layer.r_net(place)[own]
                scores.append((by_content + by_distance) / math.sqrt(config.d_head))
            weights = torch.stack(scores).softmax(0)
            seen[i, own] = weights @ value[: i + 1, own]
    normal = layer.layer_norm
    return layer_norm(hidden + layer.o_net(seen), normal.normalized_shape, normal.weight, normal.bias, normal.eps)


def embed(model, word):
    part = sum(word >= cutoff for cutoff in CONFIG["cutoffs"])
    start = [0, *CONFIG["cutoffs"]][part]
    table = model.transformer.word_emb
    return table.emb_projs[str(part)] @ table.emb_layers[part].weight[word - start] * math.sqrt(16)


def log_probability(model, hidden, word):
    """Grave et al. 2017: of the word's part, and of the word in it; ties as in the published checkpoints."""
    part = sum(word >= cutoff for cutoff in CONFIG["cutoffs"])
    tables, crit = model.transformer.word_emb, model.crit
    head = torch.cat([tables.emb_layers[0].weight, crit.cluster_weight]) @ (hidden @ crit.out_projs["0"])
    head = (head + torch.cat([crit.out_layers[0].bias, crit.cluster_bias])).log_softmax(0)
    if part == 0:
        return head[word]
    within = tables.emb_layers[part].weight @ (hidden @ tables.emb_projs[str(part)]) + crit.out_layers[part].bias
    return head[10 + part - 1] + within.log_softmax(0)[word - [0, 10, 20][part]]


def test_it_is_what_the_paper_says():
    model = build()
    with torch.no_grad():
        hidden = torch.stack([embed(model, word) for word in TOKENS[0].tolist()])
        for layer in model.transformer.layers:
            hidden = layer.pos_ff(attend(layer.dec_attn, hidden, model.config))
        expected = torch.stack([torch.stack([log_probability(model, h, word) for word in range(30)]) for h in hidden])
    torch.testing.assert_close(say(model, TOKENS[:1]).logits[0], expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(expected.exp().sum(-1), torch.ones(8))


@pytest.mark.parametrize("changes", [{}, {"untie_r": False}, {"pre_lnorm": True}, {"div_val": 1, "d_embed": 8}])
def test_a_memory_that_holds_everything_changes_nothing(changes):
    model = build(**changes)
    whole = say(model, TOKENS)
    first = say(model, TOKENS[:, :3])
    second = say(model, TOKENS[:, 3:], past_key_values=first.past_key_values)
    torch.testing.assert_close(torch.cat([first.logits, second.logits], dim=1), whole.logits, atol=1e-5, rtol=1e-4)
    assert second.past_key_values.length == 8


def test_a_short_memory_forgets():
    model = build(mem_len=2)
    first = say(model, TOKENS[:, :6])
    assert first.past_key_values.length == 2
    second = say(model, TOKENS[:, 6:], past_key_values=first.past_key_values).logits
    assert not torch.allclose(second, say(model, TOKENS).logits[:, 6:], atol=1e-3)


def test_with_the_same_length_every_word_sees_equally_many():
    """With one layer and a reach of three, what lies further back has no part in the answer."""
    model = build(n_layer=1, same_length=True, mem_len=3)
    memory = say(model, TOKENS[:1, :3]).past_key_values
    last = say(model, TOKENS[:1, 3:6], past_key_values=memory).logits[0, -1]
    other = TOKENS[:1].clone()
    other[0, :2] = 5
    memory = say(model, other[:, :3]).past_key_values
    torch.testing.assert_close(say(model, other[:, 3:6], past_key_values=memory).logits[0, -1], last)


def test_long_texts_are_read_by_segments():
    model = build(segment_length=3)
    torch.testing.assert_close(say(model, TOKENS).logits, say(build(), TOKENS).logits, atol=1e-5, rtol=1e-4)
    kept = say(model, TOKENS, logits_to_keep=2).logits
    torch.testing.assert_close(kept, say(model, TOKENS).logits[:, -2:])


def test_it_learns():
    torch.manual_seed(0)
    model = architectures.build("text-generation", {**CONFIG, "segment_length": 4})
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss = model(TOKENS, labels=TOKENS).loss
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_it_is_served(tmp_path):
    """Saved, loaded by its task; texts of different length beside each other; beams; pieces; a grammar."""
    words = {"vocab_size": len(tiny_models.byte_tokenizer(tmp_path)), "cutoffs": [50, 100], "bos_token_id": 0}
    model = build(**words, pad_token_id=2, mem_len=12, segment_length=6)
    architectures.save(model, tmp_path)
    torch.testing.assert_close(say(architectures.load(tmp_path), TOKENS).logits, say(model, TOKENS).logits)
    predictor = tasks.load("text-generation", tmp_path)
    texts, given = ["hello there, paris", "a"], {"max_new_tokens": 10}
    together = predictor.predict_batch(texts, given)
    assert together == [predictor.predict(text, given) for text in texts]
    assert predictor.predict(texts[1], {**given, "num_beams": 3})["generated_text"]
    chunks = list(predictor.stream(predictor.prepare(texts[0], given)))
    assert chunks[-1]["generated_text"] == together[0]["generated_text"]
    digits = predictor.predict("a", {"max_new_tokens": 5, "grammar": {"type": "regex", "value": "[0-9]{3}"}})
    assert digits["generated_text"].isdigit()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cutoffs": [20, 10]}, "cutoffs must grow"),
        ({"div_val": 16, "d_embed": 8}, "leaves nothing"),
        ({"tie_projs": [True]}, "each of 3 parts"),
        ({"d_model": 15}, "must be even"),
    ],
)
def test_configs_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(UnusableModel, match=words):
        architectures.build("text-generation", {**CONFIG, **changes})
