"""Training in Chromium: from an uploaded file to a served prediction; data that are refused; a run that is ended."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.pages.conftest import ALICE, BOB, NewVisitor, Visitor

pytestmark = pytest.mark.skipif(
    not all(find_spec(name) for name in ("skops", "optuna", "pandas")), reason="trains where the libraries for it are"
)
RUN_PAGE = re.compile(r"/training/alice/[0-9a-f]{24}$")
PATIENCE = 150_000  # milliseconds: a run takes its budget, and on a busy machine as long again


def flowers(rows: int = 120) -> str:
    """The kind follows from length and width; prices are written as people write them."""
    lines = ["length,width,price,kind"]
    for row in range(rows):
        length, width = row * 7 % 10, row * 3 % 11
        lines.append(f'{length},{width},"{1000 + row:,}.50 €",{"large" if length + width > 9 else "small"}')
    return "\n".join(lines) + "\n"


def bring(page: Page, name: str, text: str) -> None:
    page.get_by_label("A file from your computer").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Look at the data").click()
    expect(page).to_have_url(re.compile("/new/check"), timeout=PATIENCE)


def stage(page: Page):
    return page.locator(".job-head .badge").first


def test_from_a_file_to_a_served_prediction(new_visitor: NewVisitor):
    visitor = new_visitor(ALICE)
    page = visitor.open("/training/alice")
    page.get_by_role("main").get_by_role("link", name="Train a model").first.click()
    bring(page, "flowers.csv", flowers())
    expect(page.get_by_role("heading", name="The data were mended and can be used")).to_be_visible()
    expect(page.get_by_text("1,000.50 € is 1,000.5")).to_be_visible()
    expect(page.get_by_label("Task")).to_have_value("tabular-classification")
    expect(page.get_by_label("Target")).to_have_value("kind")
    assert visitor.violations() == []
    page.get_by_label("Or another number of minutes").fill("0.4")
    page.get_by_label("Name of the model").fill("flowers")
    page.get_by_role("button", name="Start training").click()
    expect(page).to_have_url(RUN_PAGE)
    expect(stage(page)).to_have_text("Done", timeout=PATIENCE)
    expect(page.get_by_role("region", name="Trials").get_by_role("rowheader", name="baseline")).to_be_visible()
    expect(page.get_by_role("heading", name="Scores on rows that no trial has seen")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("went from .* in [0-9]+ trial"))).to_be_visible()
    assert visitor.violations() == []
    check_report(visitor, page)
    page.get_by_role("link", name="What was done?").click()
    expect(page.get_by_role("region", name="Confusion matrix", exact=True)).to_contain_text("is small")
    expect(page.get_by_text("of all that are large, how many did it find?")).to_be_visible()
    assert visitor.violations() == []
    page.go_back()
    check_deploying(page)
    page.get_by_role("link", name="Try the model").click()
    expect(page).to_have_url(re.compile("/alice/flowers$"))
    page.get_by_role("textbox", name="Table").fill("length,width,price\n1,2,1000\n9,9,1000\n")
    page.locator("#try").get_by_role("button", name="Compute").click()
    expect(page.locator("#try").get_by_text(re.compile("^(small|large)$")).first).to_be_visible(timeout=PATIENCE)


def check_report(visitor: Visitor, page: Page) -> None:
    """Every picture has its table; leaves the page as it was."""
    page.get_by_role("link", name="The whole report with its figures").click()
    expect(page.get_by_role("heading", level=1, name=re.compile("^Report of"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^What is taken for what"))).to_be_visible()
    pictures = page.locator("figure svg").count()
    assert page.get_by_text("As a table", exact=True).count() == pictures > 3
    page.locator("main details summary").first.click()
    expect(page.get_by_role("region", name="Against the simplest rule").get_by_role("table")).to_be_visible()
    assert visitor.violations() == []
    page.get_by_role("navigation", name="Where you are").get_by_role("link").nth(1).click()


def check_deploying(page: Page) -> None:
    """Another trial can be made the model; leaves the page as it was, and ends what it began."""
    run = page.url
    page.get_by_label("Trial", exact=True).select_option("0")
    page.get_by_role("button", name="Deploy this trial").click()
    expect(page.get_by_text("makes trial 0 of another run the model")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(stage(page)).to_have_text("Cancelled", timeout=PATIENCE)
    page.get_by_role("link", name="another run").click()
    expect(page).to_have_url(run)
    expect(page.get_by_role("link", name=re.compile("^Trial 0: baseline"))).to_be_visible()


def test_what_can_not_be_trained_on_says_why_and_can_be_corrected(new_visitor: NewVisitor):
    page = new_visitor(ALICE).open("/training/alice/new")
    same = flowers().replace("small", "large")
    bring(page, "all-the-same.csv", same)
    expect(page.get_by_role("heading", name="This can't be trained on yet")).to_be_visible()
    expect(page.get_by_text("There is nothing to tell apart.")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    page.get_by_label("Task").select_option("tabular-regression")
    page.get_by_role("button", name="Check again").click()
    page.get_by_label("Target").select_option("price")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_label("Target")).to_have_value("price")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    page.get_by_role("button", name="Start training").click()
    expect(page).to_have_url(RUN_PAGE)
    page.get_by_role("button", name="Cancel").click()
    expect(stage(page)).to_have_text("Cancelled", timeout=PATIENCE)
    assert new_visitor(BOB).context.request.get(page.url).status == 404


def test_a_form_without_data_says_what_is_missing(new_visitor: NewVisitor):
    page = new_visitor(ALICE).open("/training/alice/new")
    page.get_by_role("button", name="Look at the data").click()
    expect(page.get_by_text("choose a file, or name a dataset of this Hub")).to_be_visible()
