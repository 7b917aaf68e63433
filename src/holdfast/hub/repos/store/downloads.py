"""Rows of `repo_download`, and the sums of them in `repo`."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select, update

from holdfast.backends.database.upserts import upsert
from holdfast.hub.repos.store.tables import repo, repo_download


def add(connection: Connection, repo_key: int, day: int, count: int, *, since_day: int) -> None:
    """Add to a day's count and refresh the repo's sums. Days are counted from 1970."""
    if connection.execute(select(repo.c.key).where(repo.c.key == repo_key)).first() is None:
        return  # deleted meanwhile
    statement = upsert(repo_download).values(repo_key=repo_key, day=day, count=count)
    added = statement.on_conflict_do_update(
        index_elements=["repo_key", "day"], set_={"count": repo_download.c.count + count}
    )
    connection.execute(added)
    connection.execute(
        update(repo)
        .where(repo.c.key == repo_key)
        .values(downloads=_recent(repo_key, since_day), downloads_all_time=repo.c.downloads_all_time + count)
    )


def expire(connection: Connection, *, before_day: int) -> None:
    """Drop days before `before_day` and refresh the sums of the repos that had some."""
    stale = set(connection.execute(select(repo_download.c.repo_key).where(repo_download.c.day < before_day)).scalars())
    connection.execute(delete(repo_download).where(repo_download.c.day < before_day))
    for repo_key in stale:
        connection.execute(update(repo).where(repo.c.key == repo_key).values(downloads=_recent(repo_key, before_day)))


def delete_downloads(connection: Connection, repo_key: int) -> None:
    """Forget those of a deleted repo."""
    connection.execute(delete(repo_download).where(repo_download.c.repo_key == repo_key))


def _recent(repo_key: int, since_day: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own generics
    return (
        select(func.coalesce(func.sum(repo_download.c.count), 0))
        .where(repo_download.c.repo_key == repo_key, repo_download.c.day >= since_day)
        .scalar_subquery()
    )
