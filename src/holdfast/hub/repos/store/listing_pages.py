"""Finds a page of repos among very many (ADR 0004: how conditions drive or probe).

It answers keys in order; rows, facts and fields are fetched by others. It knows SQLite's full-text tables.
"""
# ruff: noqa: S608 - every piece of SQL put together here is a constant of this module; values are bound

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, text

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import Cursor, ListQuery, Sort
from holdfast.hub.repos.store.listing_index import FILTER_KIND
from holdfast.hub.repos.store.listing_tables import tag

DRIVE_LIMIT = 16_000
"""A condition that fewer repos satisfy is worked off whole; else the order's index is walked."""

_COLUMNS = {
    Sort.CREATED_AT: "created_at",
    Sort.LAST_MODIFIED: "updated_at",
    Sort.LIKES: "likes",
    Sort.DOWNLOADS: "downloads",
    Sort.TRENDING_SCORE: "trending_score",
}
_TRIGRAM = 3
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Viewer:
    """Who looks: sees public repos, the private ones of these namespaces, these single ones, or everything."""

    namespace_ids: tuple[int, ...] = ()
    repo_text_keys: tuple[str, ...] = ()
    sees_all: bool = False


@dataclass(frozen=True)
class RepoPage:
    """Keys of a page's repos in order; `next_cursor` None on the last page.

    `cursors` say where the next page would begin if this one ended with the repo at the same place in `keys`.
    """

    keys: tuple[int, ...]
    next_cursor: Cursor | None
    cursors: tuple[Cursor, ...] = ()


@dataclass(frozen=True)
class _Condition:
    """SQL that tests a row `r` and, if it can, SQL that lists the keys (as `key`) of all rows that pass."""

    probe: str
    keys: str | None = None
    count: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


def list_repo_keys(connection: Connection, query: ListQuery, viewer: Viewer) -> RepoPage:
    """Find a page of `query.limit` repos that the viewer may see."""
    if query.matches_nothing:
        return RepoPage((), None)
    shared = _shared_conditions(connection, query)
    if shared is None:
        return RepoPage((), None)
    found: list[tuple[int, Cursor]] = []
    first_stage = query.cursor.stage if query.cursor else 0
    for stage, searched in _stages(connection, query, is_driven=_driver(shared) is not None):
        if stage < first_stage:
            continue
        cursor = query.cursor if stage == first_stage else None
        wanted = query.limit + 1 - len(found)
        found += _find(connection, query, viewer, [*shared, *searched], stage, cursor, wanted)
        if len(found) > query.limit:
            break
    shown = found[: query.limit]
    cursors = tuple(cursor for _, cursor in shown)
    return RepoPage(tuple(key for key, _ in shown), cursors[-1] if len(found) > query.limit else None, cursors)


def public_tags(connection: Connection, repo_type: RepoType, limit: int) -> list[tuple[str, str, str, int]]:
    """The most used tags of public repos: kind, name, label, number of repos."""
    query = select(tag.c.kind, tag.c.name, tag.c.label, tag.c.public_uses).where(
        tag.c.repo_type == repo_type.value, tag.c.public_uses > 0, tag.c.kind != FILTER_KIND
    )
    rows = connection.execute(query.order_by(tag.c.public_uses.desc(), tag.c.name).limit(limit))
    return [(row.kind, row.name, row.label, row.public_uses) for row in rows]


def _shared_conditions(connection: Connection, query: ListQuery) -> list[_Condition] | None:
    """Conditions of every stage; None when a tag is unknown, so that nothing can match."""
    names = [
        *query.tags,
        *(f"=model:{name}" for name in query.models),
        *(f"=dataset:{name}" for name in query.datasets),
    ]
    if query.gated is not None:
        names.append("=gated:yes" if query.gated else "=gated:no")
    conditions = [_tag(connection, query.repo_type, name, number) for number, name in enumerate(names)]
    known = [condition for condition in conditions if condition is not None]
    if len(known) < len(conditions):
        return None
    if query.author is not None:
        known.append(_author(connection, query))
    if query.parameters is not None:
        known.append(_parameters(connection, query))
    return known


def _tag(connection: Connection, repo_type: RepoType, name: str, number: int) -> _Condition | None:
    row = connection.execute(
        select(tag.c.id, tag.c.uses).where(tag.c.repo_type == repo_type.value, tag.c.name == name)
    ).first()
    if row is None:
        return None
    return _Condition(
        f"EXISTS (SELECT 1 FROM repo_tag WHERE tag_id = :tag{number} AND repo_key = r.key)",
        f"SELECT repo_key AS key FROM repo_tag WHERE tag_id = :tag{number}",
        row.uses,
        {f"tag{number}": row.id},
    )


def _author(connection: Connection, query: ListQuery) -> _Condition:
    start = f"{query.repo_type.value}:{(query.author or '').lower()}"
    # "0" is the character behind "/": the range holds exactly the keys that start with `author/`.
    probe = "text_key >= :author_from AND text_key < :author_to"
    keys = f"SELECT key FROM repo WHERE {probe}"
    parameters = {"author_from": f"{start}/", "author_to": f"{start}0"}
    return _Condition(f"r.{probe.replace('AND ', 'AND r.')}", keys, _counted(connection, keys, parameters), parameters)


def _parameters(connection: Connection, query: ListQuery) -> _Condition:
    bounds = query.parameters
    assert bounds is not None
    low = bounds.low or 0
    high = bounds.high if bounds.high is not None else 2**62
    keys = "SELECT key FROM repo WHERE type = :type AND parameters BETWEEN :low AND :high"
    parameters = {"type": query.repo_type.value, "low": low, "high": high}
    return _Condition("r.parameters BETWEEN :low AND :high", keys, _counted(connection, keys, parameters), parameters)


