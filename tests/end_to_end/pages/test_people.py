"""Doors, profiles, settings, organizations, administration: in Chromium, against a live server."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.pages.conftest import ALICE, BOB, ROOT, NewVisitor, Visitor
from tests.live_server import LiveServer, User, live_server

PASSWORD = "four words are better"


def ask(server: LiveServer, user: User, method: str, path: str, fields: dict[str, Any]) -> Any:
    """Call the API with the user's token."""
    headers = {"Authorization": f"Bearer {user.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(server.url + path, json.dumps(fields).encode(), headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def main(page: Page):
    return page.get_by_role("main")


def fill_account(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)


def test_first_run_sign_up_log_out_and_in(browser: Browser, tmp_path: Path):
    with live_server(tmp_path / "new") as server:
        link = re.search(r"http\S+/setup\?code=\S+", server.log.read_text())
        assert link is not None
        context = browser.new_context()
        visitor = Visitor(context, server)
        page = visitor.open("/login")
        expect(page.get_by_text("This Holdfast is new")).to_be_visible()
        _refuse_a_wrong_code(visitor)
        page.goto(link[0])
        assert visitor.violations() == []
        fill_account(page, "carol")
        page.get_by_role("button", name="Create the administrator").click()
        page.wait_for_url(server.url + "/")
        visitor.open("/setup")
        expect(page).to_have_url(server.url + "/")
        _let_people_sign_up(visitor)
        _log_out(visitor)
        _sign_up(visitor, "dave")
        _log_out(visitor)
        visitor.log_in(User("dave", password=PASSWORD))
        assert visitor.open("/admin/users").title().startswith("Not yours to see")
        context.close()
        assert not visitor.foreign
        assert not visitor.complaints


def _refuse_a_wrong_code(visitor: Visitor) -> None:
    page = visitor.open("/setup?code=guessed")
    fill_account(page, "mallory")
    page.get_by_role("button", name="Create the administrator").click()
    expect(page.get_by_text("This is not the code")).to_be_visible()
    expect(page.get_by_label("Username")).to_have_value("mallory")


def _let_people_sign_up(visitor: Visitor) -> None:
    page = visitor.open("/admin/settings")
    page.get_by_label("Open sign-up").check()
    page.get_by_label("Announcement").fill("Tea at four <b>sharp</b>")
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator(".site-banner")).to_have_text("Tea at four <b>sharp</b>")


def _log_out(visitor: Visitor) -> None:
    page = visitor.open("/logout")
    main(page).get_by_role("button", name="Log out").click()
    page.wait_for_url(visitor.server.url + "/")
    page = visitor.open("/settings/profile")
    expect(page).to_have_url(re.compile(r"/login\?next=/settings/profile$"))


def _sign_up(visitor: Visitor, name: str) -> None:
    page = visitor.open("/join?next=/settings/account")
    assert visitor.violations() == []
    fill_account(page, "carol")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_contain_text("taken")
    fill_account(page, name)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(re.compile("/settings/account$"))


def test_a_wrong_password_says_so_and_keeps_the_name(new_visitor: NewVisitor):
    page = new_visitor().open("/login?next=/settings/tokens")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password", exact=True).fill("guessed")
    main(page).get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    expect(page.get_by_label("Username")).to_have_value("alice")
    page.get_by_label("Password", exact=True).fill(ALICE.password)
    main(page).get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/settings/tokens$"))


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example"]
)
def test_login_leads_to_no_other_site(new_visitor: NewVisitor, server: LiveServer, elsewhere: str):
    visitor = new_visitor()
    page = visitor.open("/login")
    page.evaluate("text => { document.querySelector('[name=next]').value = text }", elsewhere)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password", exact=True).fill(ALICE.password)
    main(page).get_by_role("button", name="Log in").click()
    page.wait_for_url(server.url + "/**")


