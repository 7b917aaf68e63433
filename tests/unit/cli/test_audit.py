from __future__ import annotations


def test_it_shows_who_did_what(run):
    run("user", "add", "alice", "--password", "down the hole")
    run("org", "add", "acme", "--owner", "alice")
    status, output, _ = run("audit")
    assert status == 0
    head, first, second = output.splitlines()
    assert head.split() == ["WHEN", "WHO", "DID", "TO", "MORE", "FROM"]
    assert first.split()[-3:] == ["system", "user.created", "alice"]
    assert second.split()[-5:] == ["system", "organization.created", "acme", "admin:", "alice"]


def test_it_shows_what_was_asked_for(run):
    run("user", "add", "alice")
    run("user", "add", "bob")
    assert [line.split()[-1] for line in run("audit", "--target", "Bob")[1].splitlines()[1:]] == ["bob"]
    assert len(run("audit", "--limit", "1")[1].splitlines()) == 2
    status, _, problem = run("audit", "--action", "mischief")
    assert status == 1
    assert problem.startswith("holdfast: `action` must be one of login")