def _stages(connection: Connection, query: ListQuery, *, is_driven: bool) -> Iterator[tuple[int, list[_Condition]]]:
    """The lists that make up the answer: all repos, or for a search first those found by name."""
    words = [word for phrase in query.search for word in phrase.split()]
    if not words:
        yield 0, []
        return
    by_name = _name_conditions(connection, query, words, is_driven=is_driven)
    yield 0, by_name
    tokens = [token for word in words for token in _WORD.findall(word)]
    if tokens:
        elsewhere = " AND ".join(condition.probe for condition in by_name)
        parameters = {name: value for condition in by_name for name, value in condition.parameters.items()}
        not_by_name = _Condition(f"NOT ({elsewhere})", parameters=parameters)
        yield 1, [_text_condition(connection, tokens), not_by_name]


def _name_conditions(
    connection: Connection, query: ListQuery, words: Sequence[str], *, is_driven: bool
) -> list[_Condition]:
    """One condition per word; words too short for trigrams read all names, if nothing else drives."""
    conditions = []
    for number, word in enumerate(words):
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        prefix = f"{query.repo_type.value}:"
        parameters: dict[str, Any] = {f"name{number}": f"%{escaped}%", "name_start": len(prefix) + 1}
        probe = f"substr(r.text_key, :name_start) LIKE :name{number} ESCAPE '\\'"
        if len(word) < _TRIGRAM and is_driven:
            conditions.append(_Condition(probe, parameters=parameters))
            continue
        if len(word) < _TRIGRAM:
            parameters |= {"names_from": prefix, "names_to": f"{prefix}\U0010ffff"}
            keys = f"SELECT key FROM repo r WHERE text_key BETWEEN :names_from AND :names_to AND {probe}"
        else:
            parameters[f"trigrams{number}"] = _quoted(word)
            keys = f"SELECT rowid AS key FROM repo_name_fts WHERE repo_name_fts MATCH :trigrams{number}"
        conditions.append(_Condition(probe, keys, _counted(connection, keys, parameters), parameters))
    return conditions


def _text_condition(connection: Connection, tokens: Sequence[str]) -> _Condition:
    keys = "SELECT rowid AS key FROM repo_text_fts WHERE repo_text_fts MATCH :tokens"
    parameters = {"tokens": " ".join(map(_quoted, tokens))}
    # The plus keeps SQLite from driving by the text when something rarer does.
    return _Condition(f"+r.key IN ({keys})", keys, _counted(connection, keys, parameters), parameters)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _counted(connection: Connection, keys: str, parameters: dict[str, Any]) -> int:
    """How many keys there are, up to just over the limit."""
    statement = text(f"SELECT count(*) FROM (SELECT 1 FROM ({keys}) LIMIT {DRIVE_LIMIT + 1})")
    return int(connection.execute(statement, parameters).scalar_one())


def _find(
    connection: Connection,
    query: ListQuery,
    viewer: Viewer,
    conditions: list[_Condition],
    stage: int,
    cursor: Cursor | None,
    limit: int,
) -> list[tuple[int, Cursor]]:
    if any(condition.count == 0 for condition in conditions):
        return []
    column = _COLUMNS[query.sort]
    driver = _driver(conditions)
    if driver is None:
        source = f"repo r INDEXED BY repo_by_{column} WHERE r.type = :type"
    else:
        source = f"({driver.keys}) d CROSS JOIN repo r WHERE r.key = d.key AND r.type = :type"
    tests = [_visible(viewer), *(c.probe for c in conditions if c is not driver)]
    sign, order = ("<", "DESC") if query.descending else (">", "ASC")
    parameters = {"type": query.repo_type.value, "limit": limit, **_visible_parameters(viewer)}
    for condition in conditions:
        parameters |= condition.parameters
    if cursor is not None:
        tests.append(f"(r.{column}, r.key) {sign} (:after_value, :after_key)")
        parameters |= {"after_value": cursor.value, "after_key": cursor.key}
    statement = (
        f"SELECT r.key, r.{column} FROM {source} AND {' AND '.join(tests)} "
        f"ORDER BY r.{column} {order}, r.key {order} LIMIT :limit"
    )
    rows = connection.execute(text(statement), parameters)
    return [(row[0], Cursor(row[1], row[0], stage)) for row in rows]


def _driver(conditions: Sequence[_Condition]) -> _Condition | None:
    """The condition with the fewest repos, if they are few enough."""
    counted = [condition for condition in conditions if condition.keys is not None and condition.count is not None]
    rarest = min(counted, key=lambda condition: condition.count or 0, default=None)
    return rarest if rarest is not None and (rarest.count or 0) <= DRIVE_LIMIT else None


def _visible(viewer: Viewer) -> str:
    if viewer.sees_all:
        return "1 = 1"
    seen = ["NOT r.private"]
    if viewer.namespace_ids:
        seen.append(f"r.namespace_id IN ({', '.join(str(int(key)) for key in viewer.namespace_ids)})")
    if viewer.repo_text_keys:
        seen.append(f"r.text_key IN ({', '.join(f':own{number}' for number in range(len(viewer.repo_text_keys)))})")
    return f"({' OR '.join(seen)})"


def _visible_parameters(viewer: Viewer) -> dict[str, Any]:
    return {f"own{number}": text_key for number, text_key in enumerate(viewer.repo_text_keys)}
