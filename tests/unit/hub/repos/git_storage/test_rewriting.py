import subprocess

import pytest
from pygit2.enums import ObjectType

from holdfast.hub.repos.git_storage.commits import read_commit, tree_of, write_text_object
from holdfast.hub.repos.git_storage.object_writer import write_blobs
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.reachability import reachable_lfs_pointers
from holdfast.hub.repos.git_storage.refs import create_ref, create_tag, read_ref, update_ref
from holdfast.hub.repos.git_storage.rewriting import drop_large_files
from holdfast.hub.repos.git_storage.trees import list_entries


def _sha(number):
    return f"{number:064x}"


def _content(number):
    return format_lfs_pointer(LfsPointer(_sha(number), number))


def _paths(repo, oid):
    return [entry.path for entry in list_entries(repo, tree_of(repo, oid), recursive=True).entries]


def _drop(repo, *numbers):
    """Drop large files and move the refs, as the service does."""
    found = drop_large_files(repo, {_sha(number) for number in numbers})
    for ref in found.refs:
        repo.references.create(ref.name, ref.new_oid, force=True)
    return found


def _fsck(path):
    subprocess.run(["git", "-C", path, "fsck", "--strict", "--no-dangling"], check=True, capture_output=True)


def test_only_commits_from_the_first_pointer_on_are_new(repo, bench):
    first = bench.commit({"plain.txt": b"1"})
    second = bench.commit({"deep/er/a.bin": _content(1), "b.bin": _content(2)}, summary="adds two")
    third = bench.commit({"plain.txt": b"2"}, summary="after")
    found = _drop(repo, 1)
    assert set(found.commits) == {second, third}
    tip = read_commit(repo, read_ref(repo, "refs/heads/main"))
    assert tip.oid == found.commits[third]
    assert tip.parents == (found.commits[second],)
    assert read_commit(repo, tip.parents[0]).parents == (first,)
    assert _paths(repo, found.commits[second]) == ["b.bin", "plain.txt"]  # nor is the folder left
    old = read_commit(repo, third)
    assert (tip.summary, tip.author_name, tip.authored_at) == ("after", old.author_name, old.authored_at)
    assert [pointer.size_bytes for pointer in reachable_lfs_pointers(repo)] == [2]
    _fsck(bench.path)


def test_all_refs_lose_it_and_others_stay(repo, bench):
    first = bench.commit({"plain.txt": b"1"})
    update_ref(repo, "refs/heads/clean", first, None)
    bench.commit({"a.bin": _content(1)})
    pr = bench.commit({"copy.bin": _content(1), "c.bin": _content(3)}, ref="refs/pr/1", parents=[first])
    tagged = bench.commit({"a.bin": None})
    create_tag(repo, "light", tagged, bench.author(), None)
    create_tag(repo, "annotated", tagged, bench.author(), "A release.")
    found = {ref.name: ref for ref in _drop(repo, 1).refs}
    assert set(found) == {"refs/heads/main", "refs/pr/1", "refs/tags/light", "refs/tags/annotated"}
    assert _paths(repo, found["refs/pr/1"].new_commit) == ["c.bin", "plain.txt"]
    assert found["refs/pr/1"].old_commit == pr
    tag = repo[repo.references["refs/tags/annotated"].target]
    assert tag.type == ObjectType.TAG
    assert tag.message == "A release.\n"
    assert str(tag.target) == found["refs/tags/annotated"].new_commit == found["refs/tags/light"].new_commit
    assert read_ref(repo, "refs/heads/clean") == first
    _fsck(bench.path)


def test_merges_keep_their_parents_in_order(repo, bench):
    base = bench.commit({"plain.txt": b"1"})
    left = bench.commit({"left.txt": b"l"})
    right = bench.commit({"a.bin": _content(1)}, ref="refs/heads/right", parents=[base])
    merge = bench.commit({"m.txt": b"m"}, parents=[left, right])
    found = _drop(repo, 1)
    assert read_commit(repo, found.commits[merge]).parents == (left, found.commits[right])


def test_a_tree_that_held_nothing_else_becomes_the_empty_tree(repo, bench):
    only = bench.commit({"d/a.bin": _content(1)})
    found = _drop(repo, 1)
    assert _paths(repo, found.commits[only]) == []
    _fsck(bench.path)


def test_what_is_not_there_changes_nothing(repo, bench):
    bench.commit({"a.bin": _content(1)})
    found = drop_large_files(repo, {_sha(9)})
    assert found.refs == ()
    assert found.commits == {}


def test_signatures_go_and_other_headers_stay(repo, bench):
    oid = bench.commit({"a.bin": _content(1)})
    signature = ("gpgsig -----BEGIN PGP SIGNATURE-----", " ", " abc", " -----END PGP SIGNATURE-----")
    who = "author A <a@b> 1700000000 +0100"
    lines = (f"tree {tree_of(repo, oid)}", who, who.replace("author", "committer"), *signature, "encoding latin-1")
    signed = write_text_object(repo, ObjectType.COMMIT, lines, "signed\n")
    update_ref(repo, "refs/heads/main", signed, oid)
    tag_lines = (f"object {signed}", "type commit", "tag v1", "tagger A <a@b> 1700000000 +0000")
    message = "note\n-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\n"
    create_ref(repo, "refs/tags/v1", write_text_object(repo, ObjectType.TAG, tag_lines, message))
    found = {ref.name: ref for ref in _drop(repo, 1).refs}
    content = repo.get(found["refs/heads/main"].new_oid).read_raw()
    assert content.split(b"\n\n")[0].split(b"\n")[1:] == [
        b"author A <a@b> 1700000000 +0100",
        b"committer A <a@b> 1700000000 +0100",
        b"encoding latin-1",
    ]
    assert repo.get(found["refs/tags/v1"].new_oid).read_raw().endswith(b"\n\nnote\n")


def test_folders_may_nest_deeper_than_python_recurses(repo, bench):
    [blob] = write_blobs(repo, [_content(1)])
    tree = repo.TreeBuilder()
    tree.insert("a.bin", blob, 0o100644)
    oid = tree.write()
    for _ in range(1_500):
        tree = repo.TreeBuilder()
        tree.insert("d", oid, 0o040000)
        oid = tree.write()
    bench.commit({"plain.txt": b"1"})
    parent = read_ref(repo, "refs/heads/main")
    commit = repo.create_commit(None, repo[parent].author, repo[parent].author, "deep", oid, [parent])
    update_ref(repo, "refs/heads/main", str(commit), parent)
    found = _drop(repo, 1)
    assert _paths(repo, found.commits[str(commit)]) == []


def test_a_missing_object_stops_it(bench):
    oid = bench.commit({"d/a.bin": _content(1)})
    with bench.pool.open(bench.key) as repo:
        tree = str(repo[oid].tree["d"].id)
    (bench.path / "objects" / tree[:2] / tree[2:]).unlink()
    bench.pool._forget(bench.key)
    with bench.pool.open(bench.key) as repo, pytest.raises(KeyError):
        drop_large_files(repo, {_sha(1)})
