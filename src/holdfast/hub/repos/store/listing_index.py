"""Writes the index behind lists and search: tags with their counts, names and words of cards (ADR 0004)."""
# ruff: noqa: S608 - every piece of SQL put together here is a constant of this module; values are bound

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update
from sqlalchemy import delete as delete_rows

from holdfast.backends.database.upserts import upsert
from holdfast.base.ids import RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.metadata.documents import FACTS_VERSION, RepoFacts
from holdfast.hub.repos.metadata.tag_kinds import TagKind, tag_kind
from holdfast.hub.repos.store import listing_bits
from holdfast.hub.repos.store.dialects import dialect_of
from holdfast.hub.repos.store.listing_bits import FILTER_KIND, IndexedTag
from holdfast.hub.repos.store.listing_tables import repo_listing, repo_tag, tag
from holdfast.hub.repos.store.tables import repo as repo_table

PUBLIC = "=public"
"""The hidden tag of every repo that everybody sees."""
_VISIBILITY = (PUBLIC, "=gated:")
_COUNT_BATCH = 500
_TAG = select(tag.c.id, tag.c.kind, tag.c.name, tag.c.uses)
_TAGS_OF = _TAG.join(repo_tag, repo_tag.c.tag_id == tag.c.id).where(repo_tag.c.repo_key == bindparam("repo"))
_TAGS_NAMED = _TAG.where(tag.c.repo_type == bindparam("type"), tag.c.name.in_(bindparam("names", expanding=True)))
_UNTAG = delete_rows(repo_tag).where(
    repo_tag.c.tag_id == bindparam("old_tag"), repo_tag.c.repo_key == bindparam("repo")
)
_COUNT = (
    update(tag)
    .where(tag.c.id == bindparam("counted_tag"))
    .values(uses=tag.c.uses + bindparam("change"), public_uses=tag.c.public_uses + bindparam("of_public"))
)


def write(connection: Connection, repo: Repo, facts: RepoFacts) -> None:
    """Index what a repo's files say. `write_visibility` is for the rest."""
    wanted = {name.lower(): tag_kind(repo.type, name, facts.languages) for name in facts.tags}
    hidden = [*_used_by_space(repo.type, facts), *(f"={facet}" for facet in facts.facets)]
    wanted |= {name: TagKind(FILTER_KIND, name) for name in hidden}
    _replace_tags(connection, repo, wanted)
    _replace_text(connection, "repo_text_fts", "body", repo.key, dialect_of(connection).kept(facts.search_text))
    statement = update(repo_table).where(repo_table.c.key == repo.key)
    connection.execute(statement.values(parameters=facts.parameter_count, weight_bytes=facts.weight_bytes))


def write_visibility(connection: Connection, repo: Repo) -> None:
    """Index a new, renamed, moved, hidden, shown or gated repo: its id, who sees it and how it is gated."""
    _replace_text(connection, "repo_name_fts", "name", repo.key, str(repo.id))
    _count_as(connection, repo.key, public=not repo.private)
    wanted = {"=gated:yes" if repo.gated else "=gated:no", *([] if repo.private else [PUBLIC])}
    known = {name: found for name, found in _tags_of(connection, repo.key).items() if name.startswith(_VISIBILITY)}
    gone = [found for name, found in known.items() if name not in wanted]
    _remove_tags(connection, repo.key, gone, public=not repo.private)
    new = {name: TagKind(FILTER_KIND, name) for name in wanted - known.keys()}
    _add_tags(connection, repo, new, public=not repo.private)


def outdated_keys(connection: Connection, limit: int, after_key: int = 0) -> list[int]:
    """The next of the repos that an older version of the rules indexed."""
    is_outdated = (repo_listing.c.facts_version < FACTS_VERSION) & (repo_listing.c.repo_key > after_key)
    query = select(repo_listing.c.repo_key).where(is_outdated)
    return list(connection.execute(query.order_by(repo_listing.c.repo_key).limit(limit)).scalars())


def delete(connection: Connection, repo_key: int) -> None:
    """Forget a repo."""
    public = _counted_public(connection, repo_key)
    _remove_tags(connection, repo_key, list(_tags_of(connection, repo_key).values()), public=bool(public))
    connection.execute(delete_rows(repo_listing).where(repo_listing.c.repo_key == repo_key))
    for table in ("repo_name_fts", "repo_text_fts"):
        connection.execute(text(f"DELETE FROM {table} WHERE rowid = :key"), {"key": repo_key})


def _used_by_space(repo_type: RepoType, facts: RepoFacts) -> list[str]:
    if repo_type is not RepoType.SPACE:
        return []
    return [f"=model:{name.lower()}" for name in facts.models] + [f"=dataset:{name.lower()}" for name in facts.datasets]


