"""What the two databases say in different words, about lists, search and keys. Everything else is said alike.

Source: https://sqlite.org/fts5.html; https://www.postgresql.org/docs/15/pgtrgm.html, …/functions-array.html.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

WORD = re.compile(r"[^\W_]+")
_MOST_CHARACTERS = 200
"""Of a word of a card; longer ones are cut. PostgreSQL's indexes take no entry of more than 2,700 bytes."""


@dataclass(frozen=True)
class Dialect:
    """Pieces of SQL, and what is bound to their parameters.

    Args:
        walking: makes a table be read along an index, behind the table's name.
        joined: all values of a column in one text, divided by commas.
        given_keys: the rows of `:keys`, a JSON array, as `k.value`.
        name_match: tests a row of `repo_name_fts` for the n-th searched word.
        text_match: tests a row of `repo_text_fts` for `:tokens`.
        asked: searched words → `:tokens`.
        kept: the words of a card → what `repo_text_fts` keeps of them.
        last_key: the highest key that any repo ever had; no row or null before the first.
        took_key: to be said after a repo was added with the key `:key`, if anything.
    """

    walking: str
    joined: str
    given_keys: str
    name_match: str
    text_match: str
    asked: Callable[[Sequence[str]], Any]
    kept: Callable[[str], Any]
    last_key: str
    took_key: str | None = None


def dialect_of(connection: Connection) -> Dialect:
    """The one that a connection's database understands."""
    return _DIALECTS[connection.dialect.name]


def quoted(word: str) -> str:
    """A string of SQLite's language for full-text queries."""
    return '"' + word.replace('"', '""') + '"'


def _words(text: str) -> list[str]:
    """Every word of a text once, without accents, as SQLite's tokenizer unicode61 has them."""
    plain = "".join(each for each in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(each))
    return sorted({word[:_MOST_CHARACTERS] for word in WORD.findall(plain)})


_DIALECTS = {
    "sqlite": Dialect(
        walking="INDEXED BY {}",
        joined="group_concat({})",
        given_keys="json_each(:keys) k",
        name_match="repo_name_fts MATCH :trigrams{number}",
        text_match="repo_text_fts MATCH :tokens",
        asked=lambda words: " ".join(map(quoted, words)),
        kept=lambda text: text,
        last_key="SELECT seq FROM sqlite_sequence WHERE name = 'repo'",
    ),
    "postgresql": Dialect(
        walking="",
        joined="string_agg(CAST({} AS text), ',')",
        given_keys="(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:keys AS json))) k(value)",
        name_match="name ILIKE :name{number} ESCAPE '\\'",
        text_match="body @> CAST(:tokens AS text[])",
        asked=lambda words: _words(" ".join(words)),
        kept=_words,
        last_key="SELECT last_value FROM repo_key_seq WHERE is_called",
        took_key="SELECT setval('repo_key_seq', greatest(:key, (SELECT last_value FROM repo_key_seq)))",
    ),
}
