"""Finding: lists with filters and counts, tasks, search, the first page; with JavaScript and without."""

from __future__ import annotations

import json
import struct
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE, BOB

MODELS = [
    ("alice/tiny-chat", "text-generation", "apache-2.0", 100_000_000, "en", ["conversational"]),
    ("alice/big-chat", "text-generation", "cc-by-nc-4.0", 70_000_000_000, "en", ["dpo"]),
    ("alice/sorter", "text-classification", "mit", 20_000_000, "fr", []),
    ("bob/seer", "image-classification", "gemma", 90_000_000, "", []),
]
SECRET = ("alice/hidden-plan", "text-generation", "apache-2.0", 5_000_000, "sw", [])


def call(server, token, method, path, body, content_type="application/json"):
    request = urllib.request.Request(server.url + path, body, method=method)
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", content_type)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def commit(server, token, path, files):
    lines = [{"key": "header", "value": {"summary": "Add"}}]
    lines += [{"key": "file", "value": {"path": name, "content": text}} for name, text in files.items()]
    body = "\n".join(map(json.dumps, lines)).encode()
    call(server, token, "POST", f"/api/{path}/commit/main", body, "application/x-ndjson")


def add_model(server, model, *, private=False):
    name, task, license_name, parameters, language, tags = model
    owner, short = name.split("/")
    token = ALICE.token if owner == "alice" else BOB.token
    body = json.dumps({"type": "model", "name": short, "private": private}).encode()
    call(server, token, "POST", "/api/repos/create", body)
    language_line = f"language: {language}\n" if language else ""
    fields = f"pipeline_tag: {task}\nlibrary_name: transformers\nlicense: {license_name}\n{language_line}tags: {tags}"
    card = f"---\n{fields}\n---\n# {short}\n"
    header = json.dumps({"w": {"dtype": "BF16", "shape": [parameters], "data_offsets": [0, 0]}})
    weights = struct.pack("<Q", len(header)).decode() + header
    commit(server, token, f"models/{name}", {"README.md": card, "model.safetensors": weights})


@pytest.fixture(scope="module")
def filled(server):
    for model in MODELS:
        add_model(server, model)
    add_model(server, SECRET, private=True)
    body = json.dumps({"type": "dataset", "name": "reviews"}).encode()
    call(server, BOB.token, "POST", "/api/repos/create", body)
    card = "---\ntask_categories: [text-classification]\nlicense: mit\n---\n# Reviews\nOpinions on films.\n"
    commit(server, BOB.token, "datasets/bob/reviews", {"README.md": card})
    return server


def names(page):
    return {found.strip() for found in page.locator(".repo-list .item-link").all_inner_texts()}


def count(page):
    return page.locator(".list-count b").inner_text()


def choose(page, label):
    page.locator("#filters .filter-value", has_text=label).first.click()


def test_an_empty_server_says_how_to_begin(server, new_visitor):
    page = new_visitor().open("/")
    expect(page.locator("main")).to_contain_text(f"export HF_ENDPOINT={server.url}")
    expect(page.locator("main")).to_contain_text("hf upload")
    assert "No models yet" in new_visitor().open("/models").locator("main").inner_text()


