"""Lists of repos: models, datasets, Spaces, by whatever filter; and the tags that lists can be filtered by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.identity import Actor
from holdfast.base.ids import RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.trees import TreeEntry
from holdfast.hub.repos.listing.facets import ValueCount
from holdfast.hub.repos.listing.filters import Cursor, ListQuery
from holdfast.hub.repos.metadata.known_tags import known_tags
from holdfast.hub.repos.service.info import InfoService
from holdfast.hub.repos.store import repos
from holdfast.hub.repos.store.listing_counts import browse, count_facets, find
from holdfast.hub.repos.store.listing_index import outdated_keys
from holdfast.hub.repos.store.listing_pages import RepoPage, Viewer, list_repo_keys, public_tags

MAX_TAGS = 20_000
MAX_FACTS_CHARACTERS = 32 * 1024 * 1024
MAX_FILES = 200_000
"""Of all repos of a page. What goes beyond comes with the next page."""


@dataclass(frozen=True)
class ListedRepo:
    """One repo of a list. `files` None: not asked for."""

    repo: Repo
    facts: dict[str, Any]
    files: list[TreeEntry] | None


@dataclass(frozen=True)
class RepoList:
    """A page; `next_cursor` None on the last one."""

    repos: list[ListedRepo]
    next_cursor: Cursor | None


@dataclass(frozen=True)
class TagCount:
    """A tag, and how many public repos have it.

    `kind` is what tags are grouped by, `label` how its first user wrote it.
    """

    kind: str
    name: str
    label: str
    count: int


@dataclass(frozen=True)
class ListCounts:
    """`total` repos match; `groups` as in `listing.facets`. Not complete: old repos are being read again."""

    total: int
    groups: Mapping[str, tuple[ValueCount, ...]]
    is_complete: bool


@dataclass(frozen=True)
class ListService:
    """Lists show public repos, and the private ones of the namespaces that the actor belongs to."""

    database: Database
    accounts: AccountService
    infos: InfoService
    here_bytes: int = 0
    """Memory of this machine, in which models may run."""

    def list_repos(self, actor: Actor, query: ListQuery) -> RepoList:
        """One page. It ends early where its repos tell very much: whoever asks has to hold all of it, and so do we."""
        query = replace(query, here_bytes=self.here_bytes)
        with self.database.read() as connection:
            page = list_repo_keys(connection, query, self._viewer(connection, actor))
            facts = repos.get_leading_facts(connection, page.keys, MAX_FACTS_CHARACTERS)
            found = repos.get_repos(connection, list(facts))
        with_files = query.full or "siblings" in query.expand
        listed = list(self._with_files(found, facts) if with_files else _without_files(found, facts))
        is_whole = len(listed) == len(page.keys)
        return RepoList(listed, page.next_cursor if is_whole else page.cursors[len(listed) - 1])

    def browse(self, actor: Actor, query: ListQuery) -> tuple[RepoList, ListCounts]:
        """One page, without files, and the counts beside it: cheaper than one after the other, and of one moment."""
        query = replace(query, here_bytes=self.here_bytes)
        with self.database.read() as connection:
            page, counted = browse(connection, query, self._viewer(connection, actor))
            counts = ListCounts(counted.total, counted.groups, is_complete=not outdated_keys(connection, 1))
            return _listed(connection, page), counts

    def find(self, actor: Actor, query: ListQuery) -> tuple[RepoList, int]:
        """One page, without files, and how many repos the whole list has."""
        query = replace(query, here_bytes=self.here_bytes)
        with self.database.read() as connection:
            page, total = find(connection, query, self._viewer(connection, actor))
            return _listed(connection, page), total

    def count(self, actor: Actor, query: ListQuery) -> ListCounts:
        """How many repos the whole list has, and how many each further filter would leave, of those the actor sees."""
        query = replace(query, here_bytes=self.here_bytes)
        with self.database.read() as connection:
            counted = count_facets(connection, query, self._viewer(connection, actor))
            return ListCounts(counted.total, counted.groups, is_complete=not outdated_keys(connection, 1))

    def list_tags(self, repo_type: RepoType) -> list[TagCount]:
        """Tags of public repos, most used first, then those of the vocabulary that none has yet."""
        with self.database.read() as connection:
            counted = [TagCount(*row) for row in public_tags(connection, repo_type, MAX_TAGS)]
        known = {name.lower(): TagCount(tag.kind, name, tag.label, 0) for name, tag in known_tags(repo_type)}
        used = [replace(known.pop(tag.name), count=tag.count) if tag.name in known else tag for tag in counted]
        return [*used, *known.values()]

    def _with_files(self, found: Sequence[Repo], facts: Mapping[int, dict[str, Any]]) -> Iterator[ListedRepo]:
        left = MAX_FILES
        for number, repo in enumerate(found):
            files = self.infos.list_files(repo)
            left -= len(files)
            if left < 0 and number:
                return
            yield ListedRepo(repo, facts[repo.key], files)

    def _viewer(self, connection: Connection, actor: Actor) -> Viewer:
        seen = self.accounts.visibility(connection, actor)
        return Viewer(
            namespace_ids=tuple(sorted(seen.namespace_ids)),
            repo_text_keys=tuple(sorted(seen.repo_keys)),
            sees_all=seen.everything,
        )


def _listed(connection: Connection, page: RepoPage) -> RepoList:
    facts = repos.get_leading_facts(connection, page.keys, MAX_FACTS_CHARACTERS)
    listed = list(_without_files(repos.get_repos(connection, list(facts)), facts))
    return RepoList(listed, page.next_cursor if len(listed) == len(page.keys) else page.cursors[len(listed) - 1])


def _without_files(found: Sequence[Repo], facts: Mapping[int, dict[str, Any]]) -> Iterator[ListedRepo]:
    return (ListedRepo(repo, facts[repo.key], None) for repo in found)
