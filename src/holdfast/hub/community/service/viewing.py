"""Looking at discussions: lists, one with everything that happened in it, the changes of a pull request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice

import pygit2
from pygit2.enums import SortMode
from sqlalchemy import Connection

from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.community import store
from holdfast.hub.community.domain import CommitMade, Event
from holdfast.hub.community.service.finding import existing_discussion, opening_comment
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import describe_commit
from holdfast.hub.repos.git_storage.diffs import compare, unified_diff
from holdfast.hub.repos.git_storage.merging import conflicting_paths, merge_base
from holdfast.hub.repos.git_storage.patches import FilePatch, read_patches
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import read_ref
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.store import discussions
from holdfast.hub.repos.store.discussions import Discussion, DiscussionFilter

PAGE_SIZE = 50
PATCHES_PAGE = 50
MAX_COMMITS = 500
"""Shown of one pull request; the newest count."""

OPEN_STATUSES = ("open", "draft")
CLOSED_STATUSES = ("closed", "merged")
GONE = "deleted"


@dataclass(frozen=True)
class ListedDiscussion:
    """A line of a list: the discussion and its author's name."""

    discussion: Discussion
    author: str


@dataclass(frozen=True)
class DiscussionPage:
    """Some discussions, newest first: those from `start` on, of `total`."""

    repo: Repo
    items: list[ListedDiscussion]
    start: int
    total: int


@dataclass(frozen=True)
class NamedEvent:
    """An event with its author's name."""

    event: Event
    author: str


@dataclass(frozen=True)
class DiscussionView:
    """A discussion as somebody sees it.

    Args:
        conflicts: paths that keep a pull request from being merged.
        diff: what a pull request changes, as `git diff` prints it; None for a mere discussion, where nobody asked for
            it, and for who may not read the repo's files.
        may_change: the actor may rename, open and close it.
        may_merge: the actor may merge it, once it is open.
    """

    repo: Repo
    discussion: Discussion
    author: str
    events: list[NamedEvent]
    conflicts: tuple[str, ...] = ()
    diff: str | None = None
    may_discuss: bool = False
    may_change: bool = False
    may_merge: bool = False


@dataclass(frozen=True)
class PullChanges:
    """What a pull request changes, a page of files at a time, from the commit where it parted from its branch.

    `file_count` is of all files; `next_file` is where the next page starts, None on the last one. `base_oid` and
    `head_oid` are None where its commits are gone; then there is nothing to see.
    """

    repo: Repo
    discussion: Discussion
    patches: tuple[FilePatch, ...]
    file_count: int
    base_oid: str | None
    head_oid: str | None
    next_file: int | None = None


@dataclass(frozen=True)
class _Range:
    """The commits of a pull request: those that `head` reaches and `base` does not."""

    base: str
    head: str


@dataclass(frozen=True)
class _Changes:
    commits: list[NamedEvent] = field(default_factory=list)
    conflicts: tuple[str, ...] = ()
    diff: str | None = None


