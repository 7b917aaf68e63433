"""Rows of `discussion` that are pull requests: which refs/pr/N exist, whose they are, what they were opened against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update

from holdfast.hub.repos.store.tables import discussion


@dataclass(frozen=True)
class PullRequest:
    """One pull request. `base_ref` is the full name of the branch it wants to change."""

    repo_key: int
    num: int
    title: str
    description: str
    author_id: int
    status: str
    base_ref: str
    created_at: int
    merge_oid: str | None = None

    @property
    def ref(self) -> str:
        """The ref that holds its commits."""
        return f"refs/pr/{self.num}"


def insert_pull_request(connection: Connection, pull: PullRequest) -> None:
    """Add a pull request."""
    connection.execute(insert(discussion).values(**vars(pull)))


def get_pull_request(connection: Connection, repo_key: int, num: int) -> PullRequest | None:
    """The pull request of that number."""
    row = connection.execute(select(discussion).where(_of(repo_key), discussion.c.num == num)).first()
    return None if row is None else _from_row(row)


def list_pull_requests(connection: Connection, repo_key: int) -> list[PullRequest]:
    """All of a repo, newest first."""
    query = select(discussion).where(_of(repo_key)).order_by(discussion.c.num.desc())
    return [_from_row(row) for row in connection.execute(query)]


def has_author(connection: Connection, repo_key: int, author_id: int) -> bool:
    """Whether a user opened any pull request of the repo."""
    query = select(discussion.c.num).where(_of(repo_key), discussion.c.author_id == author_id)
    return connection.execute(query.limit(1)).first() is not None


def set_status(connection: Connection, repo_key: int, num: int, status: str, *, merge_oid: str | None = None) -> None:
    """Change the state: draft, open, closed, or merged by `merge_oid`."""
    statement = update(discussion).where(discussion.c.repo_key == repo_key, discussion.c.num == num)
    connection.execute(statement.values(status=status, merge_oid=merge_oid))


def _of(repo_key: int) -> ColumnElement[bool]:
    return and_(discussion.c.repo_key == repo_key, discussion.c.base_ref.is_not(None))


def _from_row(row: Row[Any]) -> PullRequest:
    return PullRequest(**row._mapping)
