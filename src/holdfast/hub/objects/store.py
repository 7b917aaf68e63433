"""The tables of objects and of their links to repos. Functions on an open transaction; times are given, never read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    distinct,
    func,
    insert,
    literal,
    select,
    update,
)

from holdfast.backends.database.protocol import metadata
from holdfast.hub.objects.domain import LinkedObject, ObjectKind, ObjectState, StoredObject, Usage

OBJECT = Table(
    "object",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("offered_at", BigInteger, nullable=False),
    Column("condemned_at", BigInteger),
)
REPO_OBJECT = Table(
    "repo_object",
    metadata,
    Column("repo_key", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True),
    Column("linked_at", BigInteger, nullable=False),
    Index("ix_repo_object_sha256", "sha256"),
)

FIRST_KIND = "SELECT kind FROM object WHERE sha256 = ? ORDER BY kind LIMIT 1"
"""For `Database.fetch_one`: `blob` comes before `xet`, and is the cheaper one to read."""

FIRST_KIND_OF_REPO = """
SELECT object.kind FROM repo_object JOIN object ON object.sha256 = repo_object.sha256
WHERE repo_object.repo_key = ? AND repo_object.sha256 = ? ORDER BY object.kind LIMIT 1
"""
"""The same for an object that a repo must have."""

_BATCH = 500

# Built once: every uploaded file needs these, and to put a statement together takes longer than to execute it.
_SOME: BindParameter[str] = bindparam("some", expanding=True)
_FIND = select(OBJECT).where(OBJECT.c.sha256.in_(_SOME))
_TOUCH = update(OBJECT).where(OBJECT.c.sha256.in_(_SOME)).values(offered_at=bindparam("now"), condemned_at=None)
_LINKED = (
    select(OBJECT.c.sha256, OBJECT.c.size_bytes)
    .join(REPO_OBJECT, REPO_OBJECT.c.sha256 == OBJECT.c.sha256)
    .where(REPO_OBJECT.c.repo_key == bindparam("repo"), REPO_OBJECT.c.sha256.in_(_SOME))
)
_OFFER = (
    update(OBJECT)
    .where(OBJECT.c.sha256 == bindparam("known"), OBJECT.c.kind == bindparam("form"))
    .values(offered_at=bindparam("now"), condemned_at=None)
)
_OFFER_VERIFIED = _OFFER.values(state=ObjectState.VERIFIED.value, size_bytes=bindparam("size"))


def upsert(connection: Connection, new: StoredObject) -> None:
    """Insert an object, or note that it was offered again; a verified one stays verified."""
    offered = {"known": new.sha256, "form": new.kind.value, "now": new.offered_at}
    if new.state is ObjectState.VERIFIED:
        known = connection.execute(_OFFER_VERIFIED, {**offered, "size": new.size_bytes}).rowcount
    else:
        known = connection.execute(_OFFER, offered).rowcount
    if known:
        return
    row = {**vars(new), "kind": new.kind.value, "state": new.state.value}
    connection.execute(insert(OBJECT).values(row))


def upsert_verified(connection: Connection, new: Sequence[StoredObject]) -> None:
    """As `upsert`, for many verified objects of one kind, each once: two statements in place of two for each."""
    if not new:
        return
    kind = new[0].kind
    known = {found.sha256 for found in find(connection, [each.sha256 for each in new]) if found.kind is kind}
    old = [{"old_sha256": each.sha256, "new_size": each.size_bytes} for each in new if each.sha256 in known]
    rows = [{**vars(each), "kind": kind.value, "state": each.state.value} for each in new if each.sha256 not in known]
    if old:
        where = (OBJECT.c.sha256 == bindparam("old_sha256")) & (OBJECT.c.kind == kind.value)
        values = {"offered_at": new[0].offered_at, "condemned_at": None, "state": ObjectState.VERIFIED.value}
        connection.execute(update(OBJECT).where(where).values(size_bytes=bindparam("new_size"), **values), old)
    if rows:
        connection.execute(insert(OBJECT), rows)


def touch(connection: Connection, sha256s: Collection[str], now: int) -> None:
    """Note that objects were offered again, which cancels their condemnation."""
    for some in _batches(sha256s):
        connection.execute(_TOUCH, {"some": some, "now": now})


def find(connection: Connection, sha256s: Collection[str]) -> list[StoredObject]:
    """Every form of the given objects."""
    return [_object(row) for some in _batches(sha256s) for row in connection.execute(_FIND, {"some": some})]


def scan(connection: Connection, kind: ObjectKind | None, after: tuple[str, str], limit: int) -> list[StoredObject]:
    """The next objects in the order of their key `(sha256, kind)`; `kind` None means all."""
    sha256, word = after
    later = (OBJECT.c.sha256 > sha256) | ((OBJECT.c.sha256 == sha256) & (OBJECT.c.kind > word))
    statement = select(OBJECT).where(later).order_by(OBJECT.c.sha256, OBJECT.c.kind).limit(limit)
    if kind is not None:
        statement = statement.where(OBJECT.c.kind == kind.value)
    return [_object(row) for row in connection.execute(statement)]


def condemn(connection: Connection, seen: StoredObject, now: int) -> bool:
    """Mark an object unless it was offered since `seen` was read."""
    statement = update(OBJECT).where(_unchanged(seen)).values(condemned_at=now)
    return connection.execute(statement).rowcount == 1


def reprieve(connection: Connection, seen: StoredObject) -> bool:
    """Take the mark off."""
    statement = update(OBJECT).where(_unchanged(seen)).values(condemned_at=None)
    return connection.execute(statement).rowcount == 1


def remove(connection: Connection, seen: StoredObject) -> bool:
    """Delete an object unless it was offered or reprieved since `seen` was read; links go with its last form."""
    if connection.execute(delete(OBJECT).where(_unchanged(seen))).rowcount == 0:
        return False
    if not find(connection, [seen.sha256]):
        connection.execute(delete(REPO_OBJECT).where(REPO_OBJECT.c.sha256 == seen.sha256))
    return True


def link(connection: Connection, repo_key: int, sha256s: Collection[str], now: int) -> None:
    """Link objects to a repo; existing links stay as they are."""
    missing = set(sha256s) - linked(connection, repo_key, sha256s).keys()
    if missing:
        rows = [{"repo_key": repo_key, "sha256": sha256, "linked_at": now} for sha256 in sorted(missing)]
        connection.execute(insert(REPO_OBJECT), rows)


def linked(connection: Connection, repo_key: int, sha256s: Collection[str]) -> dict[str, int]:
    """Those of `sha256s` that are linked to the repo and stored, with their sizes."""
    found: dict[str, int] = {}
    for some in _batches(sha256s):
        rows = connection.execute(_LINKED, {"repo": repo_key, "some": some})
        found.update((row.sha256, row.size_bytes) for row in rows)
    return found


def page_of_repo(connection: Connection, repo_key: int, after: str, limit: int) -> list[LinkedObject]:
    """The repo's next objects behind the SHA-256 `after`, in the order of their SHA-256."""
    statement = (
        select(OBJECT.c.sha256, func.max(OBJECT.c.size_bytes).label("size_bytes"), REPO_OBJECT.c.linked_at)
        .join(REPO_OBJECT, REPO_OBJECT.c.sha256 == OBJECT.c.sha256)
        .where(REPO_OBJECT.c.repo_key == repo_key, REPO_OBJECT.c.sha256 > after)
        .group_by(OBJECT.c.sha256, REPO_OBJECT.c.linked_at)
        .order_by(OBJECT.c.sha256)
        .limit(limit)
    )
    return [LinkedObject(*row) for row in connection.execute(statement)]


