from __future__ import annotations

import pytest

from holdfast.base.errors import Conflict, Forbidden, InvalidInput, LoginRequired, NotFound, RepoNotFound
from holdfast.base.identity import ANONYMOUS, TokenRole
from holdfast.base.ids import RepoId
from holdfast.hub.community.domain import HIDDEN_TEXT, Comment, EventKind, StatusChange, TitleChange
from holdfast.hub.repos.domain import AddFile, Gating
from holdfast.hub.repos.service.lifecycle import SettingsChange
from tests.factories.hub import MODEL, with_token

M = MODEL, RepoId("alice", "m")


@pytest.fixture
def talk(hub, community):
    return community.discussions.open_discussion(hub.bob, *M, "  A   question ", "Why *this*?")


def view(hub, community, num, actor=None, **options):
    return community.views.get_discussion(actor or hub.bob, *M, num, **options)


def whats(seen):
    return [named.event.what for named in seen.events]


def test_a_discussion_opens_with_what_was_written(hub, community, talk):
    seen = view(hub, community, talk)
    assert (seen.discussion.num, seen.discussion.title, seen.discussion.status) == (1, "A question", "open")
    assert (seen.author, seen.discussion.is_pull_request, seen.diff) == ("bob", False, None)
    [opening] = seen.events
    assert (opening.author, opening.event.what.latest.text) == ("bob", "Why *this*?")


def test_discussions_and_pull_requests_are_numbered_together(hub, community, talk):
    assert hub.commit("alice/m", AddFile("a", b"a"), create_pr=True).pull_request == 2
    assert community.discussions.open_discussion(hub.bob, *M, "Another", "") == 3
    page = community.views.list_discussions(hub.bob, *M)
    assert [item.discussion.num for item in page.items] == [3, 2, 1]
    assert (page.start, page.total) == (0, 3)


def test_filters(hub, community, talk):
    hub.commit("alice/m", AddFile("a", b"a"), create_pr=True)
    community.discussions.change_status(hub.bob, *M, talk, "closed")

    def nums(**filters):
        return [item.discussion.num for item in community.views.list_discussions(hub.bob, *M, **filters).items]

    assert (nums(pull_requests=True), nums(pull_requests=False)) == ([2], [1])
    assert (nums(open_ones=True), nums(open_ones=False)) == ([2], [1])
    assert (nums(author="BOB"), nums(author="nobody"), nums(page=1)) == ([1], [], [])
    assert community.views.count_open(hub.bob, *M) == 1


def test_comments_are_edited_by_their_author_only(hub, community, talk):
    said = community.discussions.comment(hub.alice, *M, talk, "Because.")
    with pytest.raises(Forbidden):
        community.discussions.edit_comment(hub.bob, *M, talk, said.id, "No.")
    community.discussions.edit_comment(hub.alice, *M, talk, said.id, "Because of that.")
    comment = whats(view(hub, community, talk))[1]
    assert [version.text for version in comment.versions] == ["Because.", "Because of that."]


def test_the_opening_comment_can_be_edited_twice(hub, community, talk):
    [opening] = view(hub, community, talk).events
    for text in ("Second", "Third"):
        community.discussions.edit_comment(hub.bob, *M, talk, opening.event.id, text)
    [now] = view(hub, community, talk).events
    assert now.event.id == opening.event.id
    assert [version.text for version in now.event.what.versions] == ["Why *this*?", "Second", "Third"]


@pytest.mark.parametrize("who", ["bob", "alice"])
def test_of_a_hidden_comment_nothing_is_kept(hub, community, talk, who):
    said = community.discussions.comment(hub.bob, *M, talk, "a secret")
    community.discussions.hide_comment(getattr(hub, who), *M, talk, said.id)
    comment = whats(view(hub, community, talk))[1]
    assert comment.hidden
    assert [version.text for version in comment.versions] == [HIDDEN_TEXT]
    with pytest.raises(Conflict):
        community.discussions.edit_comment(hub.bob, *M, talk, said.id, "again")
    assert not hub.database.fetch_one("SELECT count(*) FROM discussion_event WHERE data LIKE '%a secret%'", ())[0]


