"""The front page of a repo, as people meet it."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE, BOB
from tests.end_to_end.raw_client import RawClient, put_file

CARD = """---
license: mit
language: [en, de]
pipeline_tag: text-classification
base_model: alice/base
datasets: [nobody/knows]
tags: [one, two, three, four, five, six, seven, eight, nine, ten]
model-index:
- name: m
  results:
  - task: {type: text-classification}
    dataset: {type: glue, name: GLUE}
    metrics: [{type: accuracy, value: 0.9}]
---
# What it is for

It tells **good** from bad. <script>document.title = "owned"</script>
<img src=x onerror="document.title = 'owned'">

```python
print("hello")
```
"""
CONFIG = b'{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}'
CHILD = b"---\nbase_model: alice/shop\n---\n"


@pytest.fixture(scope="module")
def alice(server):
    client = RawClient(server.url, ALICE.token)
    for name in ("base", "shop", "empty", "gated", "old-name"):
        client.create_repo(f"alice/{name}")
    client.commit("alice/shop", put_file("README.md", CARD.encode()), put_file("config.json", CONFIG))
    client.commit("alice/gated", put_file("README.md", b"# Behind a gate\n"), put_file("secret.txt", b"s"))
    client.post_json("/api/models/alice/gated/settings", {"gated": "manual"}, method="PUT")
    client.move_repo("alice/old-name", "alice/new-name")
    yield client
    client.close()


@pytest.fixture(scope="module")
def bob(server, alice):
    client = RawClient(server.url, BOB.token)
    for name, private in (("child", False), ("hidden-child", True)):
        client.post_json("/api/repos/create", {"name": name, "private": private})
        client.commit(f"bob/{name}", put_file("README.md", CHILD))
    yield client
    client.close()


def test_a_card_with_its_facts(new_visitor, bob):
    visitor = new_visitor()
    page = visitor.open("/alice/shop")
    expect(page.locator("h1")).to_have_text("alice/shop")
    expect(page.get_by_role("heading", name="What it is for")).to_be_visible()
    assert page.title() == "alice/shop · Holdfast"
    side = page.get_by_label("About this model")
    assert side.get_by_role("link", name="alice/base").get_attribute("href") == "/alice/base"
    expect(side.get_by_text("nobody/knows")).to_have_count(2)  # as a fact and as metadata, never as a link
    expect(side.get_by_role("link", name="nobody/knows")).to_have_count(0)
    expect(page.get_by_role("row", name="text-classification GLUE").get_by_text("0.9")).to_be_visible()
    expect(page.get_by_label("Tags").get_by_role("link", name="Text Classification")).to_be_visible()
    assert visitor.violations() == []


def test_children_are_counted_for_who_looks(new_visitor, bob):
    page = new_visitor().open("/alice/shop")
    expect(page.get_by_role("link", name="All 1")).to_be_visible()
    assert "hidden-child" not in page.content()
    page = new_visitor(BOB).open("/alice/shop")
    expect(page.get_by_role("link", name="All 2")).to_be_visible()
    expect(page.get_by_role("link", name="bob/hidden-child")).to_be_visible()


def test_snippets_open_without_javascript_and_name_this_server(new_visitor, server, alice):
    visitor = new_visitor(java_script_enabled=False, width=360)
    page = visitor.open("/alice/shop")
    page.get_by_text("Use this model").click()
    expect(page.get_by_text(f"export HF_ENDPOINT={server.url}")).to_be_visible()
    expect(page.get_by_text(f"git clone {server.url}/alice/shop")).to_be_visible()
    expect(page.get_by_text("from transformers import pipeline")).to_contain_text("AutoModelForSequenceClassification")


def test_snippets_of_programs_do_what_they_say(new_visitor, alice, tmp_path):
    page = new_visitor().open("/alice/shop")
    page.get_by_text("Use this model").click()
    for program in ("curl", "git"):
        code = page.locator(".use-body .code", has_text=program).last.locator("code").inner_text()
        subprocess.run(["sh", "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "README.md").read_text() == CARD
    assert (tmp_path / "shop" / "config.json").read_bytes() == CONFIG


def expect_clipboard(page, text):
    """Wait until the clipboard holds the text: copying takes a moment."""
    page.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=text)


def test_copying(new_visitor, server, alice):
    visitor = new_visitor(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open("/alice/shop")
    page.get_by_role("button", name="Copy the name alice/shop").click()
    expect_clipboard(page, "alice/shop")
    page.get_by_text("Use this model").click()
    page.get_by_role("button", name="Copy the code for git").click()
    expect_clipboard(page, f"git clone {server.url}/alice/shop")


def test_likes(new_visitor, alice):
    page = new_visitor(java_script_enabled=False).open("/alice/base")
    page.get_by_role("link", name="Like 0").click()
    page.wait_for_url(lambda url: "/login?next=/alice/base" in url.replace("%2F", "/"))
    page = new_visitor(BOB, java_script_enabled=False).open("/alice/base")
    page.get_by_role("button", name="Like 0").click()
    assert page.get_by_role("button", name="Liked 1").get_attribute("aria-pressed") == "true"
    expect(page).to_have_url(re.compile(r"/alice/base$"))
    page.get_by_role("button", name="Liked 1").click()
    expect(page.get_by_role("button", name="Like 0")).to_be_visible()


def test_an_empty_repo_tells_its_owner_how_to_fill_it(new_visitor, alice):
    visitor = new_visitor(ALICE)
    page = visitor.open("/alice/empty")
    assert page.get_by_role("link", name="Upload files").get_attribute("href") == "/alice/empty/upload/main"
    expect(page.get_by_text("hf upload alice/empty")).to_be_visible()
    assert visitor.violations() == []
    page = new_visitor().open("/alice/empty")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(page.get_by_text("hf upload")).to_have_count(0)


def test_a_gate_shows_the_card_and_takes_requests(new_visitor, alice):
    page = new_visitor().open("/alice/gated")
    expect(page.get_by_role("heading", name="Behind a gate")).to_be_visible()
    expect(page.get_by_role("link", name="Log in").last).to_be_visible()
    visitor = new_visitor(BOB, java_script_enabled=False)
    page = visitor.open("/alice/gated")
    page.get_by_role("button", name="Ask for access").click()
    assert page.get_by_role("status").inner_text().startswith("Your request was sent. The owner decides")
    expect(page.get_by_text("You asked for access.")).to_be_visible()
    expect(page.get_by_role("button", name="Ask for access")).to_have_count(0)
    page.get_by_role("link", name="Files").click()
    expect(page.get_by_role("link", name="secret.txt")).to_be_visible()
    expect(page.get_by_text("ask for access")).to_be_visible()
    expect(page.get_by_title("Download secret.txt")).to_have_count(0)
    alice.close()  # the server has given up the idle connection
    alice.post_json("/api/models/alice/gated/user-access-request/handle", {"user": "bob", "status": "accepted"})
    visitor.open("/alice/gated/tree/main")
    expect(page.get_by_title("Download secret.txt")).to_have_count(1)


def test_private_is_as_absent(new_visitor, bob):
    texts = []
    for name in ("bob/hidden-child", "bob/no-such-model"):
        page = new_visitor(ALICE).open(f"/{name}")
        texts.append(page.locator("main").inner_text())
    assert texts[0] == texts[1]
    assert "Repository not found" in texts[0]


def test_a_moved_repo_is_found(new_visitor, alice):
    page = new_visitor().open("/alice/old-name/tree/main")
    expect(page).to_have_url(re.compile(r"/alice/new-name/tree/main$"))
    assert new_visitor().open("/alice/new-name.git").url.endswith("/alice/new-name")
    assert new_visitor().open("/alice/new-name%2Egit").url.endswith("/alice/new-name")


def test_the_json_twin_says_the_same(server, bob):
    with urllib.request.urlopen(f"{server.url}/api/models/alice/shop/overview") as answer:
        found = json.load(answer)
    assert found["lineage"]["children"]["finetune"]["count"] == 1
    assert found["lineage"]["datasets"] == [{"name": "nobody/knows", "repo": None}]
    assert found["card"]["body"].startswith("# What it is for")
    assert found["evaluations"][0]["value"] == "0.9"
    assert found["you"] == {"like": False, "accessRequest": None, "may": ["read-repo"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/alice/shop", "/alice/gated", "/alice/empty"])
def test_phones_and_themes(new_visitor, bob, scheme, path):
    visitor = new_visitor(width=360, color_scheme=scheme)
    visitor.open(path)
    assert not visitor.overflows()
    assert visitor.violations() == []
