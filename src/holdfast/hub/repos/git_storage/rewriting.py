"""Taking large files out of a repo's whole history: every commit that held one of their pointers is written anew.

What is left of a folder that held nothing else is nothing; commits stay, also those that now change nothing, and with
their authors, dates and messages. Signatures would no longer match, so rewritten commits and tags lose them.
Source: git's Documentation/gitformat-signature.txt for where signatures stand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pygit2
from pygit2.enums import ObjectType, SortMode

from holdfast.hub.repos.git_storage.blob_facts import blob_facts
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.raw_trees import (
    MODE_FOLDER,
    RawEntry,
    is_file,
    make_record,
    parse_entries,
    read_object,
    read_raw_tree,
)

_SIGNED_HEADERS = (b"gpgsig", b"gpgsig-sha256", b"mergetag")
_SIGNATURE_STARTS = (
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN SSH SIGNATURE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
)


@dataclass(frozen=True, slots=True)
class MovedRef:
    """A ref that must move. `new_oid` is an annotated tag's own where it is one; `new_commit` the commit behind it."""

    name: str
    old_commit: str
    new_oid: str
    new_commit: str


@dataclass(frozen=True)
class Rewriting:
    """What `drop_large_files` wrote: nothing names it until its refs are moved."""

    refs: tuple[MovedRef, ...]
    commits: dict[str, str]
    """Old commit oid → new one, of the commits that changed."""


def drop_large_files(repo: pygit2.Repository, sha256s: Collection[str]) -> Rewriting:
    """Write the history of all refs again without the pointers to some large files. Call with the repo locked.

    Raises:
        KeyError: an object is missing: the repo is damaged.
        StorageFull: nothing was kept.
    """
    with ObjectWriter(repo) as writer:
        rewriter = _Rewriter(repo, frozenset(sha256s), writer)
        rewriter.rewrite_commits()
        refs = tuple(moved for reference in repo.listall_reference_objects() if (moved := rewriter.move(reference)))
    return Rewriting(refs, {old.hex(): new.hex() for old, new in rewriter.commits.items()})


@dataclass
class _Rewriter:
    """Oids are 20 bytes. `trees` and `files` know what becomes of every one seen: None for nothing."""

    repo: pygit2.Repository
    sha256s: frozenset[str]
    writer: ObjectWriter
    commits: dict[bytes, bytes] = field(default_factory=dict)
    trees: dict[bytes, bytes | None] = field(default_factory=dict)
    files: dict[bytes, bytes | None] = field(default_factory=dict)

    def rewrite_commits(self) -> None:
        """Write all commits that must change, parents first."""
        walker = self.repo.walk(None, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        for reference in self.repo.listall_reference_objects():
            tip = _commit_behind(reference)
            if tip is not None:
                walker.push(tip)
        for commit in walker:
            self._rewrite_commit(commit)

    def move(self, reference: pygit2.Reference) -> MovedRef | None:
        """Where the ref must point now; None when it may stay."""
        old_commit = _commit_behind(reference)
        target = reference.target
        if old_commit is None or old_commit.raw not in self.commits or isinstance(target, str):
            return None  # a symbolic ref follows by itself
        new_commit = self.commits[old_commit.raw]
        return MovedRef(reference.name, str(old_commit), self._rewritten_tag(target.raw).hex(), new_commit.hex())

    def _rewrite_commit(self, commit: pygit2.Commit) -> None:
        tree = self._rewritten_tree(commit.tree_id.raw)
        parents_stay = not any(parent.raw in self.commits for parent in commit.parent_ids)
        if tree == commit.tree_id.raw and parents_stay:
            return
        header, _, message = read_object(self.repo, commit.id.raw, ObjectType.COMMIT).partition(b"\n\n")
        lines = [self._header_line(line, tree) for line in _unsigned(header)]
        self.commits[commit.id.raw] = self.writer.write(ObjectType.COMMIT, b"\n".join(lines) + b"\n\n" + message)

    def _header_line(self, line: bytes, tree: bytes) -> bytes:
        name, _, value = line.partition(b" ")
        if name == b"tree":
            return b"tree " + tree.hex().encode()
        if name == b"parent":
            old = bytes.fromhex(value.decode())
            return b"parent " + self.commits.get(old, old).hex().encode()
        return line

    def _rewritten_tag(self, oid: bytes) -> bytes:
        """The annotated tag, or the chain of them, that ends at a rewritten commit."""
        chain: list[bytes] = []
        while oid not in self.commits:
            content = read_object(self.repo, oid, ObjectType.TAG)
            chain.append(content)
            oid = bytes.fromhex(content[len(b"object ") :][:40].decode())
        new = self.commits[oid]
        for content in reversed(chain):
            rest = _without_signature(content[len(b"object ") + 40 :])
            new = self.writer.write(ObjectType.TAG, b"object " + new.hex().encode() + rest)
        return new

    def _rewritten_tree(self, root: bytes) -> bytes:
        """The tree without the files, the empty tree if nothing is left. Depth first, without recursion: trees nest."""
        ahead = [root]
        while ahead:
            entries = parse_entries(read_raw_tree(self.repo, ahead[-1]))
            unknown = {oid for mode, _, oid in entries if mode == MODE_FOLDER and oid not in self.trees}
            if unknown:
                ahead += unknown
            else:
                tree = ahead.pop()
                self.trees[tree] = self._without_files(tree, entries)
        return self.trees[root] or self.writer.write(ObjectType.TREE, b"")

    def _without_files(self, tree: bytes, entries: list[RawEntry]) -> bytes | None:
        for mode, _, oid in entries:
            if is_file(mode) and oid not in self.files:
                lfs = blob_facts(self.repo, oid).lfs
                self.files[oid] = None if lfs and lfs.sha256 in self.sha256s else oid
        renewed = [(mode, name, self._renewed(mode, oid)) for mode, name, oid in entries]
        if renewed == entries:
            return tree
        records = [make_record(mode, name, oid) for mode, name, oid in renewed if oid is not None]
        return self.writer.write(ObjectType.TREE, b"".join(records)) if records else None

    def _renewed(self, mode: bytes, oid: bytes) -> bytes | None:
        return self.trees[oid] if mode == MODE_FOLDER else self.files.get(oid, oid)


def _commit_behind(reference: pygit2.Reference) -> pygit2.Oid | None:
    try:
        return reference.peel(pygit2.Commit).id
    except (KeyError, pygit2.GitError):
        return None  # tags a tree or a blob


def _unsigned(header: bytes) -> list[bytes]:
    """The header's lines without signatures, which go on over lines that begin with a space."""
    lines: list[bytes] = []
    skipping = False
    for line in header.split(b"\n"):
        if not line.startswith(b" "):
            skipping = line.partition(b" ")[0] in _SIGNED_HEADERS
        if not skipping:
            lines.append(line)
    return lines


def _without_signature(content: bytes) -> bytes:
    """A tag's content up to its signature, which stands at the end of the message."""
    starts = [at for start in _SIGNATURE_STARTS if (at := content.find(b"\n" + start)) >= 0]
    return content[: min(starts) + 1] if starts else content
