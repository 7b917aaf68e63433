"""Rows of `discussion`, pull requests among them: numbers, lists, titles, states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from holdfast.hub.repos.store.tables import discussion


@dataclass(frozen=True)
class Discussion:
    """One discussion. `base_ref` None means that it is no pull request; times are milliseconds since 1970."""

    repo_key: int
    num: int
    title: str
    description: str
    author_id: int
    status: str
    created_at: int
    base_ref: str | None = None
    merge_oid: str | None = None

    @property
    def is_pull_request(self) -> bool:
        """Whether commits belong to it."""
        return self.base_ref is not None


@dataclass(frozen=True)
class DiscussionFilter:
    """Which discussions a list has; None and the empty tuple mean: any."""

    pull_requests: bool | None = None
    statuses: tuple[str, ...] = ()
    author_id: int | None = None


def next_num(connection: Connection, repo_key: int) -> int:
    """The number that the repo's next discussion or pull request gets. Ask under the repo's lock."""
    query = select(func.max(discussion.c.num)).where(discussion.c.repo_key == repo_key)
    return int(connection.execute(query).scalar() or 0) + 1


def insert_discussion(connection: Connection, added: Discussion) -> None:
    """Add a discussion."""
    connection.execute(insert(discussion).values(**vars(added)))


def get_discussion(connection: Connection, repo_key: int, num: int) -> Discussion | None:
    """The discussion or pull request of that number."""
    query = select(discussion).where(discussion.c.repo_key == repo_key, discussion.c.num == num)
    row = connection.execute(query).first()
    return None if row is None else _from_row(row)


def list_discussions(
    connection: Connection, repo_key: int, wanted: DiscussionFilter, *, offset: int, limit: int
) -> list[Discussion]:
    """Some of a repo, newest first."""
    query = select(discussion).where(*_conditions(repo_key, wanted)).order_by(discussion.c.num.desc())
    return [_from_row(row) for row in connection.execute(query.offset(offset).limit(limit))]


def count_discussions(connection: Connection, repo_key: int, wanted: DiscussionFilter) -> int:
    """How many there are."""
    query = select(func.count()).select_from(discussion).where(*_conditions(repo_key, wanted))
    return int(connection.execute(query).scalar_one())


def set_title(connection: Connection, repo_key: int, num: int, title: str) -> None:
    """Give another title."""
    statement = update(discussion).where(discussion.c.repo_key == repo_key, discussion.c.num == num)
    connection.execute(statement.values(title=title))


def delete_discussions(connection: Connection, repo_key: int) -> None:
    """Forget those of a deleted repo."""
    connection.execute(delete(discussion).where(discussion.c.repo_key == repo_key))


def _conditions(repo_key: int, wanted: DiscussionFilter) -> Sequence[ColumnElement[bool]]:
    conditions = [discussion.c.repo_key == repo_key]
    if wanted.pull_requests is not None:
        is_pull = discussion.c.base_ref.is_not(None)
        conditions.append(is_pull if wanted.pull_requests else ~is_pull)
    if wanted.statuses:
        conditions.append(discussion.c.status.in_(wanted.statuses))
    if wanted.author_id is not None:
        conditions.append(discussion.c.author_id == wanted.author_id)
    return conditions


def _from_row(row: Row[Any]) -> Discussion:
    return Discussion(**row._mapping)
