"""How near texts come to those that were wanted: ROUGE of summaries, chrF and BLEU of translations, from 0 to 1."""

from __future__ import annotations

from typing import Any

from holdfast.base.errors import NotInstalled
from holdfast.inference.runtime.libraries import need


def of_summaries(written: list[str], wanted: list[str]) -> dict[str, float]:
    """ROUGE-1, -2 and -L as F1, the mean over texts; by rouge-score, with its stemmer."""
    scorer = _library("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    found = [scorer.score(right, text) for text, right in zip(written, wanted, strict=True)]
    names = {"rouge_l": "rougeL", "rouge_1": "rouge1", "rouge_2": "rouge2"}
    return {name: sum(one[key].fmeasure for one in found) / max(1, len(found)) for name, key in names.items()}


def of_translations(written: list[str], wanted: list[str]) -> dict[str, float]:
    """ChrF and BLEU of all texts together; by sacrebleu, divided by 100."""
    library = _library("sacrebleu")
    return {
        "chrf": library.corpus_chrf(written, [wanted]).score / 100.0,
        "bleu": library.corpus_bleu(written, [wanted]).score / 100.0,
    }


def _library(name: str) -> Any:
    try:
        return need(name)
    except NotInstalled as error:
        raise NotInstalled(feature="Judging what models write", extra="training") from error
