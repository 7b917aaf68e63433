from __future__ import annotations

import pytest

from holdfast.accounts.domain import OrgRole, RepoCounts
from holdfast.accounts.permissions import Visibility
from holdfast.accounts.service import open_accounts
from holdfast.base.errors import Conflict, Forbidden, InvalidInput, LoginRequired, NotFound
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor, TokenRole


def role_of(services, org: str, actor: Actor) -> OrgRole | None:
    with services.accounts.database.read() as connection:
        found = services.accounts.organization(connection, org)
        return services.accounts.role_in(connection, actor, found.id)


def test_names_are_unique_without_regard_to_case(services, alice):
    with pytest.raises(Conflict, match="'Alice' is taken"):
        services.accounts.create_user(SYSTEM, "ALICE")
    with pytest.raises(Conflict):
        services.accounts.create_organization(SYSTEM, "alice", owner="alice")
    with services.accounts.database.read() as connection:
        found = services.accounts.find_namespace(connection, "aLiCe")
        assert found is not None
        assert (found.id, found.name, found.fullname, found.is_org) == (alice.user_id, "Alice", "Alice Liddell", False)
        assert services.accounts.namespace(connection, found.id) == found
        assert services.accounts.namespaces(connection, [found.id, 999]) == {found.id: found}
        assert services.accounts.find_namespace(connection, "carol") is None
        assert services.accounts.get_user(connection, found.id) == services.accounts.find_user(connection, "ALICE")
        for absent in (
            lambda: services.accounts.find_user(connection, "carol"),
            lambda: services.accounts.get_user(connection, 999),
            lambda: services.accounts.namespace(connection, 999),
        ):
            with pytest.raises(NotFound):
                absent()


def test_a_refused_user_leaves_nothing_behind(services):
    with pytest.raises(InvalidInput):
        services.accounts.create_user(SYSTEM, "carol", email="nonsense")
    assert services.accounts.list_users(SYSTEM) == []


def test_only_site_admins_add_and_list_users(services, alice):
    for call in (
        lambda: services.accounts.create_user(alice, "carol"),
        lambda: services.accounts.list_users(alice),
        lambda: services.accounts.list_organizations(alice),
        lambda: services.accounts.set_user_disabled(alice, "alice", disabled=True),
        lambda: services.accounts.create_organization(alice, "acme", owner="bob"),
    ):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(LoginRequired):
        services.accounts.create_user(ANONYMOUS, "carol")


def test_the_creator_of_an_organization_is_its_admin(services, alice, bob):
    org = services.accounts.create_organization(alice, "acme", fullname="Acme", private_by_default=True)
    assert (org.name, org.is_org, org.private_by_default) == ("acme", True, True)
    assert role_of(services, "ACME", alice) is OrgRole.ADMIN
    assert role_of(services, "acme", bob) is None
    assert role_of(services, "acme", ANONYMOUS) is None
    read_token = Actor(alice.user_id, alice.username, token_role=TokenRole.READ)
    with pytest.raises(Forbidden):
        services.accounts.create_organization(read_token, "other")


def test_everybody_is_admin_in_the_own_namespace(services, alice, bob):
    with services.accounts.database.read() as connection:
        assert services.accounts.role_in(connection, alice, alice.user_id) is OrgRole.ADMIN
        assert services.accounts.role_in(connection, alice, bob.user_id) is None


