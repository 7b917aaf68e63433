"""Facts of commits that only git could make."""

from __future__ import annotations

import pygit2
from pygit2.enums import ObjectType

from holdfast.base.ids import RepoId
from tests.factories.hub import MODEL


def push_folder(hub, repo, name: bytes) -> str:
    """Put a commit with `<name>/in.txt` and a README beside it onto main, as a push does."""
    with hub.repos.pool.open(repo.key) as git:
        blob = git.create_blob(b"---\nlicense: mit\n---\n")
        below = git.write(ObjectType.TREE, b"100644 in.txt\0" + blob.raw)
        tree = git.write(ObjectType.TREE, b"100644 README.md\0" + blob.raw + b"40000 " + name + b"\0" + below.raw)
        who = pygit2.Signature("x", "x@y")
        oid = git.create_commit(None, who, who, "pushed", tree, [])
        git.references.create("refs/heads/main", oid, force=True)
    return str(oid)


def test_folders_whose_names_are_no_utf8_are_passed_over(hub):
    repo = hub.create("alice/m")
    with hub.repos.index.pushing(repo.key):
        oid = push_folder(hub, repo, b"dir\xfe")
    assert hub.repos.index.recover() == []
    found = hub.repos.overviews.overview(hub.alice, MODEL, RepoId.parse("alice/m"))
    assert found.header.repo.head_oid == oid
    assert "license:mit" in found.header.facts["tags"]