def holders(connection: Connection, sha256s: Collection[str]) -> dict[str, set[int]]:
    """The keys of the repos to which each object is linked."""
    found: dict[str, set[int]] = {}
    for some in _batches(sha256s):
        statement = select(REPO_OBJECT.c.sha256, REPO_OBJECT.c.repo_key).where(REPO_OBJECT.c.sha256.in_(some))
        for sha256, repo_key in connection.execute(statement):
            found.setdefault(sha256, set()).add(repo_key)
    return found


def copy_links(connection: Connection, source: int, target: int, now: int) -> None:
    """Link everything of repo `source` to repo `target` too."""
    theirs = select(REPO_OBJECT.c.sha256).where(REPO_OBJECT.c.repo_key == target)
    rows = select(literal(target), REPO_OBJECT.c.sha256, literal(now)).where(
        REPO_OBJECT.c.repo_key == source, REPO_OBJECT.c.sha256.not_in(theirs)
    )
    connection.execute(insert(REPO_OBJECT).from_select(["repo_key", "sha256", "linked_at"], rows))
    everything = select(REPO_OBJECT.c.sha256).where(REPO_OBJECT.c.repo_key == source)
    statement = update(OBJECT).where(OBJECT.c.sha256.in_(everything))
    connection.execute(statement.values(offered_at=now, condemned_at=None))


