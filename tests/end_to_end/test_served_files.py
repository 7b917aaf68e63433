"""How users' files are sent to browsers: never as something that runs here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from holdfast.app.server import create_application
from holdfast.app.services import Services, open_services
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.settings import Settings
from holdfast.hub.repos.domain import AddFile, CommitHeader
from tests.asgi import Answer, call

MODEL, REPO = RepoType.MODEL, RepoId("alice", "m")
NAMES = (
    "page.html",
    "page.xhtml",
    "drawing.svg",
    "DRAWING.SVG",
    "code.js",
    "style.css",
    "data.xml",
    "x.pdf",
    "none",
    "x.swf",
)
RUN_BY_BROWSERS = (
    "text/html",
    "application/xhtml",
    "image/svg",
    "text/javascript",
    "application/javascript",
    "xml",
    "text/css",
)


@dataclass
class Site:
    services: Services
    app: object

    def get(self, path: str, **headers: str) -> Answer:
        return call(self.app, "GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    def counted(self) -> int:
        self.services.repos.downloads.flush()
        return self.services.repos.resolves.check_readable(
            ANONYMOUS, MODEL, REPO, Permission.READ_REPO
        ).downloads_all_time


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    services = open_services(Settings(data_dir=tmp_path_factory.mktemp("data")))
    user = services.accounts.accounts.create_user(SYSTEM, "alice")
    alice = Actor(user_id=user.id, username="alice")
    services.repos.lifecycle.create_repo(alice, MODEL, REPO, private=False)
    files = [AddFile(name, b"<svg onload=alert(1)>") for name in NAMES]
    services.repos.commits.create_commit(alice, MODEL, REPO, "main", CommitHeader("add", "", None), files)
    yield Site(services, create_application(services))
    services.close()


@pytest.mark.parametrize("view", ["resolve", "raw"])
@pytest.mark.parametrize("name", NAMES)
def test_opened_alone_a_file_is_plain_bytes_in_a_sandbox(site, view, name):
    answer = site.get(f"/alice/m/{view}/main/{name}", sec_fetch_dest="document")
    assert not any(word in answer.headers["content-type"] for word in RUN_BY_BROWSERS)
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_drawing_is_a_picture_where_a_page_shows_one(site):
    answer = site.get("/alice/m/resolve/main/drawing.svg", sec_fetch_dest="image")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Sec-Fetch-Dest"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("destination", ["document", "iframe", "object", "embed", "empty", "script", "frame"])
def test_anywhere_else_it_is_none(site, destination):
    answer = site.get("/alice/m/resolve/main/drawing.svg", sec_fetch_dest=destination)
    assert answer.headers["content-type"] == "application/octet-stream"


def test_what_a_page_shows_is_no_download(site):
    before = site.counted()
    for destination in ("image", "audio", "video"):
        site.get("/alice/m/resolve/main/none", sec_fetch_dest=destination)
    assert site.counted() == before
    site.services.repos.downloads._seen.clear()
    site.get("/alice/m/resolve/main/none")
    assert site.counted() == before + 1