def _replace_tags(connection: Connection, repo: Repo, wanted: Mapping[str, TagKind]) -> None:
    """Make a repo's tags exactly `wanted`, but for those that `write_visibility` writes."""
    known = _tags_of(connection, repo.key)
    public = _listed(connection, repo, known.values())
    gone = [found for name, found in known.items() if name not in wanted and not name.startswith(_VISIBILITY)]
    _remove_tags(connection, repo.key, gone, public=public)
    _add_tags(connection, repo, {name: kind for name, kind in wanted.items() if name not in known}, public=public)


def _listed(connection: Connection, repo: Repo, tags: Collection[IndexedTag]) -> bool:
    """Note that the repo is indexed by these rules; answers whether it counts as public."""
    row = connection.execute(select(repo_listing).where(repo_listing.c.repo_key == repo.key)).first()
    if row is None:
        values = {"repo_key": repo.key, "counted_public": not repo.private, "facts_version": FACTS_VERSION}
        connection.execute(insert(repo_listing).values(values))
        return not repo.private
    if row.facts_version != FACTS_VERSION:
        # Before there were bits, tags were written without.
        listing_bits.add(connection, tags, repo.key)
        statement = update(repo_listing).where(repo_listing.c.repo_key == repo.key)
        connection.execute(statement.values(facts_version=FACTS_VERSION))
    return bool(row.counted_public)


def _tags_of(connection: Connection, repo_key: int) -> dict[str, IndexedTag]:
    return {row.name: IndexedTag(*row) for row in connection.execute(_TAGS_OF, {"repo": repo_key})}


def _add_tags(connection: Connection, repo: Repo, wanted: Mapping[str, TagKind], *, public: bool) -> None:
    if not wanted:
        return
    rows = [
        {
            "repo_type": repo.type.value,
            "name": name,
            "label": found.label,
            "kind": found.kind,
            "uses": 0,
            "public_uses": 0,
        }
        for name, found in wanted.items()
    ]
    connection.execute(upsert(tag).on_conflict_do_nothing(index_elements=["repo_type", "name"]), rows)
    added = _tags_named(connection, repo.type, list(wanted))
    connection.execute(insert(repo_tag), [{"tag_id": found.id, "repo_key": repo.key} for found in added])
    _count(connection, added, 1, public=public)
    listing_bits.add(connection, [found.used(1) for found in added], repo.key)


def _tags_named(connection: Connection, repo_type: RepoType, names: list[str]) -> list[IndexedTag]:
    found: list[IndexedTag] = []
    for start in range(0, len(names), _COUNT_BATCH):
        some = {"type": repo_type.value, "names": names[start : start + _COUNT_BATCH]}
        found.extend(IndexedTag(*row) for row in connection.execute(_TAGS_NAMED, some))
    return found


def _remove_tags(connection: Connection, repo_key: int, tags: Sequence[IndexedTag], *, public: bool) -> None:
    if not tags:
        return
    connection.execute(_UNTAG, [{"old_tag": found.id, "repo": repo_key} for found in tags])
    _count(connection, tags, -1, public=public)
    listing_bits.remove(connection, [found.used(-1) for found in tags], repo_key)


def _count(connection: Connection, tags: Sequence[IndexedTag], change: int, *, public: bool) -> None:
    of_public = change if public else 0
    rows = [{"counted_tag": found.id, "change": change, "of_public": of_public} for found in tags]
    connection.execute(_COUNT, rows)


def _counted_public(connection: Connection, repo_key: int) -> bool | None:
    query = select(repo_listing.c.counted_public).where(repo_listing.c.repo_key == repo_key)
    return connection.execute(query).scalar()


def _count_as(connection: Connection, repo_key: int, *, public: bool) -> None:
    """Move a repo's tags into or out of the public counts."""
    before = _counted_public(connection, repo_key)
    if before is None:
        connection.execute(insert(repo_listing).values(repo_key=repo_key, counted_public=public))
        return
    if before == public:
        return
    change = 1 if public else -1
    rows = [
        {"counted_tag": found.id, "change": 0, "of_public": change} for found in _tags_of(connection, repo_key).values()
    ]
    if rows:
        connection.execute(_COUNT, rows)
    statement = update(repo_listing).where(repo_listing.c.repo_key == repo_key)
    connection.execute(statement.values(counted_public=public))


def _replace_text(connection: Connection, table: str, column: str, repo_key: int, words: Any) -> None:
    parameters = {"key": repo_key, "words": words}
    known = connection.execute(text(f"SELECT {column} FROM {table} WHERE rowid = :key"), parameters).scalar()
    if known == words:
        return
    if known is None:
        connection.execute(text(f"INSERT INTO {table}(rowid, {column}) VALUES (:key, :words)"), parameters)
    else:
        connection.execute(text(f"UPDATE {table} SET {column} = :words WHERE rowid = :key"), parameters)
