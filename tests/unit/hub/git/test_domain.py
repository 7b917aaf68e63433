from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.hub.git.domain import (
    MAX_LISTED,
    MAX_REF_UPDATES,
    PushRefused,
    RefUpdate,
    check_ref,
    list_lines,
    parse_proposal,
)

ONE, TWO, ZEROS = "1" * 40, "2" * 40, "0" * 40


def test_a_proposal_is_read_as_the_hook_sends_it():
    text = f"/q\n{ZEROS} {ONE} refs/heads/a\n{ONE} {TWO} refs/heads/b\n{TWO} {ZEROS} refs/tags/c d\n\n"
    proposal = parse_proposal(text.encode())
    assert proposal.quarantine == Path("/q")
    assert proposal.updates == (
        RefUpdate(None, ONE, "refs/heads/a"),
        RefUpdate(ONE, TWO, "refs/heads/b"),
        RefUpdate(TWO, None, "refs/tags/c d"),
    )
    assert proposal.tips == (ONE, TWO)


def test_deletions_alone_come_without_quarantine():
    proposal = parse_proposal(f"\n{ONE} {ZEROS} refs/heads/a\n\n".encode())
    assert proposal.quarantine is None
    assert proposal.tips == ()


def test_too_many_refs():
    line = f"{ZEROS} {ONE} refs/heads/a\n"
    assert len(parse_proposal(("/q\n" + line * MAX_REF_UPDATES).encode()).updates) == MAX_REF_UPDATES
    with pytest.raises(PushRefused, match=str(MAX_REF_UPDATES)):
        parse_proposal(("/q\n" + line * (MAX_REF_UPDATES + 1)).encode())


@pytest.mark.parametrize(
    "name", ["refs/heads/main", "refs/heads/a/b", "refs/tags/v1", "refs/pr/1", "refs/pr/123456789"]
)
def test_refs_that_may_move(name):
    check_ref(RefUpdate(ONE, TWO, name), "refs/heads/main")
    check_ref(RefUpdate(None, TWO, name), "refs/heads/main")


@pytest.mark.parametrize(
    "name",
    ["HEAD", "refs/notes/x", "refs/convert/parquet", *(f"refs/pr/{num}" for num in ("0", "01", "1/x", "²", "1" * 10))],
)
def test_refs_that_may_not(name):
    with pytest.raises(PushRefused, match="neither a branch"):
        check_ref(RefUpdate(ONE, TWO, name), "refs/heads/main")


def test_what_may_be_deleted():
    check_ref(RefUpdate(ONE, None, "refs/heads/topic"), "refs/heads/main")
    check_ref(RefUpdate(ONE, None, "refs/tags/main"), "refs/heads/main")
    with pytest.raises(PushRefused, match="default branch"):
        check_ref(RefUpdate(ONE, None, "refs/heads/main"), "refs/heads/main")
    with pytest.raises(PushRefused, match="close the pull request"):
        check_ref(RefUpdate(ONE, None, "refs/pr/3"), "refs/heads/main")


def test_long_lists_are_cut():
    assert list_lines(["a", "b"]) == "  a\n  b"
    assert list_lines(["x"] * (MAX_LISTED + 5)).splitlines()[-1] == "  … and 5 more"
