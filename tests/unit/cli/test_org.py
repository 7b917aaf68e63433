from __future__ import annotations

import pytest

from holdfast.accounts.domain import OrgRole


@pytest.fixture(autouse=True)
def people(run):
    run("user", "add", "alice", "--password", "pw")
    run("user", "add", "bob", "--password", "pw")


def members(services, org: str) -> dict[str, OrgRole]:
    return {member.namespace.name: member.role for member in services.profiles.list_members(org, 0, 10)}


def test_an_organization_with_its_owner(run, services):
    words = ["--owner", "alice", "--fullname", "Acme Research", "--private-by-default"]
    assert run("org", "add", "acme", *words) == (0, "Added organization acme.\n", "")
    org = services.profiles.organization_overview("acme").org
    assert (org.fullname, org.private_by_default) == ("Acme Research", True)
    assert members(services, "acme") == {"alice": OrgRole.ADMIN}
    assert run("org", "list")[1].splitlines()[1].split() == ["acme", "Acme", "Research", "private"]


def test_members(run, services):
    run("org", "add", "acme", "--owner", "alice")
    assert run("org", "member", "acme", "bob", "--role", "contributor")[0] == 0
    assert members(services, "acme") == {"alice": OrgRole.ADMIN, "bob": OrgRole.CONTRIBUTOR}
    assert run("org", "member", "acme", "bob", "--remove")[1] == "bob is no longer a member of acme.\n"
    assert members(services, "acme") == {"alice": OrgRole.ADMIN}


def test_errors(run):
    run("org", "add", "acme", "--owner", "alice")
    assert run("org", "member", "acme", "bob", "--role", "king")[0] == 1
    assert run("org", "member", "acme", "alice", "--remove")[2] == "holdfast: acme would have no admin left\n"
    assert run("org", "add", "other", "--owner", "carol")[2] == "holdfast: User 'carol' does not exist.\n"
    assert run("org", "add", "Bob", "--owner", "alice")[2] == "holdfast: The name 'bob' is taken\n"
