"""Opening discussions, and what people do in them: comment, edit, hide, rename, open and close."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, Forbidden, InvalidInput, LoginRequired, NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.community import store
from holdfast.hub.community.domain import (
    Comment,
    CommentVersion,
    Event,
    Happening,
    StatusChange,
    TitleChange,
    check_comment,
    check_length,
    check_title,
)
from holdfast.hub.community.service.finding import existing_discussion, opening_comment
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.indexing import RepoIndex
from holdfast.hub.repos.service.pulls import PullService
from holdfast.hub.repos.store import discussions, pull_requests
from holdfast.hub.repos.store.discussions import Discussion

PULL_REQUEST_STATUSES = ("draft", "open", "closed")
DISCUSSION_STATUSES = ("open", "closed")


@dataclass(frozen=True)
class DiscussionService:
    """What people write and decide. Who opened a discussion, and who may write to the repo, may change it."""

    database: Database
    gate: RepoGate
    index: RepoIndex
    pulls: PullService
    clock: Clock

    def open_discussion(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        title: str,
        description: str,
        *,
        pull_request: bool = False,
    ) -> int:
        """Open a discussion, or a draft of a pull request against the default branch; returns its number.

        Raises:
            InvalidInput: a title or description that is too short or too long.
            RevisionNotFound: a pull request, where there is no commit yet.
        """
        title, description = check_title(title), check_length(description, "description")
        if pull_request:
            return self.pulls.open_pull_request(actor, repo_type, repo_id, title, description).num
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)
        author_id = _user_id(actor)
        with self.index.changing(repo.key) as changes:  # pull requests take their numbers under this lock too
            with self.database.read() as connection:
                num = discussions.next_num(connection, repo.key)
            opened = Discussion(repo.key, num, title, description, author_id, "open", self.clock())
            changes.records.append(lambda connection: discussions.insert_discussion(connection, opened))
        return num

    def check_may_discuss(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> None:
        """Refuse, before anything is written, who may not open a discussion. Raises as `RepoGate.find`."""
        with self.database.read() as connection:
            self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)

    def comment(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, text: str) -> Event:
        """Say something in a discussion; returns the comment.

        Raises:
            InvalidInput: nothing, or too much of it.
            NotFound: no such discussion.
        """
        check_comment(text)
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)
            discussion = existing_discussion(connection, repo, num)
            return self._add_comment(connection, actor, discussion, text)

    def edit_comment(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, comment_id: str, text: str
    ) -> Event:
        """Change what a comment says; only its author may. Returns the comment.

        Raises:
            Forbidden: somebody else's comment.
            Conflict: it was hidden.
            NotFound: no such comment.
        """
        check_comment(text, "content")
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)
            event, comment = _comment(connection, existing_discussion(connection, repo, num), comment_id)
            if event.author_id != actor.user_id:
                raise Forbidden(reason="Only its author may edit a comment.")
            if comment.hidden:
                raise Conflict(reason="This comment was hidden.")
            return self._replace(connection, repo, num, event, comment.edited(text, self.clock()))

    def hide_comment(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, comment_id: str) -> Event:
        """Take a comment's text away for good; its author may, and who may write to the repo. Returns the comment.

        Raises:
            NotFound: no such comment.
        """
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)
            event, comment = _comment(connection, existing_discussion(connection, repo, num), comment_id)
            if event.author_id != actor.user_id:
                self.gate.check(connection, actor, repo, Permission.WRITE_REPO)
            return self._replace(connection, repo, num, event, comment.erased(self.clock()))

    def rename(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, title: str) -> Event:
        """Give a discussion another title; returns the change.

        Raises:
            InvalidInput: a title that is too short or too long.
            NotFound: no such discussion.
        """
        title = check_title(title)
        with self.database.write() as connection:
            discussion = self._changeable(connection, actor, repo_type, repo_id, num)
            discussions.set_title(connection, discussion.repo_key, num, title)
            return self._record(connection, actor, discussion, TitleChange(discussion.title, title))

    def change_status(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, status: str, comment: str | None = None
    ) -> Event:
        """Open, close, or turn a pull request back into a draft, with a comment if there is one; returns the change.

        Raises:
            InvalidInput: no state of such a discussion.
            Conflict: it is merged already.
        """
        if comment is not None:
            check_comment(comment)
        with self.database.write() as connection:
            discussion = self._changeable(connection, actor, repo_type, repo_id, num)
            statuses = PULL_REQUEST_STATUSES if discussion.is_pull_request else DISCUSSION_STATUSES
            if status not in statuses:
                raise InvalidInput(field="status", problem=f"must be one of {', '.join(statuses)}")
            if discussion.status == "merged":
                raise Conflict(reason="This pull request is merged already.")
            if comment is not None:
                self._add_comment(connection, actor, discussion, comment)
            pull_requests.set_status(connection, discussion.repo_key, num, status)
            return self._record(connection, actor, discussion, StatusChange(status))

    def _changeable(
        self, connection: Connection, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int
    ) -> Discussion:
        repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)
        discussion = existing_discussion(connection, repo, num)
        if discussion.author_id != actor.user_id:
            self.gate.check(connection, actor, repo, Permission.WRITE_REPO)
        return discussion

    def _add_comment(self, connection: Connection, actor: Actor, discussion: Discussion, text: str) -> Event:
        comment = Comment((CommentVersion(text, self.clock()),))
        return self._record(connection, actor, discussion, comment)

    def _record(self, connection: Connection, actor: Actor, discussion: Discussion, what: Happening) -> Event:
        event = Event(secrets.token_hex(12), _user_id(actor), self.clock(), what)
        store.insert_event(connection, discussion.repo_key, discussion.num, event)
        return event

    def _replace(self, connection: Connection, repo: Repo, num: int, event: Event, comment: Comment) -> Event:
        changed = Event(event.id, event.author_id, event.created_at, comment)
        if store.get_event(connection, repo.key, num, event.id) is None:
            store.insert_event(connection, repo.key, num, changed)
        else:
            store.replace_comment(connection, event.id, comment)
        return changed


def _comment(connection: Connection, discussion: Discussion, comment_id: str) -> tuple[Event, Comment]:
    event = store.get_event(connection, discussion.repo_key, discussion.num, comment_id)
    opening = opening_comment(discussion)
    if event is None and comment_id == opening.id:
        event = opening
    if event is None or not isinstance(event.what, Comment):
        raise NotFound(what="This comment")
    return event, event.what


def _user_id(actor: Actor) -> int:
    if actor.user_id is None:
        raise LoginRequired
    return actor.user_id
