"""Rows of `discussion_event`: what happened in discussions. Commits are not here: git has them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Row, String, Table, Text, delete, insert, select
from sqlalchemy import update as update_rows

from holdfast.backends.database.protocol import metadata
from holdfast.hub.community.domain import (
    Comment,
    CommentVersion,
    Event,
    EventKind,
    Happening,
    StatusChange,
    TitleChange,
)

discussion_event = Table(
    "discussion_event",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("repo_key", Integer, nullable=False),
    Column("num", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("author_id", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    Index("discussion_event_by_num", "repo_key", "num", "created_at"),
)


def insert_event(connection: Connection, repo_key: int, num: int, event: Event) -> None:
    """Add an event; its author must be known."""
    row = {
        "id": event.id,
        "repo_key": repo_key,
        "num": num,
        "kind": event.kind.value,
        "author_id": event.author_id,
        "created_at": event.created_at,
        "data": _dump(event.what),
    }
    connection.execute(insert(discussion_event).values(row))


def list_events(connection: Connection, repo_key: int, num: int) -> list[Event]:
    """Everything that happened in a discussion, oldest first."""
    here = discussion_event.c.repo_key == repo_key, discussion_event.c.num == num
    order = discussion_event.c.created_at, discussion_event.c.id
    return [_from_row(row) for row in connection.execute(select(discussion_event).where(*here).order_by(*order))]


def get_event(connection: Connection, repo_key: int, num: int, event_id: str) -> Event | None:
    """One of a discussion's events."""
    here = discussion_event.c.repo_key == repo_key, discussion_event.c.num == num
    row = connection.execute(select(discussion_event).where(*here, discussion_event.c.id == event_id)).first()
    return None if row is None else _from_row(row)


def replace_comment(connection: Connection, event_id: str, comment: Comment) -> None:
    """Let a comment say something else."""
    statement = update_rows(discussion_event).where(discussion_event.c.id == event_id)
    connection.execute(statement.values(data=_dump(comment)))


def delete_events(connection: Connection, repo_key: int) -> None:
    """Forget those of a deleted repo."""
    connection.execute(delete(discussion_event).where(discussion_event.c.repo_key == repo_key))


def _dump(what: Happening) -> str:
    match what:
        case Comment(versions, hidden):
            value: dict[str, Any] = {"versions": [[version.text, version.written_at] for version in versions]}
            return json.dumps(value | {"hidden": hidden})
        case StatusChange(status):
            return json.dumps({"status": status})
        case TitleChange(old, new):
            return json.dumps({"old": old, "new": new})
    raise TypeError(f"{what!r} is not kept here")


def _from_row(row: Row[Any]) -> Event:
    data = json.loads(row.data)
    what: Happening
    match EventKind(row.kind):
        case EventKind.COMMENT:
            versions = tuple(CommentVersion(text, written_at) for text, written_at in data["versions"])
            what = Comment(versions, data["hidden"])
        case EventKind.STATUS:
            what = StatusChange(data["status"])
        case _:
            what = TitleChange(data["old"], data["new"])
    return Event(row.id, row.author_id, row.created_at, what)
