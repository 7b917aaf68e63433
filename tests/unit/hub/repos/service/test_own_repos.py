"""What a namespace stores, for those who own it."""

from __future__ import annotations

import pytest

from holdfast.accounts.domain import OrgRole
from holdfast.base.errors import Forbidden, LoginRequired, NotFound
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor, Grant, Permission, TokenRole
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.service.own_repos import StoredRepo
from tests.factories.hub import MODEL, Hub


def own(hub: Hub, actor: Actor, org: str | None = None) -> list[StoredRepo]:
    return hub.repos.own_repos.list_own_repos(actor, org, before=None, limit=100).repos


def names(found: list[StoredRepo]) -> list[str]:
    return [str(stored.repo.id) for stored in found]


@pytest.fixture
def acme(hub: Hub) -> RepoId:
    """A private repo of an organization in which Alice is admin."""
    hub.accounts.accounts.create_organization(SYSTEM, "acme", owner="alice")
    hub.repos.lifecycle.create_repo(hub.alice, MODEL, RepoId("acme", "secret"), private=True, space_sdk=None)
    return RepoId("acme", "secret")


def test_own_repos_of_all_types_the_newest_first_with_their_share(hub: Hub, acme: RepoId):
    hub.create("alice/empty")
    hub.put_large(hub.create("alice/big"), "a.bin", b"123")
    hub.put_large(hub.create("alice/small", private=True), "b.bin", b"4")
    hub.create("alice/data", repo_type=RepoType.DATASET)
    hub.create("bob/other")
    found = own(hub, hub.alice)
    assert names(found) == ["alice/data", "alice/small", "alice/big", "alice/empty"]
    assert [(stored.size_bytes, stored.share) for stored in found] == [(0, 0), (1, 0.25), (3, 0.75), (0, 0)]


def test_pages_neither_repeat_nor_leave_out_what_was_there_when_repos_come_and_change(hub: Hub):
    for name in ("alice/a", "alice/b", "alice/c"):
        hub.create(name)
    first = hub.repos.own_repos.list_own_repos(hub.alice, None, before=None, limit=2)
    assert names(first.repos) == ["alice/c", "alice/b"]
    hub.create("alice/d")
    hub.put("alice/a", "changed.txt")
    rest = hub.repos.own_repos.list_own_repos(hub.alice, None, before=first.next_cursor, limit=2)
    assert (names(rest.repos), rest.next_cursor) == (["alice/a"], None)


def test_members_see_their_organizations_repos_and_nobody_else(hub: Hub, acme: RepoId):
    assert names(own(hub, hub.alice, "ACME")) == [str(acme)]
    assert names(own(hub, hub.root, "acme")) == [str(acme)]
    with pytest.raises(Forbidden):
        own(hub, hub.bob, "acme")
    hub.accounts.accounts.set_member(hub.alice, "acme", "bob", OrgRole.READ)
    assert names(own(hub, hub.bob, "acme")) == [str(acme)]
    with pytest.raises(NotFound):
        own(hub, hub.alice, "bob")
    with pytest.raises(LoginRequired):
        own(hub, ANONYMOUS)


def test_a_fine_grained_token_sees_the_private_repos_that_it_names(hub: Hub):
    for name, private in (("alice/public", False), ("alice/named", True), ("alice/hidden", True)):
        hub.put_large(hub.create(name, private=private), "a.bin", name.encode())
    grant = Grant("model:alice/named", frozenset({Permission.READ_REPO}))
    actor = Actor(hub.alice.user_id, "alice", token_role=TokenRole.FINE_GRAINED, grants=(grant,))
    found = own(hub, actor)
    assert names(found) == ["alice/named", "alice/public"]
    assert sum(stored.share for stored in found) == pytest.approx(1.0)  # which tells nothing of the hidden one