def test_strangers_hide_nothing_of_others(hub, community, talk):
    said = community.discussions.comment(hub.alice, *M, talk, "mine")
    with pytest.raises(Forbidden):
        community.discussions.hide_comment(hub.bob, *M, talk, said.id)
    with pytest.raises(NotFound):
        community.discussions.hide_comment(hub.alice, *M, talk, "0" * 24)


def test_titles_and_states_change_by_author_and_owner(hub, community, talk):
    community.discussions.rename(hub.alice, *M, talk, "A better question")
    community.discussions.change_status(hub.bob, *M, talk, "closed", "Thanks!")
    seen = view(hub, community, talk)
    assert (seen.discussion.title, seen.discussion.status) == ("A better question", "closed")
    comment = whats(seen)[2]
    assert isinstance(comment, Comment)
    assert whats(seen)[1::2] == [TitleChange("A question", "A better question"), StatusChange("closed")]
    assert [named.event.kind for named in seen.events][1:] == [EventKind.TITLE, EventKind.COMMENT, EventKind.STATUS]


def test_strangers_change_nothing_of_others(hub, community):
    num = community.discussions.open_discussion(hub.alice, *M, "Alice's", "")
    for change in (
        lambda: community.discussions.rename(hub.bob, *M, num, "Bob's now"),
        lambda: community.discussions.change_status(hub.bob, *M, num, "closed"),
    ):
        with pytest.raises(Forbidden):
            change()
    assert not view(hub, community, num).may_change
    assert view(hub, community, num, hub.alice).may_change


@pytest.mark.parametrize("title", ["", "  ab ", "x" * 201])
def test_titles_have_a_length(hub, community, title):
    with pytest.raises(InvalidInput, match="3 to 200"):
        community.discussions.open_discussion(hub.bob, *M, title, "")


def test_comments_have_a_length(hub, community, talk):
    for text in ("", " \n", "x" * 65_537):
        with pytest.raises(InvalidInput):
            community.discussions.comment(hub.bob, *M, talk, text)
    with pytest.raises(InvalidInput, match="one of open, closed"):
        community.discussions.change_status(hub.bob, *M, talk, "draft")


def test_who_may_only_look_says_nothing(hub, community, talk):
    with pytest.raises(LoginRequired):
        community.discussions.comment(ANONYMOUS, *M, talk, "hello")
    with pytest.raises(Forbidden):
        community.discussions.comment(with_token(hub.bob, TokenRole.READ), *M, talk, "hello")
    seen = view(hub, community, talk, ANONYMOUS)
    assert (seen.may_discuss, seen.may_change, seen.may_merge) == (False, False, False)


def test_private_repos_keep_their_discussions(hub, community, talk):
    hub.repos.lifecycle.update_settings(hub.alice, *M, SettingsChange(private=True))
    for look in (
        lambda: view(hub, community, talk),
        lambda: view(hub, community, 99),
        lambda: community.views.list_discussions(hub.bob, *M),
        lambda: community.discussions.comment(hub.bob, *M, talk, "hello"),
    ):
        with pytest.raises(RepoNotFound):
            look()


def test_the_diff_is_for_those_who_may_read(hub, community):
    num = hub.commit("alice/m", AddFile("file.txt", b"two\n"), create_pr=True).pull_request
    assert "-one\n+two\n" in view(hub, community, num, diff=True).diff
    assert view(hub, community, num).diff is None
    hub.repos.lifecycle.update_settings(hub.alice, *M, SettingsChange(gated=Gating.MANUAL))
    assert view(hub, community, num, diff=True).diff is None


def test_deleted_repos_leave_nothing(hub, community, talk):
    hub.repos.lifecycle.delete_repo(hub.alice, *M)
    assert hub.database.fetch_one("SELECT count(*) FROM discussion", ())[0] == 0