def test_members_come_change_and_go(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    services.accounts.set_member(alice, "acme", "BOB", OrgRole.READ)
    services.accounts.set_member(alice, "acme", "bob", OrgRole.WRITE)
    assert role_of(services, "acme", bob) is OrgRole.WRITE
    with pytest.raises(Forbidden):
        services.accounts.set_member(bob, "acme", "bob", OrgRole.ADMIN)
    with pytest.raises(Forbidden):
        services.accounts.remove_member(bob, "acme", "alice")
    services.accounts.remove_member(bob, "acme", "bob")
    assert role_of(services, "acme", bob) is None
    with pytest.raises(NotFound):
        services.accounts.remove_member(alice, "acme", "bob")
    with pytest.raises(NotFound):
        services.accounts.set_member(alice, "nowhere", "bob", OrgRole.READ)
    with pytest.raises(NotFound):
        services.accounts.set_member(alice, "bob", "alice", OrgRole.READ)


def test_the_last_admin_stays(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    with pytest.raises(Conflict, match="no admin left"):
        services.accounts.remove_member(alice, "acme", "alice")
    with pytest.raises(Conflict):
        services.accounts.set_member(alice, "acme", "alice", OrgRole.WRITE)
    assert role_of(services, "acme", alice) is OrgRole.ADMIN
    services.accounts.set_member(alice, "acme", "bob", OrgRole.ADMIN)
    services.accounts.remove_member(alice, "acme", "alice")
    assert role_of(services, "acme", bob) is OrgRole.ADMIN


def test_who_may_create_repos_where(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    with services.accounts.database.read() as connection:
        creator = services.accounts.require_creator
        assert creator(connection, alice, None).name == "Alice"
        assert creator(connection, alice, "ACME").name == "acme"
        for actor, name in ((bob, "acme"), (bob, "alice"), (bob, "nowhere")):
            with pytest.raises(Forbidden, match="don't have the rights"):
                creator(connection, actor, name)
        with pytest.raises(LoginRequired):
            creator(connection, ANONYMOUS, "acme")


def test_visibility_covers_own_and_organizations(services, alice, bob):
    org = services.accounts.create_organization(alice, "acme")
    with services.accounts.database.read() as connection:
        visibility = services.accounts.visibility
        assert visibility(connection, alice).namespace_ids == {alice.user_id, org.id}
        assert visibility(connection, bob).namespace_ids == {bob.user_id}
        assert visibility(connection, ANONYMOUS) == Visibility()
        assert visibility(connection, SYSTEM).everything


def test_profiles(services, alice, bob):
    services.accounts.create_organization(alice, "acme", fullname="Acme Research")
    services.accounts.set_member(alice, "acme", "bob", OrgRole.READ)
    me = services.profiles.whoami(bob)
    assert (me.user.name, me.token) == ("bob", None)
    assert [(membership.namespace.name, membership.role) for membership in me.orgs] == [("acme", OrgRole.READ)]
    with pytest.raises(LoginRequired):
        services.profiles.whoami(ANONYMOUS)
    with pytest.raises(LoginRequired):
        services.profiles.whoami(SYSTEM)
    overview = services.profiles.organization_overview("ACME")
    assert (overview.org.fullname, overview.member_count, overview.counts) == ("Acme Research", 2, None)
    assert services.profiles.user_overview("alice").orgs[0].namespace.name == "acme"
    for absent in (
        lambda: services.profiles.user_overview("acme"),
        lambda: services.profiles.organization_overview("bob"),
    ):
        with pytest.raises(NotFound):
            absent()


def test_members_are_listed_in_pages(services, alice, bob):
    services.accounts.create_organization(alice, "acme")
    services.accounts.set_member(alice, "acme", "bob", OrgRole.READ)
    first = services.profiles.list_members("acme", 0, 1)
    assert [member.namespace.name for member in first] == ["Alice"]
    rest = services.profiles.list_members("acme", first[0].namespace.id, 5)
    assert [(member.namespace.name, member.role) for member in rest] == [("bob", OrgRole.READ)]


def test_repos_are_counted_by_whoever_knows_them(database, clock, alice):
    class TwoModels:
        def count_public_repos(self, connection, namespace_id):
            assert namespace_id == alice.user_id
            return RepoCounts(models=2, datasets=1, spaces=0)

    services = open_accounts(database, clock, TwoModels())
    assert services.profiles.user_overview("alice").counts == RepoCounts(2, 1, 0)
