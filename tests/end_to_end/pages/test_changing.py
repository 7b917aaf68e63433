"""People change repos in a browser: new, upload, edit, conflict, pull request, settings, the end."""

from __future__ import annotations

import hashlib
import json
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE, BOB
from tests.end_to_end.raw_client import RawClient, put_large

TEXT = "field-text"
SLOWLY = 120_000
"""Milliseconds, for what hashes and sends megabytes on a busy machine."""


@pytest.fixture
def new_repo(server):
    """Makes repos over the API, with files."""

    def make(name, files=None, **options):
        api(server, "POST", "/api/repos/create", {"name": name, **options})
        put(server, name, files or {})
        return f"alice/{name}"

    return make


def api(server, method, path, body=None, user=ALICE):
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, method=method)
    request.add_header("Authorization", f"Bearer {user.token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        content = answer.read()
    return json.loads(content) if answer.headers["Content-Type"].startswith("application/json") else content


def put(server, name, files):
    lines = [{"key": "header", "value": {"summary": "files", "description": ""}}]
    lines += [{"key": "file", "value": {"path": path, "content": text}} for path, text in files.items()]
    api(server, "POST", f"/api/models/alice/{name}/commit/main", "\n".join(map(json.dumps, lines)).encode())


def content(server, repo, path, revision="main"):
    return api(server, "GET", f"/{repo}/raw/{revision}/{path}").decode()


def drop(page, selector, *paths):
    """Let go of files of this machine over an element, as a person does: folders are walked through by the page."""
    box = page.locator(selector).bounding_box()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **where})
    session.detach()


def type_text(page, text):
    """Replace everything in the editor."""
    page.get_by_role("textbox", name="Text of the file").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


class TestNew:
    @pytest.mark.parametrize("java_script_enabled", [True, False])
    def test_a_model_begins_with_its_card(self, server, new_visitor, java_script_enabled):
        name = f"made-{java_script_enabled}".lower()
        page = new_visitor(ALICE, java_script_enabled=java_script_enabled).open("/new")
        page.get_by_label("Owner").select_option("lab")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("License").select_option("apache-2.0")
        page.get_by_label("Private").check()
        page.get_by_role("button", name="Create model").click()
        page.wait_for_url(f"**/lab/{name}")
        assert "license: apache-2.0" in content(server, f"lab/{name}", "README.md")
        assert api(server, "GET", f"/api/models/lab/{name}")["private"] is True

    def test_what_was_typed_stays_when_it_is_refused(self, new_repo, new_visitor):
        new_repo("taken")
        page = new_visitor(ALICE).open("/new-dataset")
        page.get_by_label("Name", exact=True).fill("bad--name")
        page.get_by_role("button", name="Create dataset").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("bad--name")
        expect(page.locator("#hint-name")).to_contain_text("Must have 1 to 96 letters")
        page = new_visitor(ALICE).open("/new")
        page.get_by_label("Name", exact=True).fill("taken")
        page.get_by_role("button", name="Create model").click()
        expect(page.locator("#hint-name")).to_contain_text("alice/taken exists already")

    def test_strangers_log_in_first(self, new_visitor):
        page = new_visitor().open("/new-space")
        page.wait_for_url(lambda url: "/login?next=/new-space" in url.replace("%2F", "/"))


