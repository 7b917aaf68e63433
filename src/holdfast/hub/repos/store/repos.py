"""Rows of `repo`, `repo_ref` and `repo_redirect`."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from holdfast.backends.database.upserts import upsert
from holdfast.base.errors import RepoExists
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Gating, Repo, repo_text_key
from holdfast.hub.repos.store.dialects import dialect_of
from holdfast.hub.repos.store.tables import repo, repo_facts, repo_redirect, repo_ref

# Built once: to put a statement together takes longer than to execute it, and every commit needs these.
_FIND_REPO = select(repo).where(repo.c.text_key == bindparam("text_key"))
_GET_REPO = select(repo).where(repo.c.key == bindparam("repo_key"))
_LIST_REFS = (
    select(repo_ref.c.name, repo_ref.c.oid)
    .where(repo_ref.c.repo_key == bindparam("repo_key"))
    .order_by(repo_ref.c.name)
)
_FIND_REF = select(repo_ref.c.oid).where(
    repo_ref.c.repo_key == bindparam("repo_key"), repo_ref.c.name == bindparam("ref")
)
_MARK_PENDING = (
    update(repo)
    .where(repo.c.key == bindparam("repo_key"), repo.c.index_pending.is_(False))
    .values(index_pending=True)
    .returning(repo)
)
_PUT_REF = (
    upsert(repo_ref)
    .values(repo_key=bindparam("repo_key"), name=bindparam("name"), oid=bindparam("oid"))
    .on_conflict_do_update(index_elements=["repo_key", "name"], set_={"oid": bindparam("oid")})
)

_FACTS_AT_ONCE = 50


def insert_repo(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a row and return its key.

    Raises:
        RepoExists: the id is taken.
    """
    try:
        result = connection.execute(insert(repo).values(**values))
    except IntegrityError as error:
        raise RepoExists(repo_type=values["type"], repo_id=f"{values['namespace']}/{values['name']}") from error
    took_key = dialect_of(connection).took_key
    if "key" in values and took_key is not None:
        connection.execute(text(took_key), {"key": values["key"]})
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def find_repo(connection: Connection, repo_type: RepoType, repo_id: RepoId) -> Repo | None:
    """The repo of that id, letters' case ignored."""
    row = connection.execute(_FIND_REPO, {"text_key": repo_text_key(repo_type, repo_id)}).first()
    return None if row is None else repo_from_row(row)


def get_repo(connection: Connection, key: int) -> Repo | None:
    """The repo of that key."""
    row = connection.execute(_GET_REPO, {"repo_key": key}).first()
    return None if row is None else repo_from_row(row)


def find_redirect(connection: Connection, repo_type: RepoType, repo_id: RepoId) -> Repo | None:
    """The repo that had that id before."""
    text_key = repo_text_key(repo_type, repo_id)
    query = select(repo).join(repo_redirect, repo_redirect.c.repo_key == repo.c.key)
    row = connection.execute(query.where(repo_redirect.c.text_key == text_key)).first()
    return None if row is None else repo_from_row(row)


def put_redirect(connection: Connection, text_key: str, repo_key: int) -> None:
    """Let an old or canonical id lead to a repo."""
    statement = upsert(repo_redirect).values(text_key=text_key, repo_key=repo_key)
    connection.execute(statement.on_conflict_do_update(index_elements=["text_key"], set_={"repo_key": repo_key}))


def delete_redirect(connection: Connection, text_key: str) -> None:
    """Forget where an old id led to: a new repo has it now."""
    connection.execute(delete(repo_redirect).where(repo_redirect.c.text_key == text_key))


def list_redirects(connection: Connection) -> list[tuple[str, RepoId]]:
    """Every old or canonical id's text key, and the id of the repo that it leads to; sorted."""
    query = select(repo_redirect.c.text_key, repo.c.namespace, repo.c.name).join(
        repo, repo_redirect.c.repo_key == repo.c.key
    )
    rows = connection.execute(query.order_by(repo_redirect.c.text_key))
    return [(row.text_key, RepoId(row.namespace, row.name)) for row in rows]


def update_repo(connection: Connection, key: int, **values: Any) -> None:
    """Change columns of one repo.

    Raises:
        RepoExists: the new id is taken.
    """
    try:
        new = {f"new_{name}": value for name, value in values.items()}
        connection.execute(_update_repo(tuple(values)), {"changed_key": key, **new})
    except IntegrityError as error:
        taken = f"{values.get('namespace')}/{values.get('name')}"
        raise RepoExists(repo_type=str(values.get("text_key", "model")).partition(":")[0], repo_id=taken) from error


@functools.lru_cache(maxsize=128)
def _update_repo(columns: tuple[str, ...]) -> Update:
    values = {name: bindparam(f"new_{name}", type_=repo.c[name].type) for name in columns}
    return update(repo).where(repo.c.key == bindparam("changed_key")).values(values)


def get_repos(connection: Connection, keys: Sequence[int]) -> list[Repo]:
    """The repos of those keys that exist, in the order of `keys`."""
    rows = {row.key: row for row in connection.execute(select(repo).where(repo.c.key.in_(keys)))}
    return [repo_from_row(rows[key]) for key in keys if key in rows]


