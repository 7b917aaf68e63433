"""Languages of models that translate between many (mBART, M2M100, NLLB): codes that tokenizer and model are told.

Source: transformers 5, tokenization_mbart.py, tokenization_mbart50.py and tokenization_nllb.py: most write the code of
the target language first; mBART-25 begins with it instead of with its usual start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.training.trainers.text.bases import Base

_OF_MANY_LANGUAGES = ("m2m_100", "mbart", "nllb-moe")
_SHOWN = 5


@dataclass(frozen=True)
class Languages:
    """Codes as a model has them.

    Args:
        source: of the texts.
        target: of their translations.
    """

    source: str
    target: str

    def tell_tokenizer(self, tokenizer: Any) -> None:
        """Texts are read in the one, what is to be written in the other; saved with the tokenizer."""
        tokenizer.src_lang, tokenizer.tgt_lang = self.source, self.target

    def tell_model(self, model: Any, tokenizer: Any) -> None:
        """What is written is in the target language, without anybody asking for it."""
        written = tokenizer(text_target="a")["input_ids"]
        code = tokenizer.convert_tokens_to_ids(_as_token(self.target, tokenizer.get_vocab()))
        if written[0] == code:
            model.generation_config.forced_bos_token_id = code
        else:
            model.generation_config.decoder_start_token_id = code


def languages_of(base: Base, params: Mapping[str, Any]) -> Languages | None:
    """The languages that a spec names for a base model; None where that is made for one pair.

    Args:
        base: an encoder-decoder.
        params: of the spec: `src_lang` and `tgt_lang`.

    Raises:
        InvalidInput: the model has to be told, and is not; or has no such language.
    """
    if base.config.get("model_type") not in _OF_MANY_LANGUAGES:
        return None
    known = _codes(base)
    shown = f", such as {', '.join(known[:_SHOWN])}" if known else ""
    named = {}
    for name in ("src_lang", "tgt_lang"):
        code = str(params.get(name, ""))
        if not code or (known and _as_token(code, known) not in known):
            problem = f"must be one of the language codes of {base.name}{shown}; got {code or 'nothing'}"
            raise InvalidInput(field=f"params.{name}", problem=problem)
        named[name] = code
    return Languages(named["src_lang"], named["tgt_lang"])


def _codes(base: Base) -> list[str]:
    """Tokens of languages, as the tokenizer's files list them; none where they don't."""
    path = base.folder / "tokenizer_config.json"
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    listed = [str(one) for one in told.get("additional_special_tokens") or told.get("extra_special_tokens") or ()]
    added = [str(one.get("content")) for one in (told.get("added_tokens_decoder") or {}).values()]
    return sorted({one for one in listed + added if not one.startswith("<")})


def _as_token(code: str, known: Any) -> str:
    """M2M100 writes `__de__` for `de`."""
    return f"__{code}__" if f"__{code}__" in known else code
