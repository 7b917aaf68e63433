import pytest

from holdfast.base.errors import Forbidden, InvalidPath, LoginRequired, NotFound, RepoNotFound
from holdfast.base.identity import ANONYMOUS
from holdfast.base.ids import RepoId, RepoType
from tests.factories.lfs import ALICE, BOB, CAROL

A = (RepoType.MODEL, RepoId("alice", "a"))
B = (RepoType.MODEL, RepoId("alice", "b"))


def test_one_lock_per_path_and_repo(lfs):
    first, created = lfs.locks.create(ALICE, *A, "model.bin")
    assert created
    assert (first.path, first.owner_name, first.locked_at) == ("model.bin", "alice", lfs.now[0])
    assert lfs.locks.create(BOB, *A, "model.bin") == (first, False)
    assert lfs.locks.create(ALICE, *B, "model.bin")[1]


def test_lists_by_page_path_and_id(lfs):
    locks = [lfs.locks.create(ALICE, *A, f"file{number}")[0] for number in range(5)]
    lfs.locks.create(ALICE, *B, "other")
    page = lfs.locks.list(ANONYMOUS, *A, limit=2)
    assert page.locks == tuple(locks[:2])
    page = lfs.locks.verify(BOB, *A, after=page.next_cursor, limit=3)
    assert (page.locks, page.next_cursor) == (tuple(locks[2:]), None)
    assert lfs.locks.list(ALICE, *A, path="file3").locks == (locks[3],)
    assert lfs.locks.list(ALICE, *A, lock_id=locks[4].lock_id).locks == (locks[4],)
    assert lfs.locks.list(ALICE, *B, lock_id=locks[4].lock_id).locks == ()


def test_owners_open_their_locks_and_only_admins_force(lfs):
    alices, bobs = (lfs.locks.create(actor, *A, actor.username)[0].lock_id for actor in (ALICE, BOB))
    with pytest.raises(Forbidden, match="belongs to alice"):
        lfs.locks.unlock(BOB, *A, alices, force=False)
    with pytest.raises(Forbidden):
        lfs.locks.unlock(BOB, *A, alices, force=True)
    with pytest.raises(NotFound):
        lfs.locks.unlock(ALICE, *B, alices, force=True)
    assert lfs.locks.unlock(ALICE, *A, alices, force=False).lock_id == alices
    assert lfs.locks.unlock(ALICE, *A, bobs, force=True).lock_id == bobs
    with pytest.raises(NotFound):
        lfs.locks.unlock(ALICE, *A, bobs, force=True)
    assert lfs.locks.create(BOB, *A, "alice")[1]


def test_who_may(lfs):
    for actor, error in ((ANONYMOUS, LoginRequired), (CAROL, Forbidden)):
        with pytest.raises(error):
            lfs.locks.create(actor, *A, "x")
        with pytest.raises(error):
            lfs.locks.verify(actor, *A, after=0, limit=1)
    with pytest.raises(RepoNotFound):
        lfs.locks.list(ALICE, RepoType.MODEL, RepoId("carol", "private"))


@pytest.mark.parametrize("path", ["", "../x", "/etc/passwd", "a\0b", "x" * 5000])
def test_paths_that_no_repo_has(lfs, path):
    with pytest.raises(InvalidPath):
        lfs.locks.create(ALICE, *A, path)


def test_locks_go_with_their_repo(lfs):
    lfs.locks.create(ALICE, *A, "x")
    lfs.locks.create(ALICE, *B, "y")
    with lfs.database.write() as connection:
        lfs.locks.forget_repo(connection, 1)
    assert lfs.locks.list(ALICE, *A).locks == ()
    assert len(lfs.locks.list(ALICE, *B).locks) == 1
