"""Training in Chromium: from an uploaded file to a served prediction; data that are refused; a run that is ended."""

from __future__ import annotations

import io
import re
import zipfile
from importlib.util import find_spec

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.end_to_end.pages.conftest import ALICE, BOB, NewVisitor, Visitor
from tests.end_to_end.pages.test_keyboard import press, tab_to

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


def customers(rows: int = 150) -> str:
    """Three kinds of customers: few large orders, many small ones, and those in between."""
    kinds = ((2, 400), (9, 60), (30, 15))
    lines = ["orders,amount,age"]
    for row in range(rows):
        orders, amount = kinds[row % 3]
        lines.append(f"{orders + row * 7 % 3},{amount + row * 13 % 11},{20 + row * 17 % 40}")
    return "\n".join(lines) + "\n"


def shapes(each: int = 30) -> bytes:
    """A ZIP file with a folder of small pictures for each of two shapes: bars that lie, and bars that stand."""
    image = pytest.importorskip("PIL.Image")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(each):
            for label, size in (("lying", (20, 5)), ("standing", (5, 20))):
                picture = image.new("RGB", (32, 32), (240 - number, 240, 240))
                picture.paste(
                    (number, 0, 90),
                    (2 + number % 7, 3 + number % 5, 2 + number % 7 + size[0], 3 + number % 5 + size[1]),
                )
                written = io.BytesIO()
                picture.save(written, "PNG")
                archive.writestr(f"shapes/{label}/{number}.png", written.getvalue())
    return packed.getvalue()


def bring(page: Page, name: str, text: str) -> None:
    page.get_by_label("A file from your computer").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Look at the data").click()
    expect(page).to_have_url(re.compile("/new/check"), timeout=PATIENCE)


def bring_by_keys(page: Page, name: str, content: bytes) -> None:
    """From the list of runs to the check, with the keyboard alone; the file's own dialogue is the system's."""
    file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.once("filechooser", lambda chooser: chooser.set_files(file))  # early: dialogues are caught only from then on
    press(page, page.get_by_role("main").get_by_role("link", name="Train a model").first)
    press(page, page.get_by_label("A file from your computer"))
    expect(page.get_by_text(re.compile(f"^{re.escape(name)}, "))).to_be_visible()
    press(page, page.get_by_role("button", name="Look at the data"))
    expect(page).to_have_url(re.compile("/new/check"), timeout=PATIENCE)


def start_by_keys(page: Page, minutes: str, model: str) -> None:
    for label, text in (("Or another number of minutes", minutes), ("Name of the model", model)):
        tab_to(page, page.get_by_label(label))
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    press(page, page.get_by_role("button", name="Start training"))
    expect(page).to_have_url(RUN_PAGE, timeout=PATIENCE)


def stage(page: Page):
    return page.locator(".job-head .badge").first


@pytest.mark.timeout(1200)
def test_from_a_file_to_a_served_prediction_by_keyboard(new_visitor: NewVisitor):
    visitor = new_visitor(ALICE)
    visitor.page.set_default_navigation_timeout(PATIENCE)
    page = visitor.open("/training/alice")
    bring_by_keys(page, "flowers.csv", flowers().encode())
    expect(page.get_by_role("heading", name="The data were mended and can be used")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("1,000.50 € is 1,000.5"))).to_be_visible()
    expect(page.get_by_label("Task")).to_have_value("tabular-classification")
    expect(page.get_by_label("Target")).to_have_value("kind")
    expect(page.get_by_label("What price holds")).to_have_value("")
    assert visitor.violations() == []
    start_by_keys(page, "0.4", "flowers")
    expect(stage(page)).to_have_text("Done", timeout=PATIENCE)
    expect(page.get_by_role("region", name="Trials").get_by_role("rowheader", name="baseline")).to_be_visible()
    expect(page.get_by_role("heading", name="Scores on rows that no trial has seen")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("went from .* in [0-9]+ trial"))).to_be_visible()
    assert visitor.violations() == []
    check_report(visitor, page)
    press(page, page.get_by_role("link", name="What was done?"))
    expect(page.get_by_role("region", name="Confusion matrix", exact=True)).to_contain_text("is small")
    expect(page.get_by_text("of all that are large, how many did it find?")).to_be_visible()
    expect(page.get_by_role("region", name="Columns").get_by_role("row", name=re.compile("^length"))).to_be_visible()
    assert visitor.violations() == []
    page.go_back()
    check_deploying(page)
    press(page, page.get_by_role("link", name="Try the model"))
    expect(page).to_have_url(re.compile("/alice/flowers$"))
    tab_to(page, page.get_by_role("textbox", name="Table"))
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("length,width,price\n1,2,1000\n9,9,1000\n")
    press(page, page.locator("#try").get_by_role("button", name="Compute"))
    expect(page.locator("#try").get_by_text(re.compile("^(small|large)$")).first).to_be_visible(timeout=PATIENCE)
    visitor.open("/alice/flowers/autotrain")
    expect(page.get_by_role("heading", name="The confusion matrix")).to_be_visible()
    assert visitor.violations() == []


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


