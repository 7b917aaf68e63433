import pytest

from holdfast.base.errors import EntryNotFound
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.processes import run_git
from holdfast.hub.repos.git_storage.raw_trees import EMPTY_TREE_OID
from holdfast.hub.repos.git_storage.trees import EntryKind, find_entry, get_entry, list_entries

SHA = "ab" * 32
FILES = {
    ".gitattributes": b"*.bin filter=lfs",
    "a": b"1",
    "a-b": b"22",
    "a.d/x": b"x",
    "a.d/deep/er/y": b"yy",
    "a0": b"333",
    "model.bin": format_lfs_pointer(LfsPointer(SHA, 5_000_000_000)),
    "z/été.txt": b"z",
}
RECURSIVE = [
    "a.d", "a.d/deep", "a.d/deep/er", "a.d/deep/er/y", "a.d/x", "z", "z/été.txt",
    ".gitattributes", "a", "a-b", "a0", "model.bin",
]  # fmt: skip


TOP_LEVEL = ["a.d", "z", ".gitattributes", "a", "a-b", "a0", "model.bin"]  # folders come first


@pytest.fixture
def tree(bench, repo):
    return tree_of(repo, bench.commit(FILES))


def _pages(repo, tree, limit, **options):
    paths, after = [], None
    while True:
        page = list_entries(repo, tree, after=after, limit=limit, **options)
        assert len(page.entries) <= limit
        paths += [entry.path for entry in page.entries]
        if page.next_cursor is None:
            return paths
        assert len(page.entries) == limit
        after = page.next_cursor


def test_entries_carry_sizes_and_pointers(repo, tree):
    entries = {entry.path: entry for entry in list_entries(repo, tree).entries}
    assert list(entries) == TOP_LEVEL
    assert entries["a-b"].size_bytes == entries["a-b"].file_size_bytes == 2
    assert entries["a-b"].kind is EntryKind.FILE
    assert entries["a-b"].lfs is None
    assert entries["a-b"].oid == str(repo[tree]["a-b"].id)
    assert entries["model.bin"].lfs == LfsPointer(SHA, 5_000_000_000)
    assert entries["model.bin"].file_size_bytes == 5_000_000_000
    assert entries["model.bin"].size_bytes == len(FILES["model.bin"])
    assert entries["z"].kind is EntryKind.DIRECTORY
    assert entries["z"].size_bytes is None
    assert entries["z"].oid == str(repo[tree]["z"].id)


@pytest.mark.parametrize("limit", range(1, 14))
def test_recursive_pages_join_without_gap_or_repetition(repo, tree, limit):
    assert _pages(repo, tree, limit, recursive=True) == RECURSIVE


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_flat_pages(repo, tree, limit):
    assert _pages(repo, tree, limit) == TOP_LEVEL


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_a_folder(repo, tree, limit):
    expected = ["a.d/deep", "a.d/deep/er", "a.d/deep/er/y", "a.d/x"]
    assert _pages(repo, tree, limit, path="a.d/", recursive=True) == expected


def test_git_lists_the_same(repo, tree, bench):
    listed = run_git(bench.path, "ls-tree", "-r", "-t", "--name-only", "-z", tree).split("\0")[:-1]
    assert sorted(listed) == sorted(RECURSIVE)


@pytest.mark.parametrize("cursor", ["a.d/deep/gone/x", "a.d/deeq", "%FF%FE", "../x", "a.d/", "zzz", "\x00", "%"])
def test_a_cursor_of_another_revision_or_of_nonsense(repo, tree, cursor):
    page = list_entries(repo, tree, recursive=True, after=cursor)
    assert [entry.path for entry in page.entries] == [p for p in RECURSIVE if p in {e.path for e in page.entries}]


def test_unknown_folder_and_file_in_place_of_folder(repo, tree):
    for path in ("nope", "a.d/nope", "a", "a/b"):
        with pytest.raises(EntryNotFound):
            list_entries(repo, tree, path)


@pytest.mark.parametrize(
    "path", ["nope", "a/b", "a.d/nope", "a\0", "..", "a.d/../a", "\ud800", "x" * 5000, "a//b", "Z/été.txt"]
)
def test_find_entry_of_nothing(repo, tree, path):
    assert find_entry(repo, tree, path) is None
    with pytest.raises(EntryNotFound):
        get_entry(repo, tree, path)


def test_find_entry(repo, tree):
    assert find_entry(repo, tree, "z/été.txt").size_bytes == 1
    assert find_entry(repo, tree, "a.d/deep/").kind is EntryKind.DIRECTORY
    assert find_entry(repo, tree, "model.bin").lfs.sha256 == SHA
    assert find_entry(repo, tree, "").oid == tree


def test_empty_tree(repo):
    assert list_entries(repo, EMPTY_TREE_OID).entries == []
    assert find_entry(repo, EMPTY_TREE_OID, "x") is None


def test_names_that_are_not_utf8_and_submodules(repo):
    blob = repo.create_blob(b"1").raw
    modes_and_names = [b"100644 a", b"160000 b", b"100644 \xe9", b"120000 \xff"]
    raw = b"".join(b"%b\0%b" % (entry, blob) for entry in modes_and_names)
    tree = str(repo.write(2, raw))
    assert _pages(repo, tree, 1) == ["a", "�", "�"]
    assert find_entry(repo, tree, "b") is None


def test_very_deep_trees_do_not_exhaust_the_stack(repo):
    oid = repo.write(2, b"100644 f\0" + repo.create_blob(b"1").raw)
    for _ in range(1500):
        oid = repo.write(2, b"40000 d\0" + oid.raw)
    assert len(_pages(repo, str(oid), 400, recursive=True)) == 1501
