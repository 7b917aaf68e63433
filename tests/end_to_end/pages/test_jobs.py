"""Jobs in Chromium: run one and watch its log arrive, cancel another, run again, schedule; with the keyboard, without
JavaScript, and as somebody whom they are none of the business of."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.pages.conftest import ALICE, BOB, ROOT, NewVisitor
from tests.end_to_end.raw_client import RawClient
from tests.live_server import LiveServer

JOB_PAGE = re.compile(r"/jobs/alice/[0-9a-f]{24}$")
SLOW = """
import json, os, time
events = open(os.environ["HOLDFAST_JOB_EVENTS"], "a", buffering=1)
for n in range(3):
    print("early line", n, flush=True)
    print(json.dumps({"progress": 0.25, "sentence": "Sorting things", "metric": {"loss": 1 / (n + 1)}}), file=events)
while not os.path.exists("go"):
    time.sleep(0.1)
    if os.environ["HOLDFAST_JOB_ARTEFACTS"] and n < 40:
        n += 1
        print("\\x1b[31mlate line\\x1b[0m", n, flush=True)
    elif n >= 40:
        open(os.path.join(os.environ["HOLDFAST_JOB_ARTEFACTS"], "result.txt"), "w").write("forty")
        open("go", "w").close()
print("<b>the end</b>", flush=True)
"""
FOREVER = "import time\nprint('here', flush=True)\ntime.sleep(3600)\n"


@pytest.fixture
def run_job(server: LiveServer) -> Callable[[str, str], str]:
    """Runs a line of Python as Alice, and gives the path of its page."""

    def run(name: str, code: str) -> str:
        client = RawClient(server.url, ALICE.token)
        command = {"dockerImage": "python:3.12", "command": ["python", "-c", code], "labels": {"name": name}}
        job_id = client.post_json("/api/jobs/alice", command).json()["id"]
        client.close()
        return f"/jobs/alice/{job_id}"

    return run


def log(page: Page):
    return page.get_by_role("region", name="Lines of the log")


def stage(page: Page):
    return page.get_by_role("main").locator("header .badge").first


def test_run_a_script_and_watch_it(new_visitor: NewVisitor):
    visitor = new_visitor(ALICE)
    page = visitor.open("/jobs/alice")
    page.get_by_role("link", name="New job").click()
    page.get_by_label("Name (optional)").fill("slow-one")
    page.get_by_label("Code").fill(SLOW)
    page.get_by_label("Variables (optional)").fill("COLOUR=blue")
    page.get_by_label("Secrets (optional)").fill("PASSWORD=open-sesame")
    page.get_by_role("button", name="Run").click()
    expect(page).to_have_url(JOB_PAGE)
    expect(page.get_by_role("heading", name="slow-one")).to_be_visible()
    expect(log(page)).to_contain_text("early line 2")
    expect(page.get_by_text("Sorting things", exact=True)).to_be_visible()
    expect(log(page)).to_contain_text("late line 40\n<b>the end</b>")
    expect(stage(page)).to_have_text("Done")
    expect(page.get_by_text("The log is complete.")).to_be_visible()
    for chart in ("loss", "Memory"):
        expect(page.get_by_role("img", name=re.compile(f"^{chart}: now"))).to_be_visible()
    expect(page.get_by_role("link", name="result.txt")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="result.txt").click()
    assert downloading.value.path().read_text() == "forty"
    assert "open-sesame" not in page.content()
    assert log(page).inner_text().count("late line 40") == 1
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("once more")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(stage(page)).to_have_text("Cancelled")


def test_a_form_that_is_refused_keeps_what_was_typed(new_visitor: NewVisitor):
    page = new_visitor(ALICE).open("/jobs/alice/new")
    page.get_by_label("Code").fill("print(1)")
    page.get_by_label("Variables (optional)").fill("COLOUR blue")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Must have NAME=VALUE on each line; line 1 has no =.")).to_be_visible()
    expect(page.get_by_label("Code")).to_have_value("print(1)")
    page.get_by_label("Variables (optional)").fill("")
    page.get_by_label("Schedule (optional)").fill("whenever")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Must be five fields as in cron")).to_be_visible()


def test_cancel_from_the_list_and_from_the_administration(new_visitor: NewVisitor, run_job):
    paths = [run_job(name, FOREVER) for name in ("list-cancel", "admin-cancel")]
    page = new_visitor(ALICE).open("/jobs/alice?label=list-cancel")
    page.get_by_role("button", name="Cancel list-cancel").click()
    expect(page).to_have_url(re.compile("/jobs/alice$"))
    page.goto(new_url(page, paths[0]))
    expect(stage(page)).to_have_text("Cancelled")
    admin = new_visitor(ROOT).open("/admin/jobs")
    admin.get_by_role("button", name="Cancel admin-cancel").click()
    expect(admin).to_have_url(re.compile("/admin/jobs$"))
    page.goto(new_url(page, paths[1]))
    expect(stage(page)).to_have_text("Cancelled")


def new_url(page: Page, path: str) -> str:
    return re.sub(r"(https?://[^/]+).*", r"\1", page.url) + path


def test_without_javascript(new_visitor: NewVisitor, run_job):
    path = run_job("plain", FOREVER)
    page = new_visitor(ALICE, java_script_enabled=False).open(path)
    while "here" not in log(page).inner_text():
        page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Cancel").click()
    while stage(page).inner_text() != "Cancelled":
        page.get_by_role("link", name="Look again").click()
    assert page.get_by_role("button", name="Cancel").count() == 0


def test_a_schedule(new_visitor: NewVisitor):
    page = new_visitor(ALICE).open("/jobs/alice/new")
    page.get_by_label("Name (optional)").fill("every-night")
    page.get_by_label("Shell commands").check()
    page.get_by_label("Code").fill("echo good night")
    page.get_by_label("Schedule (optional)").fill("@daily")
    page.get_by_role("button", name="Run").click()
    expect(page).to_have_url(re.compile("/jobs/alice/scheduled$"))
    page.get_by_role("button", name="Suspend every-night").click()
    expect(page.get_by_text("Makes no jobs until it is resumed")).to_be_visible()
    page.get_by_role("button", name="Resume every-night").click()
    expect(page.get_by_role("button", name="Suspend every-night")).to_be_visible()
    page.get_by_role("button", name="Run now every-night").click()
    expect(page).to_have_url(JOB_PAGE)
    expect(log(page)).to_contain_text("good night")
    page.get_by_role("link", name="Jobs of alice").click()
    page.get_by_role("link", name="Scheduled").click()
    page.get_by_role("button", name="Delete every-night").click()
    expect(page.get_by_text("every-night")).to_have_count(0)


def test_by_the_keyboard(new_visitor: NewVisitor, run_job):
    page = new_visitor(ALICE).open(run_job("keys", FOREVER))
    expect(log(page)).to_contain_text("here")
    log(page).focus()
    expect(log(page)).to_be_focused()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(stage(page)).to_have_text("Cancelled")


def test_other_people_find_nothing(new_visitor: NewVisitor, run_job):
    path = run_job("private", "pass")
    page = new_visitor(BOB).open(path)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("private")
    absent = page.inner_text("main")
    page = new_visitor(BOB).open("/jobs/alice/" + "0" * 24)
    assert page.inner_text("main") == absent
    page = new_visitor().open(path)
    expect(page).to_have_url(re.compile(r"/login\?next="))
