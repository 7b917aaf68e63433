"""Trees, refs and commits."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class LfsItem(TypedDict):
    """The large file behind a tree entry. Sizes in bytes."""

    oid: str
    size: int
    pointerSize: int


class LastCommit(TypedDict):
    """The newest commit that changed an entry; `date` in ISO with milliseconds and Z."""

    id: str
    title: str
    date: str


class TreeItem(TypedDict):
    """An entry of a tree or paths-info answer. `size` is that of the content, 0 for directories."""

    type: Literal["file", "directory"]
    oid: str
    size: int
    path: str
    lfs: NotRequired[LfsItem]
    xetHash: NotRequired[str]
    lastCommit: NotRequired[LastCommit]


class RefItem(TypedDict):
    """One ref: `name` is `main`, `ref` is `refs/heads/main`."""

    name: str
    ref: str
    targetCommit: str


class RefsAnswer(TypedDict):
    """All refs by kind; pull requests only where asked for."""

    branches: list[RefItem]
    converts: list[RefItem]
    tags: list[RefItem]
    pullRequests: NotRequired[list[RefItem]]


class AuthorItem(TypedDict):
    """Who made a commit."""

    user: str


class FormattedItem(TypedDict):
    """Title and message as HTML."""

    title: str
    message: str


class CommitItem(TypedDict):
    """One commit of a history."""

    id: str
    title: str
    message: str
    date: str
    authors: list[AuthorItem]
    formatted: NotRequired[FormattedItem]
