"""Merging pull requests."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.community import store
from holdfast.hub.community.domain import Comment, CommentVersion, Event, Happening, StatusChange, check_comment
from holdfast.hub.repos.git_storage.commits import create_commit
from holdfast.hub.repos.git_storage.merging import merged_tree
from holdfast.hub.repos.git_storage.refs import read_ref
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.authorship import author_of
from holdfast.hub.repos.service.indexing import RefChanges, RepoIndex
from holdfast.hub.repos.store import pull_requests
from holdfast.hub.repos.store.pull_requests import PullRequest


@dataclass(frozen=True)
class MergeService:
    """Brings a pull request's commits into its branch."""

    database: Database
    gate: RepoGate
    index: RepoIndex
    clock: Clock

    def merge(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, comment: str | None) -> str:
        """Merge an open pull request into its branch; returns the merge commit's oid.

        `comment` becomes a comment of the pull request and the merge commit's description.

        Raises:
            Conflict: it is no open pull request, or both sides changed the same lines.
            NotFound: no pull request has that number.
        """
        if comment is not None:
            check_comment(comment)
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.WRITE_REPO)
            pull = pull_requests.get_pull_request(connection, repo.key, num)
        if pull is None:
            raise NotFound(what=f"Pull request {num}")
        with self.index.changing(repo.key) as changes:
            self._check_open(pull)
            oid = self._merge_commit(changes, pull, actor, comment)
            changes.records.append(lambda connection: self._record(connection, actor, pull, oid, comment))
        return oid

    def _check_open(self, pull: PullRequest) -> None:
        with self.database.read() as connection:
            current = pull_requests.get_pull_request(connection, pull.repo_key, pull.num)
        status = current.status if current else "deleted"
        if status != "open":
            raise Conflict(reason=f"Only open pull requests can be merged; this one is {status}.")

    def _merge_commit(self, changes: RefChanges, pull: PullRequest, actor: Actor, comment: str | None) -> str:
        base_oid, head_oid = read_ref(changes.git, pull.base_ref), read_ref(changes.git, pull.ref)
        if base_oid is None or head_oid is None:
            raise Conflict(reason="The branch that this pull request changes is gone.")
        tree_oid = merged_tree(changes.git, base_oid, head_oid)
        summary = f"{pull.title} (#{pull.num})"
        author = author_of(actor, self.clock())
        oid = create_commit(changes.git, tree_oid, (base_oid, head_oid), author, summary, description=comment or "")
        changes.move(pull.base_ref, oid, base_oid)
        return oid

    def _record(self, connection: Connection, actor: Actor, pull: PullRequest, oid: str, comment: str | None) -> None:
        pull_requests.set_status(connection, pull.repo_key, pull.num, "merged", merge_oid=oid)
        happened: list[Happening] = [StatusChange("merged")]
        if comment is not None:
            happened.insert(0, Comment((CommentVersion(comment, self.clock()),)))
        for what in happened:
            event = Event(secrets.token_hex(12), actor.user_id, self.clock(), what)
            store.insert_event(connection, pull.repo_key, pull.num, event)