@pytest.mark.usefixtures("filled")
class TestFinding:
    """In the order of a newcomer."""

    def test_filters_narrow_the_list_and_back_takes_them_back(self, new_visitor):
        page = new_visitor().open("/models")
        assert count(page) == "4"
        page.evaluate("window.sameDocument = true")
        choose(page, "Text Generation")
        page.wait_for_url("**/models?pipeline_tag=text-generation")
        expect(page.locator(".list-count b")).to_have_text("2")
        choose(page, "Not allowed")
        page.wait_for_url("**commercial=no*")
        expect(page.locator(".list-count b")).to_have_text("1")
        assert names(page) == {"alice/big-chat"}
        page.go_back()
        expect(page.locator(".list-count b")).to_have_text("2")
        page.go_back()
        expect(page.locator(".list-count b")).to_have_text("4")
        assert page.evaluate("window.sameDocument"), "the whole page was loaded again"
        page.go_forward()
        expect(page.locator(".list-count b")).to_have_text("2")
        page.reload()
        assert names(page) == {"alice/tiny-chat", "alice/big-chat"}

    def test_every_count_is_what_a_click_shows(self, new_visitor):
        page = new_visitor(java_script_enabled=False).open("/models?language=en")
        links = page.locator("#filters .filter-value").all()
        promised = [
            (link.get_attribute("href"), link.locator(".filter-count").text_content().split()[0]) for link in links
        ]
        assert len(promised) > 10
        for address, number in promised:
            page.goto(page.url.split("/models")[0] + address)
            if "language=en" in address:  # all but the chosen value's own, which takes it back
                assert count(page) == number, address

    def test_typing_updates_the_list_and_keeps_the_focus(self, new_visitor):
        page = new_visitor().open("/models?pipeline_tag=text-generation")
        page.get_by_label("Search models by name").press_sequentially("tiny", delay=20)
        page.wait_for_url("**search=tiny*")
        expect(page.locator(".list-count b")).to_have_text("1")
        assert names(page) == {"alice/tiny-chat"}
        assert page.evaluate("document.activeElement.id") == "list-words"
        page.wait_for_url(lambda url: "pipeline_tag=text-generation" in url)

    def test_all_of_it_works_without_scripts(self, new_visitor):
        page = new_visitor(java_script_enabled=False).open("/models")
        choose(page, "Text Generation")
        page.get_by_label("Search models by name").fill("chat")
        page.get_by_label("Search models by name").press("Enter")
        assert names(page) == {"alice/tiny-chat", "alice/big-chat"}
        page.wait_for_url(lambda url: "pipeline_tag=text-generation" in url)
        page.locator("summary", has_text="Sort:").click()
        page.get_by_role("link", name="Newest").click()
        assert page.locator(".repo-list .item-link").first.inner_text().strip() == "alice/big-chat"
        page.get_by_role("link", name="Task: Text Generation").click()
        page.get_by_label("User or organization").fill("bob")
        page.get_by_label("User or organization").press("Enter")
        page.wait_for_url(lambda url: "author=bob" in url)
        assert (
            count(page) == "No models" if page.locator(".list-count b").count() else page.locator(".empty").is_visible()
        )

    def test_bounds_on_parameters(self, new_visitor):
        page = new_visitor().open("/models")
        page.get_by_text("From … to …").click()
        page.get_by_label("From", exact=True).fill("50M")
        page.get_by_label("To", exact=True).fill("1B")
        page.get_by_role("button", name="Set").first.click()
        page.wait_for_url("**min_parameters=50M*")
        expect(page.locator(".list-count b")).to_have_text("2")
        assert names(page) == {"alice/tiny-chat", "bob/seer"}

    def test_private_repos_leave_no_trace(self, new_visitor):
        stranger, owner = new_visitor(BOB), new_visitor(ALICE)
        for path in ("/models", "/models?language=sw", "/models?search=hidden", "/search?q=hidden", "/", "/tasks"):
            assert "hidden-plan" not in stranger.open(path).content()
        stranger.open("/models")
        assert count(stranger.page) == "4"
        assert "Swahili" not in stranger.page.locator("#filters").inner_text()
        owner.open("/models?language=sw")
        assert names(owner.page) == {"alice/hidden-plan"}
        owner.open("/models")
        assert count(owner.page) == "5"
        assert "hidden-plan" in owner.open("/").content()

    def test_the_sheet_of_a_narrow_screen_stays_open_while_choosing(self, new_visitor):
        visitor = new_visitor(width=360)
        page = visitor.open("/models")
        expect(page.locator("#filters")).not_to_be_visible()
        page.get_by_role("button", name="Filters").click()
        choose(page, "Text Generation")
        expect(page.locator(".filters-foot")).to_contain_text("Show 2 models")
        page.get_by_role("button", name="Show 2 models").click()
        expect(page.locator("#filters")).not_to_be_visible()
        assert not visitor.overflows()

    def test_the_sheet_opens_without_scripts_too(self, new_visitor):
        page = new_visitor(width=360, java_script_enabled=False).open("/models")
        page.get_by_role("button", name="Filters").click()
        choose(page, "Text Generation")
        assert count(page) == "2"

    def test_filters_by_keyboard(self, new_visitor):
        page = new_visitor().open("/models")
        link = page.locator("#filters .filter-value", has_text="Text Generation")
        link.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".list-count b")).to_have_text("2")
        page.keyboard.press("Enter")  # the focus stays where it was
        expect(page.locator(".list-count b")).to_have_text("4")

    def test_a_task_tells_what_it_is_and_offers_models(self, new_visitor):
        visitor = new_visitor()
        page = visitor.open("/tasks")
        page.get_by_role("link", name="Text Classification", exact=True).first.click()
        expect(page.locator("main")).to_contain_text("Sorts texts into classes")
        assert names(page) == {"alice/sorter", "bob/reviews"}
        expect(visitor.open("/tasks/no-such-task").get_by_role("heading", level=1)).to_be_visible()

    def test_search_finds_every_kind(self, new_visitor):
        page = new_visitor().open("/search")
        page.get_by_label("Search models, datasets, Spaces and people").last.press_sequentially("bob", delay=20)
        page.wait_for_url("**q=bob*")
        page.locator("#found h2").first.wait_for()
        assert names(page) == {"bob/seer", "bob/reviews"}
        expect(page.locator("#found")).to_contain_text("Bob Baker")
        page = new_visitor(java_script_enabled=False).open("/search?q=laboratory")
        expect(page.locator("main")).to_contain_text("Nothing found")
        assert "The Lab" in new_visitor().open("/search?q=the+lab").locator("#found").inner_text()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("path", ["/", "/models", "/models?pipeline_tag=text-generation&commercial=no", "/datasets",
                                      "/spaces", "/tasks", "/tasks/text-generation", "/search?q=bob"])  # fmt: skip
    def test_everybody_can_use_it(self, new_visitor, path, scheme):
        visitor = new_visitor(ALICE if path == "/" else None, width=360, color_scheme=scheme)
        visitor.open(path)
        expect(visitor.page.locator("h1")).to_have_count(1)
        assert not visitor.overflows()
        assert visitor.violations() == []

    def test_hostile_words_stay_words(self, new_visitor):
        words = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
        for path in ("/models?search=", "/models?other=", "/search?q=", "/datasets?author=", "/models?unknown="):
            page = new_visitor().open(path + urllib.request.quote(words))
            expect(page.locator("img[src=x]")).to_have_count(0)

    def test_the_json_twin_says_the_same(self, new_visitor, filled):
        page = new_visitor().open("/models?commercial=yes&fits=here")
        twin = page.locator("link[rel=alternate]").get_attribute("href")
        with urllib.request.urlopen(filled.url + twin) as answer:
            assert {item["id"] for item in json.load(answer)} == names(page)
