"""The main tasks with the keyboard alone: every stop is reached by Tab and can be seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.pages.conftest import ALICE
from tests.end_to_end.raw_client import RawClient, put_file

MOST_STOPS = 120
OUTLINED = """element => {
    for (let one = element; one; one = one.parentElement)
        if (getComputedStyle(one).outlineStyle !== "none") return true;
    return false;
}"""
"""The outline is the element's own, or that of the frame that it fills, as with the editor."""
REPO = "alice/shop"


@pytest.fixture(scope="module")
def filled(server):
    client = RawClient(server.url, ALICE.token)
    client.create_repo(REPO)
    card = b"---\nlicense: mit\npipeline_tag: text-classification\nlibrary_name: transformers\n---\n# Shop\n"
    client.commit(REPO, put_file("README.md", card), put_file("train.py", b"pass\n"))
    yield client
    client.close()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, which must show."""
    target.wait_for()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element.getRootNode().activeElement === element"):
            assert target.evaluate(OUTLINED), "the focus can't be seen"
            return
    raise AssertionError(f"Tab never reaches {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def test_the_first_stop_skips_to_the_content(new_visitor):
    page = new_visitor().open("/models")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_logging_in(new_visitor):
    page = new_visitor().open("/login")
    for label, text in (("Username", ALICE.name), ("Password", ALICE.password)):
        if page.evaluate("document.activeElement.name") != label.lower():
            tab_to(page, page.get_by_label(label, exact=True))
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.mark.usefixtures("filled")
def test_finding_a_model_and_reading_it(new_visitor):
    page = new_visitor().open("/models")
    press(page, page.locator("#filters").get_by_role("link", name="Text Classification"))
    page.wait_for_url("**pipeline_tag=text-classification*")
    press(page, page.get_by_role("link", name=REPO))
    page.wait_for_url(f"**/{REPO}")
    press(page, page.get_by_role("navigation").get_by_role("link", name="Files"))
    press(page, page.get_by_role("link", name="train.py", exact=True))
    page.wait_for_url("**/blob/main/train.py")


@pytest.mark.usefixtures("filled")
def test_taking_the_code_that_loads_it(new_visitor):
    page = new_visitor().open(f"/{REPO}")
    press(page, page.locator("summary", has_text="Use this model"))
    expect(page.get_by_text("from_pretrained").first).to_be_visible()
    page.keyboard.press("Escape")


@pytest.mark.usefixtures("filled")
def test_liking_and_the_menu(new_visitor):
    page = new_visitor(ALICE).open(f"/{REPO}")
    press(page, page.get_by_role("button", name="Like"))
    page.wait_for_load_state()
    page.goto(page.url)
    menu = page.locator("summary", has_text="Menu of alice")
    press(page, menu)
    press(page, page.get_by_role("link", name="Access tokens"))
    page.wait_for_url("**/settings/tokens")


@pytest.mark.usefixtures("filled")
def test_a_menu_closes_with_escape(new_visitor):
    page = new_visitor(ALICE).open(f"/{REPO}")
    menu = page.locator("summary", has_text="Menu of alice")
    press(page, menu)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Access tokens")).to_be_hidden()
    expect(menu).to_be_focused()


@pytest.mark.usefixtures("filled")
def test_creating_a_repo(new_visitor):
    page = new_visitor(ALICE).open("/new-dataset")
    name = page.get_by_label("Name", exact=True)
    if not name.evaluate("element => element === document.activeElement"):
        tab_to(page, name)
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets/alice/by-keyboard")


@pytest.mark.usefixtures("filled")
def test_editing_a_file(new_visitor):
    page = new_visitor(ALICE).open(f"/{REPO}/edit/main/train.py")
    editor = page.get_by_role("textbox", name="Text of the file")
    tab_to(page, editor)
    page.keyboard.insert_text("# by keyboard\n")
    press(page, page.get_by_role("button", name="Commit", exact=True))
    page.wait_for_url("**/blob/main/train.py")
    expect(page.get_by_text("# by keyboard")).to_be_visible()


@pytest.mark.usefixtures("filled")
def test_opening_a_discussion(new_visitor):
    page = new_visitor(ALICE).open(f"/{REPO}/discussions/new")
    title = page.get_by_label("Title")
    if not title.evaluate("element => element === document.activeElement"):
        tab_to(page, title)
    page.keyboard.type("A question")
    press(page, page.get_by_role("main").get_by_role("button", name="Open"))
    page.wait_for_url("**/discussions/*")
    expect(page.get_by_role("heading", name="A question")).to_be_visible()