def test_the_cookie_is_out_of_reach(new_visitor: NewVisitor):
    visitor = new_visitor(ALICE)
    cookie = next(cookie for cookie in visitor.context.cookies() if cookie["name"] == "holdfast_session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert "holdfast_session" not in visitor.open("/").evaluate("document.cookie")
    before = cookie["value"]
    visitor.context.add_cookies([{**cookie, "value": "chosen-by-somebody-else"}])
    visitor.log_in(ALICE)
    after = next(cookie for cookie in visitor.context.cookies() if cookie["name"] == "holdfast_session")["value"]
    assert after not in (before, "chosen-by-somebody-else")


@pytest.mark.parametrize("path", ["/login", "/join", "/setup", "/settings/sessions/revoke-others", "/settings/tokens"])
def test_other_sites_can_send_no_form(new_visitor: NewVisitor, server: LiveServer, path: str):
    cookies = new_visitor(ALICE).context.cookies()
    session = next(cookie["value"] for cookie in cookies if cookie["name"] == "holdfast_session")
    headers = {"Cookie": f"holdfast_session={session}", "Content-Type": "application/x-www-form-urlencoded"}
    form = f"username=alice&password={ALICE.password}&name=t&role=write".encode()
    for mark in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(server.url + path, form, headers | mark))


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_a_token_is_shown_once_and_revoked(new_visitor: NewVisitor, server: LiveServer, java_script_enabled: bool):
    visitor = new_visitor(ALICE, java_script_enabled=java_script_enabled)
    page = visitor.open("/settings/tokens")
    name = f"laptop {java_script_enabled}"
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Fine-grained").check()
    page.get_by_label("Line 1: name").fill("not a name!")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("alert")).to_contain_text("scope")
    page.get_by_label("Line 1: name").fill("lab")
    page.get_by_role("button", name="Create token").click()
    secret = page.get_by_role("status").locator("code").first.inner_text()
    assert re.fullmatch(r"hf_\w{34}", secret)
    assert secret not in visitor.open("/settings/tokens").content()
    known = User("alice", token=secret)
    assert ask(server, known, "GET", "/api/whoami-v2", {})["auth"]["accessToken"]["role"] == "fineGrained"
    page.get_by_role("button", name=f"Revoke the token {name}").click()
    expect(page.get_by_role("status")).to_contain_text("revoked")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(server, known, "GET", "/api/whoami-v2", {})


def test_members_get_roles_and_lose_them(new_visitor: NewVisitor):
    page = new_visitor(ALICE).open("/organizations/new")
    page.get_by_label("Name", exact=True).fill("guild")
    page.get_by_role("button", name="Create organization").click()
    page.get_by_label("Username").fill("nobody-is-called-so")
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("alert")).to_contain_text("does not exist")
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Role", exact=True).select_option("contributor")
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_label("Role of bob", exact=True)).to_have_value("contributor")
    assert new_visitor(BOB).open("/organizations/guild/settings/members").title().startswith("Not yours")
    page.get_by_label("Role of bob", exact=True).select_option("admin")
    page.get_by_role("button", name="Change the role of bob").click()
    bobs = new_visitor(BOB).open("/organizations/guild/settings/members")
    bobs.get_by_role("button", name="Remove alice").click()
    expect(bobs.get_by_role("button", name="Remove alice")).to_have_count(0)
    bobs.get_by_role("button", name="Remove bob").click()
    expect(bobs.get_by_role("alert")).to_contain_text("no admin left")
    bobs.get_by_role("link", name="Profile").click()
    bobs.get_by_label("Type guild to delete it").fill("guild")
    bobs.get_by_role("button", name="Delete guild").click()
    expect(bobs).to_have_url(re.compile("/settings/profile"))
    assert bobs.goto(bobs.url.partition("/settings")[0] + "/guild").status == 404


def test_a_disabled_user_is_out_at_once(new_visitor: NewVisitor):
    root = new_visitor(ROOT)
    page = root.open("/admin/users")
    page.get_by_label("Username").fill("eve")
    page.get_by_role("button", name="Add user").click()
    password = page.get_by_role("status").locator("code").inner_text()
    eve = User("eve", password=password)
    eves = new_visitor(eve)
    expect(eves.open("/settings/profile").get_by_role("heading", level=1)).to_have_text("Profile")
    page = root.open("/admin/users?search=eve")
    page.get_by_text("Change eve").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Disabled", exact=True)).to_be_visible()
    expect(eves.open("/settings/profile")).to_have_url(re.compile("/login"))
    eves.page.get_by_label("Username").fill("eve")
    eves.page.get_by_label("Password", exact=True).fill(password)
    main(eves.page).get_by_role("button", name="Log in").click()
    expect(eves.page.get_by_role("alert")).to_contain_text("wrong")
    log = root.open("/admin/audit?target=eve")
    told = log.locator("tbody tr td:nth-child(3)").all_inner_texts()
    assert told == ["login.failed", "user.disabled", "login", "user.created"]


