"""All repos of a user or an organization with the room that they take, for those who own them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from holdfast.accounts.permissions import Visibility, check_account
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import Forbidden
from holdfast.base.identity import Actor, Permission
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.store import repos


@dataclass(frozen=True)
class StoredRepo:
    """A repo and its large files' bytes; `share` is its part, 0 to 1, of what the asker sees of its namespace."""

    repo: Repo
    size_bytes: int
    share: float


@dataclass(frozen=True)
class StoredRepoPage:
    """Some repos; `next_cursor`, the key of the last of them, is None when no more follow."""

    repos: list[StoredRepo]
    next_cursor: int | None


@dataclass(frozen=True)
class NamespaceUsage:
    """What a user or an organization has: repos, and the bytes of their large files, counted for each repo anew."""

    name: str
    repos: int
    size_bytes: int


@dataclass(frozen=True)
class OwnRepoService:
    """What a namespace owns."""

    database: Database
    accounts: AccountService
    objects: ObjectService

    def list_own_repos(self, actor: Actor, org: str | None, *, before: int | None, limit: int) -> StoredRepoPage:
        """One page of a namespace's repos, the newest repo first: an order that no change of a repo upsets.

        Args:
            actor: the caller.
            org: an organization; None means the actor's own namespace.
            before: `next_cursor` of the page before; None for the first page.
            limit: repos per page.

        Raises:
            LoginRequired: anonymous.
            NotFound: no such organization.
            Forbidden: not one of its members.
        """
        check_account(actor, Permission.LOGIN)
        with self.database.read() as connection:
            namespace_id = actor.user_id or 0
            if org is not None:
                found = self.accounts.organization(connection, org)
                namespace_id = found.id
                if self.accounts.role_in(connection, actor, found.id) is None and not actor.is_site_admin:
                    raise Forbidden(reason=f"Only members of {found.name} may list its repos.")
            owned = repos.repos_of_namespaces(connection, [namespace_id])
            seen = self.accounts.visibility(connection, actor)
            sizes = self.objects.repo_sizes(connection, [repo.key for repo in owned])
        visible = [repo for repo in owned if _is_seen(repo, seen)]
        total = sum(sizes.get(repo.key, 0) for repo in visible)
        rest = [repo for repo in visible if before is None or repo.key < before]
        page = [_stored(repo, sizes.get(repo.key, 0), total) for repo in rest[:limit]]
        return StoredRepoPage(page, page[-1].repo.key if len(rest) > limit else None)

    def list_usage(self, actor: Actor) -> list[NamespaceUsage]:
        """What every namespace with repos has, the largest first; for site admins.

        Raises:
            LoginRequired, Forbidden: not a site admin.
        """
        check_account(actor, Permission.SITE_ADMIN)
        with self.database.read() as connection:
            owners = repos.namespaces_by_key(connection)
            sizes = self.objects.all_repo_sizes(connection)
        counts, totals = Counter(owners.values()), Counter[str]()
        for key, size_bytes in sizes.items():
            if key in owners:
                totals[owners[key]] += size_bytes
        found = [NamespaceUsage(name, count, totals[name]) for name, count in counts.items()]
        return sorted(found, key=lambda usage: (-usage.size_bytes, -usage.repos, usage.name))


def _is_seen(repo: Repo, seen: Visibility) -> bool:
    """A fine-grained token may be meant for some of the private repos only."""
    is_named = repo.namespace_id in seen.namespace_ids or repo.text_key in seen.repo_keys
    return not repo.private or seen.everything or is_named


def _stored(repo: Repo, size_bytes: int, total_bytes: int) -> StoredRepo:
    return StoredRepo(repo, size_bytes, size_bytes / total_bytes if total_bytes else 0.0)
