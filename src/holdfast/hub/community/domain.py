"""What a discussion holds: values and pure rules. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from holdfast.base.errors import InvalidInput, NotFound

MIN_TITLE_CHARACTERS = 3
MAX_TITLE_CHARACTERS = 200
MAX_COMMENT_CHARACTERS = 65_536
HIDDEN_TEXT = "This comment has been hidden."


class EventKind(Enum):
    """What can happen in a discussion. The value is the API's word."""

    COMMENT = "comment"
    STATUS = "status-change"
    TITLE = "title-change"
    COMMIT = "commit"


@dataclass(frozen=True)
class CommentVersion:
    """What a comment said from `written_at` (milliseconds since 1970) on, in Markdown."""

    text: str
    written_at: int


@dataclass(frozen=True)
class Comment:
    """Something that somebody wrote; the last of `versions` counts. Of a hidden one nothing is kept."""

    versions: tuple[CommentVersion, ...]
    hidden: bool = False

    @property
    def latest(self) -> CommentVersion:
        """What it says now."""
        return self.versions[-1]

    def edited(self, text: str, now: int) -> Comment:
        """The same comment with another text."""
        return replace(self, versions=(*self.versions, CommentVersion(text, now)))

    def erased(self, now: int) -> Comment:
        """The same comment without its text."""
        return Comment((CommentVersion(HIDDEN_TEXT, now),), hidden=True)


@dataclass(frozen=True)
class StatusChange:
    """From now on the discussion is in this state."""

    status: str


@dataclass(frozen=True)
class TitleChange:
    """From now on the discussion has another title."""

    old: str
    new: str


@dataclass(frozen=True)
class CommitMade:
    """A commit of a pull request."""

    oid: str
    summary: str


Happening = Comment | StatusChange | TitleChange | CommitMade


@dataclass(frozen=True)
class Event:
    """One thing that happened. `id` is 24 hex digits; `author_id` None where only a name is known (commits)."""

    id: str
    author_id: int | None
    created_at: int
    what: Happening

    @property
    def kind(self) -> EventKind:
        """The API's word for it."""
        kinds = {Comment: EventKind.COMMENT, StatusChange: EventKind.STATUS, TitleChange: EventKind.TITLE}
        return kinds.get(type(self.what), EventKind.COMMIT)


def parse_num(word: str) -> int:
    """The number of a discussion, as an address has it.

    Raises:
        NotFound: no number.
    """
    if not (word.isascii() and word.isdecimal() and len(word) < 10):
        raise NotFound(what=f"Discussion {word[:20]!r}")
    return int(word)


def check_title(title: str) -> str:
    """The title without white space around it.

    Raises:
        InvalidInput: too short or too long.
    """
    title = " ".join(title.split())
    if not MIN_TITLE_CHARACTERS <= len(title) <= MAX_TITLE_CHARACTERS:
        problem = f"must have {MIN_TITLE_CHARACTERS} to {MAX_TITLE_CHARACTERS} characters"
        raise InvalidInput(field="title", problem=problem)
    return title


def check_comment(text: str, field: str = "comment") -> str:
    """The comment's text, as it is.

    Raises:
        InvalidInput: empty or too long.
    """
    if not text.strip():
        raise InvalidInput(field=field, problem="must not be empty")
    return check_length(text, field)


def check_length(text: str, field: str) -> str:
    """The text, which may be empty.

    Raises:
        InvalidInput: too long.
    """
    if len(text) > MAX_COMMENT_CHARACTERS:
        raise InvalidInput(field=field, problem=f"must have at most {MAX_COMMENT_CHARACTERS} characters")
    return text
