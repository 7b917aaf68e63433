"""Likes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from holdfast.accounts.domain import Namespace
from holdfast.accounts.permissions import check_account
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.store import likes, repos, trending


@dataclass(frozen=True)
class LikedRepo:
    """A repo that somebody likes, and since when."""

    repo: Repo
    liked_at: int


@dataclass(frozen=True)
class LikeService:
    """Who likes what."""

    database: Database
    accounts: AccountService
    gate: RepoGate
    clock: Clock

    def like(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, *, liked: bool) -> None:
        """Like or unlike a repo; repeating either changes nothing."""
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            check_account(actor, Permission.WRITE_OWN)
            assert actor.user_id is not None
            now = self.clock()
            likes.set_like(connection, repo.key, actor.user_id, now if liked else None)
            trending.refresh(connection, [repo.key], now)

    def list_likers(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, *, after: int, limit: int
    ) -> list[Namespace]:
        """Users who like a repo, by user id, after one of them."""
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            ids = likes.likers(connection, repo.key, after=after, limit=limit)
            found = self.accounts.namespaces(connection, ids)
            return [found[user_id] for user_id in ids if user_id in found]

    def list_liked(self, actor: Actor, username: str, limit: int | None = None) -> list[LikedRepo]:
        """Repos that a user likes and the actor may see, newest like first; None for `limit` means all.

        Raises:
            NotFound: no such user.
        """
        with self.database.read() as connection:
            user = self.accounts.find_user(connection, username)
            liked = ((repos.get_repo(connection, key), at) for key, at in likes.liked_by(connection, user.id))
            seen = (
                LikedRepo(repo, at)
                for repo, at in liked
                if repo and self.gate.allows(connection, actor, repo, Permission.SEE_REPO)
            )
            return list(islice(seen, limit))
