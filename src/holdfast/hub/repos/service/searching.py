"""Search across everything that has a name: models, datasets, Spaces, users, organizations; and what is trending."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from holdfast.accounts.domain import Namespace, NamespaceKind
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.identity import Actor
from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.filters import ListQuery, Sort, check_search
from holdfast.hub.repos.service.listing import ListedRepo, ListService

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """The first results of one kind, and how many there are."""

    items: list[T]
    total: int


@dataclass(frozen=True)
class SearchResults:
    """What was found, by kind; kinds that were not asked for are missing."""

    repos: Mapping[RepoType, Found[ListedRepo]]
    people: Mapping[NamespaceKind, Found[Namespace]]

    @property
    def total(self) -> int:
        """All results together."""
        return sum(found.total for found in self.repos.values()) + sum(found.total for found in self.people.values())


@dataclass(frozen=True)
class SearchService:
    """Finds what the actor may see: everybody finds people, private repos only those who see them."""

    database: Database
    accounts: AccountService
    lists: ListService

    def search(
        self, actor: Actor, words: str, limit: int, kinds: Collection[RepoType | NamespaceKind] | None = None
    ) -> SearchResults:
        """Search for all of the words in names (repos also by words of their cards), `limit` results of each kind.

        `kinds` None means all. Without a word, the trending repos and the first people are found.

        Raises:
            InvalidInput: too many words.
        """
        wanted = [*RepoType, *NamespaceKind] if kinds is None else list(kinds)
        repos = {kind: self._repos(actor, kind, words, limit) for kind in wanted if isinstance(kind, RepoType)}
        with self.database.read() as connection:
            people = {
                kind: Found(*self.accounts.search_namespaces(connection, words.split(), kind, limit))
                for kind in wanted
                if isinstance(kind, NamespaceKind)
            }
        return SearchResults(repos, people)

    def trending(self, actor: Actor, kinds: Collection[RepoType], limit: int) -> list[ListedRepo]:
        """The repos that are liked and fetched most these days, of all kinds together."""
        queries = [ListQuery(kind, sort=Sort.TRENDING_SCORE, limit=limit) for kind in kinds]
        found = [listed for query in queries for listed in self.lists.list_repos(actor, query).repos]
        found.sort(key=lambda listed: (listed.repo.trending_score, listed.repo.updated_at), reverse=True)
        return found[:limit]

    def _repos(self, actor: Actor, kind: RepoType, words: str, limit: int) -> Found[ListedRepo]:
        page, total = self.lists.find(actor, ListQuery(kind, search=check_search([words]), limit=limit))
        return Found(page.repos, total)