class TestUpload:
    def test_a_folder_is_dropped(self, server, new_repo, new_visitor, tmp_path):
        repo = new_repo("dropped")
        folder = tmp_path / "weights"
        (folder / "inner").mkdir(parents=True)
        (folder / ".git").mkdir()
        (folder / ".git" / "config").write_text("secret")
        (folder / "config.json").write_text("{}")
        (folder / "inner" / "notes ä.txt").write_text("grüße")
        (folder / "model.safetensors").write_bytes(bytes(range(256)) * 100)
        page = new_visitor(ALICE).open(f"/{repo}/upload/main")
        drop(page, "#drop", folder)
        page.get_by_role("heading", name="3 files").wait_for()
        page.get_by_label("Folder in the repo").fill("v1")
        page.get_by_role("button", name="Upload", exact=True).click()
        page.wait_for_url(f"**/{repo}/tree/main/v1")
        tree = api(server, "GET", f"/api/models/{repo}/tree/main?recursive=1")
        found = {item["path"]: item for item in tree if item["type"] == "file"}
        assert found.keys() - {".gitattributes"} == {
            "v1/weights/config.json",
            "v1/weights/inner/notes ä.txt",
            "v1/weights/model.safetensors",
        }
        sha256 = hashlib.sha256(bytes(range(256)) * 100).hexdigest()
        assert found["v1/weights/model.safetensors"]["lfs"]["oid"] == sha256
        assert content(server, repo, "v1/weights/inner/notes%20%C3%A4.txt") == "grüße"

    def test_a_broken_upload_goes_on_after_a_reload(self, server, new_repo, new_visitor, tmp_path):
        repo = new_repo("resumed")
        large = tmp_path / "large.bin"
        with large.open("wb") as file:
            for number in range(33):
                file.write(bytes([number]) * 1024 * 1024)
        visitor = new_visitor(ALICE)
        page = visitor.open(f"/{repo}/upload/main")
        page.route("**/lfs/multipart/*/3", lambda route: route.abort())
        page.get_by_label("Choose files").set_input_files(large)
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_text("The connection broke. Trying again").wait_for(timeout=SLOWLY)
        page.on("dialog", lambda dialog: dialog.accept())
        page.unroute("**/lfs/multipart/*/3")
        sent = []
        page.on("request", lambda request: sent.append(request.url[-2:]) if request.method == "PUT" else None)
        page.reload()
        page.get_by_label("Choose files").set_input_files(large)
        page.get_by_role("button", name="Upload", exact=True).click()
        page.wait_for_url(f"**/{repo}/tree/main", timeout=SLOWLY)
        assert sent == ["/3"]
        entries = api(server, "GET", f"/api/models/{repo}/tree/main")
        [entry] = [item for item in entries if item["path"] == "large.bin"]
        assert entry["lfs"]["oid"] == hashlib.sha256(large.read_bytes()).hexdigest()

    def test_canceling_commits_nothing(self, server, new_repo, new_visitor, tmp_path):
        repo = new_repo("canceled")
        large = tmp_path / "large.bin"
        large.write_bytes(bytes(20_000_000))
        page = new_visitor(ALICE).open(f"/{repo}/upload/main")
        page.route("**/lfs/multipart/*/1", lambda route: None)
        page.get_by_label("Choose files").set_input_files(large)
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_role("button", name="Cancel", exact=True).click()
        page.get_by_role("alert").get_by_text("Nothing was committed").wait_for()
        page.unroute_all(behavior="ignoreErrors")
        assert len(api(server, "GET", f"/api/models/{repo}/commits/main")) == 2

    def test_a_form_does_it_too(self, server, new_repo, new_visitor, tmp_path):
        repo = new_repo("by-form")
        (tmp_path / "a.txt").write_text("text")
        (tmp_path / "b.bin").write_bytes(bytes(3_000_000))
        page = new_visitor(ALICE, java_script_enabled=False).open(f"/{repo}/upload/main/docs")
        page.get_by_label("Choose files").set_input_files([tmp_path / "a.txt", tmp_path / "b.bin"])
        page.get_by_label("What changes").fill("Two files")
        page.get_by_role("button", name="Upload", exact=True).click()
        page.wait_for_url(f"**/{repo}/tree/main/docs")
        assert content(server, repo, "docs/a.txt") == "text"
        assert api(server, "GET", f"/api/models/{repo}/commits/main")[0]["title"] == "Two files"

    def test_bad_metadata_is_told_and_the_files_stay_chosen(self, new_repo, new_visitor, tmp_path):
        repo = new_repo("bad-card")
        (tmp_path / "README.md").write_text("---\nlicense: [\n---\n")
        page = new_visitor(ALICE).open(f"/{repo}/upload/main")
        page.get_by_label("Choose files").set_input_files(tmp_path / "README.md")
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_role("alert").get_by_text("README.md").wait_for()
        expect(page.get_by_role("heading", name="1 file")).to_be_visible()


