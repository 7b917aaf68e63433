"""Ways around folders."""

from holdfast.hub.repos.git_storage.refs import Ref, RefKind
from holdfast.hub.repos.metadata.format_safety import FormatSafety, format_safety
from holdfast.ui.pages.files import MAX_REFS, Crumb, crumbs_of, is_branch, revision_groups

OID = "0" * 40


def ref(kind, name):
    return Ref(kind, name, kind.prefix + name, OID)


def test_crumbs():
    assert crumbs_of("") == []
    assert crumbs_of("a/b c") == [Crumb("a", "a"), Crumb("b c", "a/b c")]


def test_refs_in_groups():
    pulls = [ref(RefKind.PULL_REQUEST, str(number)) for number in range(1, MAX_REFS + 21)]
    refs = (ref(RefKind.BRANCH, "main"), ref(RefKind.TAG, "v1"), *pulls)
    branches, tags, requests = revision_groups(refs, "refs/pr/120")
    assert [(link.name, link.word, link.is_current) for link in branches.refs] == [("main", "main", False)]
    assert tags.title == "Tags"
    assert (requests.refs[0].word, requests.refs[0].is_current, requests.left_out) == ("refs/pr/120", True, 20)
    assert revision_groups((), "main") == []


def test_where_commits_can_go():
    refs = (ref(RefKind.BRANCH, "main"), ref(RefKind.TAG, "v1"), ref(RefKind.PULL_REQUEST, "1"))
    assert [is_branch(refs, word) for word in ("main", "refs/heads/main", "refs/pr/1", "v1", OID, "other")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_formats_that_run_code():
    paths = ("a/model.safetensors", "m.pt", "pytorch_model-1.BIN", "x.bin", "a", "a.npy")
    judged = {path: format_safety(path) for path in paths}
    assert judged == {
        "a/model.safetensors": FormatSafety.SAFE,
        "m.pt": FormatSafety.RUNS_CODE,
        "pytorch_model-1.BIN": FormatSafety.RUNS_CODE,
        "x.bin": FormatSafety.MAY_RUN_CODE,
        "a.npy": FormatSafety.MAY_RUN_CODE,
        "a": None,
    }
