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


class ImportItem(TypedDict):
    """A name that loading a pickle would look up; `safety` is `innocuous`, `suspicious` or `dangerous`."""

    module: str
    name: str
    safety: str


class ImportScan(TypedDict):
    """The imports of a pickle, and the worst of them."""

    highestSafetyLevel: str
    imports: list[ImportItem]


class SecurityItem(TypedDict):
    """What is known of a file's safety. Source: huggingface_hub hf_api.py, `BlobSecurityInfo`."""

    status: str
    avScan: None
    pickleImportScan: ImportScan | None


class TreeItem(TypedDict):
    """An entry of a tree or paths-info answer. `size` is that of the content, 0 for directories."""

    type: Literal["file", "directory"]
    oid: str
    size: int
    path: str
    lfs: NotRequired[LfsItem]
    xetHash: NotRequired[str]
    lastCommit: NotRequired[LastCommit]
    securityFileStatus: NotRequired[SecurityItem]


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
