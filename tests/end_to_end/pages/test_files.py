"""Folders, history, differences and blame, as people meet them."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE
from tests.end_to_end.raw_client import RawClient, delete_file, put_file, put_large

REPO = "alice/files"
ODD = "notes/50% of #1 & more?.txt"


@pytest.fixture(scope="module")
def alice(server):
    client = RawClient(server.url, ALICE.token)
    client.create_repo(REPO)
    client.commit(REPO, put_file("train.py", b"one = 1\ntwo = 2\n"), put_file(ODD, b"<b>odd</b>\n"))
    large, shared = b"w" * 5_000, b"x" * 200_000
    client.commit(
        REPO,
        put_large("model.safetensors", client.upload_lfs(REPO, large), len(large)),
        put_large("pytorch_model.bin", client.upload_xet(REPO, shared), len(shared)),
        *(put_file(f"many/{number:03}.txt", b"x") for number in range(130)),
    )
    client.commit(REPO, put_file("train.py", b"one = 1\ntwo = 3\n<script>document.title='owned'</script>\n"))
    client.commit(REPO, delete_file(ODD), put_file("gone.txt", b"x"))
    client.commit(REPO, put_file("train.py", b"pass\n"), query="?create_pr=1")
    client.post_json(f"/api/models/{REPO}/tag/main", {"tag": "v1"})
    client.post_json(f"/api/models/{REPO}/branch/feature%2Fx", {})
    yield client
    client.close()


def test_a_folder_lists_what_it_holds(new_visitor, alice):
    visitor = new_visitor()
    page = visitor.open(f"/{REPO}/tree/main")
    row = page.get_by_role("row", name="model.safetensors")
    expect(row.get_by_text("5 kB")).to_be_visible()
    expect(row.get_by_text("lfs", exact=True)).to_be_visible()
    expect(row.get_by_text("safe format")).to_be_visible()
    row = page.get_by_role("row", name="pytorch_model.bin")
    expect(row.get_by_text("xet", exact=True)).to_be_visible()
    expect(row.get_by_text("suspicious pickle")).to_be_visible()
    assert page.get_by_role("link", name="train.py", exact=True).get_attribute("href") == f"/{REPO}/blob/main/train.py"
    assert visitor.violations() == []
    page.get_by_role("link", name="many", exact=True).click()
    expect(page.get_by_role("link", name="099.txt")).to_have_count(1)
    expect(page.get_by_role("link", name="100.txt")).to_have_count(0)
    page.get_by_role("link", name="More entries").click()
    expect(page.get_by_role("link", name="100.txt", exact=True)).to_be_visible()
    page.get_by_role("link", name="The folder above").click()
    page.wait_for_url(lambda url: url.endswith(f"/{REPO}/tree/main"))


def test_revisions_are_switched_without_javascript(new_visitor, alice):
    visitor = new_visitor(java_script_enabled=False)
    page = visitor.open(f"/{REPO}/tree/main/many")
    page.locator(".revisions summary").click()
    page.get_by_role("link", name="feature/x").click()
    page.wait_for_url(lambda url: url.endswith(f"/{REPO}/tree/feature%2Fx/many"))
    page.locator(".revisions summary").click()
    page.get_by_role("link", name="#1").click()
    page.wait_for_url(lambda url: url.endswith(f"/{REPO}/tree/refs%2Fpr%2F1/many"))
    page.locator(".revisions summary").click()
    page.get_by_label("Other branch, tag or commit").fill("v1")
    page.get_by_role("button", name="Go").click()
    page.wait_for_url(lambda url: url.endswith(f"/{REPO}/tree/v1/many"))
    page = visitor.open(f"/{REPO}/tree/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to see here")
    assert visitor.open(f"/{REPO}/tree/main/train.py").url.endswith(f"/{REPO}/blob/main/train.py")


def test_names_with_marks_stay_whole(new_visitor, alice):
    page = new_visitor().open(f"/{REPO}/commits/main")
    first = alice.history(REPO)[-2]
    page = new_visitor().open(f"/{REPO}/tree/{first}/notes")
    link = page.get_by_role("link", name="50% of #1 & more?.txt", exact=True)
    assert link.get_attribute("href").endswith("/notes/50%25%20of%20%231%20%26%20more%3F.txt")


def test_history_of_a_repo_and_of_a_path(new_visitor, alice):
    visitor = new_visitor()
    page = visitor.open(f"/{REPO}/tree/main")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("listitem").filter(has_text="change")).to_have_count(4)
    assert visitor.violations() == []
    page = visitor.open(f"/{REPO}/commits/main/train.py")
    expect(page.locator(".commit-item")).to_have_count(2)
    expect(page.get_by_role("heading", name="History of train.py")).to_be_visible()
    expect(visitor.open(f"/{REPO}/commits/main/notes").locator(".commit-item")).to_have_count(2)
    expect(visitor.open(f"/{REPO}/commits/main/never").get_by_text("Nothing to see here")).to_be_visible()


def test_what_a_commit_changed(new_visitor, alice):
    oids = alice.history(REPO)
    visitor = new_visitor()
    page = visitor.open(f"/{REPO}/commit/{oids[1]}")
    expect(page.locator(".diff-removed .diff-text")).to_have_text(["two = 2"])
    added = page.locator(".diff-added .diff-text").all_inner_texts()
    assert added == ["two = 3", "<script>document.title='owned'</script>"]
    assert page.title() == "change · alice/files · Holdfast"
    assert visitor.violations() == []
    page = visitor.open(f"/{REPO}/commit/{oids[2]}")
    expect(page.get_by_text("50 files on this page")).to_be_visible()
    expect(page.get_by_text("132 changed files; here are 1 to 50.")).to_be_visible()
    page.get_by_role("link", name="More files").click()
    expect(page.get_by_text("here are 51 to 100")).to_be_visible()


def test_large_files_are_told_by_their_size(new_visitor, alice):
    oid = alice.history(REPO)[2]
    page = new_visitor().open(f"/{REPO}/commit/{oid}?cursor=100")
    file = page.locator(".diff-file", has_text="pytorch_model.bin")
    assert "A large file." in file.inner_text()
    assert "200 kB" in file.inner_text()


def test_blame_leads_to_commits_and_back_in_time(new_visitor, alice):
    oids = alice.history(REPO)
    visitor = new_visitor()
    page = visitor.open(f"/{REPO}/blame/main/train.py")
    expect(page.locator(".blame tbody")).to_have_count(2)
    expect(page.locator("#L1 .diff-text")).to_have_text("one = 1")
    assert page.locator(".blame tbody").nth(1).get_by_role("link", name="change", exact=True).get_attribute("href") == (
        f"/{REPO}/commit/{oids[1]}"
    )
    assert visitor.violations() == []
    page.get_by_role("link", name=f"Blame before {oids[1][:7]}").click()
    expect(page.locator("#L2 .diff-text")).to_have_text("two = 2")
    page = visitor.open(f"/{REPO}/blame/main/model.safetensors")
    expect(page.get_by_text("no lines to blame")).to_be_visible()


HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def test_names_and_messages_are_text(new_visitor, alice):
    alice.create_repo("alice/hostile")
    lines = [
        {"key": "header", "value": {"summary": HOSTILE, "description": HOSTILE + " javascript:alert(1)"}},
        put_file(f"{HOSTILE.replace('/', '')}.txt", HOSTILE.encode()),
    ]
    body = "\n".join(map(json.dumps, lines)).encode()
    alice.request(
        "POST", "/api/models/alice/hostile/commit/main", body, {"Content-Type": "application/x-ndjson"}
    ).expect()
    visitor = new_visitor(bypass_csp=True)
    name = quote(f"{HOSTILE.replace('/', '')}.txt")
    for path in ("tree/main", "commits/main", "commit/main", f"blame/main/{name}", f"commits/main/{name}"):
        page = visitor.open(f"/alice/hostile/{path}")
        expect(page.get_by_text("onerror").first).to_be_visible()
        assert "owned" not in page.title().replace(HOSTILE, "").replace(HOSTILE.replace("/", ""), "")
        expect(page.locator("main img:not(.avatar), main script")).to_have_count(0)


@pytest.mark.parametrize("path", ["tree/main", "tree/main/many", "commits/main", "commit/main", "blame/main/train.py"])
def test_phones_and_the_dark(new_visitor, alice, path):
    visitor = new_visitor(width=360, color_scheme="dark", java_script_enabled=True)
    visitor.open(f"/{REPO}/{path}")
    assert not visitor.overflows()
    assert visitor.violations() == []


def test_the_json_twins_say_the_same(alice):
    oids = alice.history(REPO)
    api = f"/api/models/{REPO}"
    assert [item["id"] for item in alice.get(f"{api}/commits/main?path=train.py").json()] == [oids[1], oids[3]]
    first = alice.get(f"{api}/commits/main?path=train.py&limit=1")
    assert "x-total-count" not in first.headers
    assert "path=train.py" in first.headers["link"]
    assert len(alice.pages(f"{api}/commits/main?path=train.py&limit=1")) == 2
    blame = alice.get(f"{api}/blame/main/train.py").json()
    assert [(span["start"], span["lines"], span["commit"]) for span in blame["spans"]] == [
        (1, 1, oids[3]),
        (2, 2, oids[1]),
    ]
    assert blame["complete"]
    assert blame["commits"].keys() == {oids[1], oids[3]}
    commit = alice.get(f"{api}/commit/{oids[1]}").json()
    (file,) = commit["files"]
    assert (file["path"], file["status"], file["added"], file["removed"]) == ("train.py", "modified", 2, 1)
    assert file["hunks"][0]["lines"][0] == {"kind": "context", "old": 1, "new": 1, "text": "one = 1"}
    page = alice.get(f"{api}/commit/{oids[2]}")
    assert (page.json()["fileCount"], len(page.json()["files"])) == (132, 50)
    assert "cursor=50" in page.headers["link"]
