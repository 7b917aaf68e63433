import subprocess

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.hub.repos.git_storage.history import count_commits, is_ancestor, list_commits
from holdfast.hub.repos.git_storage.last_commits import last_commits

MAIN = "refs/heads/main"


@pytest.fixture
def history(bench):
    """main: 0 1 2 3 M 5, where M merges a side branch that left after 1."""
    oids = {}
    oids["0"] = bench.commit({"a": b"0", "d/x": b"0", "d/y": b"0", "d/e/z": b"0"}, summary="0")
    oids["1"] = bench.commit({"d/x": b"1"}, summary="1")
    oids["2"] = bench.commit({"a": b"2"}, summary="2")
    oids["side"] = bench.commit({"d/y": b"s"}, ref="refs/heads/side", parents=[oids["1"]], summary="side")
    oids["3"] = bench.commit({"b": b"3", "d/e/z": None, "d/e/w": b"3"}, summary="3")
    oids["M"] = bench.commit({"d/y": b"s"}, parents=[oids["3"], oids["side"]], summary="M")
    oids["5"] = bench.commit({"b": None, "c": b"5"}, summary="5")
    return oids


def _git_log(bench, start, path):
    command = ["git", f"--git-dir={bench.path}", "log", "--format=%H", start, "--", path]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()


def _summaries(repo, start, **options):
    summaries, after = [], None
    while True:
        page = list_commits(repo, start, after=after, **options)
        summaries += [commit.summary for commit in page.commits]
        after = page.next_cursor
        if after is None:
            return summaries


@pytest.mark.parametrize("limit", [1, 2, 6, 7, 50])
def test_pages_of_the_log(repo, history, limit):
    assert _summaries(repo, history["5"], limit=limit) == ["5", "M", "3", "side", "2", "1", "0"]
    assert _summaries(repo, history["2"], limit=limit) == ["2", "1", "0"]
    assert count_commits(repo, history["5"]) == 7


@pytest.mark.parametrize("path", ["a", "b", "c", "d", "d/x", "d/y", "d/e", "d/e/z", "d/e/w", "nope"])
@pytest.mark.parametrize("limit", [1, 50])
def test_commits_of_a_path_as_git_finds_them(repo, bench, history, path, limit):
    expected = _git_log(bench, history["5"], path)
    by_summary = {oid: summary for summary, oid in history.items()}
    assert _summaries(repo, history["5"], path=path, limit=limit) == [by_summary[oid] for oid in expected]


def test_a_cursor_from_elsewhere(repo, history):
    with pytest.raises(InvalidInput):
        list_commits(repo, history["2"], after=history["5"])


def test_is_ancestor(repo, history):
    assert is_ancestor(repo, history["side"], history["5"])
    assert is_ancestor(repo, history["5"], history["5"])
    assert not is_ancestor(repo, history["side"], history["3"])


PATHS = ["a", "c", "d", "d/x", "d/y", "d/e", "d/e/w"]


def test_last_commits_as_git_finds_them(repo, bench, history):
    expected = {path: _git_log(bench, history["5"], path)[0] for path in PATHS}
    for paths in (["a"], PATHS, [*PATHS, "nope", "d/nope", "gone/x", "b"], PATHS[::-1]):
        found = last_commits(repo, history["5"], paths)
        assert {path: info.oid for path, info in found.items()} == {p: expected[p] for p in paths if p in expected}


def test_last_commits_after_a_new_commit_uses_what_was_found(repo, bench, history):
    last_commits(repo, history["5"], PATHS)
    newest = bench.commit({"d/x": b"new"}, summary="new")
    found = last_commits(repo, newest, PATHS)
    assert {path: info.summary for path, info in found.items()} == {
        "a": "2", "c": "5", "d": "new", "d/x": "new", "d/y": "side", "d/e": "3", "d/e/w": "3",
    }  # fmt: skip


def test_last_commits_with_equal_times_and_a_file_that_came_back(repo, bench):
    author = bench.author()
    bench.author = lambda: author  # every commit in the same second
    for content in (b"1", b"2", b"1"):
        newest = bench.commit({"a": content, "b": b"same"}, summary=content.decode())
    found = last_commits(repo, newest, ["a", "b"])
    assert found["a"].oid == newest
    assert found["b"].parents == ()
