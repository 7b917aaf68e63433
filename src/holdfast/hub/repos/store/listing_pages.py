"""Finds a page of repos among very many (ADR 0004: how conditions drive or probe).

It answers keys in order; rows, facts and fields are fetched by others.
"""
# ruff: noqa: S608 - every piece of SQL put together here is a constant of this module; values are bound

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, text

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import Cursor, ListQuery, Range, Sort
from holdfast.hub.repos.metadata.facets import most_weight_bytes
from holdfast.hub.repos.store.dialects import Dialect, dialect_of
from holdfast.hub.repos.store.listing_bits import FILTER_KIND
from holdfast.hub.repos.store.listing_conditions import (
    DRIVE_LIMIT,
    Condition,
    author_condition,
    counted,
    name_conditions,
    number_condition,
    searched_words,
    tag_condition,
    text_condition,
)
from holdfast.hub.repos.store.listing_tables import tag

ORDER_COLUMNS = {
    Sort.CREATED_AT: "created_at",
    Sort.LAST_MODIFIED: "updated_at",
    Sort.LIKES: "likes",
    Sort.DOWNLOADS: "downloads",
    Sort.TRENDING_SCORE: "trending_score",
}

GLANCE_ROWS = 50
"""First so many rows are tested for words of cards one by one: those that most cards hold fill a page from them."""


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


def _shared_conditions(connection: Connection, query: ListQuery) -> list[Condition] | None:
    """Conditions of every stage; None when a tag is unknown, so that nothing can match."""
    names = tag_names(query)
    conditions = [tag_condition(connection, query.repo_type, name, number) for number, name in enumerate(names)]
    known = [condition for condition in conditions if condition is not None]
    if len(known) < len(conditions):
        return None
    if query.author is not None:
        known.append(counted(connection, author_condition(query)))
    if query.parameters is not None:
        known.append(counted(connection, number_condition(query, "parameters", query.parameters)))
    if query.fits is not None:
        bounds = Range(high=most_weight_bytes(query.fits.size_bytes or query.here_bytes))
        known.append(counted(connection, number_condition(query, "weight_bytes", bounds)))
    return known


def tag_names(query: ListQuery) -> list[str]:
    """Everything that is asked for and stored as a tag, hidden ones among them."""
    names = [*query.tags, *(f"={facet}" for facet in query.facets)]
    names += [f"=model:{name}" for name in query.models] + [f"=dataset:{name}" for name in query.datasets]
    if query.gated is not None:
        names.append("=gated:yes" if query.gated else "=gated:no")
    return names


def _stages(connection: Connection, query: ListQuery, *, is_driven: bool) -> Iterator[tuple[int, list[Condition]]]:
    """The lists that make up the answer: all repos, or for a search first those found by name."""
    words, tokens = searched_words(query)
    if not words:
        yield 0, []
        return
    dialect = dialect_of(connection)
    by_name = [counted(connection, each) for each in name_conditions(query, words, dialect, is_driven=is_driven)]
    yield 0, by_name
    if tokens:
        elsewhere = " AND ".join(condition.probe for condition in by_name)
        parameters = {name: value for condition in by_name for name, value in condition.parameters.items()}
        not_by_name = Condition(f"NOT ({elsewhere})", parameters=parameters)
        yield 1, [counted(connection, text_condition(tokens, dialect)), not_by_name]


def _find(
    connection: Connection,
    query: ListQuery,
    viewer: Viewer,
    conditions: list[Condition],
    stage: int,
    cursor: Cursor | None,
    limit: int,
) -> list[tuple[int, Cursor]]:
    if any(condition.count == 0 for condition in conditions):
        return []
    parameters = {"type": query.repo_type.value, "limit": limit, **_visible_parameters(viewer)}
    for condition in conditions:
        parameters |= condition.parameters
    if cursor is not None:
        parameters |= {"after_value": cursor.value, "after_key": cursor.key}

    def select_keys(chosen: Sequence[Condition], driver: Condition | None) -> str:
        tests = [_visible(viewer), *(c.probe for c in chosen if c is not driver)]
        return _select_keys(query, tests, driver, cursor, dialect_of(connection))

    driver = _driver(conditions)
    rows: Sequence[Row[Any]] = []
    slow = next((condition for condition in conditions if condition.lone_probe), None)
    if driver is None and slow is not None and 2 * limit <= GLANCE_ROWS:
        first = select_keys([condition for condition in conditions if condition is not slow], None)
        glance = f"SELECT r.key, r.value FROM ({first} LIMIT {GLANCE_ROWS}) r WHERE {slow.lone_probe}"
        rows = connection.execute(text(f"{glance} {_in_order(query, 'value')} LIMIT :limit"), parameters).all()
    if len(rows) < limit:
        rows = connection.execute(text(f"{select_keys(conditions, driver)} LIMIT :limit"), parameters).all()
    return [(row.key, Cursor(row.value, row.key, stage)) for row in rows]


def _select_keys(
    query: ListQuery, tests: Sequence[str], driver: Condition | None, cursor: Cursor | None, dialect: Dialect
) -> str:
    """The statement that finds `key` and the order's `value`, in order."""
    column = ORDER_COLUMNS[query.sort]
    if driver is None:
        source = f"repo r {dialect.walking.format(f'repo_by_{column}')} WHERE r.type = :type"
    else:
        source = f"({driver.keys}) d CROSS JOIN repo r WHERE r.key = d.key AND r.type = :type"
    if cursor is not None:
        tests = [*tests, f"(r.{column}, r.key) {'<' if query.descending else '>'} (:after_value, :after_key)"]
    return (
        f"SELECT r.key AS key, r.{column} AS value FROM {source} AND {' AND '.join(tests)} {_in_order(query, column)}"
    )


def _in_order(query: ListQuery, column: str) -> str:
    order = "DESC" if query.descending else "ASC"
    return f"ORDER BY r.{column} {order}, r.key {order}"


def _driver(conditions: Sequence[Condition]) -> Condition | None:
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
