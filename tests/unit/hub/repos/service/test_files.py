import pytest

from holdfast.base.errors import EntryNotFound, ObjectNotFound, RepoNotFound, RevisionNotFound
from holdfast.base.ids import RepoId
from holdfast.hub.repos.git_storage.trees import EntryKind
from tests.factories.hub import MODEL

M = RepoId.parse("alice/m")


def open_file(hub, path, revision="main", actor=None):
    return hub.repos.files.open_file(actor or hub.alice, MODEL, M, revision, path)


def test_a_regular_file(hub):
    hub.create()
    first = hub.put("alice/m", "a/b.txt", b"hello")
    hub.put("alice/m", "other.txt")
    found = open_file(hub, "a/b.txt")
    assert found.source.size_bytes == 5
    assert found.source.read(1, 3) == b"ell"
    assert found.source.read(4, 100) == b"o"
    assert found.last_commit.oid == first.oid
    assert found.xet_hash is None


def test_a_large_file_is_read_in_ranges(hub):
    repo = hub.create()
    hub.put_large(repo, "model.bin", b"0123456789" * 1000)
    source = open_file(hub, "model.bin").source
    assert source.size_bytes == 10_000
    assert source.content is None
    assert source.read(9_995, 100) == b"56789"
    assert source.read(20_000, 10) == b""


def test_a_pointer_to_what_the_repo_does_not_have(hub):
    repo = hub.create()
    sha256 = hub.put_large(repo, "a.bin", b"12345")
    with hub.database.write() as connection:
        hub.objects.unlink(connection, repo.key, {sha256})
    with pytest.raises(ObjectNotFound):
        open_file(hub, "a.bin").source.read(0, 5)


def test_a_folder(hub):
    hub.create()
    hub.put("alice/m", "a/b.txt")
    found = open_file(hub, "a")
    assert found.entry.kind is EntryKind.DIRECTORY
    assert found.source is None


def test_what_is_not_there(hub):
    hub.create()
    hub.put("alice/m", "a.txt")
    with pytest.raises(EntryNotFound):
        open_file(hub, "b.txt")
    with pytest.raises(RevisionNotFound):
        open_file(hub, "a.txt", "nowhere")


def test_strangers_see_nothing_of_private_repos(hub):
    hub.create(private=True)
    hub.put("alice/m", "a.txt")
    with pytest.raises(RepoNotFound):
        open_file(hub, "a.txt", actor=hub.bob)
