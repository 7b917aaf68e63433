"""SQL for namespaces, users and memberships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from holdfast.accounts.domain import Membership, Namespace, NamespaceKind, OrgRole, User
from holdfast.accounts.store.tables import app_user, membership, namespace

_USERS = select(namespace, app_user).join_from(namespace, app_user, app_user.c.namespace_id == namespace.c.id)


def insert_namespace(
    connection: Connection, name: str, kind: NamespaceKind, fullname: str, created_at: int, *, private_by_default: bool
) -> int:
    """Add a namespace and return its id; a taken name is an IntegrityError."""
    values = {
        "name": name,
        "name_key": name.lower(),
        "kind": kind.value,
        "fullname": fullname,
        "private_by_default": private_by_default,
        "created_at": created_at,
    }
    key = connection.execute(insert(namespace).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def insert_user(
    connection: Connection, namespace_id: int, email: str | None, password_hash: str | None, *, is_site_admin: bool
) -> None:
    """Make a namespace a user's."""
    connection.execute(
        insert(app_user).values(
            namespace_id=namespace_id, email=email, password_hash=password_hash, is_site_admin=is_site_admin
        )
    )


def find_namespace(connection: Connection, name: str) -> Namespace | None:
    """The namespace of that name in any case."""
    return _first_namespace(connection, select(namespace).where(namespace.c.name_key == name.lower()))


def find_namespace_by_id(connection: Connection, namespace_id: int) -> Namespace | None:
    """The namespace with that id."""
    return _first_namespace(connection, select(namespace).where(namespace.c.id == namespace_id))


def find_namespaces_by_ids(connection: Connection, ids: Sequence[int]) -> dict[int, Namespace]:
    """Those of the namespaces that exist, by id."""
    rows = connection.execute(select(namespace).where(namespace.c.id.in_(ids)))
    return {row.id: _namespace(row) for row in rows}


def find_user(connection: Connection, name: str) -> User | None:
    """The user of that name in any case."""
    row = connection.execute(_USERS.where(namespace.c.name_key == name.lower())).first()
    return None if row is None else _user(row)


def find_user_by_id(connection: Connection, user_id: int) -> User | None:
    """The user with that id."""
    row = connection.execute(_USERS.where(namespace.c.id == user_id)).first()
    return None if row is None else _user(row)


def list_users(connection: Connection) -> list[User]:
    """Every user, by name."""
    return [_user(row) for row in connection.execute(_USERS.order_by(namespace.c.name_key))]


def list_orgs(connection: Connection) -> list[Namespace]:
    """Every organization, by name."""
    orgs = select(namespace).where(namespace.c.kind == NamespaceKind.ORG.value).order_by(namespace.c.name_key)
    return [_namespace(row) for row in connection.execute(orgs)]


def find_users(connection: Connection, text: str, after_key: str, limit: int) -> list[User]:
    """The next users by name behind `after_key`, whose name, full name or e-mail address holds the text."""
    page = _USERS.where(namespace.c.name_key > after_key).order_by(namespace.c.name_key).limit(limit)
    if text:
        columns = (namespace.c.name_key, func.lower(namespace.c.fullname), func.lower(app_user.c.email))
        page = page.where(or_(*(column.contains(text.lower(), autoescape=True) for column in columns)))
    return [_user(row) for row in connection.execute(page)]


def count_site_admins(connection: Connection) -> int:
    """How many enabled users administer the site."""
    admins = app_user.c.is_site_admin & app_user.c.disabled_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(app_user).where(admins)).scalar_one())


