"""A live server and a real browser. Every page opened here is watched: requests to other hosts fail the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.live_server import LiveServer, Org, User, live_server, seed
from tests.sandboxes import jobs_environment

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The shell is the same engine without a browser's own windows: a quarter of the time for each new context."""
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
ALICE = User("alice", fullname="Alice Archer")
BOB = User("bob", fullname="Bob Baker")
ROOT = User("root", fullname="Root Rider", admin=True)
LAB = Org("lab", "alice", fullname="The Lab")
expect.set_options(timeout=30_000)  # milliseconds: on a busy machine a page takes its time


@pytest.fixture(scope="module")  # not longer: while it is open, nothing else in the process can run an event loop
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "chromium is missing: ./dev test installs it as root, otherwise: apt-get install chromium"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with accounts and nothing else: a copy of it is sooner there than another like it."""
    folder = tmp_path_factory.mktemp("people") / "data"
    seed(folder, [ALICE, BOB, ROOT], [LAB])
    return folder


@pytest.fixture(scope="module")
def server(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("site") / "data"
    shutil.copytree(people, folder)
    with live_server(folder, environment=jobs_environment()) as running:
        yield running


class Visitor:
    """One person's browser: opens pages of one server and notes what goes wrong in them."""

    def __init__(self, context: BrowserContext, server: LiveServer) -> None:
        self.context = context
        self.server = server
        self.page: Page = context.new_page()
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        context.on("request", self._note_request)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note_console)

    def open(self, path: str) -> Page:
        """Go to a path of the server."""
        self.page.goto(self.server.url + path)
        return self.page

    def log_in(self, user: User) -> None:
        """By the form, as people do."""
        self.open("/login")
        self.page.get_by_label("Username").fill(user.name)
        self.page.get_by_label("Password", exact=True).fill(user.password)
        self.page.get_by_role("main").get_by_role("button", name="Log in").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def violations(self) -> list[str]:
        """What axe-core finds serious or critical on the present page."""
        if not self.page.evaluate("'axe' in window"):
            self._load_axe()
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [
            f"{problem['id']}: {node['html'][:200]}"
            for problem in found
            if problem["impact"] in ("serious", "critical")
            for node in problem["nodes"]
        ]

    def _load_axe(self) -> None:
        """Load the page once more, this time with axe-core in it, which the page's policy would refuse."""
        session = self.context.new_cdp_session(self.page)
        session.send("Page.setBypassCSP", {"enabled": True})
        self.page.reload()
        self.page.evaluate(AXE)
        session.send("Page.setBypassCSP", {"enabled": False})
        session.detach()

    def overflows(self) -> bool:
        """Whether the page can be scrolled sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def _note_request(self, request) -> None:
        if not request.url.startswith((self.server.url + "/", "data:", "blob:")):
            self.foreign.append(request.url)

    def _note_console(self, message) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


NewVisitor = Callable[..., Visitor]


@pytest.fixture
def new_visitor(browser: Browser, server: LiveServer) -> Iterator[NewVisitor]:
    """Opens browsers of their own, logged in when a user is given.

    `new_visitor(ALICE, width=360, java_script_enabled=False, color_scheme="dark")`
    """
    opened: list[Visitor] = []

    def open_visitor(user: User | None = None, *, width: int = 1280, **options) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        visitor = Visitor(context, server)
        opened.append(visitor)
        if user is not None:
            credentials = {"username": user.name, "password": user.password}
            assert context.request.post(server.url + "/api/login", data=credentials).ok
        return visitor

    yield open_visitor
    with _all_closed(opened):
        for visitor in opened:
            assert not visitor.foreign, "a page asked another host"
            assert not visitor.complaints, "a page's scripts complained"


@contextmanager
def _all_closed(visitors: list[Visitor]) -> Iterator[None]:
    try:
        yield
    finally:
        for visitor in visitors:
            visitor.context.close()
