"""Who names a repo: counted for one viewer, without walking over the many that name a famous one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, or_, select

from holdfast.base.ids import RepoType
from holdfast.hub.repos.store.listing_pages import Viewer
from holdfast.hub.repos.store.listing_tables import repo_tag, tag
from holdfast.hub.repos.store.tables import repo


def count_tagged(connection: Connection, repo_type: RepoType, name: str, viewer: Viewer) -> int:
    """How many repos of that type have the tag, as far as the viewer sees them. `name` is lower case."""
    found = select(tag.c.id, tag.c.uses, tag.c.public_uses)
    row = connection.execute(found.where(tag.c.repo_type == repo_type.value, tag.c.name == name)).first()
    if row is None:
        return 0
    if viewer.sees_all:
        return int(row.uses)
    return int(row.public_uses) + _count_private(connection, row.id, viewer)


def _count_private(connection: Connection, tag_id: int, viewer: Viewer) -> int:
    if not viewer.namespace_ids and not viewer.repo_text_keys:
        return 0
    has_tag = exists().where(repo_tag.c.tag_id == tag_id, repo_tag.c.repo_key == repo.c.key)
    query = select(func.count()).select_from(repo).where(repo.c.private.is_(True), _owned(viewer), has_tag)
    return connection.execute(query).scalar_one()


def _owned(viewer: Viewer) -> ColumnElement[bool]:
    return or_(
        false(),
        and_(repo.c.namespace_id.in_(viewer.namespace_ids)),
        and_(repo.c.text_key.in_(viewer.repo_text_keys)),
    )
