from __future__ import annotations

from holdfast.base.identity import SYSTEM


def test_a_user_with_everything(run, services):
    words = ["--password", "pw", "--token", "hf_one", "--token", "hf_two", "--fullname", "Alice L", "--email", "a@b.c"]
    assert run("user", "add", "alice", *words, "--admin") == (0, "Added user alice.\n", "")
    user = services.accounts.list_users(SYSTEM)[0]
    assert (user.name, user.namespace.fullname, user.email, user.is_site_admin) == ("alice", "Alice L", "a@b.c", True)
    assert services.logins.log_in("alice", "pw").user.name == "alice"
    for secret in ("hf_one", "hf_two"):
        assert services.authentication.authenticate(f"Bearer {secret}", None).username == "alice"


def test_without_password_and_token_a_password_is_made_up(run, services):
    status, output, _ = run("user", "add", "__bob__")
    assert status == 0
    password = output.split("Password: ")[1].strip()
    assert services.logins.log_in("__bob__", password).user.name == "__bob__"


def test_a_token_alone_makes_up_no_password(run, services):
    assert run("user", "add", "bob", "--token", "hf_x") == (0, "Added user bob.\n", "")
    assert not services.accounts.list_users(SYSTEM)[0].has_password


def test_errors_are_sentences(run):
    run("user", "add", "alice", "--password", "pw")
    assert run("user", "add", "ALICE") == (1, "", "holdfast: The name 'alice' is taken\n")
    status, _, errors = run("user", "add", "not/a/name")
    assert status == 1
    assert errors.startswith("holdfast: `name` must have 1 to 96 letters")
    assert run("user", "add")[0] == 2


def test_list_shows_who_there_is(run):
    run("user", "add", "alice", "--password", "pw", "--fullname", "Alice L", "--admin")
    run("user", "add", "bob", "--password", "pw")
    run("user", "disable", "bob")
    headings, alice, bob = run("user", "list")[1].splitlines()
    assert headings.split() == ["NAME", "FULL", "NAME", "E-MAIL", "RIGHTS", "LAST", "LOGIN", "STATE"]
    assert alice.split() == ["alice", "Alice", "L", "admin", "never"]
    assert bob.split() == ["bob", "bob", "never", "disabled"]


def test_a_disabled_user_comes_back(run, services):
    run("user", "add", "bob", "--token", "hf_x")
    assert run("user", "disable", "bob")[1] == "Disabled user bob.\n"
    assert run("user", "disable", "bob", "--undo")[1] == "Enabled user bob.\n"
    assert services.authentication.authenticate("Bearer hf_x", None).username == "bob"


def test_a_new_password_works_at_once_in_a_running_server(run, services):
    run("user", "add", "bob", "--password", "old")
    services.logins.log_in("bob", "old")
    assert run("user", "passwd", "bob", "--password", "new") == (0, "Changed the password of bob.\n", "")
    services.logins.log_in("bob", "new")
    assert run("user", "passwd", "carol", "--password", "new") == (1, "", "holdfast: User 'carol' does not exist.\n")


def test_admin_gives_the_right_and_takes_it(run, services):
    run("user", "add", "alice", "--admin")
    run("user", "add", "bob")
    assert run("user", "admin", "bob")[:2] == (0, "bob administers this Holdfast.\n")
    assert run("user", "admin", "alice", "--undo")[:2] == (0, "alice no longer administers this Holdfast.\n")
    status, _, problem = run("user", "admin", "bob", "--undo")
    assert (status, problem) == (1, "holdfast: Without bob, nobody could administer this Holdfast\n")
    assert [user.is_site_admin for user in services.accounts.list_users(SYSTEM)] == [False, True]