def unlink(connection: Connection, repo_key: int, sha256s: Collection[str]) -> None:
    """Take objects away from a repo."""
    for some in _batches(sha256s):
        where = (REPO_OBJECT.c.repo_key == repo_key) & REPO_OBJECT.c.sha256.in_(some)
        connection.execute(delete(REPO_OBJECT).where(where))


def unlink_all(connection: Connection, repo_key: int) -> None:
    """Take every object away from a repo."""
    connection.execute(delete(REPO_OBJECT).where(REPO_OBJECT.c.repo_key == repo_key))


def repo_usage(connection: Connection, repo_key: int) -> Usage:
    """What a repo's links add up to, each object counted once."""
    sizes = (
        select(func.max(OBJECT.c.size_bytes).label("size_bytes"))
        .join(REPO_OBJECT, REPO_OBJECT.c.sha256 == OBJECT.c.sha256)
        .where(REPO_OBJECT.c.repo_key == repo_key)
        .group_by(OBJECT.c.sha256)
        .subquery()
    )
    statement = select(func.count(), func.coalesce(func.sum(sizes.c.size_bytes), 0)).select_from(sizes)
    return Usage(*connection.execute(statement).one())


def repo_sizes(connection: Connection, repo_keys: Collection[int]) -> dict[int, int]:
    """Bytes of each repo's objects, each object counted once a repo; repos without objects are left out."""
    sizes: dict[int, int] = {}
    keys = sorted(repo_keys)
    for start in range(0, len(keys), _BATCH):
        each = (
            select(REPO_OBJECT.c.repo_key, func.max(OBJECT.c.size_bytes).label("size_bytes"))
            .join(OBJECT, REPO_OBJECT.c.sha256 == OBJECT.c.sha256)
            .where(REPO_OBJECT.c.repo_key.in_(keys[start : start + _BATCH]))
            .group_by(REPO_OBJECT.c.repo_key, OBJECT.c.sha256)
            .subquery()
        )
        statement = select(each.c.repo_key, func.sum(each.c.size_bytes)).group_by(each.c.repo_key)
        sizes.update((key, int(size)) for key, size in connection.execute(statement))
    return sizes


def all_repo_sizes(connection: Connection) -> dict[int, int]:
    """The same for every repo that has objects: one walk along the links, which lie in the order of the repos."""
    size = select(func.max(OBJECT.c.size_bytes)).where(OBJECT.c.sha256 == REPO_OBJECT.c.sha256).scalar_subquery()
    statement = select(REPO_OBJECT.c.repo_key, func.sum(size)).group_by(REPO_OBJECT.c.repo_key)
    return {key: int(total) for key, total in connection.execute(statement) if total is not None}


def distinct_usage(connection: Connection) -> Usage:
    """What the whole instance stores, each object counted once, in however many forms it lies here."""
    each = select(func.max(OBJECT.c.size_bytes).label("size_bytes")).group_by(OBJECT.c.sha256).subquery()
    return Usage(*connection.execute(select(func.count(), func.coalesce(func.sum(each.c.size_bytes), 0))).one())


def kind_usage(connection: Connection, kind: ObjectKind) -> Usage:
    """What the whole instance stores in one form."""
    statement = select(func.count(distinct(OBJECT.c.sha256)), func.coalesce(func.sum(OBJECT.c.size_bytes), 0))
    return Usage(*connection.execute(statement.where(OBJECT.c.kind == kind.value)).one())


def _is(sha256: str, kind: ObjectKind) -> ColumnElement[bool]:
    return and_(OBJECT.c.sha256 == sha256, OBJECT.c.kind == kind.value)


def _unchanged(seen: StoredObject) -> ColumnElement[bool]:
    return and_(
        _is(seen.sha256, seen.kind),
        OBJECT.c.offered_at == seen.offered_at,
        OBJECT.c.condemned_at.is_not_distinct_from(seen.condemned_at),
    )


def _object(row: Row[tuple[object, ...]]) -> StoredObject:
    values = dict(row._mapping)
    return StoredObject(**{**values, "kind": ObjectKind(values["kind"]), "state": ObjectState(values["state"])})


def _batches(sha256s: Collection[str]) -> Iterator[Sequence[str]]:
    # Databases limit the number of parameters of one statement.
    words = sorted(set(sha256s))
    for start in range(0, len(words), _BATCH):
        yield words[start : start + _BATCH]
