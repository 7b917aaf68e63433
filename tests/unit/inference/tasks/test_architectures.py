"""Architectures that people learn from: a tiny one of each is loaded by its Auto class, and batches change nothing."""

import pytest
import torch
import transformers as t
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from holdfast.inference import tasks
from tests.factories import tiny_models
from tests.factories.tiny_models import SHAPE

TEXTS = ["hello there", "a", "the cat sat on the mat in paris"]
SMALL = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}
LLAMA = {**SHAPE, "num_key_value_heads": 1, "max_position_embeddings": 128}
SIDES = {f"{side}_{name}": size for side in ("encoder", "decoder") for name, size in (("layers", 2), ("ffn_dim", 64))}
SEQ2SEQ = {"d_model": 32, **SIDES, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
PLACES = {"max_position_embeddings": 128}

ENCODERS = {
    "albert": t.AlbertConfig(**SHAPE, embedding_size=16, **PLACES),
    "bert": t.BertConfig(**SHAPE, **PLACES),
    "distilbert": t.DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **PLACES),
    "electra": t.ElectraConfig(**SHAPE, embedding_size=16, **PLACES),
    "roberta": t.RobertaConfig(**SHAPE, max_position_embeddings=130, pad_token_id=1),
    "xlm-roberta": t.XLMRobertaConfig(**SHAPE, max_position_embeddings=130, pad_token_id=1),
}
DECODERS = {
    "ctrl": t.CTRLConfig(n_embd=32, n_layer=2, n_head=2, dff=64, n_positions=128),
    "gemma": t.GemmaConfig(**LLAMA, head_dim=16),
    "gemma2": t.Gemma2Config(**LLAMA, head_dim=16, sliding_window=16),
    "gpt": t.OpenAIGPTConfig(**SMALL),
    "gpt2": t.GPT2Config(**SMALL),
    "llama": t.LlamaConfig(**LLAMA),
    "mistral": t.MistralConfig(**LLAMA, sliding_window=16),
    "qwen2": t.Qwen2Config(**LLAMA),
    "qwen3": t.Qwen3Config(**LLAMA, head_dim=16),
}
ENCODER_DECODERS = {
    "bart": t.BartConfig(**SEQ2SEQ, **PLACES),
    "marian": t.MarianConfig(**SEQ2SEQ, **PLACES),
    "mbart": t.MBartConfig(**SEQ2SEQ, **PLACES),
    "pegasus": t.PegasusConfig(**SEQ2SEQ, **PLACES),
    "t5": t.T5Config(d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2),
}


def save(config, head, tokenizer, folder):
    """A model whose tokens are the tokenizer's; large weights, so that answers differ."""
    found = {"pad_token_id": "pad", "bos_token_id": "bos", "eos_token_id": "eos"}
    for name, kind in found.items():
        setattr(config, name, getattr(tokenizer, f"{kind}_token_id"))
    config.vocab_size = len(tokenizer)
    config.decoder_start_token_id = tokenizer.pad_token_id
    torch.manual_seed(0)
    model = head.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder)


@pytest.mark.parametrize("name", ENCODERS)
def test_encoders_classify(name, tmp_path):
    tokenizer = tiny_models.byte_tokenizer(tmp_path)
    save(ENCODERS[name], t.AutoModelForSequenceClassification, tokenizer, tmp_path)
    predictor = tasks.load("text-classification", tmp_path)
    together = predictor.predict_batch(TEXTS)
    plain = t.pipeline("text-classification", str(tmp_path))
    for text, ours in zip(TEXTS, together, strict=True):
        assert [one["score"] for one in ours] == pytest.approx(
            [one["score"] for one in plain(text, top_k=None)], abs=1e-4
        )


@pytest.mark.parametrize("name", DECODERS)
def test_decoders_go_on(name, tmp_path):
    tokenizer = tiny_models.byte_tokenizer(tmp_path)
    save(DECODERS[name], AutoModelForCausalLM, tokenizer, tmp_path)
    ours = tasks.load("text-generation", tmp_path).predict_batch(TEXTS, {"max_new_tokens": 12, "details": True})
    plain = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    for text, one in zip(TEXTS, ours, strict=True):
        tokens = AutoTokenizer.from_pretrained(tmp_path)(text, return_tensors="pt", return_token_type_ids=False)
        made = plain.generate(**tokens, max_new_tokens=12, do_sample=False)[0, tokens["input_ids"].shape[1] :]
        assert [token["id"] for token in one["details"]["tokens"]] == made.tolist()


@pytest.mark.parametrize("name", ENCODER_DECODERS)
def test_encoder_decoders_rewrite(name, tmp_path):
    tokenizer = tiny_models.byte_tokenizer(tmp_path)
    save(ENCODER_DECODERS[name], AutoModelForSeq2SeqLM, tokenizer, tmp_path)
    ours = tasks.load("summarization", tmp_path).predict_batch(TEXTS, {"max_new_tokens": 12})
    plain = AutoModelForSeq2SeqLM.from_pretrained(tmp_path).eval()
    for text, one in zip(TEXTS, ours, strict=True):
        tokens = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
        made = plain.generate(**tokens, max_new_tokens=12, max_length=None)[0]
        assert one["summary_text"] == tokenizer.decode(made, skip_special_tokens=True)
