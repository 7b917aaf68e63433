"""Rows of `repo_like`, and the number of them in `repo`."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select, update

from holdfast.backends.database.upserts import upsert
from holdfast.hub.repos.store.tables import repo, repo_like


def set_like(connection: Connection, repo_key: int, user_id: int, liked_at: int | None) -> None:
    """Add a like, or take it back with None; then count anew."""
    if liked_at is None:
        connection.execute(delete(repo_like).where(repo_like.c.repo_key == repo_key, repo_like.c.user_id == user_id))
    else:
        statement = upsert(repo_like).values(repo_key=repo_key, user_id=user_id, liked_at=liked_at)
        connection.execute(statement.on_conflict_do_nothing())
    count = select(func.count()).select_from(repo_like).where(repo_like.c.repo_key == repo_key).scalar_subquery()
    connection.execute(update(repo).where(repo.c.key == repo_key).values(likes=count))


def is_liked(connection: Connection, repo_key: int, user_id: int) -> bool:
    """Whether the user likes the repo."""
    query = select(repo_like.c.liked_at).where(repo_like.c.repo_key == repo_key, repo_like.c.user_id == user_id)
    return connection.execute(query).first() is not None


def likers(connection: Connection, repo_key: int, *, after: int, limit: int) -> list[int]:
    """Ids of users who like the repo, ascending."""
    query = select(repo_like.c.user_id).where(repo_like.c.repo_key == repo_key, repo_like.c.user_id > after)
    return list(connection.execute(query.order_by(repo_like.c.user_id).limit(limit)).scalars())


def liked_by(connection: Connection, user_id: int) -> list[tuple[int, int]]:
    """(repo key, liked at) of a user, newest first."""
    query = select(repo_like.c.repo_key, repo_like.c.liked_at).where(repo_like.c.user_id == user_id)
    return [(key, liked_at) for key, liked_at in connection.execute(query.order_by(repo_like.c.liked_at.desc()))]


def delete_likes(connection: Connection, repo_key: int) -> None:
    """Forget the likes of a deleted repo."""
    connection.execute(delete(repo_like).where(repo_like.c.repo_key == repo_key))
