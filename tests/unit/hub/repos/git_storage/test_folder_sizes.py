from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.folder_sizes import folder_size
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.trees import get_entry


def test_large_files_count_in_full_and_shared_folders_each_time(repo, bench):
    pointer = format_lfs_pointer(LfsPointer("ab" * 32, 5_000_000_000))
    same = {"one": b"1234", "two": b"56"}
    files = {f"{folder}/{name}": content for folder in ("a", "b/c") for name, content in same.items()}
    tree = tree_of(repo, bench.commit({**files, "big.bin": pointer}))
    assert folder_size(repo, tree) == 5_000_000_012
    assert folder_size(repo, get_entry(repo, tree, "b").oid) == 6


def test_the_size_after_a_change(repo, bench):
    before = tree_of(repo, bench.commit({"a/x": b"123", "b": b"4"}))
    assert folder_size(repo, before) == 4
    after = tree_of(repo, bench.commit({"a/x": None}))
    assert folder_size(repo, after) == 1
