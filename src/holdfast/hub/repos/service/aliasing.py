"""One-word ids: `gpt2` for `openai-community/gpt2`, as the public Hub had them in its early days."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts.permissions import check_account
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import InvalidInput, NotFound, RepoNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType, check_name
from holdfast.hub.repos.domain import repo_text_key
from holdfast.hub.repos.store import repos


@dataclass(frozen=True)
class Alias:
    """`name` leads to the repo `target`."""

    type: RepoType
    name: str
    target: RepoId


@dataclass(frozen=True)
class AliasService:
    """Makes one-word ids lead to repos. For site admins."""

    database: Database

    def add_alias(self, actor: Actor, repo_type: RepoType, name: str, target: RepoId) -> Alias:
        """Let a one-word id lead to a repo; an alias of that name is moved.

        Raises:
            InvalidInput: not one legal word.
            RepoNotFound: no such target.
            Forbidden: not a site admin.
        """
        check_account(actor, Permission.SITE_ADMIN)
        if "/" in name:
            raise InvalidInput(field="name", problem=f"must be one word; got {name!r}")
        check_name(name, "name")
        with self.database.write() as connection:
            repo = repos.find_repo(connection, repo_type, target)
            if repo is None:
                raise RepoNotFound
            repos.put_redirect(connection, repo_text_key(repo_type, RepoId(None, name)), repo.key)
        return Alias(repo_type, name, repo.id)

    def list_aliases(self, actor: Actor) -> list[Alias]:
        """Every alias, by type and name."""
        check_account(actor, Permission.SITE_ADMIN)
        with self.database.read() as connection:
            found = repos.list_redirects(connection)
        words = ((text_key.partition(":"), target) for text_key, target in found)
        return [Alias(RepoType(kind), name, target) for (kind, _, name), target in words if "/" not in name]

    def remove_alias(self, actor: Actor, repo_type: RepoType, name: str) -> None:
        """Let a one-word id lead nowhere.

        Raises:
            NotFound: it leads nowhere already.
        """
        check_account(actor, Permission.SITE_ADMIN)
        text_key = repo_text_key(repo_type, RepoId(None, name))
        with self.database.write() as connection:
            if "/" in name or text_key not in dict(repos.list_redirects(connection)):
                raise NotFound(what=f"The alias {name!r} of a {repo_type.value}")
            repos.delete_redirect(connection, text_key)
