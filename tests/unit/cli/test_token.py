from __future__ import annotations

import pytest

from holdfast.base.errors import InvalidAccessToken
from holdfast.base.identity import TokenRole


@pytest.fixture(autouse=True)
def people(run):
    run("user", "add", "alice", "--password", "pw")


def test_create_prints_nothing_but_the_token(run, services):
    status, output, _ = run("token", "create", "alice", "--name", "ci", "--role", "read", "--expires-in-days", "3")
    assert status == 0
    actor = services.authentication.authenticate(f"Bearer {output.strip()}", None)
    assert (actor.username, actor.token_role) == ("alice", TokenRole.READ)
    heading, line = run("token", "list", "alice")[1].splitlines()
    assert heading.split()[:3] == ["ID", "NAME", "ROLE"]
    assert line.split()[1:3] == ["ci", "read"]


def test_a_given_token_and_its_end(run, services):
    assert run("token", "create", "alice", "--token", "hf_given") == (0, "hf_given\n", "")
    assert (
        run("token", "create", "alice", "--token", "hf_given")[2] == "holdfast: This access token is in use already\n"
    )
    number = run("token", "list", "alice")[1].splitlines()[1].split()[0]
    assert run("token", "revoke", "alice", number)[0] == 0
    with pytest.raises(InvalidAccessToken):
        services.authentication.authenticate("Bearer hf_given", None)
    assert run("token", "revoke", "alice", number)[0] == 1
    assert run("token", "create", "alice", "--role", "fineGrained")[0] == 2


def test_grants_make_a_fine_grained_token(run, services):
    words = ["--grant", "model:alice/bert=write-repo", "--grant", "acme=read-repo"]
    secret = run("token", "create", "alice", *words)[1].strip()
    actor = services.authentication.authenticate(f"Bearer {secret}", None)
    assert actor.token_role is TokenRole.FINE_GRAINED
    assert {(grant.scope, *(word.value for word in grant.permissions)) for grant in actor.grants} == {
        ("model:alice/bert", "write-repo"),
        ("acme", "read-repo"),
    }
    for bad in ("acme", "acme=fly", "=read-repo", "a/b=read-repo"):
        assert run("token", "create", "alice", "--grant", bad)[0] == 1


def test_approve_and_deny(run, services):
    code = services.devices.start("client").user_code
    assert run("token", "approve", code, "--user", "alice")[1] == "Approved: the program now acts for alice.\n"
    assert run("token", "approve", code, "--user", "alice")[0] == 1
    other = services.devices.start("client").user_code
    assert run("token", "approve", other, "--user", "alice", "--deny")[1] == "Denied.\n"
