"""The corpus in Chromium: pushed to a live server, visited with the content security policy and without it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.pages.xss import hostile_files as files
from tests.end_to_end.pages.xss.vectors import (
    FOREIGN,
    HTML_FILE,
    JS_FILE,
    MARKDOWN,
    PLAIN,
    SVG_FILE,
    XML_FILE,
    notebook,
    notebook_of,
)
from tests.end_to_end.raw_client import RawClient, put_file
from tests.live_server import LiveServer, Org, User, live_server
from tests.sandboxes import jobs_environment

SCRIPT = PLAIN["plain-picture"]
MALLORY = User("mallory", fullname=SCRIPT)
ORG = Org("evil", "mallory", fullname=PLAIN["plain-closing"])
REPO = "mallory/hostile"
ALONE = [name for name in MARKDOWN if name.startswith(("comment", "split", "base", "meta", "noscript", "clobbering"))]
DATA_FILES = {
    "cells.csv": files.csv_file(),
    "keys.json": files.json_file(),
    "lines.jsonl": files.json_lines(),
    "table.parquet": files.parquet_file(),
    "model.safetensors": files.safetensors_file(),
    "model.gguf": files.gguf_file(),
    "model.pkl": files.pickle_file(),
    "archive.zip": files.zip_file(),
    "all.ipynb": notebook(),
    "cells.ipynb": notebook_of(MARKDOWN.values()),
    "page.html": HTML_FILE.encode(),
    "picture.svg": SVG_FILE.encode(),
    "code.js": JS_FILE.encode(),
    "data.xml": XML_FILE.encode(),
    "picture.png": HTML_FILE.encode(),
    "paper.pdf": HTML_FILE.encode(),
}
NAMES = [text.replace("/", "∕")[:120] + ".txt" for text in PLAIN.values()]
FRONT_MATTER = {
    "license": "other",
    "license_name": SCRIPT,
    "license_link": PLAIN["plain-address"],
    "library_name": SCRIPT,
    "pipeline_tag": PLAIN["plain-script"],
    "tags": list(PLAIN.values()),
    "metrics": list(PLAIN.values()),
    "widget": [{"text": SCRIPT}],
    "extra_gated_prompt": SCRIPT,
    "thumbnail": f"{FOREIGN}/thumbnail.png",
    SCRIPT: SCRIPT,
    "model-index": [
        {
            "name": SCRIPT,
            "results": [
                {
                    "task": {"type": SCRIPT, "name": SCRIPT},
                    "dataset": {"type": SCRIPT, "name": SCRIPT},
                    "metrics": [{"type": SCRIPT, "name": SCRIPT, "value": SCRIPT}],
                    "source": {"name": SCRIPT, "url": PLAIN["plain-address"]},
                }
            ],
        }
    ],
}
PROVOKE = """() => {
  const events = ['mouseover', 'mouseenter', 'pointerenter', 'focus', 'blur', 'error', 'load', 'toggle', 'click',
                  'animationstart', 'transitionend', 'start', 'input', 'change', 'wheel', 'contextmenu'];
  const foreign = /^(script|style|iframe|object|embed|base|meta|link|template)$/i;
  const runs = /^(javascript:|vbscript:|data:(?!image\\/(png|jpe?g|gif|webp)))/;
  const problems = [];
  for (const element of document.querySelectorAll('body, body *')) {
    const written = element.closest('.prose, .notebook, .code-view, .table-view, .commit-summary, .file-name');
    for (const { name, value } of element.attributes) {
      if (/^(on|style$|srcdoc$|formaction$)/.test(name)) problems.push(name);
      if (written && /^(data-)?hx-/.test(name)) problems.push(name);
      const address = value.replace(/[\\x00-\\x20]/g, '').toLowerCase();
      const shown = element.matches('.viewer-media > img') && address.startsWith('data:image/svg+xml;base64,');
      const leads = /^(href|src|action|xlink:href)$/.test(name);
      if (leads && runs.test(address) && !shown) problems.push(`${name}=${value}`);
    }
    if (element.closest('main') && foreign.test(element.tagName)) problems.push(element.tagName);
    if (!element.matches('a, button, input, summary, label, form *'))
      for (const type of events) element.dispatchEvent(new Event(type));
  }
  return problems;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("hostile")
    with live_server(folder, users=[MALLORY], orgs=[ORG], environment=jobs_environment()) as running:
        client = RawClient(running.url, MALLORY.token)
        _publish(client)
        client.close()
        yield running


def _publish(client: RawClient) -> None:
    client.create_repo(REPO)
    documents = {f"docs/{name}.md": MARKDOWN[name].encode() for name in ALONE}
    named = {f"names/{name}": b"x" for name in NAMES}
    client.commit(REPO, *(put_file(path, content) for path, content in (documents | DATA_FILES | named).items()))
    body = "\n\n".join(MARKDOWN[name] for name in ("img-onerror", "js-link", "latex-text", "svg-onload", "htmx"))
    client.commit(REPO, put_file("README.md", f"---\n{json.dumps(FRONT_MATTER)}\n---\n{body}\n{SCRIPT}".encode()))
    for text in PLAIN.values():
        _commit_with_message(client, text)
    client.post_json(f"/api/models/{REPO}/discussions", {"title": SCRIPT, "description": body})
    client.post_json(f"/api/models/{REPO}/discussions/1/comment", {"comment": "\n\n".join(PLAIN.values())})


def _commit_with_message(client: RawClient, text: str) -> None:
    header = {"key": "header", "value": {"summary": text, "description": f"{text}\nhttps://example.org/{text}"}}
    lines = [header, put_file("changing.txt", text.encode())]
    body = "\n".join(map(json.dumps, lines)).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    client.request("POST", f"/api/models/{REPO}/commit/main", body, headers).expect()


class Watch:
    """A page that notes every sign of a script: calls, dialogs, requests to other hosts."""

    def __init__(self, browser: Browser, server: LiveServer, *, bypass_csp: bool) -> None:
        self.server = server
        self.context = browser.new_context(bypass_csp=bypass_csp)
        self.signs: list[str] = []
        self.context.expose_function("xss", lambda *words: self.signs.append(f"ran {words}"))
        self.context.add_init_script(
            "window.alert = window.confirm = window.prompt = (text) => xss('dialog', String(text))"
        )
        self.context.on("request", self._note_request)
        self.context.on("page", lambda page: page.on("dialog", self._note_dialog))
        self.page: Page = self.context.new_page()

    def visit(self, path: str) -> int:
        """Open a page, provoke what lies in wait there, and give its status."""
        answer = self.page.goto(self.server.url + path)
        assert answer is not None
        self.signs += [f"{path}: {problem}" for problem in self.page.evaluate(PROVOKE)]
        self.page.wait_for_timeout(20)
        return answer.status

    def _note_request(self, request) -> None:
        if not request.url.startswith((self.server.url + "/", "data:image/")):
            self.signs.append(f"asked {request.url}")

    def _note_dialog(self, dialog) -> None:
        self.signs.append(f"dialog {dialog.message}")
        dialog.dismiss()


@pytest.fixture(params=[False, True], ids=["with-csp", "csp-bypassed"])
def watch(browser: Browser, server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Watch]:
    watching = Watch(browser, server, bypass_csp=request.param)
    yield watching
    watching.context.close()


nothing_in_the_way = pytest.mark.parametrize(
    "watch",
    [pytest.param(False, id="with-csp", marks=pytest.mark.heavy), pytest.param(True, id="csp-bypassed")],
    indirect=True,
)
"""For what opens many pages: a script that would run stands out where no policy stops it."""


def test_the_watch_sees_a_script(browser: Browser, server: LiveServer):
    """Without this, all others could pass because nothing is watched."""
    watching = Watch(browser, server, bypass_csp=True)
    watching.page.goto(server.url + "/healthz")
    watching.page.set_content(f"<main><img src=x onerror=\"xss('seen')\"><img src='{FOREIGN}/x.png'></main>")
    watching.page.wait_for_timeout(300)
    problems = watching.page.evaluate(PROVOKE)
    watching.context.close()
    assert any("seen" in sign for sign in watching.signs)
    assert any(FOREIGN in sign for sign in watching.signs)
    assert problems == ["onerror"]


def test_the_corpus_is_large():
    assert len(MARKDOWN) + len(PLAIN) >= 60


def test_every_text_in_a_page_of_its_own_cells(watch: Watch):
    """Each is rendered alone: what one of them breaks hides no other."""
    assert watch.visit(f"/{REPO}/blob/main/cells.ipynb") == 200
    expect(watch.page.locator("main .cell")).to_have_count(len(MARKDOWN))
    assert watch.signs == []


@nothing_in_the_way
@pytest.mark.parametrize("name", ALONE)
def test_documents(watch: Watch, name: str):
    """Those that reach beyond their own element, as documents."""
    assert watch.visit(f"/{REPO}/blob/main/docs/{name}.md") == 200
    assert watch.visit(f"/{REPO}/blob/main/docs/{name}.md?plain=1") == 200
    assert watch.signs == []


def test_files_and_their_bytes(watch: Watch):
    for path in DATA_FILES:
        assert watch.visit(f"/{REPO}/blob/main/{path}") == 200, path
    for path in ("page.html", "picture.svg", "cells.csv"):
        for view in ("blob", "blame", "edit"):
            assert watch.visit(f"/{REPO}/{view}/main/{path}?plain=1") == 200, path
    assert watch.signs == []


@pytest.mark.parametrize("view", ["resolve", "raw"])
@pytest.mark.parametrize("path", ["page.html", "picture.svg", "code.js", "data.xml", "picture.png", "paper.pdf"])
def test_a_file_alone_runs_nothing(watch: Watch, view: str, path: str):
    """As when somebody is sent the address of a file: it is no page, whatever is in it."""
    answer = watch.context.request.get(f"{watch.server.url}/{REPO}/{view}/main/{path}")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].split(";")[0] not in (
        "text/html",
        "image/svg+xml",
        "text/xml",
        "text/javascript",
    )
    if answer.headers["content-type"].startswith(("text/plain", "image/png")):
        watch.page.goto(f"{watch.server.url}/{REPO}/{view}/main/{path}")
        watch.page.wait_for_timeout(50)
    assert watch.signs == []


