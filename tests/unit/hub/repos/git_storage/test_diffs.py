import subprocess

import pytest

from holdfast.hub.repos.git_storage.diffs import ChangeStatus, compare, format_raw, unified_diff


@pytest.fixture
def pair(bench):
    old = bench.commit({
        "keep": b"k", "edit.txt": b"one\ntwo\nthree\n", "gone.txt": b"bye\n", "moved.txt": b"same content\n",
        "d/a": b"1", "d/b/c": b"2", "swap": b"file", "image.bin": bytes(range(256)), "was/folder": b"x",
    })  # fmt: skip
    bench.commit({
        "edit.txt": b"one\n2\nthree\n", "gone.txt": None, "moved.txt": None, "renamed.txt": b"same content\n",
        "d/b": None, 'd/é"quote': b"t\n", "image.bin": bytes(range(255, -1, -1)), "swap": None, "was": None,
    })  # fmt: skip
    return old, bench.commit({"swap/inside": b"now\n", "was": b"file now\n"})


def _git(bench, *arguments):
    command = ["git", "-c", "core.quotepath=false", f"--git-dir={bench.path}", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("nul_terminated", [False, True])
def test_raw_listing_as_git_prints_it(repo, bench, pair, nul_terminated):
    old, new = pair
    options = ["-z"] if nul_terminated else []
    expected = _git(bench, "diff", "--raw", "--no-abbrev", "-M100%", *options, old, new)
    assert format_raw(compare(repo, old, new).changes, nul_terminated=nul_terminated) == expected
    from_nothing = _git(
        bench, "diff", "--raw", "--no-abbrev", *options, "4b825dc642cb6eb9a060e54bf8d69288fbee4904", new
    )
    assert format_raw(compare(repo, None, new).changes, nul_terminated=nul_terminated) == from_nothing


def test_statuses_and_limit(repo, pair):
    old, new = pair
    changes = {change.path: change for change in compare(repo, old, new).changes}
    assert changes["renamed.txt"].status is ChangeStatus.RENAMED
    assert changes["renamed.txt"].old_path == "moved.txt"
    assert changes["edit.txt"].status is ChangeStatus.MODIFIED
    assert changes["gone.txt"].status is ChangeStatus.DELETED
    assert "keep" not in changes
    assert compare(repo, old, old).changes == []
    short = compare(repo, old, new, limit=2)
    assert short.truncated
    assert len(short.changes) == 2


def test_unified_diff_can_be_applied_by_git(repo, bench, pair, tmp_path):
    old, new = pair
    changes = [change for change in compare(repo, old, new).changes if change.path != "image.bin"]
    diff = unified_diff(repo, changes)
    assert not diff.truncated
    assert "-two\n+2\n" in diff.text
    work = tmp_path / "work"
    _git(bench, "worktree", "add", "--detach", str(work), old)
    subprocess.run(["git", "apply", "--index", "-"], cwd=work, input=diff.text.encode(), check=True)
    written = subprocess.run(["git", "write-tree"], cwd=work, capture_output=True, check=True).stdout.decode().strip()
    left = compare(repo, new, _git(bench, "commit-tree", written, "-m", "x").strip()).changes
    assert [change.path for change in left] == ["image.bin"]


def test_binary_large_and_too_much(repo, pair):
    old, new = pair
    changes = compare(repo, old, new).changes
    image = [change for change in changes if change.path == "image.bin"]
    assert "Binary files" in unified_diff(repo, image).text
    assert "too large to show" in unified_diff(repo, image, max_file_bytes=10).text
    cut = unified_diff(repo, changes, max_bytes=400)
    assert cut.truncated
    assert 0 < len(cut.text) <= 400
