"""Codes of languages, without a model: what a tokenizer and a model are told."""

import json
from types import SimpleNamespace

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.trainers.text.bases import Base
from holdfast.training.trainers.text.rewriting.languages import Languages, languages_of

VOCABULARY = {"</s>": 2, "a": 7, "deu_Latn": 11, "__de__": 12}
CODES = {"nllb": ["eng_Latn", "deu_Latn"], "m2m": ["__en__", "__de__"]}


def base(folder, kind, codes):
    (folder / "config.json").write_text(json.dumps({"model_type": kind, "is_encoder_decoder": True}))
    added = {str(number): {"content": code} for number, code in enumerate(["<s>", *codes])}
    (folder / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": added}))
    return Base(folder, "facebook/model")


class Tokenizer(SimpleNamespace):
    """Writes the target language first, or last."""

    def __call__(self, text_target):
        code = VOCABULARY.get(self.tgt_lang, 12)
        return {"input_ids": [code, 7, 2] if self.first else [VOCABULARY[text_target], 2, code]}

    def get_vocab(self):
        return VOCABULARY

    def convert_tokens_to_ids(self, token):
        return VOCABULARY[token]


def test_models_of_one_pair_are_told_nothing(tmp_path):
    assert languages_of(base(tmp_path, "marian", []), {}) is None


def test_codes_are_those_of_the_model(tmp_path):
    nllb = base(tmp_path, "m2m_100", CODES["nllb"])
    assert languages_of(nllb, {"src_lang": "eng_Latn", "tgt_lang": "deu_Latn"}) == Languages("eng_Latn", "deu_Latn")
    m2m = base(tmp_path, "m2m_100", CODES["m2m"])
    assert languages_of(m2m, {"src_lang": "en", "tgt_lang": "de"}) == Languages("en", "de")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "params.src_lang"),
        ({"src_lang": "eng_Latn"}, "params.tgt_lang"),
        ({"src_lang": "en", "tgt_lang": "deu_Latn"}, "params.src_lang"),
    ],
)
def test_a_missing_or_unknown_code_is_refused_with_examples(params, field, tmp_path):
    with pytest.raises(InvalidInput, match="deu_Latn") as caught:
        languages_of(base(tmp_path, "m2m_100", CODES["nllb"]), params)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("first", "target", "told"),
    [
        (True, "deu_Latn", {"forced_bos_token_id": 11}),
        (True, "de", {"forced_bos_token_id": 12}),
        (False, "deu_Latn", {"decoder_start_token_id": 11}),
    ],
)
def test_a_model_writes_the_target_language_unasked(first, target, told):
    tokenizer, model = Tokenizer(first=first), SimpleNamespace(generation_config=SimpleNamespace())
    languages = Languages("eng_Latn", target)
    languages.tell_tokenizer(tokenizer)
    assert (tokenizer.src_lang, tokenizer.tgt_lang) == ("eng_Latn", target)
    languages.tell_model(model, tokenizer)
    assert vars(model.generation_config) == told
