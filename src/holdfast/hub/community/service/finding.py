"""Looking up discussions, for all use cases."""

from __future__ import annotations

from sqlalchemy import Connection

from holdfast.base.errors import NotFound
from holdfast.hub.community.domain import Comment, CommentVersion, Event
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.store import discussions
from holdfast.hub.repos.store.discussions import Discussion


def existing_discussion(connection: Connection, repo: Repo, num: int) -> Discussion:
    """The repo's discussion or pull request of that number.

    Raises:
        NotFound: there is none.
    """
    found = discussions.get_discussion(connection, repo.key, num)
    if found is None:
        raise NotFound(what=f"Discussion {num}")
    return found


def opening_comment(discussion: Discussion) -> Event:
    """The first comment: what was written when the discussion was opened.

    Commits open pull requests too, below this part of the program; so that comment is an event of its own only from
    its first edit on. Its id is always the same.
    """
    text = discussion.description.strip() or "_No description was given._"
    what = Comment((CommentVersion(text, discussion.created_at),))
    event_id = f"{discussion.repo_key:014x}{discussion.num:010x}"
    return Event(event_id, discussion.author_id, discussion.created_at, what)
