"""What is liked and fetched these days: `repo.trending_score`."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, func, select, update

from holdfast.hub.repos.store.tables import repo, repo_download, repo_like

DAY_MILLISECONDS = 24 * 3600 * 1000
WINDOW_DAYS = 7
DOWNLOADS_PER_LIKE = 10
"""A like says more than a download, which may be a script's."""

_BATCH = 500


def refresh(connection: Connection, repo_keys: Collection[int], now: int) -> None:
    """Count anew: likes of the last 7 days, and a tenth of the downloads. `now` in milliseconds since 1970."""
    since = now - WINDOW_DAYS * DAY_MILLISECONDS
    likes = (
        select(func.count()).where(repo_like.c.repo_key == repo.c.key, repo_like.c.liked_at >= since).scalar_subquery()
    )
    downloads = (
        select(func.coalesce(func.sum(repo_download.c.count), 0))
        .where(repo_download.c.repo_key == repo.c.key, repo_download.c.day >= since // DAY_MILLISECONDS)
        .scalar_subquery()
    )
    score = likes + downloads / float(DOWNLOADS_PER_LIKE)
    keys = sorted(repo_keys)
    for start in range(0, len(keys), _BATCH):  # databases limit the number of parameters of one statement
        some = keys[start : start + _BATCH]
        connection.execute(update(repo).where(repo.c.key.in_(some)).values(trending_score=score))


def trending_keys(connection: Connection) -> list[int]:
    """Repos with a score: those that can lose it as time goes by."""
    return list(connection.execute(select(repo.c.key).where(repo.c.trending_score > 0)).scalars())
