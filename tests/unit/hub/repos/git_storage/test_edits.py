import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.base.errors import EntryNotFound, InvalidInput, InvalidPath, NothingToDelete
from holdfast.hub.repos.git_storage import edits as edits_module
from holdfast.hub.repos.git_storage.edits import CopyEntry, DeleteEntry, PutBlob, apply_edits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.processes import run_git
from holdfast.hub.repos.git_storage.raw_trees import EMPTY_TREE_OID
from holdfast.hub.repos.git_storage.trees import EntryKind, list_entries


def _apply(repo, base, *edits):
    with ObjectWriter(repo) as writer:
        return apply_edits(repo, base, edits, writer)


def _files(repo, tree):
    return {
        entry.path: repo[entry.oid].data
        for entry in list_entries(repo, tree, recursive=True, limit=10**6).entries
        if entry.kind is EntryKind.FILE
    }


@pytest.fixture
def blob(repo):
    return lambda content: str(repo.create_blob(content))


@pytest.fixture
def base(repo, blob):
    return _apply(repo, None, *(PutBlob(p, blob(p.encode())) for p in ("a", "d/x", "d/e/y", "d/e/z"))).oid


def test_put_and_replace(repo, base, blob):
    tree = _apply(repo, base, PutBlob("d/e/y", blob(b"new")), PutBlob("f/g/h", blob(b"made"), 0o100755)).oid
    files = _files(repo, tree)
    assert files == {"a": b"a", "d/x": b"d/x", "d/e/y": b"new", "d/e/z": b"d/e/z", "f/g/h": b"made"}
    assert repo[tree]["f/g/h"].filemode == 0o100755


def test_unchanged_folders_keep_their_oids_and_no_edit_keeps_the_tree(repo, base, blob):
    tree = _apply(repo, base, PutBlob("new", blob(b"1"))).oid
    assert repo[tree]["d"].id == repo[base]["d"].id
    assert _apply(repo, base).oid == base


def test_delete_file_folder_and_the_folders_left_empty(repo, base):
    assert set(_files(repo, _apply(repo, base, DeleteEntry("d/e/")).oid)) == {"a", "d/x"}
    tree = _apply(repo, base, DeleteEntry("d/e/y"), DeleteEntry("d/e/z"), DeleteEntry("d/x")).oid
    assert set(_files(repo, tree)) == {"a"}
    assert "d" not in repo[tree]
    assert _apply(repo, base, DeleteEntry("d"), DeleteEntry("a")).oid == EMPTY_TREE_OID


@pytest.mark.parametrize("path", ["nope", "d/nope", "a/below", "nope/below", "d/e/y/z"])
def test_delete_of_nothing(repo, base, path):
    with pytest.raises(NothingToDelete, match="A file with this name doesn't exist"):
        _apply(repo, base, DeleteEntry(path))


def test_later_edits_see_earlier_ones(repo, base, blob):
    one = blob(b"1")
    tree = _apply(
        repo, base,
        DeleteEntry("d"), PutBlob("d", one),  # a file in place of the folder
        DeleteEntry("a"), PutBlob("a/b", one), DeleteEntry("a/b"), PutBlob("a/c", one),
        PutBlob("n/m", one), DeleteEntry("n"), PutBlob("n", one),
    ).oid  # fmt: skip
    assert set(_files(repo, tree)) == {"d", "a/c", "n"}


@pytest.mark.parametrize(("path", "problem"), [
    ("d", "a folder has that name"), ("a/b", "a file has the name"), ("d/x/y", "a file has the name"),
    ("", "empty"), ("../x", "'..'"), ("/x", "empty"), ("d//x", "empty"), (".git/config", ".git"),
    ("x\0y", "control"), ("\ud800", "Unicode"), ("y" * 256, "255"), ("a/" * 300 + "b", "folders"),
])  # fmt: skip
def test_paths_that_cannot_be(repo, base, blob, path, problem):
    with pytest.raises(InvalidPath, match=problem):
        _apply(repo, base, PutBlob(path, blob(b"1")))


def test_copy_reads_the_tree_before_the_edits(repo, base, blob):
    tree = _apply(
        repo, base,
        PutBlob("a", blob(b"changed")), CopyEntry("b", "a"), CopyEntry("dd", "d"), DeleteEntry("dd/x"),
    ).oid  # fmt: skip
    files = _files(repo, tree)
    assert files["b"] == b"a"
    assert {path for path in files if path.startswith("dd/")} == {"dd/e/y", "dd/e/z"}
    other = _apply(repo, None, CopyEntry("q", "d/x", base)).oid
    assert _files(repo, other) == {"q": b"d/x"}


@pytest.mark.parametrize("source", ["nope", "", "a/b"])
def test_copy_of_nothing(repo, base, source):
    with pytest.raises(EntryNotFound):
        _apply(repo, base, CopyEntry("b", source))


def test_crowded_and_overfull_folders(repo, blob, monkeypatch):
    monkeypatch.setattr(edits_module, "CROWDED_FOLDER_ENTRIES", 3)
    monkeypatch.setattr(edits_module, "MAX_FOLDER_ENTRIES", 5)
    one = blob(b"1")
    full = _apply(repo, None, *(PutBlob(f"d/{number}", one) for number in range(5)))
    assert full.crowded_folders == ("d",)
    with pytest.raises(InvalidInput, match="spread"):
        _apply(repo, full.oid, PutBlob("d/6", one))
    assert _apply(repo, full.oid, PutBlob("d/0", one)).oid == full.oid  # replacing is allowed
    assert _apply(repo, full.oid, DeleteEntry("d/0"), DeleteEntry("d/1")).crowded_folders == ()


def test_ten_thousand_edits_in_two_thousand_folders(repo, bench, blob):
    one = blob(b"1")
    tree = _apply(repo, None, *(PutBlob(f"d{n % 2000}/f{n}", one) for n in range(10_000))).oid
    assert len(_files(repo, tree)) == 10_000
    assert len(list((bench.path / "objects/pack").glob("*.pack"))) == 1
    assert run_git(bench.path, "ls-tree", "-r", "--name-only", tree).count("\n") == 10_000


names = st.sampled_from(["a", "b", "a-", "a.b", "a0", "é"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(paths, st.one_of(st.none(), st.binary(max_size=3))), max_size=12))
def test_against_a_plain_dictionary(repo, bench, operations):
    """Every edit that is accepted changes a dictionary of files in the obvious way, and git calls the tree sound."""
    expected, tree = {}, EMPTY_TREE_OID
    for path, content in operations:
        below = {name for name in expected if name.startswith(path + "/")}
        above = {name for name in expected if path.startswith(name + "/")}
        if content is None:
            if path in expected or below:
                tree = _apply(repo, tree, DeleteEntry(path)).oid
                expected = {k: v for k, v in expected.items() if k != path and k not in below}
            else:
                with pytest.raises(NothingToDelete):
                    _apply(repo, tree, DeleteEntry(path))
        else:
            edit = PutBlob(path, str(repo.create_blob(content)))
            if above or below:
                with pytest.raises(InvalidPath):
                    _apply(repo, tree, edit)
            else:
                tree = _apply(repo, tree, edit).oid
                expected[path] = content
    assert _files(repo, tree) == expected
    builder = repo.TreeBuilder(repo[tree])
    assert str(builder.write()) == tree  # libgit2 sorts and spells it the same
