import pytest
from pygit2.enums import ObjectType

from holdfast.hub.repos.git_storage.commits import create_commit, tree_of
from holdfast.hub.repos.git_storage.folder_sizes import folder_size
from holdfast.hub.repos.git_storage.large_files import find_large_files
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter, write_blobs
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.raw_trees import make_record
from holdfast.hub.repos.git_storage.reachability import reachable_lfs_pointers
from holdfast.hub.repos.git_storage.refs import create_tag, delete_ref, list_refs, update_ref
from holdfast.hub.repos.git_storage.rewriting import drop_large_files
from holdfast.hub.repos.git_storage.trees import EntryKind, list_entries

MAIN = "refs/heads/main"


def _pointer(number):
    return LfsPointer(f"{number:064x}", number)


def _content(number):
    return format_lfs_pointer(_pointer(number))


def _numbers(pointers):
    return sorted(pointer.size_bytes for pointer in pointers)


def test_all_refs_and_all_history_count_and_nothing_else(repo, bench):
    first = bench.commit({"a.bin": _content(1), "d/b.bin": _content(2), "plain.txt": b"x" * 200})
    bench.commit({"a.bin": _content(3), "copy.bin": _content(2)})
    tip = bench.commit({"d": None})
    bench.commit({"pr.bin": _content(4)}, ref="refs/pr/1", parents=[first])
    tagged = bench.commit({"tag.bin": _content(5)}, ref="refs/heads/x", parents=[first])
    create_tag(repo, "v1", tagged, bench.author(), "annotated")
    delete_ref(repo, "refs/heads/x")
    write_blobs(repo, [_content(6)])
    assert _numbers(reachable_lfs_pointers(repo)) == [1, 2, 3, 4, 5]
    for ref in ("refs/tags/v1", "refs/pr/1"):
        delete_ref(repo, ref)
    update_ref(repo, "refs/heads/main", first, tip)
    assert _numbers(reachable_lfs_pointers(repo)) == [1, 2]


def test_an_empty_repo_and_a_tagged_tree(repo, bench):
    assert list(reachable_lfs_pointers(repo)) == []
    oid = bench.commit({"a.bin": _content(1)})
    repo.references.create("refs/tags/tree", tree_of(repo, oid))
    assert _numbers(reachable_lfs_pointers(repo)) == [1]


def test_a_missing_object_is_an_alarm_not_a_shorter_list(bench):
    oid = bench.commit({"d/a.bin": _content(1), "d/b.bin": _content(7)})
    with bench.pool.open(bench.key) as repo:
        tree = str(repo[oid].tree["d"].id)
    (bench.path / "objects" / tree[:2] / tree[2:]).unlink()
    bench.pool._forget(bench.key)
    with bench.pool.open(bench.key) as repo, pytest.raises(KeyError):
        list(reachable_lfs_pointers(repo))


@pytest.mark.parametrize(("folder", "file"), [(b"040000", b"100644"), (b"40000", b"0100644"), (b"40000", b"100664")])
def test_modes_as_old_programs_wrote_them_hide_no_large_file(bench, folder, file):
    """git takes such histories; what is missed here, garbage collection deletes."""
    with bench.pool.lock(bench.key), bench.pool.open(bench.key) as repo:
        with ObjectWriter(repo) as writer:
            blob = writer.write(ObjectType.BLOB, _content(1))
            inner = writer.write(ObjectType.TREE, make_record(file, b"a.bin", blob))
            root = writer.write(ObjectType.TREE, make_record(folder, b"d", inner))
        update_ref(repo, MAIN, create_commit(repo, root.hex(), (), bench.author(), "old"), None)
        assert _numbers(reachable_lfs_pointers(repo)) == [1]
        assert list(find_large_files(repo, list_refs(repo))) == [_pointer(1).sha256]
        listed = list_entries(repo, root.hex(), recursive=True).entries
        assert [(entry.path, entry.kind, entry.lfs) for entry in listed] == [
            ("d", EntryKind.DIRECTORY, None),
            ("d/a.bin", EntryKind.FILE, _pointer(1)),
        ]
        assert folder_size(repo, root.hex()) == 1
    bench.commit({"d/b.txt": b"new"})
    with bench.pool.open(bench.key) as repo:
        assert _numbers(reachable_lfs_pointers(repo)) == [1]
        assert [entry.name for entry in repo[list_refs(repo)[0].target].tree["d"]] == ["a.bin", "b.txt"]
        assert drop_large_files(repo, {_pointer(1).sha256}).commits
