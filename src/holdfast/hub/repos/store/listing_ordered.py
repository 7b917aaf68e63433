"""Puts known sets of repos in order, a page at a time: what remains to be done once everything that matches is counted.

Few keys are looked up and sorted. Among many, the index of the order is walked until a page is full: soon, as every
so many rows of it match.
"""
# ruff: noqa: S608 - every piece of SQL put together here is a constant of this capability; values are bound

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import Connection, text

from holdfast.hub.repos.listing.filters import Cursor, ListQuery
from holdfast.hub.repos.listing.key_sets import KeySet
from holdfast.hub.repos.store.dialects import dialect_of
from holdfast.hub.repos.store.listing_pages import ORDER_COLUMNS, RepoPage

LOOK_UP_LIMIT = 4_000
"""More keys than these are met by a walk."""


def ordered_page(connection: Connection, query: ListQuery, stages: Iterable[tuple[int, KeySet]]) -> RepoPage:
    """The page of `query.limit` repos behind the query's cursor, of these sets one after the other."""
    first_stage = query.cursor.stage if query.cursor else 0
    found: list[Cursor] = []
    for stage, keys in stages:
        if stage < first_stage or len(found) > query.limit:
            continue
        after = query.cursor if stage == first_stage else None
        rows = _ordered(connection, query, keys, after, query.limit + 1 - len(found))
        found += [Cursor(value, key, stage) for key, value in rows]
    shown = tuple(found[: query.limit])
    is_last = len(found) <= query.limit
    return RepoPage(tuple(cursor.key for cursor in shown), None if is_last else shown[-1], shown)


def _ordered(
    connection: Connection, query: ListQuery, keys: KeySet, after: Cursor | None, limit: int
) -> list[tuple[int, float]]:
    column, dialect = ORDER_COLUMNS[query.sort], dialect_of(connection)
    sign, order = ("<", "DESC") if query.descending else (">", "ASC")
    parameters: dict[str, Any] = {"type": query.repo_type.value}
    position = ""
    if after is not None:
        position = f" AND (r.{column}, r.key) {sign} (:after_value, :after_key)"
        parameters |= {"after_value": after.value, "after_key": after.key}
    ordered = f"{position} ORDER BY r.{column} {order}, r.key {order}"
    if len(keys) <= LOOK_UP_LIMIT:
        parameters |= {"keys": orjson.dumps(list(keys)).decode(), "limit": limit}
        listed = f"SELECT r.key, r.{column} FROM {dialect.given_keys} CROSS JOIN repo r WHERE r.key = k.value{ordered}"
        rows = connection.execute(text(f"{listed} LIMIT :limit"), parameters)
        return [(row[0], row[1]) for row in rows]
    along = dialect.walking.format(f"repo_by_{column}")
    walk = f"SELECT r.key, r.{column} FROM repo r {along} WHERE r.type = :type{ordered}"
    return list(_met(connection, walk, parameters, keys, limit))


def _met(
    connection: Connection, walk: str, parameters: dict[str, Any], keys: KeySet, limit: int
) -> Iterator[tuple[int, float]]:
    left = limit
    # By far not all rows are read: a driver that fetches all at once would be told to fetch them as they are asked for.
    with connection.execute(text(walk), parameters, execution_options={"stream_results": True}) as rows:
        for key, value in rows:
            if key in keys:
                yield key, value
                left -= 1
                if left == 0:
                    return
