"""What the client reads, field by field."""

from __future__ import annotations

from holdfast.accounts.domain import OrgRole, RepoCounts
from holdfast.accounts.routes import shapes
from holdfast.accounts.service.profiles import UserOverview
from holdfast.base.identity import SYSTEM, Grant, Permission, TokenRole


def identity_of(services, secret: str):
    return services.profiles.whoami(services.authentication.authenticate(f"Bearer {secret}", None))


def test_whoami_with_a_token(services, alice, bob, issue):
    services.accounts.create_organization(bob, "acme", fullname="Acme Research")
    services.accounts.set_member(bob, "acme", "alice", OrgRole.CONTRIBUTOR)
    shape = shapes.whoami(identity_of(services, issue("alice", TokenRole.READ)))
    assert shape["type"] == "user"
    assert (shape["name"], shape["fullname"], shape["email"]) == ("Alice", "Alice Liddell", "alice@example.org")
    assert len(shape["id"]) == 24
    org = shape["orgs"][0]
    assert (org["type"], org["name"], org["fullname"], org["roleInOrg"], org["isEnterprise"]) == (
        "org", "acme", "Acme Research", "contributor", False,
    )  # fmt: skip
    assert shape["auth"] == {
        "type": "access_token",
        "accessToken": {"displayName": "test", "role": "read", "createdAt": "2023-11-14T22:13:20.000Z"},
    }


def test_whoami_of_a_fine_grained_token_names_its_grants(services, alice, issue):
    grants = (Grant("model:a/b", frozenset({Permission.WRITE_REPO, Permission.READ_REPO})),)
    shape = shapes.whoami(identity_of(services, issue("alice", TokenRole.FINE_GRAINED, grants=grants)))
    assert shape["auth"]["accessToken"]["role"] == "fineGrained"
    assert shape["auth"]["accessToken"]["grants"] == [
        {"scope": "model:a/b", "permissions": ["read-repo", "write-repo"]}
    ]


def test_whoami_of_sessions_and_device_logins_has_no_access_token(services, alice):
    assert "accessToken" not in shapes.whoami(services.profiles.whoami(alice))["auth"]
    issued = services.devices.start("c")
    services.devices.decide(SYSTEM, issued.user_code, approve=True, username="alice")
    shape = shapes.whoami(identity_of(services, services.devices.redeem(issued.device_code).access_token))
    assert "accessToken" not in shape["auth"]


def test_overviews_tell_no_secrets(services, alice, bob):
    services.accounts.create_organization(bob, "acme")
    user = shapes.user_overview(services.profiles.user_overview("alice"))
    assert (user["user"], user["type"], user["fullname"], user["orgs"]) == ("Alice", "user", "Alice Liddell", [])
    assert not {"email", "numModels"} & set(user)
    org = shapes.organization_overview(services.profiles.organization_overview("acme"))
    assert (org["name"], org["numUsers"], org["avatarUrl"]) == ("acme", 1, "/avatars/acme.svg")


def test_counts_appear_when_known(services, alice):
    overview = services.profiles.user_overview("alice")
    shape = shapes.user_overview(UserOverview(overview.user, overview.orgs, RepoCounts(3, 2, 1)))
    assert (shape["numModels"], shape["numDatasets"], shape["numSpaces"]) == (3, 2, 1)
