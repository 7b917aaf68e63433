"""translation: a text in another language.

How a model is told the languages depends on its family: Marian is made for one pair, or has a token `>>fra<<`; mBART,
M2M100 and NLLB have language codes; T5 has prefixes in its config.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Field, Record, Text
from holdfast.inference.domain.predictors import Predictor, Wish
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.plain_texts import LEADING, is_plain, load_leading_sentences
from holdfast.inference.runtime.text_to_text import (
    PlainTextToText,
    TextToText,
    load_text_to_text,
    text_to_text_fields,
)

SPEC = TaskSpec(
    name="translation",
    summary="Says a text in another language.",
    inputs=Text(min_characters=1),
    parameters=Record(
        {
            "src_lang": Field(Text(min_characters=1), "The text's language, by the model's code for it."),
            "tgt_lang": Field(Text(min_characters=1), "The language to translate to."),
            **text_to_text_fields(),
        }
    ),
    output=Record({"translation_text": Field(Text(), required=True)}),
    example="My name is Sarah and I live in London.",
    shape=Shape.LISTED,
)


class Translation(TextToText):
    """An encoder-decoder of any of these families."""

    spec = SPEC
    output_name = "translation_text"

    def steer(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        tokenizer = self.model.reader.tokenizer
        source, target = parameters.get("src_lang"), parameters.get("tgt_lang")
        if hasattr(tokenizer, "src_lang"):
            return "", self._by_codes(source, target)
        pairs = [task for task in self.model.task_parameters if task.startswith("translation_")]
        if pairs:
            return self._by_prefix(pairs, source, target)
        return self._by_token(target), self.task_options("translation")[1]

    def _by_codes(self, source: str | None, target: str | None) -> dict[str, Any]:
        tokenizer = self.model.reader.tokenizer
        if source is not None:
            self._code(source, "src_lang")
            tokenizer.src_lang = source
        return {} if target is None else {"forced_bos_token_id": self._code(target, "tgt_lang")}

    def _code(self, language: str, name: str) -> int:
        tokenizer = self.model.reader.tokenizer
        written = f"__{language}__" if f"__{language}__" in tokenizer.get_vocab() else language
        found: int = tokenizer.convert_tokens_to_ids(written)
        if found == tokenizer.unk_token_id or written not in tokenizer.all_special_tokens:
            raise InvalidInput(field=f"parameters.{name}", problem="is not a language code of this model")
        return found

    def _by_prefix(self, pairs: list[str], source: str | None, target: str | None) -> tuple[str, dict[str, Any]]:
        task = pairs[0] if len(pairs) == 1 and source is target is None else f"translation_{source}_to_{target}"
        if task not in pairs:
            known = ", ".join(pair.removeprefix("translation_").replace("_to_", " to ") for pair in pairs)
            raise InvalidInput(field="parameters.src_lang", problem=f"and tgt_lang must be one of: {known}")
        return self.task_options(task)

    def _by_token(self, target: str | None) -> str:
        if target is None:
            return ""
        token = f">>{target}<<"
        if token not in self.model.reader.tokenizer.get_vocab():
            raise InvalidInput(field="parameters.tgt_lang", problem="cannot be chosen: this model is made for one pair")
        return f"{token} "


class PlainTranslation(PlainTextToText):
    """What a trained model has to beat."""

    spec = SPEC
    output_name = "translation_text"


def load(folder: Path, wish: Wish) -> Predictor:
    """Load an encoder-decoder. See `tasks.load` for errors."""
    if is_plain(folder, LEADING):
        return PlainTranslation(load_leading_sentences(folder))
    return Translation(load_text_to_text(folder, wish))
