from holdfast.hub.repos.git_storage.large_files import find_large_files
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.refs import RefKind, list_refs


def _content(number):
    return format_lfs_pointer(LfsPointer(f"{number:064x}", number))


def _found(repo):
    refs = sorted(list_refs(repo), key=lambda ref: ref.name != "main")
    return {
        int(sha256, 16): (place.path, place.ref.full_name) for sha256, place in find_large_files(repo, refs).items()
    }


def test_each_large_file_has_one_place_the_first_ref_and_newest_commit_first(repo, bench):
    first = bench.commit({"old/a.bin": _content(1), "plain.txt": b"x"})
    bench.commit({"old/a.bin": None, "new/a.bin": _content(1), "b.bin": _content(2)})
    bench.commit({"b.bin": None})
    bench.commit({"c.bin": _content(3), "again.bin": _content(1)}, ref="refs/pr/1", parents=[first])
    assert _found(repo) == {
        1: ("new/a.bin", "refs/heads/main"),
        2: ("b.bin", "refs/heads/main"),
        3: ("c.bin", "refs/pr/1"),
    }
    assert next(ref for ref in list_refs(repo) if ref.name == "1").kind is RefKind.PULL_REQUEST


def test_an_empty_repo_has_none(repo, bench):
    assert _found(repo) == {}
