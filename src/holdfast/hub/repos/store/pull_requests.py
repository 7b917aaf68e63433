"""Rows of `pull_request`: which refs/pr/N exist, whose they are, and what they were opened against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from holdfast.hub.repos.store.tables import pull_request


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


def next_num(connection: Connection, repo_key: int) -> int:
    """The number that the repo's next pull request gets."""
    query = select(func.max(pull_request.c.num)).where(pull_request.c.repo_key == repo_key)
    return int(connection.execute(query).scalar() or 0) + 1


def insert_pull_request(connection: Connection, pull: PullRequest) -> None:
    """Add a pull request."""
    connection.execute(insert(pull_request).values(**vars(pull)))


def get_pull_request(connection: Connection, repo_key: int, num: int) -> PullRequest | None:
    """The pull request of that number."""
    query = select(pull_request).where(pull_request.c.repo_key == repo_key, pull_request.c.num == num)
    row = connection.execute(query).first()
    return None if row is None else _from_row(row)


def list_pull_requests(connection: Connection, repo_key: int) -> list[PullRequest]:
    """All of a repo, newest first."""
    query = select(pull_request).where(pull_request.c.repo_key == repo_key).order_by(pull_request.c.num.desc())
    return [_from_row(row) for row in connection.execute(query)]


def has_author(connection: Connection, repo_key: int, author_id: int) -> bool:
    """Whether a user opened any pull request of the repo."""
    query = select(pull_request.c.num).where(pull_request.c.repo_key == repo_key, pull_request.c.author_id == author_id)
    return connection.execute(query.limit(1)).first() is not None


def set_status(connection: Connection, repo_key: int, num: int, status: str, *, merge_oid: str | None = None) -> None:
    """Change the state: draft, open, closed, or merged by `merge_oid`."""
    statement = update(pull_request).where(pull_request.c.repo_key == repo_key, pull_request.c.num == num)
    connection.execute(statement.values(status=status, merge_oid=merge_oid))


def delete_pull_requests(connection: Connection, repo_key: int) -> None:
    """Forget those of a deleted repo."""
    connection.execute(delete(pull_request).where(pull_request.c.repo_key == repo_key))


def _from_row(row: Row[Any]) -> PullRequest:
    return PullRequest(**row._mapping)
