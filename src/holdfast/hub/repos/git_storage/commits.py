"""Commits: reading what one says, and making one. Moving a ref to it is `refs.update_ref`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pygit2
from pygit2.enums import ObjectType

from holdfast.base.errors import RevisionNotFound
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter

_UNSAFE_IN_NAMES = str.maketrans("", "", "<>\n\r\0")


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a commit or tag, and when (`time_seconds` since 1970). Letters that git cannot hold are left out."""

    name: str
    email: str
    time_seconds: int

    @property
    def git_line(self) -> str:
        """As in a commit object."""
        return f"{_safe(self.name)} <{_safe(self.email)}> {self.time_seconds} +0000"


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit. `summary` is its first line, `description` the rest; `authored_at` is in UTC."""

    oid: str
    tree_oid: str
    parents: tuple[str, ...]
    summary: str
    description: str
    author_name: str
    author_email: str
    authored_at: datetime


def create_commit(
    repo: pygit2.Repository,
    tree_oid: str,
    parents: Sequence[str],
    author: Author,
    summary: str,
    *,
    description: str = "",
) -> str:
    """Write a commit that no ref names yet and return its oid: `add_commit` alone.

    Raises:
        StorageFull: nothing was kept.
    """
    with ObjectWriter(repo) as writer:
        return add_commit(writer, tree_oid, parents, author, summary, description=description)


def add_commit(
    writer: ObjectWriter,
    tree_oid: str,
    parents: Sequence[str],
    author: Author,
    summary: str,
    *,
    description: str = "",
) -> str:
    """Add a commit to what is being written and return its oid. The author is the committer too.

    Args:
        writer: may hold the tree.
        tree_oid: root tree, stored already or by the same writer.
        parents: oids of the commits that it follows; none for a first commit.
        author: who and when.
        summary: first line of the message.
        description: the rest of the message; may be empty.

    Raises:
        StorageFull: nothing was kept.
    """
    who = author.git_line
    lines = [f"tree {tree_oid}", *(f"parent {oid}" for oid in parents), f"author {who}", f"committer {who}"]
    return _add_text_object(writer, ObjectType.COMMIT, lines, format_message(summary, description))


def write_text_object(repo: pygit2.Repository, kind: ObjectType, lines: Sequence[str], message: str) -> str:
    """Write a commit or tag from its header lines and message.

    Raises:
        StorageFull: nothing was kept.
    """
    with ObjectWriter(repo) as writer:
        return _add_text_object(writer, kind, lines, message)


def _add_text_object(writer: ObjectWriter, kind: ObjectType, lines: Sequence[str], message: str) -> str:
    return writer.write(kind, "\n".join((*lines, "", message)).encode("utf-8", "replace")).hex()


def read_commit(repo: pygit2.Repository, oid: str) -> CommitInfo:
    """What the commit says.

    Raises:
        RevisionNotFound: no commit has that oid.
    """
    commit = repo.get(oid)
    if not isinstance(commit, pygit2.Commit):
        raise RevisionNotFound(revision=oid)
    return describe_commit(commit)


def describe_commit(commit: pygit2.Commit) -> CommitInfo:
    """The same for a commit that libgit2 has loaded."""
    author = commit.author
    summary, _, description = commit.raw_message.decode("utf-8", "replace").strip("\n").partition("\n")
    return CommitInfo(
        oid=str(commit.id),
        tree_oid=str(commit.tree_id),
        parents=tuple(map(str, commit.parent_ids)),
        summary=summary.strip(),
        description=description.strip("\n"),
        author_name=author.raw_name.decode("utf-8", "replace"),
        author_email=author.raw_email.decode("utf-8", "replace"),
        authored_at=_utc(author.time),
    )


def tree_of(repo: pygit2.Repository, commit_oid: str) -> str:
    """Oid of the commit's root tree.

    Raises:
        RevisionNotFound: no commit has that oid.
    """
    commit = repo.get(commit_oid)
    if not isinstance(commit, pygit2.Commit):
        raise RevisionNotFound(revision=commit_oid)
    return str(commit.tree_id)


def _safe(name: str) -> str:
    return name.translate(_UNSAFE_IN_NAMES).strip(" .,:;\"'\\") or "unknown"


def format_message(summary: str, description: str = "") -> str:
    """A commit or tag message: first line, empty line, the rest."""
    parts = (summary.strip(), description.strip())
    return "\n\n".join(part for part in parts if part).replace("\0", "") + "\n"


def _utc(time_seconds: int) -> datetime:
    """Pushed commits may carry times that no calendar knows; they become 1970."""
    try:
        return datetime.fromtimestamp(time_seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