def test_a_browser_is_logged_out_from_another(new_visitor: NewVisitor):
    left_open, here = new_visitor(BOB), new_visitor(BOB)
    page = here.open("/settings/sessions")
    expect(page.get_by_text("This one")).to_have_count(1)
    page.get_by_role("button", name="Log out everywhere else").click()
    expect(page.get_by_role("button", name="Log out everywhere else")).to_have_count(0)
    expect(left_open.open("/settings/sessions")).to_have_url(re.compile("/login"))
    expect(here.open("/settings/sessions")).to_have_url(re.compile("/sessions$"))


def test_a_password_is_changed(new_visitor: NewVisitor, server: LiveServer):
    ask(server, ROOT, "POST", "/api/admin/users", {"username": "frank", "password": "the first one"})
    visitor = new_visitor(User("frank", password="the first one"))
    page = visitor.open("/settings/account")
    for current, new, problem in (
        ("wrong", PASSWORD, "not your password"),
        ("the first one", "x" * 8, "same password"),
    ):
        page.get_by_label("Present password").fill(current)
        page.get_by_label("New password", exact=True).fill(new)
        page.get_by_label("New password again").fill(PASSWORD)
        page.get_by_role("button", name="Change password").click()
        expect(page.locator(".problem")).to_contain_text(problem)
    page.get_by_label("Present password").fill("the first one")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("changed")
    new_visitor(User("frank", password=PASSWORD))


def test_strangers_see_no_trace_of_what_is_private(new_visitor: NewVisitor, server: LiveServer):
    for fields in ({"name": "open"}, {"name": "undercover", "private": True}):
        ask(server, ALICE, "POST", "/api/repos/create", {"type": "dataset", **fields})
        ask(server, ALICE, "POST", "/api/repos/create", {"type": "dataset", "organization": "lab", **fields})
    ask(server, ALICE, "POST", "/api/datasets/alice/undercover/like", {})
    own = new_visitor(ALICE).open("/alice")
    expect(own.get_by_role("link", name="Datasets 2")).to_be_visible()
    for stranger in (new_visitor(), new_visitor(BOB)):
        for path in (
            "/alice",
            "/alice?tab=datasets",
            "/alice?tab=likes",
            "/lab",
            "/lab?tab=datasets",
            "/lab?tab=members",
        ):
            page = stranger.open(path)
            assert "undercover" not in page.content(), path
        expect(stranger.open("/alice").get_by_role("link", name="Datasets 1")).to_be_visible()


def test_what_people_write_about_themselves_stays_text(new_visitor: NewVisitor):
    visitor = new_visitor(BOB)
    page = visitor.open("/settings/profile")
    page.get_by_label("Full name").fill("<script>alert(1)</script>")
    page.get_by_label("About you").fill("<img src=x onerror=alert(1)>\nsecond line")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page = visitor.open("/bob")
    expect(page.get_by_role("heading", level=1)).to_have_text("<script>alert(1)</script>")
    expect(page.locator(".bio")).to_contain_text("<img src=x onerror=alert(1)>")


def test_a_program_is_let_in_by_its_code(new_visitor: NewVisitor, server: LiveServer):
    started = urllib.request.urlopen(server.url + "/oauth/device", b"client_id=my-program")
    codes = json.loads(started.read())
    path = codes["verification_uri_complete"].removeprefix(server.url)
    visitor = new_visitor()
    expect(visitor.open(path)).to_have_url(re.compile(r"/login\?next="))
    page = visitor.page
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password", exact=True).fill(BOB.password)
    main(page).get_by_role("button", name="Log in").click()
    expect(main(page)).to_contain_text("my-program")
    expect(main(page)).to_contain_text(codes["user_code"])
    page.get_by_role("button", name="Let it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The program is in")
    form = f"grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code={codes['device_code']}"
    answer = json.loads(urllib.request.urlopen(server.url + "/oauth/token", form.encode()).read())
    assert ask(server, User("bob", token=answer["access_token"]), "GET", "/api/whoami-v2", {})["name"] == "bob"
    expect(visitor.open("/oauth/device?user_code=BCDF-GHJK").locator(".problem")).to_contain_text("No program waits")


def test_a_model_of_one_word_leads_to_its_repo(new_visitor: NewVisitor, server: LiveServer):
    ask(server, ROOT, "POST", "/api/organizations/create", {"name": "openai-community"})
    ask(server, ROOT, "POST", "/api/repos/create", {"name": "gpt2", "organization": "openai-community"})
    page = new_visitor().open("/gpt2")
    expect(page).to_have_url(server.url + "/openai-community/gpt2")