class TestEdit:
    def test_a_card_with_preview(self, server, new_repo, new_visitor):
        repo = new_repo("edited", {"README.md": "---\nlicense: mit\n---\n# Old\n"})
        page = new_visitor(ALICE).open(f"/{repo}/edit/main/README.md")
        type_text(page, "---\nlicense: mit\n---\n\n# New *title*\n")
        page.get_by_role("tab", name="Preview").click()
        page.locator("#preview").get_by_role("heading", name="New title").wait_for()
        page.get_by_role("button", name="Commit", exact=True).click()
        page.wait_for_url(f"**/{repo}/blob/main/README.md")
        assert content(server, repo, "README.md") == "---\nlicense: mit\n---\n\n# New *title*\n"
        assert api(server, "GET", f"/api/models/{repo}/commits/main")[0]["title"] == "Update README.md"

    def test_nothing_is_lost_when_others_were_faster(self, server, new_repo, new_visitor):
        repo = new_repo("conflict", {"a.py": "one = 1\n"})
        page = new_visitor(ALICE).open(f"/{repo}/edit/main/a.py")
        put(server, "conflict", {"a.py": "theirs = 2\n"})
        type_text(page, "mine = 3\n")
        page.get_by_role("button", name="Commit", exact=True).click()
        page.get_by_text("Somebody changed this file while you were editing").wait_for()
        page.get_by_text("What the file holds now").click()
        expect(page.get_by_text("theirs = 2")).to_be_visible()
        assert content(server, repo, "a.py") == "theirs = 2\n"
        expect(page.locator(f"#{TEXT}")).to_have_value("mine = 3\n")
        page.get_by_role("button", name="Commit", exact=True).click()
        page.wait_for_url(f"**/{repo}/blob/main/a.py")
        assert content(server, repo, "a.py") == "mine = 3\n"

    def test_without_javascript(self, server, new_repo, new_visitor):
        repo = new_repo("plain", {"README.md": "\nfirst line is empty\n"})
        page = new_visitor(ALICE, java_script_enabled=False).open(f"/{repo}/edit/main/README.md")
        field = page.get_by_label("Text of the file")
        expect(field).to_have_value("\nfirst line is empty\n")
        field.fill("# Hello\n")
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("heading", name="Hello").wait_for()
        page.get_by_role("button", name="Commit", exact=True).click()
        page.wait_for_url(f"**/{repo}/blob/main/README.md")
        assert content(server, repo, "README.md") == "# Hello\n"

    def test_bad_metadata_is_named(self, server, new_repo, new_visitor):
        repo = new_repo("metadata", {"README.md": "# Old\n"})
        page = new_visitor(ALICE, java_script_enabled=False).open(f"/{repo}/edit/main/README.md")
        page.get_by_label("Text of the file").fill("---\nlicense: my-own\n---\n")
        page.get_by_role("button", name="Commit", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("license")
        expect(page.get_by_label("Text of the file")).to_have_value("---\nlicense: my-own\n---\n")
        assert content(server, repo, "README.md") == "# Old\n"

    def test_what_is_not_there_yet_is_written(self, server, new_repo, new_visitor):
        repo = new_repo("without-card")
        page = new_visitor(ALICE).open(f"/{repo}/edit/main/README.md")
        expect(page.get_by_label("Path")).to_have_value("README.md")
        type_text(page, "# Now there\n")
        page.get_by_role("button", name="Commit new file").click()
        page.wait_for_url(f"**/{repo}/blob/main/README.md")
        assert content(server, repo, "README.md") == "# Now there\n"

    def test_new_and_deleted(self, server, new_repo, new_visitor):
        repo = new_repo("written")
        page = new_visitor(ALICE).open(f"/{repo}/new/main/src")
        page.get_by_label("Path").fill("src/main.py")
        type_text(page, "print(1)\n")
        page.get_by_role("button", name="Commit new file").click()
        page.wait_for_url(f"**/{repo}/blob/main/src/main.py")
        assert content(server, repo, "src/main.py") == "print(1)\n"
        page.goto(f"{server.url}/{repo}/delete/main/src/main.py")
        page.get_by_role("button", name="Delete", exact=True).click()
        page.wait_for_url(f"**/{repo}/tree/main/src")
        tree = api(server, "GET", f"/api/models/{repo}/tree/main?recursive=1")
        assert [item["path"] for item in tree] == [".gitattributes"]


class TestPullRequests:
    def test_a_stranger_proposes_and_the_owner_merges(self, server, new_repo, new_visitor):
        repo = new_repo("proposed", {"a.py": "one = 1\n"})
        page = new_visitor(BOB).open(f"/{repo}/edit/main/a.py")
        expect(page.get_by_text("Your change becomes a pull request")).to_be_visible()
        type_text(page, "two = 2\n")
        page.get_by_label("What changes").fill("Count to two")
        page.get_by_role("button", name="Commit", exact=True).click()
        page.wait_for_url(f"**/{repo}/discussions/1")
        expect(page.get_by_role("button", name="Merge")).to_have_count(0)
        owner = new_visitor(ALICE)
        page = owner.open(f"/{repo}/discussions/1")
        page.get_by_role("link", name="Changes").click()
        page.get_by_text("two = 2").wait_for()
        page.get_by_role("link", name="Conversation").click()
        page.get_by_role("button", name="Merge").click()
        page.get_by_text("merged it").wait_for()
        assert content(server, repo, "a.py") == "two = 2\n"

    def test_talking_without_javascript(self, new_repo, new_visitor):
        repo = new_repo("talked-about")
        page = new_visitor(BOB, java_script_enabled=False).open(f"/{repo}/discussions")
        page.get_by_role("link", name="New discussion").click()
        page.get_by_label("Title").fill("Why?")
        page.get_by_label("What is it about?").fill("**Tell** <script>document.title='x'</script> me")
        page.get_by_role("button", name="Open discussion").click()
        expect(page.locator(".prose strong")).to_have_text("Tell")
        page.get_by_label("Add a comment").fill("Never mind.")
        page.get_by_role("button", name="Close").click()
        expect(page.get_by_text("closed it")).to_be_visible()
        page.get_by_text("Edit", exact=True).last.click()
        page.get_by_label("Your comment").last.fill("It is clear now.")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_text("It is clear now.").first).to_be_visible()
        page.goto(page.url.partition("/discussions/")[0] + "/discussions?status=closed")
        expect(page.get_by_role("link", name="Why?")).to_be_visible()


