"""The rules and the inspection under them, on real objects: another repo's folder plays the quarantine."""

from __future__ import annotations

import hashlib

import pytest

from holdfast.base.ids import RepoType
from holdfast.hub.git import rules
from holdfast.hub.git.domain import MAX_BLOB_BYTES, NewObject, Proposal, PushRefused, RefUpdate
from holdfast.hub.git.inspection import Quarantine
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.processes import GitFailed

SHA = hashlib.sha256(b"large").hexdigest()


@pytest.fixture
def quarantine(hub, work):
    repo = hub.create()
    return Quarantine(hub.repos.pool.path(repo.key), work.folder / ".git" / "objects")


def propose(*tips, name="refs/heads/main"):
    return Proposal(tuple(RefUpdate(None, tip, name) for tip in tips), None)


def test_new_objects_are_those_that_no_ref_reaches(hub, work, quarantine):
    first = work.commit({"a.txt": b"a", "folder/b with space.txt": b"bb"})
    found = {(entry.kind, entry.path): entry.size_bytes for entry in quarantine.new_objects([first])}
    assert found.keys() == {
        ("commit", b""), ("tree", b""), ("tree", b"folder"), ("blob", b"a.txt"), ("blob", b"folder/b with space.txt"),
    }  # fmt: skip
    assert found["blob", b"folder/b with space.txt"] == 2
    work.git("push", "-q", "-f", str(quarantine.repo_path), "main")
    second = work.commit({"c.txt": b"ccc"})
    found = {(entry.kind, entry.path) for entry in quarantine.new_objects([second])}
    assert found == {("commit", b""), ("tree", b""), ("blob", b"c.txt")}
    assert list(quarantine.new_objects([first])) == []


def test_missing_objects_are_no_push(quarantine):
    with pytest.raises(GitFailed):
        list(quarantine.new_objects(["ab" * 20]))


def test_reading_and_looking_up(work, quarantine):
    tip = work.commit({"a.txt": b"a\n\nb", "empty": b""})
    a, nothing, empty = quarantine.look_up([f"{tip}:a.txt", f"{tip}:none", f"{tip}:empty"])
    assert (a.kind, a.size_bytes) == ("blob", 4)
    assert nothing is None
    assert list(quarantine.read([a.oid, empty.oid])) == [(a.oid, b"a\n\nb"), (empty.oid, b"")]
    assert list(quarantine.read([])) == []


def test_large_blobs_are_listed_with_their_sizes():
    blobs = [
        NewObject("1" * 40, "blob", MAX_BLOB_BYTES + 1, b"a b.bin"),
        NewObject("2" * 40, "blob", MAX_BLOB_BYTES, b"ok"),
    ]
    with pytest.raises(PushRefused, match=r"a b\.bin \(10 MiB\)") as refusal:
        rules.check_large_blobs(rules.sort_out(blobs))
    assert "ok" not in str(refusal.value)
    assert "git lfs" in str(refusal.value)
    rules.check_large_blobs(rules.sort_out(blobs[1:]))


def test_long_paths():
    rules.sort_out([NewObject("1" * 40, "blob", 1, b"x" * 4096)])
    with pytest.raises(PushRefused, match="longer than 4096 bytes"):
        rules.sort_out([NewObject("1" * 40, "blob", 1, b"x" * 4097)])


def test_too_many_objects(monkeypatch):
    monkeypatch.setattr(rules, "MAX_NEW_OBJECTS", 3)
    few = [NewObject("1" * 40, "commit", 1, b"")] * 3
    rules.sort_out(few)
    with pytest.raises(PushRefused, match="in parts"):
        rules.sort_out([*few, few[0]])


def test_pointers_are_found_among_small_blobs(work, quarantine):
    pointer = LfsPointer(SHA, 5)
    tip = work.commit({
        "large.bin": format_lfs_pointer(pointer),
        "like.txt": b"version " + b"x" * 150,
        "long.txt": format_lfs_pointer(pointer) + b" " * 1000,
        "short.txt": b"version https://git-lfs.github.com/spec/v1\n",
    })  # fmt: skip
    found = rules.find_pointers(rules.sort_out(quarantine.new_objects([tip])), quarantine)
    assert found == [("large.bin", pointer)]


def test_every_version_of_a_pointer_counts(work, quarantine):
    work.commit({"large.bin": format_lfs_pointer(LfsPointer(SHA, 5))})
    tip = work.commit({"large.bin": format_lfs_pointer(LfsPointer("ab" * 32, 6))})
    found = rules.find_pointers(rules.sort_out(quarantine.new_objects([tip])), quarantine)
    assert {pointer.sha256 for _, pointer in found} == {SHA, "ab" * 32}


def test_pointers_must_match_what_the_repo_has():
    named = [("dir/large.bin", LfsPointer(SHA, 5))]
    rules.check_pointers(named, {SHA: 5})
    with pytest.raises(PushRefused, match=rf"dir/large\.bin \(object {SHA}\)"):
        rules.check_pointers(named, {})
    with pytest.raises(PushRefused, match="claims 5 bytes, its object has 6"):
        rules.check_pointers(named, {SHA: 6})


def test_crowded_folders(work, quarantine, monkeypatch):
    monkeypatch.setattr(rules, "MAX_FOLDER_ENTRIES", 20)
    tip = work.commit({f"full/f{number}": b"x" for number in range(20)})
    rules.check_large_trees(rules.sort_out(quarantine.new_objects([tip])), quarantine)
    tip = work.commit({"full/one more": b"x"})
    with pytest.raises(PushRefused, match="The folder full has more than 20 entries"):
        rules.check_large_trees(rules.sort_out(quarantine.new_objects([tip])), quarantine)


def test_branches_lead_to_commits(work, quarantine):
    tip = work.commit({"a": b"a"})
    tree = work.git("rev-parse", "HEAD^{tree}")
    rules.check_tips(propose(tip), quarantine)
    rules.check_tips(propose(tree, name="refs/tags/tree"), quarantine)
    for oid in (tree, "ab" * 20):
        for name in ("refs/heads/x", "refs/pr/1"):
            with pytest.raises(PushRefused, match="must point to a commit"):
                rules.check_tips(propose(oid, name=name), quarantine)


def test_cards_are_judged_at_the_tip_only(work, quarantine):
    bad = work.commit({"README.md": b"---\nlicense: [open\n---\n"})
    good = work.commit({"README.md": b"---\nlicense: mit\n---\n", "sub/README.md": b"---\nlicense: [open\n---\n"})
    for tip, is_good in ((bad, False), (good, True)):
        proposal = propose(tip)
        suspects = rules.sort_out(quarantine.new_objects([tip]))
        if is_good:
            rules.check_cards(suspects, proposal, quarantine, RepoType.MODEL)
        else:
            with pytest.raises(PushRefused, match=r"README\.md is not valid"):
                rules.check_cards(suspects, proposal, quarantine, RepoType.MODEL)
