import pytest

from holdfast.base.errors import RevisionNotFound
from holdfast.hub.repos.git_storage.commits import create_commit, tree_of
from holdfast.hub.repos.git_storage.refs import create_ref, create_tag, delete_ref, update_ref
from holdfast.hub.repos.git_storage.revisions import resolve_revision

MAIN = "refs/heads/main"


@pytest.fixture
def commits(bench):
    return [bench.commit({"a": b"%d" % number}) for number in range(4)]


def test_every_kind_of_word(repo, bench, commits):
    create_tag(repo, "v1", commits[1], bench.author(), "annotated")
    create_ref(repo, "refs/pr/7", commits[0])
    create_ref(repo, "refs/convert/parquet", commits[2])
    create_ref(repo, "refs/heads/feature/x", commits[1])
    expected = {
        "main": commits[3], "HEAD": commits[3], MAIN: commits[3], "v1": commits[1], "refs/tags/v1": commits[1],
        "refs/pr/7": commits[0], "refs/convert/parquet": commits[2], "feature/x": commits[1],
        commits[2]: commits[2], commits[0][:7]: commits[0], commits[0][:20]: commits[0],
    }  # fmt: skip
    for _ in range(2):  # the second time from memory
        assert {word: resolve_revision(repo, word) for word in expected} == expected


@pytest.mark.parametrize("word", [
    "nope", "", "main~1", "main^", "main@{0}", "main:a", ":/change", "@", "refs/heads/", "refs/heads", "refs/pr/99",
    "refs/remotes/x", "../HEAD", "a\0b", "\ud800", "0" * 40, "0" * 7, "x" * 5000, "-1", "heads/main", "FETCH_HEAD",
    "config",
])  # fmt: skip
def test_what_names_nothing(repo, commits, word):
    with pytest.raises(RevisionNotFound, match="Invalid rev id"):
        resolve_revision(repo, word)


def test_short_oids_need_seven_digits_and_a_commit(repo, commits):
    for word in (commits[0][:6], tree_of(repo, commits[0]), tree_of(repo, commits[0])[:10]):
        with pytest.raises(RevisionNotFound):
            resolve_revision(repo, word)


def test_a_branch_wins_over_a_tag_and_over_a_short_oid(repo, bench, commits):
    create_ref(repo, "refs/heads/both", commits[0])
    create_tag(repo, "both", commits[1], bench.author(), None)
    create_ref(repo, f"refs/heads/{commits[0][:8]}", commits[2])
    assert resolve_revision(repo, "both") == commits[0]
    assert resolve_revision(repo, commits[0][:8]) == commits[2]


def test_a_commit_that_no_ref_reaches_does_not_exist(repo, bench, commits):
    loose = create_commit(repo, tree_of(repo, commits[0]), [commits[0]], bench.author(), "secret")
    for word in (loose, loose[:9]):
        with pytest.raises(RevisionNotFound):
            resolve_revision(repo, word)
    create_ref(repo, "refs/pr/1", loose)
    assert resolve_revision(repo, loose) == loose
    delete_ref(repo, "refs/pr/1")
    with pytest.raises(RevisionNotFound):
        resolve_revision(repo, loose)


def test_what_was_reached_once_is_asked_again_after_a_rewrite(repo, bench, commits):
    assert resolve_revision(repo, commits[3]) == commits[3]
    newest = bench.commit({"a": b"new"})
    assert resolve_revision(repo, commits[3]) == commits[3]
    update_ref(repo, MAIN, commits[1], newest)
    assert resolve_revision(repo, commits[0]) == commits[0]
    with pytest.raises(RevisionNotFound):
        resolve_revision(repo, commits[3])


def test_head_of_an_empty_repo(repo):
    with pytest.raises(RevisionNotFound):
        resolve_revision(repo, "HEAD")
