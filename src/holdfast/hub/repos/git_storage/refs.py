"""Refs: listing them, and moving them one at a time by compare-and-swap.

Whoever calls what changes a ref holds the repo's lock (`RepositoryPool.lock`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

from holdfast.base.errors import Conflict, InvalidInput, Overloaded, RefExists, RevisionNotFound, StaleParent
from holdfast.base.ids import OID_PATTERN
from holdfast.hub.repos.git_storage.commits import Author, format_message, write_text_object
from holdfast.hub.repos.git_storage.libgit2 import disk_full_as_storage_full

HEADS = "refs/heads/"
TAGS = "refs/tags/"
_LOCK_RETRIES = 40
_LOCK_PAUSE_SECONDS = 0.05
_STALE_LOCK_SECONDS = 60.0
_MAX_REF_BYTES = 200
_LOCKED_TEXTS = (("failed to lock file",), ("failed to create locked file", "File exists"))


class RefKind(Enum):
    """The value is the folder below `refs/`."""

    BRANCH = "heads"
    TAG = "tags"
    CONVERT = "convert"
    PULL_REQUEST = "pr"

    @property
    def prefix(self) -> str:
        """What precedes the name in the full name, e.g. `refs/heads/`."""
        return f"refs/{self.value}/"


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref that points to a commit.

    Args:
        kind: what it is for.
        name: without its folder, e.g. `main`, `v1.0`, `parquet`, `7`.
        full_name: e.g. `refs/heads/main`.
        target: oid of the commit; an annotated tag is followed to its commit.
        tag_oid: oid of the annotated tag itself, None for all other refs.
    """

    kind: RefKind
    name: str
    full_name: str
    target: str
    tag_oid: str | None = None


def list_refs(repo: pygit2.Repository, *kinds: RefKind) -> list[Ref]:
    """All refs of these kinds (of every kind if none is named), sorted by full name."""
    wanted = kinds or tuple(RefKind)
    refs = (_describe(reference) for reference in repo.listall_reference_objects())
    return sorted((ref for ref in refs if ref and ref.kind in wanted), key=lambda ref: ref.full_name)


def read_ref(repo: pygit2.Repository, full_name: str) -> str | None:
    """Oid of the commit that the ref points to, or None when there is no such ref."""
    reference = _look_up(repo, full_name)
    return _peel(reference) if reference else None


def read_target(repo: pygit2.Repository, full_name: str) -> str | None:
    """Oid that the ref itself holds: of the tag object, for an annotated tag. None when there is no such ref."""
    reference = _look_up(repo, full_name)
    return None if reference is None else str(reference.target)


def check_branch_name(name: str) -> str:
    """Refuse names that no branch may have.

    Raises:
        InvalidInput: with the text that huggingface_hub's tests match.
    """
    return _check_name(name, HEADS, "branch")


def check_tag_name(name: str) -> str:
    """Refuse names that no tag may have.

    Raises:
        InvalidInput: see `check_branch_name`.
    """
    return _check_name(name, TAGS, "tag")


def create_ref(repo: pygit2.Repository, full_name: str, target: str) -> None:
    """Make a ref that does not exist yet.

    Raises:
        RefExists: it does.
        Conflict: `a/b` is wanted where `a` exists, or the reverse.
    """
    if read_ref(repo, full_name) is not None:
        raise RefExists(ref=full_name)
    _check_no_nesting(repo, full_name)
    _write_ref(repo, full_name, lambda: repo.references.create(full_name, target))


def update_ref(repo: pygit2.Repository, full_name: str, new: str, expected_old: str | None) -> None:
    """Move the ref from one commit to another, or make it when `expected_old` is None.

    Moving is compare-and-swap even against programs that ignore the repo's lock; making relies on the lock alone.

    Raises:
        StaleParent: it points elsewhere than `expected_old` by now.
        Conflict: see `create_ref`.
        Overloaded: another program keeps the ref locked.
        StorageFull: the ref stays as it was.
    """
    reference = _look_up(repo, full_name)
    if (reference and _peel(reference)) != expected_old:
        raise StaleParent
    if reference is None:
        create_ref(repo, full_name, new)
        return
    # libgit2 swaps only if the ref still is what this very `reference` was read as.
    _write_ref(repo, full_name, lambda: reference.set_target(new))