@dataclass(frozen=True)
class ViewService:
    """What there is to see."""

    database: Database
    accounts: AccountService
    gate: RepoGate
    pool: RepositoryPool
    _conflicts: BoundedCache[tuple[int, str, str], tuple[str, ...]] = field(default_factory=lambda: BoundedCache(500))
    """(repo, its branch's commit, the pull request's commit) → what stands against merging them: costly to find out."""

    def list_discussions(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        *,
        pull_requests: bool | None = None,
        open_ones: bool | None = None,
        author: str | None = None,
        page: int = 0,
    ) -> DiscussionPage:
        """One page of a repo's discussions; None means: whether or not, whoever. Drafts are open, merged is closed."""
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            statuses = () if open_ones is None else OPEN_STATUSES if open_ones else CLOSED_STATUSES
            wanted = DiscussionFilter(pull_requests, statuses)
            if author is not None:
                found = self.accounts.find_namespace(connection, author)
                wanted = replace(wanted, author_id=found.id if found else 0)
            start = page * PAGE_SIZE
            items = discussions.list_discussions(connection, repo.key, wanted, offset=start, limit=PAGE_SIZE)
            total = discussions.count_discussions(connection, repo.key, wanted)
            names = self._names(connection, {item.author_id for item in items})
        listed = [ListedDiscussion(item, names.get(item.author_id, GONE)) for item in items]
        return DiscussionPage(repo, listed, start, total)

    def count_open(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> int:
        """How many discussions and pull requests of a repo are open."""
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            return discussions.count_discussions(connection, repo.key, DiscussionFilter(statuses=OPEN_STATUSES))

    def get_discussion(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, *, diff: bool = False
    ) -> DiscussionView:
        """One of them with all that happened in it; `diff` asks for a pull request's changes too.

        Raises:
            NotFound: no discussion has that number.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            discussion = existing_discussion(connection, repo, num)
            allowed = {wanted for wanted in Permission if self._allows(connection, actor, repo, wanted)}
            events = self._events(connection, discussion)
        changes = self._changes(repo, discussion, diff=diff and Permission.READ_REPO in allowed)
        may_discuss, may_write = Permission.DISCUSS_REPO in allowed, Permission.WRITE_REPO in allowed
        return DiscussionView(
            repo,
            discussion,
            next(named.author for named in events if named.event.id == opening_comment(discussion).id),
            sorted([*events, *changes.commits], key=lambda named: max(named.event.created_at, discussion.created_at)),
            changes.conflicts,
            changes.diff,
            may_discuss=may_discuss,
            may_change=may_write or (may_discuss and discussion.author_id == actor.user_id),
            may_merge=may_write and discussion.is_pull_request,
        )

    def get_changes(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, *, first_file: int = 0
    ) -> PullChanges:
        """What a pull request changes, from the `first_file`-th file on, counted from 0.

        Raises:
            NotFound: no pull request has that number.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.READ_REPO)
            discussion = existing_discussion(connection, repo, num)
        if discussion.base_ref is None:
            raise NotFound(what=f"Pull request {num}")
        with self.pool.open(repo.key) as git:
            found = _range(git, discussion)
            if found is None:
                return PullChanges(repo, discussion, (), 0, None, None)
            changes = compare(git, found.base, found.head).changes
            patches = tuple(read_patches(git, changes[first_file : first_file + PATCHES_PAGE]))
        end = first_file + len(patches)  # pages also end with their lines
        next_file = end if end < len(changes) else None
        return PullChanges(repo, discussion, patches, len(changes), found.base, found.head, next_file)

    def name_event(self, event: Event) -> NamedEvent:
        """The event with its author's name."""
        with self.database.read() as connection:
            names = self._names(connection, {event.author_id or 0})
        return NamedEvent(event, names.get(event.author_id or 0, GONE))

    def _allows(self, connection: Connection, actor: Actor, repo: Repo, permission: Permission) -> bool:
        on_repos = (Permission.READ_REPO, Permission.DISCUSS_REPO, Permission.WRITE_REPO)
        return permission in on_repos and self.gate.allows(connection, actor, repo, permission)

    def _events(self, connection: Connection, discussion: Discussion) -> list[NamedEvent]:
        """All but commits, the opening comment first."""
        stored = store.list_events(connection, discussion.repo_key, discussion.num)
        opening = opening_comment(discussion)
        if not any(event.id == opening.id for event in stored):
            stored.insert(0, opening)
        names = self._names(connection, {event.author_id or 0 for event in stored})
        return [NamedEvent(event, names.get(event.author_id or 0, GONE)) for event in stored]

    def _names(self, connection: Connection, user_ids: set[int]) -> dict[int, str]:
        found = self.accounts.namespaces(connection, sorted(user_ids))
        return {user_id: namespace.name for user_id, namespace in found.items()}

    def _changes(self, repo: Repo, discussion: Discussion, *, diff: bool) -> _Changes:
        if discussion.base_ref is None:
            return _Changes()
        with self.pool.open(repo.key) as git:
            found = _range(git, discussion)
            if found is None:
                return _Changes(diff="" if diff else None)
            text = unified_diff(git, compare(git, found.base, found.head).changes).text if diff else None
            return _Changes(_commits(git, found), self._find_conflicts(git, discussion), text)

    def _find_conflicts(self, git: pygit2.Repository, discussion: Discussion) -> tuple[str, ...]:
        base_oid, head_oid = _tips(git, discussion)
        if discussion.status == "merged" or base_oid is None or head_oid is None:
            return ()
        key = discussion.repo_key, base_oid, head_oid
        known = self._conflicts.get(key)
        if known is None:
            known = tuple(conflicting_paths(git, base_oid, head_oid))
            self._conflicts.put(key, known)
        return known


def _range(git: pygit2.Repository, discussion: Discussion) -> _Range | None:
    """None where its commits are gone: its branch was deleted, or squashed away."""
    merge = git.get(discussion.merge_oid) if discussion.merge_oid else None
    if isinstance(merge, pygit2.Commit) and len(merge.parent_ids) == 2:
        target, head = (str(parent) for parent in merge.parent_ids)
    else:
        base_oid, head_oid = _tips(git, discussion)
        if base_oid is None or head_oid is None:
            return None
        target, head = base_oid, head_oid
    base = merge_base(git, target, head)
    return _Range(base, head) if base is not None else None


def _commits(git: pygit2.Repository, found: _Range) -> list[NamedEvent]:
    walker = git.walk(found.head, SortMode.TOPOLOGICAL | SortMode.TIME)
    walker.hide(found.base)
    commits = [describe_commit(commit) for commit in islice(walker, MAX_COMMITS)]
    return [
        NamedEvent(
            Event(
                commit.oid[:24],
                None,
                int(commit.authored_at.timestamp()) * 1000,
                CommitMade(commit.oid, commit.summary),
            ),
            commit.author_name,
        )
        for commit in reversed(commits)
    ]


def _tips(git: pygit2.Repository, discussion: Discussion) -> tuple[str | None, str | None]:
    """Commits of the branch that a pull request wants to change, and of its own; None for what is gone."""
    return read_ref(git, discussion.base_ref or ""), read_ref(git, f"refs/pr/{discussion.num}")
