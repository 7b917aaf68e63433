"""The page of a file: what each kind shows, lines with addresses, ways on."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE, BOB
from tests.end_to_end.pages.xss import hostile_files as files
from tests.end_to_end.pages.xss.vectors import notebook
from tests.end_to_end.raw_client import RawClient, put_file, put_large

REPO = "alice/shown"
PYTHON = b"".join(b"line_%d = %d\n" % (number, number) for number in range(1, 301)) + b"x = '" + b"long " * 200 + b"'\n"
CARD = """---
license: mit
---
# Title

Some `code`, a [link](docs/use.md), $x^2$.

```python
x = 1
```

| a | b |
|---|---|
| 1 | 2 |

- [x] done
"""
FILES = {
    "README.md": CARD.encode(),
    "train.py": PYTHON,
    "table.csv": b"name,score\n" + b"".join(b"row %d,%d\n" % (number, number) for number in range(250)),
    "table.parquet": files.parquet_file(),
    "notebook.ipynb": notebook(),
    "model.gguf": files.gguf_file(),
    "model.pkl": files.pickle_file(),
    "archive.zip": files.zip_file(),
    "random.dat": bytes(range(256)),
    "empty.txt": b"",
    "broken.parquet": b"PAR1 and nothing else",
    "docs/use.md": b"# Use\n\n![logo](../logo.svg)",
    "logo.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="9"><rect width="7" height="9"/></svg>',
}
LARGE = files.safetensors_file()


@pytest.fixture(scope="module")
def client(server):
    client = RawClient(server.url, ALICE.token)
    client.create_repo(REPO)
    client.commit(REPO, *(put_file(path, content) for path, content in FILES.items()))
    client.commit(REPO, put_large("model.safetensors", client.upload_xet(REPO, LARGE), len(LARGE)))
    client.post_json("/api/repos/create", {"organization": "alice", "name": "hidden", "private": True})
    client.commit("alice/hidden", put_file("secret.txt", b"secret"))
    yield client
    client.close()


@pytest.mark.parametrize("path", [*FILES, "model.safetensors"])
def test_every_kind_of_file_is_fit_for_everybody(new_visitor, client, path):
    visitor = new_visitor(width=360, color_scheme="dark")
    visitor.open(f"/{REPO}/blob/main/{path}")
    expect(visitor.page.locator("h1")).to_have_count(1)
    assert not visitor.overflows()
    assert visitor.violations() == []


def test_a_document_is_set_and_can_be_seen_as_text(new_visitor, client):
    page = new_visitor().open(f"/{REPO}/blob/main/README.md")
    expect(page.get_by_role("heading", name="Title")).to_be_visible()
    page.get_by_role("link", name="Text", exact=True).click()
    expect(page.locator(".lines")).to_contain_text("# Title")
    page.get_by_role("link", name="Preview").click()
    page.get_by_role("article").get_by_role("link", name="link").click()
    page.wait_for_url(lambda url: url.endswith(f"/{REPO}/blob/main/docs/use.md"))


def test_lines_have_addresses_without_scripts(new_visitor, client):
    page = new_visitor(java_script_enabled=False).open(f"/{REPO}/blob/main/train.py#L250")
    assert page.locator("#L250").bounding_box()["y"] < 900
    marked = page.locator("#L250:target")
    assert marked.inner_text().strip() == "line_250 = 250"


def test_ranges_of_lines(new_visitor, client):
    page = new_visitor().open(f"/{REPO}/blob/main/train.py#L10-L12")
    expect(page.locator(".is-chosen")).to_have_count(3)
    page.locator("#L20 .line-number").click()
    page.locator("#L23 .line-number").click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile(r"#L20-L23$"))
    expect(page.locator(".is-chosen")).to_have_count(4)


def test_long_lines_wrap_on_demand_without_scripts(new_visitor, client):
    page = new_visitor(java_script_enabled=False).open(f"/{REPO}/blob/main/train.py")
    height = page.locator("#L301").bounding_box()["height"]
    page.get_by_label("Wrap lines").check()
    assert page.locator("#L301").bounding_box()["height"] > 2 * height


def test_the_text_can_be_copied(new_visitor, client):
    visitor = new_visitor(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open(f"/{REPO}/blob/main/train.py")
    page.get_by_role("button", name="Copy the text").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("line_1 = 1\nline_2 = 2\n")


def test_a_table_shows_its_first_rows(new_visitor, client):
    page = new_visitor(java_script_enabled=False).open(f"/{REPO}/blob/main/table.csv")
    expect(page.get_by_text("The first 100 of 250 rows")).to_be_visible()
    expect(page.get_by_role("cell", name="row 99", exact=True)).to_have_count(1)


def test_a_drawing_is_a_picture_inside_pages_only(new_visitor, client):
    page = new_visitor().open(f"/{REPO}/blob/main/docs/use.md")
    page.wait_for_function("document.querySelector('.prose img').complete")
    assert page.locator(".prose img").evaluate("picture => picture.naturalWidth") == 7
    page = new_visitor().open(f"/{REPO}/blob/main/logo.svg")
    assert page.locator(".viewer-media img").evaluate("picture => picture.naturalWidth") == 7
    client.close()  # the server has given up the idle connection
    alone = client.get(f"/{REPO}/resolve/main/logo.svg")
    assert alone.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in alone.headers["content-security-policy"]


def test_a_pickle_comes_with_a_warning(new_visitor, client):
    page = new_visitor().open(f"/{REPO}/blob/main/model.pkl")
    expect(page.get_by_text("It was not run here")).to_be_visible()
    expect(page.get_by_text("not known to be harmless").first).to_be_visible()
    expect(page.get_by_text("suspicious pickle")).to_be_visible()


def test_a_large_file_says_how_it_is_stored(new_visitor, client):
    page = new_visitor().open(f"/{REPO}/blob/main/model.safetensors")
    expect(page.get_by_text("xet", exact=True)).to_be_visible()
    page.get_by_text("About this file").click()
    expect(page.get_by_text(hashlib.sha256(LARGE).hexdigest())).to_be_visible()
    expect(page.get_by_role("link", name="Raw")).to_have_count(0)


def test_only_who_may_change_it_sees_how(new_visitor, client):
    page = new_visitor().open(f"/{REPO}/blob/main/train.py")
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    page = new_visitor(ALICE).open(f"/{REPO}/blob/main/train.py")
    expect(page.get_by_role("link", name="Edit")).to_have_count(1)
    expect(page.get_by_role("link", name="Delete")).to_have_count(1)


def test_a_folder_leads_to_its_page(new_visitor, client):
    page = new_visitor().open(f"/{REPO}/blob/main/docs")
    page.wait_for_url(lambda url: url.endswith(f"/{REPO}/tree/main/docs"))


def test_the_same_as_json(client):
    client.close()  # the server has given up the idle connection
    answer = client.get(f"/api/models/{REPO}/preview/main/table.csv").json()
    assert answer["size"] == len(FILES["table.csv"])
    assert answer["preview"]["kind"] == "table"
    assert answer["preview"]["numRows"] == 250
    assert answer["preview"]["columns"] == [{"name": "name", "type": "text"}, {"name": "score", "type": "number"}]
    answer = client.get(f"/api/models/{REPO}/preview/main/model.safetensors").json()
    assert answer["lfs"]["size"] == len(LARGE)
    assert answer["preview"]["tensors"]
    assert client.get(f"/api/models/{REPO}/preview/main/docs").json()["type"] == "directory"
    for path in FILES:
        answer = client.get(f"/api/models/{REPO}/preview/main/{path}")
        assert json.loads(answer.body)["preview"]["kind"], path


def test_files_of_private_repos_are_as_absent(new_visitor, client):
    for user in (None, BOB):
        visitor = new_visitor(user)
        hidden = visitor.page.goto(f"{visitor.server.url}/alice/hidden/blob/main/secret.txt")
        there = visitor.page.inner_text("main").replace("hidden", "NAME")
        absent = visitor.page.goto(f"{visitor.server.url}/alice/absent/blob/main/secret.txt")
        assert hidden.status == absent.status
        assert visitor.page.inner_text("main").replace("absent", "NAME") == there
