"""What a list query asks of a repo, as pieces of SQL: conditions that test a row, list keys, or both (ADR 0004).

`listing_pages` chooses plans, `listing_counts` counts.
"""
# ruff: noqa: S608 - every piece of SQL put together here is a constant of this module; values are bound

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select, text

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import ListQuery, Range
from holdfast.hub.repos.store.dialects import WORD, Dialect, quoted
from holdfast.hub.repos.store.listing_tables import tag

DRIVE_LIMIT = 16_000
"""A condition that fewer repos satisfy is worked off whole; else the order's index is walked."""

_TRIGRAM = 3


@dataclass(frozen=True)
class Condition:
    """SQL that tests a row `r` and, if it can, SQL that lists the keys (as `key`) of all rows that pass.

    `count` is their number; None: nobody counted. `lone_probe` is there when `probe` first finds all rows that pass:
    it is better for few.
    """

    probe: str
    keys: str | None = None
    count: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    lone_probe: str | None = None


def tag_condition(connection: Connection, repo_type: RepoType, name: str, number: int) -> Condition | None:
    """A tag, the `number`-th of the query; None when no repo ever had it."""
    row = connection.execute(
        select(tag.c.id, tag.c.uses).where(tag.c.repo_type == repo_type.value, tag.c.name == name)
    ).first()
    if row is None:
        return None
    return Condition(
        f"EXISTS (SELECT 1 FROM repo_tag WHERE tag_id = :tag{number} AND repo_key = r.key)",
        f"SELECT repo_key AS key FROM repo_tag WHERE tag_id = :tag{number}",
        row.uses,
        {f"tag{number}": row.id},
    )


def author_condition(query: ListQuery) -> Condition:
    """The namespace."""
    start = f"{query.repo_type.value}:{(query.author or '').lower()}"
    # "0" is the character behind "/": the range holds exactly the keys that start with `author/`.
    probe = "text_key >= :author_from AND text_key < :author_to"
    keys = f"SELECT key FROM repo WHERE {probe}"
    parameters = {"author_from": f"{start}/", "author_to": f"{start}0"}
    return Condition(f"r.{probe.replace('AND ', 'AND r.')}", keys, parameters=parameters)


def number_condition(query: ListQuery, column: str, bounds: Range) -> Condition:
    """Bounds on `parameters` or `weight_bytes`."""
    low = bounds.low or 0
    high = bounds.high if bounds.high is not None else 2**62
    test = f"{column} BETWEEN :{column}_low AND :{column}_high"
    parameters = {"type": query.repo_type.value, f"{column}_low": low, f"{column}_high": high}
    keys = f"SELECT key FROM repo WHERE type = :type AND {test}"
    return Condition(f"r.{test}", keys, parameters=parameters)


def name_conditions(query: ListQuery, words: Sequence[str], dialect: Dialect, *, is_driven: bool) -> list[Condition]:
    """One condition per word, and one for all that are too short for trigrams: it reads all names, or only probes.

    `is_driven`: something else lists the keys.
    """
    start = len(query.repo_type.value) + 2
    conditions = []
    short: list[Condition] = []
    for number, word in enumerate(words):
        escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parameters: dict[str, Any] = {f"name{number}": f"%{escaped}%", "name_start": start}
        probe = f"substr(r.text_key, :name_start) LIKE :name{number} ESCAPE '\\'"
        if len(word) < _TRIGRAM:
            short.append(Condition(probe, parameters=parameters))
            continue
        parameters[f"trigrams{number}"] = quoted(word)
        keys = f"SELECT rowid AS key FROM repo_name_fts WHERE {dialect.name_match.format(number=number)}"
        conditions.append(Condition(probe, keys, parameters=parameters))
    if short:
        conditions.append(_short_words(query, short, is_driven=is_driven))
    return conditions


def _short_words(query: ListQuery, conditions: Sequence[Condition], *, is_driven: bool) -> Condition:
    prefix = f"{query.repo_type.value}:"
    parameters: dict[str, Any] = {"names_from": prefix, "names_to": f"{prefix}\U0010ffff"}
    for condition in conditions:
        parameters |= condition.parameters
    probe = " AND ".join(condition.probe for condition in conditions)
    keys = f"SELECT key FROM repo r WHERE text_key BETWEEN :names_from AND :names_to AND {probe}"
    return Condition(probe, None if is_driven else keys, parameters=parameters)


def text_condition(tokens: Sequence[str], dialect: Dialect) -> Condition:
    """All words in the card."""
    keys = f"SELECT rowid AS key FROM repo_text_fts WHERE {dialect.text_match}"
    parameters = {"tokens": dialect.asked(tokens)}
    # The plus keeps SQLite from driving by the text when something rarer does.
    lone_probe = f"EXISTS (SELECT 1 FROM repo_text_fts WHERE {dialect.text_match} AND rowid = r.key)"
    return Condition(f"+r.key IN ({keys})", keys, parameters=parameters, lone_probe=lone_probe)


def counted(connection: Connection, condition: Condition) -> Condition:
    """The same, with the number of its keys, up to just over the limit; unchanged where it lists none."""
    if condition.keys is None:
        return condition
    statement = text(f"SELECT count(*) FROM (SELECT 1 FROM ({condition.keys}) k LIMIT {DRIVE_LIMIT + 1}) c")
    return replace(condition, count=int(connection.execute(statement, condition.parameters).scalar_one()))


def searched_words(query: ListQuery) -> tuple[list[str], list[str]]:
    """What is searched for in names, and the whole words that are searched for in cards."""
    words = [word for phrase in query.search for word in phrase.split()]
    return words, [token for word in words for token in WORD.findall(word)]
