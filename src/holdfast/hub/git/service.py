"""Who may fetch and push, and what a push may bring."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import HoldfastError
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.git import rules
from holdfast.hub.git.domain import (
    HEADS,
    PULL_REQUESTS,
    TAGS,
    Proposal,
    PushRefused,
    RefUpdate,
    check_ref,
    parse_proposal,
)
from holdfast.hub.git.hook import HookChannel, write_hook
from holdfast.hub.git.inspection import Quarantine
from holdfast.hub.git.slots import Slots
from holdfast.hub.git.tidying import Tidier
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.processes import GitFailed
from holdfast.hub.repos.git_storage.refs import check_branch_name, check_tag_name
from holdfast.hub.repos.service import RepoServices
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.downloads import DownloadCounter
from holdfast.hub.repos.service.indexing import RepoIndex
from holdfast.hub.repos.service.pulls import PullService

MAX_FETCHES = 16
MAX_PUSHES = 8


@dataclass(frozen=True)
class GitService:
    """Fetching and pushing.

    Args:
        hooks: the folder of the pre-receive hook.
        fetches: places for running fetches.
        pushes: places for running pushes.
        overseers: a thread for each running push; it mostly sleeps.
    """

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    index: RepoIndex
    pulls: PullService
    objects: ObjectService
    downloads: DownloadCounter
    tidier: Tidier
    hooks: Path
    fetches: Slots = field(default_factory=lambda: Slots(MAX_FETCHES))
    pushes: Slots = field(default_factory=lambda: Slots(MAX_PUSHES))
    overseers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(MAX_PUSHES, "push"))

    def find_for_fetch(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> Repo:
        """The repo, if the actor may read its files.

        Raises:
            RepoNotFound, RepoMoved, GatedRepo, DisabledRepo: see `RepoGate.find`.
        """
        with self.database.read() as connection:
            return self.gate.find(connection, actor, repo_type, repo_id, Permission.READ_REPO)

    def find_for_push(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> Repo:
        """The repo, if the actor may move at least one of its refs.

        Raises:
            RepoNotFound, RepoMoved, LoginRequired, Forbidden, GatedRepo, DisabledRepo: see `RepoGate.find`.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            self.pulls.check_may_push(connection, actor, repo)
        return repo

    def open_channel(self, repo: Repo) -> HookChannel:
        """Prepare the conversation with the hook of one push.

        Raises:
            RepoNotFound: deleted meanwhile.
        """
        write_hook(self.hooks)
        return HookChannel(self.pool.open_lock(repo.key))

    def oversee(self, actor: Actor, repo: Repo, channel: HookChannel) -> None:
        """Answer the hook of one push and, if the push may happen, keep the repo locked until git has moved the refs.

        Blocks as long as the push runs, and closes the channel.

        Raises:
            StorageFull, Overloaded: the refs have moved but could not be indexed yet.
        """
        with closing(channel):
            try:
                self._oversee(actor, repo, channel)
            except (PushRefused, HoldfastError, GitFailed) as error:
                if channel.is_decided:
                    raise
                channel.refuse(str(error))

    def close(self) -> None:
        """Wait for the end of the pushes in progress; to be called when no more come."""
        self.overseers.shutdown(wait=True)
        self.tidier.close()

    def _oversee(self, actor: Actor, repo: Repo, channel: HookChannel) -> None:
        question = channel.read_question()
        if question is None:
            return
        proposal = parse_proposal(question)
        self._check_refs(actor, repo, proposal)
        pointers = self._check_objects(repo, proposal)
        needed = {pointer.sha256 for _, pointer in pointers}
        with self.index.pushing(
            repo.key, lambda connection: self._claim(connection, repo, needed), channel.lock_descriptor
        ):
            channel.accept()
            channel.wait_for_end()
        self.tidier.suggest(repo.key)

    def _check_refs(self, actor: Actor, repo: Repo, proposal: Proposal) -> None:
        for update in proposal.updates:
            check_ref(update, repo.default_ref)
            _check_name(update)
        names = {name if name.startswith(PULL_REQUESTS) else HEADS for _, _, name in proposal.updates}
        with self.database.read() as connection:
            for name in names:
                self.pulls.check_may_write(connection, actor, repo, name)

    def _check_objects(self, repo: Repo, proposal: Proposal) -> list[rules.NamedPointer]:
        if not proposal.tips:
            return []
        quarantine = Quarantine(self.pool.path(repo.key), proposal.quarantine)
        rules.check_tips(proposal, quarantine)
        with closing(quarantine.new_objects(proposal.tips)) as new_objects:
            suspects = rules.sort_out(new_objects)
        rules.check_large_blobs(suspects)
        rules.check_large_trees(suspects, quarantine)
        rules.check_cards(suspects, proposal, quarantine, repo.type)
        pointers = rules.find_pointers(suspects, quarantine)
        with self.database.read() as connection:
            sizes = self.objects.linked(connection, repo.key, {pointer.sha256 for _, pointer in pointers})
        rules.check_pointers(pointers, sizes)
        return pointers

    def _claim(self, connection: Connection, repo: Repo, needed: set[str]) -> None:
        # In the transaction before the refs move: from here on, gc takes these objects for offered just now.
        if needed - self.objects.linked(connection, repo.key, needed).keys():
            raise PushRefused("Some large files were removed meanwhile. Please push again.")
        self.objects.link(connection, repo.key, needed)


def open_git(
    database: Database, gate: RepoGate, repos: RepoServices, objects: ObjectService, hooks: Path
) -> GitService:
    """Build the service of one process.

    Raises:
        InvalidInput: programs cannot run from the folder `hooks`.
    """
    write_hook(hooks)
    tidier = Tidier(repos.pool)
    return GitService(database, gate, repos.pool, repos.index, repos.pulls, objects, repos.downloads, tidier, hooks)


def _check_name(update: RefUpdate) -> None:
    if update.old_oid is not None:
        return
    if update.name.startswith(HEADS):
        check_branch_name(update.name.removeprefix(HEADS))
    elif update.name.startswith(TAGS):
        check_tag_name(update.name.removeprefix(TAGS))