def restore_ref(repo: pygit2.Repository, full_name: str, target: str) -> None:
    """Put a ref back that `update_ref` moved since the repo was locked.

    In place, not by a new file that is renamed: it must succeed on a disk that has become full meanwhile.
    """
    descriptor = os.open(Path(repo.path) / full_name, os.O_WRONLY)
    try:
        os.pwrite(descriptor, f"{target}\n".encode(), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def delete_ref(repo: pygit2.Repository, full_name: str) -> None:
    """Remove a ref.

    Raises:
        RevisionNotFound: there is none.
        Conflict: it is the default branch, to which HEAD points.
    """
    if _look_up(repo, full_name) is None:
        raise RevisionNotFound(revision=full_name.removeprefix(HEADS).removeprefix(TAGS))
    if head_ref(repo) == full_name:
        raise Conflict(reason=f"Cannot delete {full_name}: it is the default branch.")
    # A handle that failed to rewrite packed-refs believes the ref gone: each attempt gets a handle of its own.
    _write_ref(repo, full_name, lambda: pygit2.Repository(repo.path).lookup_reference(full_name).delete())


def create_tag(repo: pygit2.Repository, name: str, target: str, tagger: Author, message: str | None) -> None:
    """Tag a commit: annotated when there is a message, else lightweight.

    Raises:
        InvalidInput: the name.
        RefExists: the tag exists.
        Conflict: see `create_ref`.
    """
    full_name = TAGS + check_tag_name(name)
    if read_ref(repo, full_name) is not None:
        raise RefExists(ref=full_name)
    if message:
        lines = (f"object {target}", "type commit", f"tag {name}", f"tagger {tagger.git_line}")
        target = write_text_object(repo, ObjectType.TAG, lines, format_message(message))
    create_ref(repo, full_name, target)


def head_ref(repo: pygit2.Repository) -> str:
    """Full name of the default branch, whether it has commits or not."""
    return str(repo.lookup_reference("HEAD").target)


def set_head(repo: pygit2.Repository, full_name: str) -> None:
    """Make a branch the default one."""
    with disk_full_as_storage_full(Path(repo.path)):
        repo.set_head(full_name)


def _look_up(repo: pygit2.Repository, full_name: str) -> pygit2.Reference | None:
    try:
        return repo.lookup_reference(full_name)
    except (KeyError, ValueError):  # ValueError: not a legal name, so there is none
        return None


def _check_name(name: str, folder: str, word: str) -> str:
    ambiguous = name == "HEAD" or name.startswith(("refs/", "-")) or OID_PATTERN.fullmatch(name)
    if ambiguous or len(name.encode("utf-8", "replace")) > _MAX_REF_BYTES or not _is_legal(folder + name):
        raise InvalidInput(field=word, problem=f"has a wrong value. Invalid reference for a {word}: {name[:100]!r}")
    return name


def _is_legal(full_name: str) -> bool:
    try:
        full_name.encode()
        return "\0" not in full_name and bool(pygit2.reference_is_valid_name(full_name))
    except UnicodeEncodeError:
        return False


def _check_no_nesting(repo: pygit2.Repository, full_name: str) -> None:
    """Git keeps refs as files: one cannot be a folder of others."""
    for other in repo.listall_references():
        if other.startswith(f"{full_name}/") or full_name.startswith(f"{other}/"):
            raise Conflict(reason=f"Cannot create {full_name}: {other} exists.")


def _write_ref(repo: pygit2.Repository, full_name: str, write: Callable[[], object]) -> None:
    """Run one change of a ref, waiting for foreign git programs that lock it for a moment."""
    for _ in range(_LOCK_RETRIES):
        try:
            with disk_full_as_storage_full(Path(repo.path)):
                write()
        except pygit2.AlreadyExistsError as error:
            raise RefExists(ref=full_name) from error
        except (pygit2.GitError, OSError) as error:
            if "old reference value" in str(error):
                raise StaleParent from error
            if not any(all(text in str(error) for text in texts) for texts in _LOCKED_TEXTS):
                raise
            for name in (full_name, "packed-refs"):
                _remove_if_stale(Path(repo.path) / f"{name}.lock")
            time.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return
    raise Overloaded


def _remove_if_stale(lock: Path) -> None:
    """A power cut leaves lock files that no one will remove; no live git holds one for a minute."""
    try:
        if time.time() - lock.stat().st_mtime > _STALE_LOCK_SECONDS:
            lock.unlink()
    except FileNotFoundError:
        return


def _describe(reference: pygit2.Reference) -> Ref | None:
    full_name = reference.raw_name.decode("utf-8", "replace")
    kind = next((kind for kind in RefKind if full_name.startswith(kind.prefix)), None)
    target = _peel(reference)
    if target is None or kind is None:
        return None
    own = str(reference.target)
    name = full_name.removeprefix(kind.prefix)
    return Ref(kind, name, full_name, target, own if own != target else None)


def _peel(reference: pygit2.Reference) -> str | None:
    """The commit behind a ref; None for tags of trees and blobs, and for HEAD without commits."""
    if reference.raw_name.startswith(b"refs/heads/"):  # always a commit: no need to load it
        return str(reference.target)
    try:
        return str(reference.peel(pygit2.Commit).id)
    except (KeyError, pygit2.GitError):
        return None
