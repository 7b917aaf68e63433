"""Create, delete, move, settings, duplicate."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import Namespace
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import InvalidInput, Overloaded, RepoNotFound, StorageFull
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RESERVED_REPO_NAMES, RepoId, RepoType, check_name
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Gating, Repo, repo_text_key
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import list_refs
from holdfast.hub.repos.metadata.vocabulary import LICENSES
from holdfast.hub.repos.service import description
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.first_commit import first_commit, first_files
from holdfast.hub.repos.service.indexing import RepoIndex
from holdfast.hub.repos.store import access_requests, discussions, downloads, likes, listing_index, repos

Forget = Callable[[Connection, int], None]

DEFAULT_BRANCH = "main"
_FORGET = (
    listing_index.delete,
    likes.delete_likes,
    downloads.delete_downloads,
    access_requests.delete_requests,
    discussions.delete_discussions,
)


@dataclass(frozen=True)
class SettingsChange:
    """What an owner changes; None means: as it is. `gated` False opens the gate."""

    private: bool | None = None
    gated: Gating | bool | None = None


@dataclass(frozen=True)
class RepoLifecycle:
    """The life of a repo, apart from its content."""

    database: Database
    accounts: AccountService
    gate: RepoGate
    pool: RepositoryPool
    index: RepoIndex
    objects: ObjectService
    clock: Clock
    forget_elsewhere: tuple[Forget, ...] = ()
    """What other parts drop, in the same transaction, when a repo is deleted."""

    def create_repo(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        *,
        private: bool | None = None,
        space_sdk: str | None = None,
        license_name: str | None = None,
    ) -> Repo:
        """Create a repo with its first commit; None for `private` means the namespace's default.

        A license, and every Space, gets a card that says so; other repos begin without one.

        Raises:
            RepoExists: the id is taken.
            Forbidden, LoginRequired: the actor may not create in this namespace.
            InvalidInput: a name that may not be, or a license that nobody knows.
        """
        _check_repo_name(repo_id)
        if license_name is not None and license_name not in LICENSES:
            raise InvalidInput(field="license", problem="is none that cards may name")
        with self.database.write() as connection:
            owner = self._owner(connection, actor, repo_id)
            key = self._insert(connection, actor, repo_type, RepoId(owner.name, repo_id.name), owner, private)
            repo = self._existing(connection, key)
            with self._new_folder(key):
                self.pool.create(key, DEFAULT_BRANCH)
                with self.pool.open(key) as git:
                    files = first_files(repo, space_sdk, license_name)
                    head_oid = first_commit(git, repo, actor, files, self.clock())
                    repos.put_refs(connection, key, {repo.default_ref: head_oid})
                    self.index.write_head(connection, repo, git, head_oid)
                created = self._existing(connection, key)
                listing_index.write_visibility(connection, created)
                description.write(self.pool.path(key), created)
            self._record(connection, actor, AuditAction.REPO_CREATED, created)
        return created

    def delete_repo(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> None:
        """Delete a repo for good. Raises as `RepoGate.find`."""
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.ADMIN_REPO)
            self.objects.forget_repo(connection, repo.key)
            for forget in (*_FORGET, *self.forget_elsewhere):
                forget(connection, repo.key)
            repos.delete_repo(connection, repo.key)
            self._record(connection, actor, AuditAction.REPO_DELETED, repo)
        # Only now. A folder without a row, after a crash or where a long push still holds the lock, is left to gc.
        with suppress(Overloaded, RepoNotFound, StorageFull):
            self.pool.delete(repo.key)

    def move_repo(self, actor: Actor, repo_type: RepoType, old_id: RepoId, new_id: RepoId) -> Repo:
        """Give a repo another name or owner; the old id leads to the new one from now on.

        Raises:
            RepoExists: the new id is taken.
            Forbidden: the actor may not delete there or not create here.
        """
        _check_repo_name(new_id)
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, old_id, Permission.ADMIN_REPO)
            owner = self._owner(connection, actor, new_id)
            self._rename(connection, repo, RepoId(owner.name, new_id.name), owner)
            moved = self._existing(connection, repo.key)
            description.write(self.pool.path(repo.key), moved)
            self._record(connection, actor, AuditAction.REPO_MOVED, repo, to=str(moved.id))
        return moved

    def update_settings(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, change: SettingsChange) -> Repo:
        """Change visibility and gating."""
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.ADMIN_REPO)
            if change.private is not None:
                repos.update_repo(connection, repo.key, private=change.private)
            if change.gated is not None:
                gated = change.gated.value if isinstance(change.gated, Gating) else None
                repos.update_repo(connection, repo.key, gated=gated)
            changed = self._existing(connection, repo.key)
            listing_index.write_visibility(connection, changed)
            description.write(self.pool.path(repo.key), changed)
            gated = changed.gated.value if changed.gated else "no"
            visibility = "private" if changed.private else "public"
            self._record(connection, actor, AuditAction.REPO_SETTINGS, changed, visibility=visibility, gated=gated)
        return changed

    def duplicate_repo(
        self, actor: Actor, repo_type: RepoType, source_id: RepoId, new_id: RepoId, *, private: bool | None = None
    ) -> Repo:
        """Copy a repo with its history; large files are shared, not copied. The copy is gated as the source is.

        None for `private` means: as the source is, or private where the namespace wants that for all new repos.
        """
        _check_repo_name(new_id)
        with self.database.read() as connection:
            source_key = self.gate.find(connection, actor, repo_type, source_id, Permission.READ_REPO).key
        # As everywhere, a repo's locks come before the transaction: else two might wait for each other.
        with self.pool.standstill(source_key), self.database.write() as connection:
            source = self.gate.find(connection, actor, repo_type, source_id, Permission.READ_REPO)
            if source.key != source_key:
                raise Overloaded  # another repo got that name just now
            owner = self._owner(connection, actor, new_id)
            if private is None:
                private = source.private or owner.private_by_default
            key = self._insert(connection, actor, repo_type, RepoId(owner.name, new_id.name), owner, private)
            copy = self._existing(connection, key)
            self.objects.copy_links(connection, source.key, key)
            with self._new_folder(key):
                self.pool.copy(source.key, key, source.default_branch)
                with self.pool.open(key) as git:
                    refs = {ref.full_name: ref.target for ref in list_refs(git)}
                    repos.replace_refs(connection, key, refs)
                    self.index.write_head(connection, copy, git, refs.get(copy.default_ref), origin=source)
                if source.gated is not None:
                    repos.update_repo(connection, key, gated=source.gated.value)
                created = self._existing(connection, key)
                listing_index.write_visibility(connection, created)
                description.write(self.pool.path(key), created)
            self._record(connection, actor, AuditAction.REPO_CREATED, created, source=str(source.id))
        return created

    def _record(self, connection: Connection, actor: Actor, action: AuditAction, repo: Repo, **details: str) -> None:
        self.accounts.audit.record(connection, actor, action, repo.text_key, **details)

    @contextmanager
    def _new_folder(self, key: int) -> Iterator[None]:
        """Within the transaction that adds the row: drop the repo's folder when the block fails, and what was there.

        A crash inside an earlier create leaves a folder whose row was never committed, so its key comes again.
        """
        self._discard(key)
        try:
            yield
        except BaseException:
            self._discard(key)
            raise

    def _discard(self, key: int) -> None:
        if self.pool.exists(key):
            self.pool.delete(key)

    def _owner(self, connection: Connection, actor: Actor, repo_id: RepoId) -> Namespace:
        name = repo_id.namespace or actor.username
        return self.accounts.require_creator(connection, actor, name)

    def _insert(
        self,
        connection: Connection,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        owner: Namespace,
        private: bool | None,  # noqa: FBT001 - the API's own three states
    ) -> int:
        now = self.clock()
        text_key = repo_text_key(repo_type, repo_id)
        repos.delete_redirect(connection, text_key)
        return repos.insert_repo(
            connection,
            {
                "uid": secrets.token_hex(12),
                "type": repo_type.value,
                "namespace_id": owner.id,
                "namespace": owner.name,
                "name": repo_id.name,
                "text_key": text_key,
                "creator_id": actor.user_id,
                "private": owner.private_by_default if private is None else private,
                "gated": None,
                "disabled": False,
                "default_branch": DEFAULT_BRANCH,
                "created_at": now,
                "updated_at": now,
            },
        )

    def _rename(self, connection: Connection, repo: Repo, new_id: RepoId, owner: Namespace) -> None:
        new_key = repo_text_key(repo.type, new_id)
        values = {"namespace_id": owner.id, "namespace": owner.name, "name": new_id.name, "text_key": new_key}
        repos.update_repo(connection, repo.key, **values)
        repos.delete_redirect(connection, new_key)
        if new_key != repo.text_key:
            repos.put_redirect(connection, repo.text_key, repo.key)
        listing_index.write_visibility(connection, self._existing(connection, repo.key))

    def _existing(self, connection: Connection, key: int) -> Repo:
        repo = repos.get_repo(connection, key)
        assert repo is not None
        return repo


def _check_repo_name(repo_id: RepoId) -> None:
    check_name(repo_id.name, "name")
    if repo_id.name.lower() in RESERVED_REPO_NAMES:
        raise InvalidInput(field="name", problem=f"is reserved: {repo_id.name!r} is a word of the API")
