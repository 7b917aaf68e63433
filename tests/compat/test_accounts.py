"""Accounts as real clients see them: huggingface_hub, the `hf` command, curl-like programs and browsers."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from tests.live_server import LiveServer, Org, User, holdfast, live_server

ALICE = User("Alice", token="hf_alice_given_token", fullname="Alice Liddell", password="down the rabbit hole")
BOB = User("__bob__")
HF = (sys.executable, "-m", "huggingface_hub.cli.hf")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    orgs = [Org("acme", "alice", "Acme Research")]
    with live_server(folder / "data", users=[ALICE, BOB], orgs=orgs) as running:
        yield running


@pytest.fixture
def api(server) -> HfApi:
    return HfApi(endpoint=server.url, token=ALICE.token)


def send(server: LiveServer, method: str, path: str, body: object = None, **headers: str):
    """One request; returns status, decoded body and headers."""
    data = None if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(server.url + path, data, named, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            status, content, answer = response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        with error:
            status, content, answer = error.code, error.read(), error.headers
    return status, json.loads(content) if content else None, answer


def basic(user: User) -> str:
    return "Basic " + base64.b64encode(f"{user.name}:{user.password}".encode()).decode()


def test_whoami(api):
    info = api.whoami()
    assert (info["type"], info["name"], info["fullname"]) == ("user", "Alice", "Alice Liddell")
    assert [(org["name"], org["fullname"], org["roleInOrg"]) for org in info["orgs"]] == [
        ("acme", "Acme Research", "admin")
    ]
    assert info["auth"]["accessToken"]["role"] == "write"


def test_an_unknown_token_is_told_so(server):
    with pytest.raises(HfHubHTTPError, match="Invalid user token") as refused:
        HfApi(endpoint=server.url, token="hf_unknown").whoami()
    assert refused.value.response.headers["X-Error-Message"] == "Invalid credentials in Authorization header"


def test_overviews_and_members(api):
    user = api.get_user_overview("ALICE")
    assert (user.username, user.fullname, user.user_type) == ("Alice", "Alice Liddell", "user")
    assert [org.name for org in user.orgs] == ["acme"]
    org = api.get_organization_overview("acme")
    assert (org.name, org.fullname, org.num_users) == ("acme", "Acme Research", 1)
    assert [member.username for member in api.list_organization_members("acme")] == ["Alice"]
    assert list(api.list_user_followers("Alice")) == list(api.list_user_following("Alice")) == []
    assert list(api.list_organization_followers("acme")) == []
    for absent in (api.get_user_overview, api.get_organization_overview):
        with pytest.raises(HfHubHTTPError) as refused:
            absent("nobody")
        assert refused.value.response.status_code == 404


def test_hf_auth_login_with_a_code(server, tmp_path):
    environment = {
        **os.environ,
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path),
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    }
    environment.pop("HF_TOKEN", None)
    login = subprocess.Popen(
        [*HF, "auth", "login"],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with login:
        seen = ""
        while not (code := re.search(r"enter the code: (\S+)", seen)):
            line = login.stdout.readline()
            assert line, seen
            seen += line
        holdfast("token", "approve", code[1], "--user", "alice", data_dir=server.data_dir)
        seen += login.communicate(timeout=60)[0]
    assert login.returncode == 0, seen
    whoami = subprocess.run([*HF, "auth", "whoami"], env=environment, capture_output=True, text=True, check=True)
    assert "Alice" in whoami.stdout


def test_the_password_makes_tokens_and_tokens_do_not(server):
    path = "/api/settings/tokens"
    body = {"displayName": "ci", "role": "read", "expiresInDays": 1}
    status, made, _ = send(server, "POST", path, body, Authorization=basic(ALICE))
    assert (status, made["role"]) == (201, "read")
    assert HfApi(endpoint=server.url, token=made["token"]).whoami()["name"] == "Alice"
    assert send(server, "POST", path, body, Authorization=f"Bearer {ALICE.token}")[0] == 403
    assert send(server, "POST", path, body)[0] == 401
    listed = send(server, "GET", path, Authorization=basic(ALICE))[1]
    assert made["id"] in [token["id"] for token in listed]
    assert all("token" not in token for token in listed)
    assert send(server, "DELETE", f"{path}/{made['id']}", Authorization=basic(ALICE))[0] == 204
    with pytest.raises(HfHubHTTPError):
        HfApi(endpoint=server.url, token=made["token"]).whoami()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"displayName": "x", "role": "king"},
        {"displayName": "", "role": "read"},
        {"displayName": "x", "role": "read", "expiresInDays": 0},
        {"displayName": "x", "role": "read", "expiresInDays": 10**30},
        {"displayName": "x", "role": "read", "grants": [{"scope": "a", "permissions": ["read-repo"]}]},
        {"displayName": "x", "role": "fineGrained", "grants": [{"scope": "a/b/c", "permissions": ["read-repo"]}]},
        {"displayName": "x", "role": "fineGrained", "grants": [{"scope": "a", "permissions": ["fly"]}]},
        {"displayName": "x", "role": "fineGrained", "grants": "all"},
    ],
)
def test_bad_tokens_are_refused_by_name(server, body):
    status, answer, _ = send(server, "POST", "/api/settings/tokens", body, Authorization=basic(ALICE))
    assert status == 400
    assert answer["error"].startswith("`")


def test_a_browser_logs_in_and_other_sites_cannot_use_its_cookie(server):
    password = {"username": "alice", "password": ALICE.password}
    status, session, headers = send(server, "POST", "/api/login", password)
    assert (status, session["user"]) == (200, "Alice")
    assert {"HttpOnly", "SameSite=lax"} <= {part.strip() for part in headers["Set-Cookie"].split(";")}
    cookie = headers["Set-Cookie"].split(";")[0]
    assert send(server, "GET", "/api/whoami-v2", Cookie=cookie)[1]["auth"] == {"type": "session"}
    path, body = "/api/organizations/create", {"name": "made-in-a-browser"}
    assert send(server, "POST", path, body, Cookie=cookie, Origin="https://evil.example")[0] == 403
    assert send(server, "POST", path, body, Cookie=cookie, X_CSRF_Token=session["csrfToken"])[0] == 201
    assert send(server, "POST", path, body, Cookie=cookie, Origin=server.url)[0] == 409
    assert send(server, "POST", "/api/logout", Cookie=cookie, X_CSRF_Token=session["csrfToken"])[0] == 204
    assert send(server, "GET", "/api/whoami-v2", Cookie=cookie)[0] == 401


def test_members_are_managed_over_http(server):
    member, body = "/api/organizations/acme/members/__bob__", {"role": "contributor"}
    assert send(server, "PUT", member, body, Authorization=f"Bearer {BOB.token}")[0] == 403
    assert send(server, "PUT", member, body, Authorization=f"Bearer {ALICE.token}")[0] == 200
    bob = HfApi(endpoint=server.url, token=BOB.token)
    assert bob.whoami()["orgs"][0]["roleInOrg"] == "contributor"
    status, page, headers = send(server, "GET", "/api/organizations/acme/members?limit=1")
    assert (status, len(page)) == (200, 1)
    following = re.fullmatch(r'<(\S+)>; rel="next"', headers["Link"])[1]
    _, rest, headers = send(server, "GET", following.removeprefix(server.url))
    assert [user["user"] for user in rest] == ["__bob__"]
    assert headers["Link"] is None
    assert send(server, "DELETE", member, Authorization=f"Bearer {BOB.token}")[0] == 204
    assert bob.whoami()["orgs"] == []


def test_wrong_passwords_wait(server):
    wrong = {"username": "nobody", "password": "guess"}
    statuses = [send(server, "POST", "/api/login", wrong)[0] for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert send(server, "POST", "/api/login", wrong)[2]["Retry-After"] == "1"


def test_commands_reach_a_running_server(server):
    holdfast("user", "add", "late", "--token", "hf_late", data_dir=server.data_dir)
    late = HfApi(endpoint=server.url, token="hf_late")
    assert late.whoami()["name"] == "late"
    holdfast("user", "disable", "late", data_dir=server.data_dir)
    with pytest.raises(HfHubHTTPError):
        late.whoami()