@nothing_in_the_way
def test_names_of_files(watch: Watch):
    watch.visit(f"/{REPO}/tree/main/names")
    for name in NAMES:
        for view in ("blob", "commits", "blame", "edit", "delete"):
            assert watch.visit(f"/{REPO}/{view}/main/names/{quote(name)}") < 500, name
    assert watch.signs == []


def test_the_card_and_what_it_says(watch: Watch):
    for path in (f"/{REPO}", f"/{REPO}/blob/main/README.md", "/models", "/", "/mallory", "/evil", f"/{REPO}/tree/main"):
        assert watch.visit(path) == 200, path
    assert watch.signs == []


def test_commit_messages(watch: Watch):
    client = RawClient(watch.server.url, MALLORY.token)
    oids = client.history(REPO)
    client.close()
    assert watch.visit(f"/{REPO}/commits/main") == 200
    for oid in oids[: len(PLAIN)]:
        assert watch.visit(f"/{REPO}/commit/{oid}") == 200
    assert watch.signs == []


HOSTILE_JOB = """
import json, os, time
texts = json.loads(os.environ["TEXTS"])
events = open(os.environ["HOLDFAST_JOB_EVENTS"], "a", buffering=1)
time.sleep(1)
for n, text in enumerate(texts * 2):
    print(text, flush=True)
    print("\\x1b]8;;" + text + "\\x07" + text, flush=True)
    print(json.dumps({"progress": 0.5, "sentence": text, "metric": {text: n}}), file=events)
    open(os.path.join(os.environ["HOLDFAST_JOB_ARTEFACTS"], text.replace("/", "_")[:80]), "w").write("<script>")
"""