@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_from_packed_pictures_to_a_served_prediction_by_keyboard(new_visitor: NewVisitor):
    visitor = new_visitor(ALICE)
    visitor.page.set_default_navigation_timeout(PATIENCE)
    page = visitor.open("/training/alice")
    bring_by_keys(page, "shapes.zip", shapes())
    expect(page.get_by_label("Task")).to_have_value("image-classification")
    expect(page.get_by_role("img", name="lying, example 4")).to_be_visible()
    expect(page.get_by_role("img", name="standing, example 4")).to_be_visible()
    assert visitor.violations() == []
    start_by_keys(page, "0.6", "shapes-model")
    expect(stage(page)).to_have_text("Done", timeout=2 * PATIENCE)
    expect(page.get_by_role("region", name="Trials").get_by_role("rowheader", name="majority")).to_be_visible()
    press(page, page.get_by_role("link", name="What was done?"))
    expect(page.get_by_role("region", name="Columns").get_by_role("row", name=re.compile("^image"))).to_be_visible()
    assert visitor.violations() == []
    page.go_back()
    press(page, page.get_by_role("link", name="Try the model"))
    expect(page.locator("#try")).to_be_visible()


@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_groups_are_on_a_map_that_answers_to_keys_and_another_number_can_be_taken(new_visitor: NewVisitor):
    visitor = new_visitor(ALICE)
    visitor.page.set_default_navigation_timeout(PATIENCE)
    page = visitor.open("/training/alice/new?recipe=ecommerce-segments")
    bring(page, "customers.csv", customers())
    expect(page.get_by_label("Task")).to_have_value("clustering")
    page.get_by_label("Or another number of minutes").fill("0.6")
    page.get_by_role("button", name="Start training").click()
    expect(stage(page)).to_have_text("Done", timeout=2 * PATIENCE)
    page.get_by_role("application", name=re.compile("^PCA: A map of")).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-map-said] dt").first).to_have_text("Row")
    expect(page.get_by_role("img", name=re.compile("silhouette.*speaks for"))).to_be_visible()
    assert visitor.violations() == []
    page.get_by_role("button", name="Take 4 groups of k-means").click()
    expect(page.get_by_text("makes trial")).to_be_visible(timeout=PATIENCE)


def test_what_can_not_be_trained_on_says_why_and_can_be_corrected(new_visitor: NewVisitor):
    visitor = new_visitor(ALICE)
    visitor.page.set_default_navigation_timeout(PATIENCE)
    page = visitor.open("/training/alice/new")
    same = flowers().replace("small", "large")
    bring(page, "all-the-same.csv", same)
    expect(page.get_by_role("heading", name="This can't be trained on yet")).to_be_visible()
    expect(page.get_by_text("There is nothing to tell apart.")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    page.get_by_label("Task").select_option("tabular-regression")
    page.get_by_role("button", name="Check again with these", exact=True).click()
    page.get_by_label("Target").select_option("price")
    page.get_by_role("button", name="Check again with these", exact=True).click()
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
