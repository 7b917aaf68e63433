"""Files with texts that are no tables: tokens with tags (CoNLL), questions (SQuAD), plain text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.training.reading.encodings import decode

_DOCUMENT_START = "-DOCSTART-"


def read_conll(path: Path) -> pd.DataFrame:
    """Tokens and tags: one token a line with its tag last, an empty line between sentences.

    Source: the CoNLL-2003 shared task; CoNLL-U comments and ranges are left out.

    Returns:
        Columns `tokens` and `tags`, lists of equal length.

    Raises:
        InvalidInput: a line without a tag; names it.
    """
    sentences: list[tuple[list[str], list[str]]] = [([], [])]
    for number, line in enumerate(decode(path.read_bytes(), path.name).splitlines(), start=1):
        if not line.strip():
            sentences.append(([], []))
        elif not line.startswith(("#", _DOCUMENT_START)):
            words = line.split("\t") if "\t" in line else line.split()
            if len(words) < 2:
                raise InvalidInput(field="data", problem=f"cannot be read: line {number} of {path.name} has no tag")
            sentences[-1][0].append(words[0] if not words[0].isdigit() or len(words) == 2 else words[1])
            sentences[-1][1].append(words[-1])
    known = [(tokens, tags) for tokens, tags in sentences if tokens]
    return pd.DataFrame({"tokens": [tokens for tokens, _ in known], "tags": [tags for _, tags in known]})


def read_text(path: Path) -> pd.DataFrame:
    """Plain text: a row for each paragraph, in column `text`.

    Raises:
        InvalidInput: it is no text, or empty.
    """
    text = decode(path.read_bytes(), path.name).replace("\r\n", "\n")
    parts = [part.strip() for part in text.split("\n\n")]
    if max((len(part) for part in parts), default=0) == len(text.strip()):
        parts = [line.strip() for line in text.splitlines()]  # no paragraphs: lines
    known = [part for part in parts if part]
    if not known:
        raise InvalidInput(field="data", problem=f"is empty: there is nothing in {path.name}")
    return pd.DataFrame({"text": known})


def squad_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of SQuAD's nested JSON, one for each question; any other table as it is.

    Source: the SQuAD 1.1 and 2.0 file format: data[].paragraphs[].{context, qas[].{id, question, answers}}.
    """
    if "paragraphs" not in frame.columns:
        return frame
    rows: list[dict[str, Any]] = []
    for paragraphs in frame["paragraphs"]:
        for paragraph in paragraphs:
            rows += [_question(paragraph["context"], asked) for asked in paragraph["qas"]]
    return pd.DataFrame(rows)


def _question(context: str, asked: dict[str, Any]) -> dict[str, Any]:
    answers = asked.get("answers") or []
    return {
        "id": asked.get("id"),
        "context": context,
        "question": asked["question"],
        "answers": {
            "text": [answer["text"] for answer in answers],
            "answer_start": [answer["answer_start"] for answer in answers],
        },
    }