def get_facts(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What the files of each repo say at its default branch: see `metadata.info_fields`."""
    query = select(repo_facts.c.repo_key, repo_facts.c.facts).where(repo_facts.c.repo_key.in_(keys))
    return {key: json.loads(facts) for key, facts in connection.execute(query)}


def get_leading_facts(connection: Connection, keys: Sequence[int], max_characters: int) -> dict[int, dict[str, Any]]:
    """As `get_facts`, in the order of `keys` and for so many of them, one at least, as this much text holds."""
    found: dict[int, dict[str, Any]] = {}
    query = select(repo_facts.c.repo_key, repo_facts.c.facts)
    left = max_characters
    for start in range(0, len(keys), _FACTS_AT_ONCE):
        some = keys[start : start + _FACTS_AT_ONCE]
        words = {row.repo_key: row.facts for row in connection.execute(query.where(repo_facts.c.repo_key.in_(some)))}
        for key in some:
            left -= len(words.get(key, ""))
            if left < 0 and found:
                return found
            found[key] = json.loads(words.get(key, "{}"))
    return found


def put_facts(connection: Connection, key: int, facts: Mapping[str, Any]) -> None:
    """Replace them."""
    words = json.dumps(facts)
    statement = upsert(repo_facts).values(repo_key=key, facts=words)
    connection.execute(statement.on_conflict_do_update(index_elements=["repo_key"], set_={"facts": words}))


def delete_repo(connection: Connection, key: int) -> None:
    """Remove a repo's row, facts, refs and redirects."""
    connection.execute(delete(repo_facts).where(repo_facts.c.repo_key == key))
    connection.execute(delete(repo_ref).where(repo_ref.c.repo_key == key))
    connection.execute(delete(repo_redirect).where(repo_redirect.c.repo_key == key))
    connection.execute(delete(repo).where(repo.c.key == key))


def replace_refs(connection: Connection, key: int, refs: Mapping[str, str]) -> None:
    """Make the index of a repo's refs say exactly `refs` (full name → commit oid)."""
    known = list_refs(connection, key)
    for gone in known.keys() - refs.keys():
        delete_ref(connection, key, gone)
    put_refs(connection, key, {name: oid for name, oid in refs.items() if known.get(name) != oid})


def put_refs(connection: Connection, key: int, refs: Mapping[str, str]) -> None:
    """Add or move refs in the index."""
    for name, oid in refs.items():
        connection.execute(_PUT_REF, {"repo_key": key, "name": name, "oid": oid})


def delete_ref(connection: Connection, key: int, name: str) -> None:
    """Remove a ref from the index."""
    connection.execute(delete(repo_ref).where(repo_ref.c.repo_key == key, repo_ref.c.name == name))


def list_refs(connection: Connection, key: int) -> dict[str, str]:
    """Full ref name → commit oid."""
    return {row.name: row.oid for row in connection.execute(_LIST_REFS, {"repo_key": key})}


def find_ref(connection: Connection, key: int, name: str) -> str | None:
    """The commit oid of a ref by its full name."""
    return connection.execute(_FIND_REF, {"repo_key": key, "ref": name}).scalar()


def mark_pending(connection: Connection, key: int) -> Repo | None:
    """Note that an update of the repo's refs is under way; None when one was broken off, or there is no such repo."""
    row = connection.execute(_MARK_PENDING, {"repo_key": key}).first()
    return None if row is None else repo_from_row(row)


def pending_keys(connection: Connection) -> list[int]:
    """Repos whose ref update was not indexed, after a crash."""
    return list(connection.execute(select(repo.c.key).where(repo.c.index_pending)).scalars())


def all_keys(connection: Connection) -> list[int]:
    """Every repo's key."""
    return list(connection.execute(select(repo.c.key).order_by(repo.c.key)).scalars())


def last_key(connection: Connection) -> int:
    """The highest key that any repo ever had, deleted ones included; 0 before the first."""
    return connection.execute(text(dialect_of(connection).last_key)).scalar() or 0


def repos_of_namespaces(connection: Connection, namespace_ids: Iterable[int]) -> list[Repo]:
    """Every repo that these namespaces own, the newest repo first."""
    query = select(repo).where(repo.c.namespace_id.in_(list(namespace_ids))).order_by(repo.c.key.desc())
    return [repo_from_row(row) for row in connection.execute(query)]


def count_by_type(connection: Connection, namespace_id: int, *, with_private: bool) -> dict[str, int]:
    """Repos of a namespace by type."""
    query = select(repo.c.type, func.count().label("number")).where(repo.c.namespace_id == namespace_id)
    if not with_private:
        query = query.where(repo.c.private.is_(False))
    return {row.type: row.number for row in connection.execute(query.group_by(repo.c.type))}


def namespaces_by_key(connection: Connection) -> dict[int, str]:
    """The namespace's name of every repo, by key."""
    return {row.key: row.namespace for row in connection.execute(select(repo.c.key, repo.c.namespace))}


def repo_from_row(row: Row[Any]) -> Repo:
    """Read a full row of `repo`."""
    return Repo(
        key=row.key,
        uid=row.uid,
        type=RepoType(row.type),
        id=RepoId(row.namespace, row.name),
        namespace_id=row.namespace_id,
        creator_id=row.creator_id,
        private=row.private,
        gated=Gating(row.gated) if row.gated else None,
        disabled=row.disabled,
        default_branch=row.default_branch,
        head_oid=row.head_oid,
        created_at=row.created_at,
        updated_at=row.updated_at,
        likes=row.likes,
        downloads=row.downloads,
        downloads_all_time=row.downloads_all_time,
        trending_score=row.trending_score,
    )
