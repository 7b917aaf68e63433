"""One person's first hour, from an empty server to a clone, and what strangers see of it: nothing that is private."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.pages.conftest import Visitor
from tests.end_to_end.pages.test_changing import drop, type_text
from tests.end_to_end.pages.test_people import PASSWORD, fill_account
from tests.live_server import LiveServer, User, live_server

CARD = """---
license: apache-2.0
language: fr
pipeline_tag: text-classification
base_model: carol/secret-base
---

# Judge of reviews
"""
CAROL = User("carol", password=PASSWORD)
READER = User("reader", password=PASSWORD)


@pytest.fixture(scope="module")
def new_server(tmp_path_factory: pytest.TempPathFactory):
    with live_server(tmp_path_factory.mktemp("story") / "data") as server:
        yield server


def test_from_an_empty_server_to_a_clone(browser: Browser, new_server: LiveServer, tmp_path: Path):
    carol = Visitor(browser.new_context(viewport={"width": 1280, "height": 900}), new_server)
    _set_up(carol)
    _create(carol, "secret-base", private=True)
    _create(carol, "judge", private=False)
    _drop_a_folder(carol, tmp_path)
    _edit_the_card(carol)
    _rename(carol, "judge", "critic")
    _clone(new_server, tmp_path)
    stranger = Visitor(browser.new_context(), new_server)
    _find_by_filters(stranger)
    _see_nothing_private(stranger)
    _sign_up(stranger, READER)
    _see_nothing_private(stranger)
    for visitor in (carol, stranger):
        visitor.context.close()
        assert not visitor.foreign
        assert not visitor.complaints


def _set_up(visitor: Visitor) -> None:
    link = re.search(r"http\S+/setup\?code=\S+", visitor.server.log.read_text())
    assert link is not None
    visitor.page.goto(link[0])
    fill_account(visitor.page, CAROL.name)
    visitor.page.get_by_role("button", name="Create the administrator").click()
    visitor.page.wait_for_url(visitor.server.url + "/")
    page = visitor.open("/admin/settings")
    page.get_by_label("Open sign-up").check()
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_label("Open sign-up")).to_be_checked()


def _create(visitor: Visitor, name: str, *, private: bool) -> None:
    page = visitor.open("/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("License").select_option("apache-2.0")
    page.get_by_label("Private" if private else "Public").check()
    page.get_by_role("button", name="Create model").click()
    page.wait_for_url(f"**/carol/{name}")


def _drop_a_folder(visitor: Visitor, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 400)
    page = visitor.open("/carol/judge/upload/main")
    drop(page, "#drop", folder)
    page.get_by_role("heading", name="2 files").wait_for()
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url("**/carol/judge/tree/main*")
    page.get_by_role("link", name="weights", exact=True).click()
    expect(page.get_by_role("row", name="model.safetensors").get_by_text("102 kB")).to_be_visible()


def _edit_the_card(visitor: Visitor) -> None:
    page = visitor.open("/carol/judge/edit/main/README.md")
    type_text(page, CARD)
    page.get_by_role("button", name="Commit", exact=True).click()
    page.wait_for_url("**/carol/judge/blob/main/README.md")
    expect(visitor.open("/carol/judge").get_by_role("heading", name="Judge of reviews")).to_be_visible()


def _rename(visitor: Visitor, old: str, new: str) -> None:
    page = visitor.open(f"/carol/{old}/settings")
    page.get_by_label("Name", exact=True).fill(new)
    page.get_by_role("button", name="Rename or transfer").click()
    page.wait_for_url(f"**/carol/{new}/settings*")
    assert visitor.open(f"/carol/{old}").url.endswith(f"/carol/{new}")


def _clone(server: LiveServer, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    command = ["git", "-c", "filter.lfs.required=false", "clone", "-q", f"{server.url}/carol/critic", str(folder)]
    subprocess.run(command, check=True, timeout=60)
    assert (folder / "README.md").read_text() == CARD
    assert (folder / "weights" / "config.json").is_file()


def _find_by_filters(visitor: Visitor) -> None:
    page = visitor.open("/models")
    for value in ("Text Classification", "French", "Allowed"):
        page.locator("#filters").get_by_role("link", name=re.compile(f"^{value}")).first.click()
        expect(page.locator(".list-count b")).to_have_text("1")
    page.get_by_role("link", name="carol/critic").click()
    expect(page.get_by_role("heading", name="Judge of reviews")).to_be_visible()


def _see_nothing_private(visitor: Visitor) -> None:
    """In lists, search, counts, profiles, lineage, errors: as if it were not there."""
    for path in ("/", "/models", "/models?search=secret", "/search?q=secret-base", "/carol", "/models?author=carol"):
        html = _html(visitor.open(path))
        assert "secret-base" not in html.replace("q=secret-base", "").replace('value="secret-base"', ""), path
    expect(visitor.open("/models").locator(".list-count b")).to_have_text("1")
    page = visitor.open("/carol/critic")
    expect(page.get_by_role("link", name="carol/secret-base")).to_have_count(0)
    hidden = visitor.open("/carol/secret-base").locator("main").inner_html()
    absent = visitor.open("/carol/secret-nope").locator("main").inner_html()
    assert hidden.replace("secret-base", "secret-nope") == absent


def _html(page: Page) -> str:
    """What is said, apart from what the visitor typed."""
    return str(page.locator("main").inner_text())


def _sign_up(visitor: Visitor, user: User) -> None:
    page = visitor.open("/join")
    fill_account(page, user.name)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(lambda url: "/join" not in url)