def update_namespace(connection: Connection, namespace_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a namespace; nothing happens without values."""
    if values:
        connection.execute(update(namespace).where(namespace.c.id == namespace_id).values(**values))


def delete_org(connection: Connection, org_id: int) -> None:
    """Remove an organization and its memberships."""
    connection.execute(delete(membership).where(membership.c.org_id == org_id))
    connection.execute(delete(namespace).where(namespace.c.id == org_id))


def set_email(connection: Connection, user_id: int, email: str | None) -> None:
    """Change a user's e-mail address."""
    connection.execute(update(app_user).where(app_user.c.namespace_id == user_id).values(email=email))


def set_site_admin(connection: Connection, user_id: int, *, is_site_admin: bool) -> None:
    """Let a user administer the site, or no longer."""
    connection.execute(update(app_user).where(app_user.c.namespace_id == user_id).values(is_site_admin=is_site_admin))


def set_password_hash(connection: Connection, user_id: int, password_hash: str) -> None:
    """Replace a password."""
    connection.execute(update(app_user).where(app_user.c.namespace_id == user_id).values(password_hash=password_hash))


def set_disabled_at(connection: Connection, user_id: int, disabled_at: int | None) -> None:
    """Lock an account out, or let it in again with None."""
    connection.execute(update(app_user).where(app_user.c.namespace_id == user_id).values(disabled_at=disabled_at))


def set_last_login_at(connection: Connection, user_id: int, last_login_at: int) -> None:
    """Remember that a password was used."""
    connection.execute(update(app_user).where(app_user.c.namespace_id == user_id).values(last_login_at=last_login_at))


def find_role(connection: Connection, org_id: int, user_id: int) -> OrgRole | None:
    """A member's role, None for others."""
    ours = (membership.c.org_id == org_id) & (membership.c.user_id == user_id)
    word = connection.execute(select(membership.c.role).where(ours)).scalar()
    return None if word is None else OrgRole(word)


def save_member(connection: Connection, org_id: int, user_id: int, role: OrgRole) -> None:
    """Add a member or change the role of one. Callers hold the write transaction, so two steps are safe."""
    delete_member(connection, org_id, user_id)
    connection.execute(insert(membership).values(org_id=org_id, user_id=user_id, role=role.value))


def delete_member(connection: Connection, org_id: int, user_id: int) -> bool:
    """Remove a member; False when there was none."""
    ours = (membership.c.org_id == org_id) & (membership.c.user_id == user_id)
    return connection.execute(delete(membership).where(ours)).rowcount > 0


def count_admins(connection: Connection, org_id: int) -> int:
    """How many members of an organization are its admins."""
    admins = (membership.c.org_id == org_id) & (membership.c.role == OrgRole.ADMIN.value)
    return int(connection.execute(select(func.count()).select_from(membership).where(admins)).scalar_one())


def count_members(connection: Connection, org_id: int) -> int:
    """How many members an organization has."""
    return int(
        connection.execute(
            select(func.count()).select_from(membership).where(membership.c.org_id == org_id)
        ).scalar_one()
    )


def list_members(connection: Connection, org_id: int, after_id: int, limit: int) -> list[Membership]:
    """The next `limit` members with a user id above `after_id`, in the order of their ids."""
    members = (
        select(namespace, membership.c.role)
        .join_from(membership, namespace, namespace.c.id == membership.c.user_id)
        .where(membership.c.org_id == org_id, membership.c.user_id > after_id)
        .order_by(membership.c.user_id)
        .limit(limit)
    )
    return [Membership(_namespace(row), OrgRole(row.role)) for row in connection.execute(members)]


def list_memberships(connection: Connection, user_id: int) -> list[Membership]:
    """The organizations of a user and the role in each, by name."""
    orgs = (
        select(namespace, membership.c.role)
        .join_from(membership, namespace, namespace.c.id == membership.c.org_id)
        .where(membership.c.user_id == user_id)
        .order_by(namespace.c.name_key)
    )
    return [Membership(_namespace(row), OrgRole(row.role)) for row in connection.execute(orgs)]


def _first_namespace(connection: Connection, query: Select[tuple[object, ...]]) -> Namespace | None:
    row = connection.execute(query).first()
    return None if row is None else _namespace(row)


def _namespace(row: Row[tuple[object, ...]]) -> Namespace:
    return Namespace(
        id=row.id,
        name=row.name,
        kind=NamespaceKind(row.kind),
        fullname=row.fullname,
        avatar_url=row.avatar_url,
        private_by_default=row.private_by_default,
        created_at=row.created_at,
        bio=row.bio,
    )


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(
        namespace=_namespace(row),
        email=row.email,
        has_password=row.password_hash is not None,
        is_site_admin=row.is_site_admin,
        disabled_at=row.disabled_at,
        last_login_at=row.last_login_at,
    )
