"""Turning the word that a client puts into a url into a commit.

A branch, a tag, a full ref, a full or short commit oid, or HEAD: nothing else. git's expressions (`main~1`, `@{…}`,
`:path`) are not understood, and a commit that no ref of this repo reaches does not exist for its readers.
"""

from __future__ import annotations

import re

import pygit2

from holdfast.base.errors import RevisionNotFound
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.refs import HEADS, TAGS, RefKind, list_refs, read_ref

_OID_PREFIX = re.compile(r"[0-9a-f]{7,40}")
_FULL_OID_DIGITS = 40
_READABLE_REFS = tuple(kind.prefix for kind in RefKind)

_reached_from: BoundedCache[tuple[str, str], tuple[str, str]] = BoundedCache(20_000)
"""(repo folder, commit oid) → (ref, tip) that reached it. That the tip reaches it stays true for ever; that the ref
still has this tip, or one that descends from it, is checked on each use."""


def resolve_revision(repo: pygit2.Repository, word: str) -> str:
    """The commit oid that `word` names.

    Raises:
        RevisionNotFound: nothing of that name, or a commit that no ref reaches.
    """
    oid = _resolve(repo, word) if "\0" not in word else None
    if oid is None:
        raise RevisionNotFound(revision=word[:200].replace("\0", ""))
    return oid


def _resolve(repo: pygit2.Repository, word: str) -> str | None:
    if word == "HEAD":
        return read_ref(repo, "HEAD")
    if word.startswith("refs/"):
        return read_ref(repo, word) if word.startswith(_READABLE_REFS) else None
    is_oid = _OID_PREFIX.fullmatch(word) is not None
    if is_oid and len(word) == _FULL_OID_DIGITS:
        return _reachable_commit(repo, word)
    named = read_ref(repo, HEADS + word) or read_ref(repo, TAGS + word)
    return named or (_expand(repo, word) if is_oid else None)


def _expand(repo: pygit2.Repository, prefix: str) -> str | None:
    """The one object whose oid begins so, if it is a reachable commit."""
    try:
        found = repo[prefix]
    except (KeyError, ValueError):  # ValueError: ambiguous
        return None
    return _reachable_commit(repo, str(found.id))


def _reachable_commit(repo: pygit2.Repository, oid: str) -> str | None:
    if not isinstance(repo.get(oid), pygit2.Commit):
        return None
    return oid if _is_still_reached(repo, oid) or _is_reached(repo, oid) else None


def _is_still_reached(repo: pygit2.Repository, oid: str) -> bool:
    known = _reached_from.get((repo.path, oid))
    if known is None:
        return False
    ref, old_tip = known
    tip = read_ref(repo, ref)
    if tip is None or (tip != old_tip and not repo.descendant_of(tip, old_tip)):
        return False
    _reached_from.put((repo.path, oid), (ref, tip))
    return True


def _is_reached(repo: pygit2.Repository, oid: str) -> bool:
    """Walk back from each ref, branches first, never over the same commit twice."""
    wanted, seen = pygit2.Oid(hex=oid), set[pygit2.Oid]()
    for ref in sorted(list_refs(repo), key=lambda ref: ref.kind is not RefKind.BRANCH):
        ahead = [pygit2.Oid(hex=ref.target)]
        while ahead:
            commit_oid = ahead.pop()
            if commit_oid == wanted:
                _reached_from.put((repo.path, oid), (ref.full_name, ref.target))
                return True
            if commit_oid not in seen:
                seen.add(commit_oid)
                ahead.extend(repo[commit_oid].parent_ids)  # type: ignore[attr-defined]
    return False
