import pytest

from holdfast.base.errors import Conflict
from holdfast.hub.repos.git_storage.commits import create_commit, tree_of
from holdfast.hub.repos.git_storage.merging import conflicting_paths, merge_base, merged_tree, reverted_tree

MAIN = "refs/heads/main"


LINES = b"".join(b"%d\n" % number for number in range(20))


@pytest.fixture
def forked(bench):
    base = bench.commit({"a": LINES, "b": b"b"})
    ours = bench.commit({"a": LINES.replace(b"0\n", b"zero\n", 1), "ours": b"1"})
    theirs = bench.commit({"a": LINES.replace(b"19\n", b"nineteen\n"), "b": None}, ref="refs/pr/1", parents=[base])
    return base, ours, theirs


def test_merge(repo, forked):
    base, ours, theirs = forked
    assert merge_base(repo, ours, theirs) == base
    tree = repo[merged_tree(repo, ours, theirs)]
    assert {entry.name for entry in tree} == {"a", "ours"}
    assert tree["a"].data.startswith(b"zero\n")
    assert tree["a"].data.endswith(b"nineteen\n")
    assert conflicting_paths(repo, ours, theirs) == []


def test_merge_with_conflicts(repo, bench, forked):
    base, ours, _ = forked
    theirs = bench.commit({"a": LINES.replace(b"0\n", b"nil\n", 1), "ours": b"2"}, ref="refs/pr/2", parents=[base])
    assert conflicting_paths(repo, ours, theirs) == ["a", "ours"]
    with pytest.raises(Conflict, match="a, ours"):
        merged_tree(repo, ours, theirs)


def test_unrelated_histories(repo, bench, forked):
    alone = create_commit(repo, tree_of(repo, forked[0]), [], bench.author(), "alone")
    assert merge_base(repo, forked[1], alone) is None


def test_revert(repo, bench):
    first = bench.commit({"a": LINES})
    second = bench.commit({"a": LINES.replace(b"5\n", b"five\n", 1), "added": b"x"})
    third = bench.commit({"a": LINES.replace(b"5\n", b"five\n", 1).replace(b"19\n", b"nineteen\n")})
    tree = repo[reverted_tree(repo, second, third)]
    assert {entry.name for entry in tree} == {"a"}
    assert tree["a"].data == LINES.replace(b"19\n", b"nineteen\n")
    assert reverted_tree(repo, third, third) == tree_of(repo, second)
    with pytest.raises(Conflict, match="first commit"):
        reverted_tree(repo, first, third)


def test_revert_of_a_merge_and_with_conflicts(repo, bench, forked):
    base, ours, theirs = forked
    merge = create_commit(repo, merged_tree(repo, ours, theirs), [ours, theirs], bench.author(), "merge")
    assert reverted_tree(repo, merge, merge) == tree_of(repo, ours)
    one = bench.commit({"a": b"1\n"}, ref="refs/heads/x", parents=[base])
    two = bench.commit({"a": b"2\n"}, ref="refs/heads/x")
    with pytest.raises(Conflict, match="reverted without conflicts in: a"):
        reverted_tree(repo, one, two)
