"""Architectures that people learn from: a tiny one of each is loaded by its Auto class, and batches change nothing."""

import pytest
import transformers as t
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from holdfast.inference import tasks
from tests.factories.architectures import DECODERS, ENCODER_DECODERS, ENCODERS, save_transformer

TEXTS = ["hello there", "a", "the cat sat on the mat in paris"]


@pytest.mark.parametrize("name", ENCODERS)
def test_encoders_classify(name, tmp_path):
    save_transformer(ENCODERS[name], t.AutoModelForSequenceClassification, tmp_path)
    predictor = tasks.load("text-classification", tmp_path)
    together = predictor.predict_batch(TEXTS)
    plain = t.pipeline("text-classification", str(tmp_path))
    for text, ours in zip(TEXTS, together, strict=True):
        assert [one["score"] for one in ours] == pytest.approx(
            [one["score"] for one in plain(text, top_k=None)], abs=1e-4
        )


@pytest.mark.parametrize("name", DECODERS)
def test_decoders_go_on(name, tmp_path):
    save_transformer(DECODERS[name], AutoModelForCausalLM, tmp_path)
    ours = tasks.load("text-generation", tmp_path).predict_batch(TEXTS, {"max_new_tokens": 12, "details": True})
    plain = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    for text, one in zip(TEXTS, ours, strict=True):
        tokens = AutoTokenizer.from_pretrained(tmp_path)(text, return_tensors="pt", return_token_type_ids=False)
        made = plain.generate(**tokens, max_new_tokens=12, do_sample=False)[0, tokens["input_ids"].shape[1] :]
        assert [token["id"] for token in one["details"]["tokens"]] == made.tolist()


@pytest.mark.parametrize("name", ENCODER_DECODERS)
def test_encoder_decoders_rewrite(name, tmp_path):
    save_transformer(ENCODER_DECODERS[name], AutoModelForSeq2SeqLM, tmp_path)
    ours = tasks.load("summarization", tmp_path).predict_batch(TEXTS, {"max_new_tokens": 12})
    plain, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(tmp_path).eval(), AutoTokenizer.from_pretrained(tmp_path)
    for text, one in zip(TEXTS, ours, strict=True):
        tokens = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
        made = plain.generate(**tokens, max_new_tokens=12, max_length=None)[0]
        assert one["summary_text"] == tokenizer.decode(made, skip_special_tokens=True)