class TestSettings:
    def test_rename_then_delete_with_the_typed_name(self, server, new_repo, new_visitor):
        repo = new_repo("before")
        page = new_visitor(ALICE, java_script_enabled=False).open(f"/{repo}/settings")
        page.get_by_label("Name", exact=True).fill("after")
        page.get_by_role("button", name="Rename or transfer").click()
        page.wait_for_url("**/alice/after/settings?saved=1")
        assert page.goto(f"{server.url}/{repo}").url.endswith("/alice/after")
        page.goto(f"{server.url}/alice/after/settings")
        page.get_by_label("Type alice/after to confirm").fill("after")
        page.get_by_role("button", name="Delete for good").click()
        expect(page.locator("#hint-confirmation")).to_contain_text("Must be alice/after")
        page.get_by_label("Type alice/after to confirm").fill("alice/after")
        page.get_by_role("button", name="Delete for good").click()
        page.wait_for_url("**/alice")
        assert page.goto(f"{server.url}/alice/after").status == 404

    def test_access_is_asked_for_and_given(self, server, new_repo, new_visitor):
        repo = new_repo("gated", {"a.txt": "secret"})
        owner = new_visitor(ALICE)
        page = owner.open(f"/{repo}/settings/access")
        page.get_by_label("Whom you accept").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("status").get_by_text("Saved").wait_for()
        api(server, "POST", f"/{repo}/ask-access", {"company": "Acme"}, user=BOB)
        page = owner.open(f"/{repo}/settings/access")
        expect(page.get_by_text("Acme")).to_be_visible()
        page.get_by_role("button", name="Accept bob").click()
        page.get_by_text("Nobody is waiting").wait_for()
        assert api(server, "GET", f"/{repo}/raw/main/a.txt", user=BOB) == b"secret"

    def test_branches_tags_and_visibility(self, server, new_repo, new_visitor):
        repo = new_repo("branched")
        page = new_visitor(ALICE).open(f"/{repo}/settings/refs")
        page.get_by_label("New branch").fill("try")
        page.get_by_role("button", name="Create branch").click()
        page.get_by_role("button", name="Delete branch try").wait_for()
        page.get_by_label("New tag").fill("v1")
        page.get_by_role("button", name="Create tag").click()
        page.get_by_role("button", name="Delete tag v1").wait_for()
        page.get_by_role("button", name="Delete branch try").click()
        page.get_by_role("status").get_by_text("Saved").wait_for()
        refs = api(server, "GET", f"/api/models/{repo}/refs")
        assert [ref["name"] for ref in refs["branches"]] == ["main"]
        assert [ref["name"] for ref in refs["tags"]] == ["v1"]
        page.goto(f"{server.url}/{repo}/settings")
        page.get_by_label("Private").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("status").get_by_text("Saved").wait_for()
        assert new_visitor(BOB).page.goto(f"{server.url}/{repo}").status == 404

    def test_large_files_are_listed_and_deleted_for_good(self, server, new_repo, new_visitor):
        repo = new_repo("stored")
        client = RawClient(server.url, ALICE.token)
        weights = bytes(range(256)) * 40
        client.commit(repo, put_large("model.bin", client.upload_lfs(repo, weights), len(weights)))
        client.close()
        page = new_visitor(ALICE, java_script_enabled=False).open(f"/{repo}/settings/storage")
        expect(page.get_by_text("10.2 kB in all")).to_be_visible()
        page.get_by_label("model.bin").check()
        page.get_by_text("Delete the chosen files").click()
        page.get_by_role("button", name="Delete them for good").click()
        expect(page.get_by_role("heading", name="No large files")).to_be_visible()
        tree = api(server, "GET", f"/api/models/{repo}/tree/main")
        assert [item["path"] for item in tree] == [".gitattributes"]

    def test_others_see_no_settings(self, server, new_repo, new_visitor):
        repo = new_repo("not-yours")
        visitor = new_visitor(BOB)
        for tail in ("", "/access", "/refs", "/storage"):
            assert visitor.page.goto(f"{server.url}/{repo}/settings{tail}").status == 403
        page = visitor.open(f"/{repo}")
        expect(page.get_by_role("link", name="Settings")).to_have_count(0)
