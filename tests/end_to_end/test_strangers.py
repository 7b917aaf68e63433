"""How much one request may ask for, and on whose behalf."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.raw_client import RawClient, put_file
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
REPO = "alice/m"
SETTINGS = {"HOLDFAST_MAX_REGULAR_FILE_BYTES": "100000"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder: Path = tmp_path_factory.mktemp("limits")
    with live_server(folder / "data", users=[ALICE], environment=SETTINGS) as running:
        yield running


@pytest.fixture
def client(server: LiveServer) -> Iterator[RawClient]:
    found = RawClient(server.url, ALICE.token)
    yield found
    found.close()


@pytest.fixture(scope="module", autouse=True)
def repo(server: LiveServer) -> None:
    client = RawClient(server.url, ALICE.token)
    client.create_repo(REPO)
    client.close()


def test_paths_that_are_asked_about_at_once(client: RawClient):
    target = f"/api/models/{REPO}/paths-info/main"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.request("POST", target, b"paths=.gitattributes&expand=false", form).expect().json()
    for count in (6_000, 500_000):
        answer = client.request("POST", target, b"&".join([b"paths=a"] * count), form).expect(400)
        assert "paths" in answer.headers["x-error-message"]
    client.post_json(target, {"paths": ["a"] * 6_000}, 400)


def test_a_line_of_a_commit(client: RawClient):
    client.commit(REPO, put_file("a.bin", b"\xff" * 100_000))
    content = base64.b64encode(b"\xff" * 400_000).decode()
    line = {"key": "file", "value": {"path": "b.bin", "content": content, "encoding": "base64"}}
    header = {"key": "header", "value": {"summary": "x"}}
    body = b"\n".join(json.dumps(each).encode() for each in (header, line))
    client.request("POST", f"/api/models/{REPO}/commit/main", body).expect(413)
    paths = [item["path"] for item in client.get(f"/api/models/{REPO}/tree/main").json()]
    assert paths == [".gitattributes", "a.bin"]


def test_a_password_that_a_browser_remembers_serves_no_other_site(server: LiveServer):
    """As when somebody cloned in the browser, and then visits a page that posts a form to us."""
    programs = RawClient(server.url, None)
    word = base64.b64encode(f"{ALICE.name}:{ALICE.password}".encode()).decode()
    token = json.dumps({"displayName": "t", "role": "write"}).encode()
    login = json.dumps({"username": ALICE.name, "password": ALICE.password}).encode()
    own, other = {"Origin": server.url}, {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    for target, body, more in (
        ("/api/settings/tokens", token, {"Authorization": f"Basic {word}"}),
        ("/api/login", login, {}),
    ):
        programs.request("POST", target, body, {**more, **other}).expect(403)
        programs.request("POST", target, body, {**more, "Sec-Fetch-Site": "cross-site"}).expect(403)
        programs.request("POST", target, body, {**more, **own}).expect()
        programs.request("POST", target, body, more).expect()
    programs.close()
