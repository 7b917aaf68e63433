import os
import subprocess
import time

import pytest

from holdfast.base.errors import RepoNotFound, StorageFull
from holdfast.hub.repos.git_storage import maintenance, processes
from holdfast.hub.repos.git_storage.maintenance import maintain, needs_maintenance, prune, remove_leftovers, verify
from holdfast.hub.repos.git_storage.object_writer import write_blobs
from holdfast.hub.repos.git_storage.processes import GitFailed, git_environment, run_git
from holdfast.hub.repos.git_storage.refs import create_ref, list_refs


def _loose(path):
    return [found for found in (path / "objects").glob("??/*") if found.is_file()]


def test_maintain_packs_objects_and_refs(bench, repo, monkeypatch):
    monkeypatch.setattr(maintenance, "MAX_LOOSE_REFS", 5)
    assert not needs_maintenance(bench.pool, bench.key)
    tip = [bench.commit({f"f{number}": b"%d" % number}) for number in range(6)][-1]
    for number in range(6):
        create_ref(repo, f"refs/tags/v{number}", tip)
    unreachable = write_blobs(repo, [b"whose commit is yet to come"])[0]
    assert needs_maintenance(bench.pool, bench.key)
    maintain(bench.pool, bench.key)
    assert not needs_maintenance(bench.pool, bench.key)
    assert _loose(bench.path) == []
    assert len(list_refs(repo)) == 7
    assert repo[tip].tree["f5"].data == b"5"
    assert repo[unreachable].data == b"whose commit is yet to come"
    assert verify(bench.pool, bench.key, thorough=True) == []


def test_maintain_an_empty_repo(bench):
    maintain(bench.pool, bench.key)
    prune(bench.pool, bench.key, older_than_seconds=0)
    assert verify(bench.pool, bench.key) == []


def test_many_loose_objects_and_packs_ask_for_maintenance(bench, repo, monkeypatch):
    monkeypatch.setattr(maintenance, "MAX_PACKS", 2)
    monkeypatch.setattr(maintenance, "MAX_LOOSE_OBJECTS", 100)
    for number in range(3):
        write_blobs(repo, [b"%d/%d" % (number, blob) for blob in range(40)])
    assert needs_maintenance(bench.pool, bench.key)
    maintain(bench.pool, bench.key)
    assert not needs_maintenance(bench.pool, bench.key)
    for number in range(300):
        write_blobs(repo, [b"loose %d" % number])
    assert needs_maintenance(bench.pool, bench.key)


def test_prune_removes_only_old_unreachable_objects(bench, repo):
    bench.commit({"a": b"1"})
    lost, fresh = write_blobs(repo, [b"lost", b"fresh"])
    prune(bench.pool, bench.key, older_than_seconds=3600)
    with bench.pool.open(bench.key) as after:
        assert lost in after
    prune(bench.pool, bench.key, older_than_seconds=-10)
    with bench.pool.open(bench.key) as after:
        assert lost not in after
        assert fresh not in after
        assert list_refs(after)
    assert verify(bench.pool, bench.key) == []


def test_only_old_leftovers_of_killed_writers_go(bench, repo):
    objects = bench.path / "objects"
    write_blobs(repo, [b"kept"])
    for name, age_seconds in (("old", 100), ("young", 0)):
        (objects / f"tmp_objdir-incoming-{name}" / "ab").mkdir(parents=True)
        places = [
            objects / f"tmp_objdir-incoming-{name}/ab/cd",
            objects / f"tmp_obj_{name}",
            objects / f"pack/tmp_pack_{name}",
        ]
        for place in places:
            place.write_bytes(b"x")
        moment = time.time() - age_seconds
        for path in (*places, places[0].parent, places[0].parent.parent):
            os.utime(path, (moment, moment))
    before = {path for path in objects.rglob("*") if "old" not in str(path.relative_to(objects))}
    remove_leftovers(bench.pool, bench.key, older_than_seconds=50)
    assert set(objects.rglob("*")) == before
    with pytest.raises(RepoNotFound):
        remove_leftovers(bench.pool, 404, 50)


def test_verify_names_what_is_missing(bench):
    oid = bench.commit({"a": b"1", "b": b"2"})
    assert verify(bench.pool, bench.key) == []
    with bench.pool.open(bench.key) as repo:
        blob = str(repo[oid].tree["a"].id)
    (bench.path / "objects" / blob[:2] / blob[2:]).unlink()
    assert any(blob in finding.message for finding in verify(bench.pool, bench.key))
    (bench.path / "refs/heads/main").write_text("1" * 40 + "\n")
    assert any("refs/heads/main" in finding.message for finding in verify(bench.pool, bench.key))


def test_thorough_verify_finds_flipped_bits(bench):
    oid = bench.commit({"a": b"x" * 100})
    with bench.pool.open(bench.key) as repo:
        blob = str(repo[oid].tree["a"].id)
    path = bench.path / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[-8] ^= 0xFF
    path.write_bytes(content)
    assert verify(bench.pool, bench.key, thorough=True) != []


def test_absent_repos(pool):
    for task in (maintain, verify, lambda pool, key: prune(pool, key, 0)):
        with pytest.raises(RepoNotFound):
            task(pool, 99)


def test_git_sees_nothing_of_our_environment(monkeypatch, bench):
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare=false'")
    monkeypatch.setenv("HOLDFAST_SECRET", "x")
    assert not {"GIT_DIR", "GIT_CONFIG_PARAMETERS", "HOLDFAST_SECRET"} & git_environment().keys()
    assert run_git(bench.path, "rev-parse", "--is-bare-repository") == "true\n"


def test_failures_of_git(bench, monkeypatch):
    with pytest.raises(GitFailed, match="cat-file"):
        run_git(bench.path, "cat-file", "-t", "0" * 40)
    full = subprocess.CompletedProcess([], 128, b"", b"error: write: No space left on device")
    monkeypatch.setattr(processes.subprocess, "run", lambda *_, **__: full)
    with pytest.raises(StorageFull):
        run_git(bench.path, "repack")


def test_maintenance_does_not_block_commits(bench):
    with bench.pool.maintenance_lock(bench.key):
        started = time.monotonic()
        bench.commit({"a": b"1"})
        assert time.monotonic() - started < 60
