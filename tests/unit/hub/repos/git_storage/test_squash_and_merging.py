import pytest

from holdfast.base.errors import Conflict, RevisionNotFound
from holdfast.hub.repos.git_storage.commits import create_commit, read_commit, tree_of
from holdfast.hub.repos.git_storage.history import count_commits
from holdfast.hub.repos.git_storage.merging import conflicting_paths, merge_base, merged_tree, reverted_tree
from holdfast.hub.repos.git_storage.refs import create_ref, read_ref
from holdfast.hub.repos.git_storage.squash import super_squash

MAIN = "refs/heads/main"


def test_super_squash_keeps_the_tree_and_other_branches(repo, bench):
    oids = [bench.commit({"a": b"%d" % number}) for number in range(4)]
    create_ref(repo, "refs/heads/old", oids[2])
    squashed = super_squash(repo, MAIN, bench.author(), "Super-squash")
    assert read_ref(repo, MAIN) == squashed
    assert count_commits(repo, squashed) == 1
    assert tree_of(repo, squashed) == tree_of(repo, oids[3])
    assert read_commit(repo, squashed).summary == "Super-squash"
    assert count_commits(repo, read_ref(repo, "refs/heads/old")) == 3
    with pytest.raises(RevisionNotFound):
        super_squash(repo, "refs/pr/9", bench.author(), "x")


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
