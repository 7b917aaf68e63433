from __future__ import annotations

import hashlib
import io

import pytest

from holdfast.base.errors import Forbidden, InvalidCard, InvalidInput, InvalidPath
from holdfast.base.ids import RepoId
from holdfast.hub.lfs.service.transfers import TransferService
from holdfast.hub.repos.domain import CommitHeader
from holdfast.hub.repos.service.uploading import ReceivedFile, UploadService
from tests.factories.hub import MODEL

M = MODEL, RepoId("alice", "m")
LARGE = b"\0" * 5000


@pytest.fixture
def uploads(hub):
    hub.create("alice/m")
    transfers = TransferService(hub.database, hub.objects, hub.blobs)
    return UploadService(hub.gate, hub.repos.preuploads, hub.repos.commits, transfers)


def received(path, content):
    return ReceivedFile(path, len(content), io.BytesIO(content))


def commit(hub, uploads, *files, actor=None, **options):
    header = CommitHeader("upload", "", None)
    found = [received(path, content) for path, content in files]
    return uploads.commit_files(actor or hub.alice, *M, "main", header, found, **options)


def content_of(hub, path, revision="main"):
    return hub.repos.resolves.locate(hub.alice, *M, revision, path).entry


def test_small_text_goes_into_git_and_the_rest_into_the_store(hub, uploads):
    commit(hub, uploads, ("a/text.txt", b"text"), ("model.bin", LARGE))
    assert hub.paths("alice/m") == [".gitattributes", "a/text.txt", "model.bin"]
    assert content_of(hub, "a/text.txt").sha256 is None
    assert content_of(hub, "model.bin").sha256 == hashlib.sha256(LARGE).hexdigest()
    reader = hub.objects.open(hashlib.sha256(LARGE).hexdigest())
    assert b"".join(reader.read(0, reader.size_bytes)) == LARGE
    reader.close()


def test_ignored_files_stay_out_and_are_told(hub, uploads):
    hub.put("alice/m", ".gitignore", b"*.log\n")
    assert commit(hub, uploads, ("a.txt", b"a"), ("b.log", b"b")).ignored == ("b.log",)
    assert "b.log" not in hub.paths("alice/m")
    with pytest.raises(InvalidInput, match="no file"):
        commit(hub, uploads, ("b.log", b"b"))


def test_all_or_nothing(hub, uploads):
    with pytest.raises(InvalidCard):
        commit(hub, uploads, ("a.txt", b"a"), ("README.md", b"---\nlicense: [\n---\n"))
    with pytest.raises(InvalidPath):
        commit(hub, uploads, ("a.txt", b"a"), ("../b.txt", b"b"))
    assert hub.paths("alice/m") == [".gitattributes"]


def test_strangers_propose(hub, uploads):
    with pytest.raises(Forbidden):
        commit(hub, uploads, ("a.txt", b"a"), actor=hub.bob)
    num = commit(hub, uploads, ("model.bin", LARGE), actor=hub.bob, create_pr=True).commit.pull_request
    assert content_of(hub, "model.bin", f"refs/pr/{num}").size_bytes == len(LARGE)
    assert hub.paths("alice/m") == [".gitattributes"]
