"""SQL that finds users and organizations by parts of their names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from holdfast.accounts.domain import Namespace, NamespaceKind
from holdfast.accounts.store.namespaces import find_namespaces_by_ids
from holdfast.accounts.store.tables import app_user, namespace


def search(
    connection: Connection, words: Sequence[str], kind: NamespaceKind, limit: int
) -> tuple[list[Namespace], int]:
    """Those whose name or full name holds every word, names that start with the first one in front; and how many.

    Users who are locked out are not found.
    """
    tests = [_holds(word) for word in words]
    is_locked = exists().where(app_user.c.namespace_id == namespace.c.id, app_user.c.disabled_at.is_not(None))
    found = and_(namespace.c.kind == kind.value, ~is_locked, *tests)
    total = connection.execute(select(func.count()).select_from(namespace).where(found)).scalar_one()
    starts = namespace.c.name_key.startswith(words[0].lower(), autoescape=True) if words else namespace.c.id > 0
    query = select(namespace.c.id).where(found).order_by(starts.desc(), namespace.c.name_key).limit(limit)
    ids = list(connection.execute(query).scalars())
    known = find_namespaces_by_ids(connection, ids)
    return [known[key] for key in ids], total


def _holds(word: str) -> ColumnElement[bool]:
    return or_(
        namespace.c.name_key.contains(word.lower(), autoescape=True),
        func.lower(namespace.c.fullname).contains(word.lower(), autoescape=True),
    )
