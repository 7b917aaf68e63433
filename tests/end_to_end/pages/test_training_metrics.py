"""The charts of a model: TensorBoard's files as people see them, and what a stranger does not see."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE
from tests.end_to_end.raw_client import RawClient, put_file, put_large
from tests.factories.event_files import event_file

REPO, BARE, HIDDEN = "alice/trained", "alice/untrained", "alice/trained-in-secret"
FIRST = event_file(
    *(("train/loss", step, 4.0 / (1 + step)) for step in range(0, 100, 10)), ("eval/accuracy", 90, 0.875)
)
SECOND = event_file(*(("train/loss", step, 2.0 / (1 + step)) for step in range(0, 60, 10)))
ODD = "<img src=x onerror=document.title='owned'>"


@pytest.fixture(scope="module")
def alice(server):
    client = RawClient(server.url, ALICE.token)
    for repo in (REPO, BARE, HIDDEN):
        client.create_repo(repo)
    large = client.upload_lfs(REPO, SECOND)
    client.commit(
        REPO,
        put_file("runs/first/events.out.tfevents.1.host", FIRST),
        put_large("runs/second/events.out.tfevents.2.host", large, len(SECOND)),
        put_file("runs/odd/events.out.tfevents.3.host", event_file((ODD, 1, 1.0))),
        put_file("runs/broken/events.out.tfevents.4.host", b"no events"),
    )
    client.commit(HIDDEN, put_file("runs/x/events.out.tfevents.1.host", FIRST))
    client.post_json(f"/api/models/{HIDDEN}/settings", {"private": True}, method="PUT")
    yield client
    client.close()


def test_training_is_shown_in_charts(new_visitor, alice):
    visitor = new_visitor()
    page = visitor.open(f"/{REPO}")
    page.get_by_role("link", name="Training metrics").click()
    expect(page.get_by_role("heading", name="Training metrics")).to_be_visible()
    chart = page.get_by_role("application", name="train/loss")
    expect(chart.locator("path")).to_have_count(2)
    expect(chart).to_have_accessible_name(
        "train/loss from 0.03922 to 4, up to step 90; runs/first: last 0.04396; runs/second: last 0.03922. "
        "Arrow keys go from step to step."
    )
    expect(page.get_by_text("0.875").first).to_be_visible()
    expect(page.get_by_text("1 file is shown in part")).to_be_visible()
    assert page.title() != "owned"
    assert visitor.violations() == []


def test_a_chart_tells_its_figures_step_by_step_and_closer(new_visitor, alice):
    visitor = new_visitor()
    page = visitor.open(f"/{REPO}/tensorboard")
    chart = page.locator("figure").filter(has_text="train/loss")
    chart.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    said = chart.locator("output")
    expect(said).to_have_text("Step 0: runs/first 4, runs/second 2")
    page.keyboard.press("End")
    expect(said).to_have_text("Step 90: runs/first 0.04396")
    chart.get_by_role("button", name="Look closer at train/loss").click()
    expect(said).to_have_text("Steps 68 to 90 are shown.")
    expect(chart.locator(".metric-high")).to_have_text("0.05634")
    chart.get_by_role("button", name="The whole of train/loss").click()
    expect(chart.locator(".metric-high")).to_have_text("4")
    assert visitor.violations() == []


def test_charts_grow_while_training_goes_on(new_visitor, alice):
    alice.create_repo("alice/growing")
    folder = "runs/now/events.out.tfevents"
    alice.commit("alice/growing", put_file(f"{folder}.1.host", event_file(*(("loss", step, 4.0) for step in (1, 2)))))
    visitor = new_visitor()
    visitor.context.clock.install()
    page = visitor.page
    with page.expect_response(lambda answer: "expand=sha" in answer.url):
        visitor.open("/alice/growing/tensorboard")
    expect(page.locator(".metric-steps")).to_contain_text("step 2")
    page.get_by_text("Figures", exact=True).click()
    page.get_by_role("heading", name="Training metrics").click()
    alice.commit("alice/growing", put_file(f"{folder}.2.host", event_file(("loss", 900, 0.5))))
    page.evaluate("document.activeElement.blur()")
    page.clock.run_for(10_000)
    expect(page.locator(".metric-steps")).to_contain_text("step 900")
    expect(page.get_by_role("status").filter(has_text="New figures came at")).to_be_visible()
    expect(page.get_by_role("row", name="runs/now")).to_contain_text("0.5")
    page.get_by_role("application").focus()
    page.keyboard.press("End")
    expect(page.locator("output")).to_have_text("Step 900: 0.5")


def test_figures_are_there_without_colours_or_scripts(new_visitor, alice):
    visitor = new_visitor(width=360, java_script_enabled=False)
    page = visitor.open(f"/{REPO}/tensorboard")
    figure = page.locator("figure").filter(has_text="train/loss")
    figure.get_by_text("Figures", exact=True).click()
    expect(figure.get_by_role("row", name="runs/first")).to_contain_text("0.04396")


def test_a_repo_without_events_has_no_tab_but_says_how(new_visitor, alice):
    page = new_visitor().open(f"/{BARE}")
    expect(page.get_by_role("link", name="Training metrics")).to_have_count(0)
    page = new_visitor().open(f"/{BARE}/tensorboard")
    expect(page.get_by_text("No metrics yet")).to_be_visible()


def test_the_same_as_json_and_nothing_for_strangers(server, alice):
    runs = {run["run"]: run["scalars"] for run in alice.get(f"/api/models/{REPO}/tensorboard", 200).json()["runs"]}
    assert runs["runs/first"]["eval/accuracy"] == [[90, 0.875]]
    assert runs["runs/second"]["train/loss"][0] == [0, 2.0]
    stranger = RawClient(server.url, None)
    absent = stranger.get("/api/models/alice/no-such-repo/tensorboard", 401)
    hidden = stranger.get(f"/api/models/{HIDDEN}/tensorboard", 401)
    assert hidden.json() == absent.json()
    stranger.close()