def test_jobs(watch: Watch):
    """What a command writes, tells and leaves, and what it is called: as it arrives, and afterwards."""
    client = RawClient(watch.server.url, MALLORY.token)
    spec = {
        "dockerImage": "python:3.12",
        "command": ["python", "-c", HOSTILE_JOB],
        "environment": {"TEXTS": json.dumps(list(PLAIN.values()))},
        "labels": {"name": SCRIPT[:100], SCRIPT[:100]: SCRIPT[:100]},
    }
    job_id = client.post_json("/api/jobs/mallory", spec).json()["id"]
    client.post_json("/api/scheduled-jobs/mallory", {"jobSpec": spec, "schedule": "@yearly"})
    client.close()
    credentials = {"username": MALLORY.name, "password": MALLORY.password}
    assert watch.context.request.post(watch.server.url + "/api/login", data=credentials).ok
    assert watch.visit(f"/jobs/mallory/{job_id}") == 200
    expect(watch.page.locator("header .badge").first).to_have_text("Done")
    for path in (f"/jobs/mallory/{job_id}", "/jobs/mallory", "/jobs/mallory/scheduled", "/jobs/mallory?label=<b>"):
        assert watch.visit(path) == 200, path
    answer = watch.context.request.get(f"{watch.server.url}/api/jobs/mallory/{job_id}/log.txt")
    assert (answer.headers["x-content-type-options"], answer.headers["content-type"]) == (
        "nosniff",
        "text/plain; charset=utf-8",
    )
    assert watch.signs == []


def test_discussions(watch: Watch):
    for path in (f"/{REPO}/discussions", f"/{REPO}/discussions/1"):
        assert watch.visit(path) == 200, path
    assert watch.signs == []


@nothing_in_the_way
@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_what_an_address_says(watch: Watch, text: str):
    """Reflected: a link that somebody is sent."""
    word = quote(text, safe="")
    for path in (
        f"/search?q={word}",
        f"/models?search={word}&pipeline_tag={word}&author={word}&sort={word}",
        f"/login?next={word}",
        f"/{word}",
        f"/{REPO}/tree/{word}",
        f"/{REPO}/blob/main/{word}",
        f"/{REPO}/tree/main?cursor={word}",
        f"/{REPO}/commits/main?cursor={word}",
    ):
        assert watch.visit(path) < 500, path
    assert watch.signs == []


def test_answers_for_programs_are_no_pages(watch: Watch):
    for path in ("keys.json", "all.ipynb", "page.html"):
        answer = watch.context.request.get(f"{watch.server.url}/api/models/{REPO}/preview/main/{path}")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
