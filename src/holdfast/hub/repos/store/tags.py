"""Reads single tags of the index behind lists (see `listing_index`): who has one, and how many."""

from __future__ import annotations

from sqlalchemy import Connection, select

from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.store.listing_tables import repo_tag, tag
from holdfast.hub.repos.store.tables import repo


def count_children(connection: Connection, model: RepoId) -> int:
    """How many public models name this one as their base."""
    query = select(tag.c.public_uses).where(
        tag.c.repo_type == RepoType.MODEL.value, tag.c.name == f"base_model:{model.key}"
    )
    return connection.execute(query).scalar() or 0


def spaces_of_model(connection: Connection, model: RepoId, limit: int) -> list[str]:
    """Ids of public Spaces whose card or files name the model, the most liked first."""
    query = (
        select(repo.c.namespace, repo.c.name)
        .join(repo_tag, repo_tag.c.repo_key == repo.c.key)
        .join(tag, tag.c.id == repo_tag.c.tag_id)
        .where(tag.c.repo_type == RepoType.SPACE.value, tag.c.name == f"=model:{model.key}", repo.c.private.is_(False))
        .order_by(repo.c.likes.desc(), repo.c.key)
        .limit(limit)
    )
    return [f"{row.namespace}/{row.name}" for row in connection.execute(query)]
