from __future__ import annotations

import pytest

from holdfast.accounts.domain import OrgRole, ProfileChange, RepoCounts
from holdfast.accounts.service import open_accounts
from holdfast.base.errors import Conflict, Forbidden, InvalidInput, LoginRequired, NotFound
from holdfast.base.identity import ANONYMOUS, Actor, TokenRole


class Counter:
    """Some repos, of which one model is public."""

    def __init__(self) -> None:
        self.all = RepoCounts(2, 1, 0)

    def count_public_repos(self, _connection, _namespace_id):
        return RepoCounts(1, 0, 0)

    def count_repos(self, _connection, _namespace_id):
        return self.all


@pytest.fixture
def counter():
    return Counter()


@pytest.fixture
def services(database, clock, counter):
    return open_accounts(database, clock, counter)


def test_everybody_edits_their_own_profile(services, alice):
    changed = services.namespaces.edit_own(alice, ProfileChange(fullname=" A. Liddell ", bio="I fall.\r\n  I grow. \n"))
    assert (changed.fullname, changed.bio) == ("A. Liddell", "I fall.\n  I grow.")
    kept = services.namespaces.edit_own(alice, ProfileChange(bio=""), email="a@example.org")
    assert (kept.fullname, kept.bio) == ("A. Liddell", None)
    assert services.profiles.whoami(alice).user.email == "a@example.org"
    assert services.namespaces.edit_own(alice, ProfileChange(fullname=" "), email="").fullname == "Alice"
    assert services.profiles.whoami(alice).user.email is None


def test_profiles_are_checked(services, alice):
    for change in (ProfileChange(fullname="x" * 201), ProfileChange(bio="x" * 1001), ProfileChange(bio="a\x00b")):
        with pytest.raises(InvalidInput):
            services.namespaces.edit_own(alice, change)
    with pytest.raises(InvalidInput):
        services.namespaces.edit_own(alice, ProfileChange(), email="nonsense")
    with pytest.raises(LoginRequired):
        services.namespaces.edit_own(ANONYMOUS, ProfileChange())
    with pytest.raises(Forbidden):
        services.namespaces.edit_own(Actor(alice.user_id, "Alice", token_role=TokenRole.READ), ProfileChange())


def test_only_its_admins_change_an_organization(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    services.accounts.set_member(alice, "acme", "bob", OrgRole.WRITE)
    change = ProfileChange("Acme Research", "We measure.", private_by_default=True)
    changed = services.namespaces.edit_organization(alice, "ACME", change)
    assert (changed.fullname, changed.bio, changed.private_by_default) == ("Acme Research", "We measure.", True)
    for call in (
        lambda: services.namespaces.edit_organization(bob, "acme", change),
        lambda: services.namespaces.find_administered(bob, "acme"),
        lambda: services.namespaces.delete_organization(bob, "acme"),
    ):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(NotFound):
        services.namespaces.edit_organization(alice, "alice", change)


def test_only_an_empty_organization_is_deleted(services, counter, alice, bob):
    services.accounts.create_organization(alice, "acme")
    services.accounts.set_member(alice, "acme", "bob", OrgRole.WRITE)
    with pytest.raises(Conflict, match="has 3 repos"):
        services.namespaces.delete_organization(alice, "acme")
    counter.all = RepoCounts(0, 0, 0)
    services.namespaces.delete_organization(alice, "acme")
    assert services.profiles.find_profile(alice, "acme") is None
    assert services.profiles.whoami(bob).orgs == []
    services.accounts.create_organization(bob, "acme")


def test_private_repos_are_counted_for_insiders_alone(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    for name in ("acme", "alice"):
        assert services.profiles.find_profile(alice, name).counts == RepoCounts(2, 1, 0)
        for stranger in (bob, ANONYMOUS):
            assert services.profiles.find_profile(stranger, name).counts == RepoCounts(1, 0, 0)
    elsewhere = Actor(alice.user_id, "Alice", token_role=TokenRole.FINE_GRAINED)
    assert services.profiles.find_profile(elsewhere, "acme").counts == RepoCounts(1, 0, 0)


def test_a_profile_shows_who_belongs_together(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    services.accounts.set_member(alice, "acme", "bob", OrgRole.READ)
    acme = services.profiles.find_profile(bob, "ACME")
    assert ([member.namespace.name for member in acme.members], acme.member_count) == (["Alice", "bob"], 2)
    assert acme.role is OrgRole.READ
    assert [membership.namespace.name for membership in services.profiles.find_profile(bob, "bob").orgs] == ["acme"]
    assert services.profiles.find_profile(bob, "nobody") is None
