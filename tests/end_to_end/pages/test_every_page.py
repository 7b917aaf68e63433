"""What holds on every page: no barrier that axe-core finds, no sideways scrolling on a phone, little JavaScript, one
heading, something to read without JavaScript, nothing from elsewhere. A new page fails here until it is named below.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import wave
import zlib
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from playwright.sync_api import expect

from holdfast.app.pages import open_site
from holdfast.app.routes import all_routes
from holdfast.app.services import open_services
from holdfast.base.settings import Settings
from holdfast.http.authentication import SESSION_COOKIE
from holdfast.http.routing import Family
from tests.end_to_end.pages.conftest import ALICE, AXE, BOB, ROOT
from tests.end_to_end.raw_client import RawClient, put_file, put_large
from tests.factories.event_files import event_file
from tests.live_server import User

MAX_JAVASCRIPT_BYTES = 60 * 1024  # compressed, the editor apart
MODEL, DATASET = "alice/shop", "alice/corpus"
CARD = """---
license: mit
language: en
pipeline_tag: text-classification
library_name: transformers
---
# A model

Some **words**, `code`, $x^2$, a table:

| a | b |
|---|---|
| 1 | 2 |

- [x] done
"""
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"language_info": {"name": "python"}},
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# Notes"},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "1 + 1",
            "outputs": [
                {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "2"}}
            ],
        },
    ],
}

COUNTING = """
import json, os, time
events = open(os.environ["HOLDFAST_JOB_EVENTS"], "a", buffering=1)
for n in range(3):
    print("line", n, flush=True)
    print(json.dumps({"progress": n / 3, "sentence": "Counting", "metric": {"loss": n}}), file=events)
"""


@dataclass(frozen=True)
class Shown:
    """One address of a page's route. `user` None looks from outside; `editor` brings the editor's JavaScript."""

    path: str
    user: User | None = None
    editor: bool = False

    def __str__(self) -> str:
        return self.path if self.user is None else f"{self.path} as {self.user.name}"


PAGES: dict[str, tuple[Shown, ...]] = {
    "/": (Shown("/"), Shown("/", ALICE)),
    "/{types}": (
        Shown("/models"),
        Shown("/models?pipeline_tag=text-classification&sort=likes"),
        Shown("/models?search=nothing+like+it"),
        Shown("/datasets", ALICE),
        Shown("/spaces"),
    ),
    "/search": (Shown("/search?q=shop"), Shown("/search"), Shown("/search?q=nothing-like-it")),
    "/tasks": (Shown("/tasks"),),
    "/tasks/{task}": (Shown("/tasks/text-classification"),),
    "/login": (Shown("/login"),),
    "/logout": (Shown("/logout", BOB),),
    "/join": (Shown("/join"),),
    "/setup": (Shown("/setup"),),
    "/{user}": (Shown("/alice"), Shown("/alice", ALICE), Shown("/lab"), Shown("/bob")),
    "/settings": (Shown("/settings", ALICE),),
    "/settings/profile": (Shown("/settings/profile", ALICE),),
    "/settings/account": (Shown("/settings/account", ALICE),),
    "/settings/sessions": (Shown("/settings/sessions", ALICE),),
    "/settings/tokens": (Shown("/settings/tokens", ALICE),),
    "/oauth/device": (Shown("/oauth/device", ALICE), Shown("/oauth/device")),
    "/organizations/new": (Shown("/organizations/new", ALICE),),
    "/organizations/{org}/settings/profile": (Shown("/organizations/lab/settings/profile", ALICE),),
    "/organizations/{org}/settings/members": (Shown("/organizations/lab/settings/members", ALICE),),
    "/admin": (Shown("/admin", ROOT),),
    "/admin/users": (Shown("/admin/users", ROOT),),
    "/admin/storage": (Shown("/admin/storage", ROOT),),
    "/admin/storage/garbage": (Shown("/admin/storage/garbage", ROOT),),
    "/admin/audit": (Shown("/admin/audit", ROOT),),
    "/admin/doctor": (Shown("/admin/doctor", ROOT),),
    "/admin/settings": (Shown("/admin/settings", ROOT),),
    "/admin/jobs": (Shown("/admin/jobs", ROOT),),
    "/jobs": (Shown("/jobs", ALICE),),
    "/jobs/{namespace}": (Shown("/jobs/alice", ALICE), Shown("/jobs/bob", BOB), Shown("/jobs/alice?label=a", ALICE)),
    "/jobs/{namespace}/new": (Shown("/jobs/alice/new", ALICE),),
    "/jobs/{namespace}/scheduled": (Shown("/jobs/alice/scheduled", ALICE), Shown("/jobs/bob/scheduled", BOB)),
    "/jobs/{namespace}/{id}": (Shown("/jobs/alice/{ended}", ALICE), Shown("/jobs/alice/{running}", ALICE)),
    "/training": (Shown("/training", ALICE),),
    "/training/{namespace}": (Shown("/training/alice", ALICE), Shown("/training/bob", BOB)),
    "/training/{namespace}/new": (Shown("/training/alice/new", ALICE),),
    "/training/{namespace}/new/check": (Shown("/training/alice/new/check?data=alice/corpus", ALICE),),
    "/training/{namespace}/{id}": (Shown("/training/alice/{trained}", ALICE),),
    "/training/{namespace}/{id}/learn": (Shown("/training/alice/{trained}/learn", ALICE),),
    "/training/{namespace}/{id}/report": (Shown("/training/alice/{trained}/report", ALICE),),
    "/new": (Shown("/new", ALICE),),
    "/new-dataset": (Shown("/new-dataset", ALICE),),
    "/new-space": (Shown("/new-space", ALICE),),
    "/{prefix}{repo}": (
        Shown(f"/{MODEL}"),
        Shown(f"/{MODEL}", ALICE),
        Shown(f"/datasets/{DATASET}"),
        Shown("/spaces/alice/app"),
        Shown("/alice/empty", ALICE),
        Shown("/alice/gated", BOB),
        Shown("/alice/nothing-here"),
    ),
    "/{prefix}{repo}/try-it": (Shown(f"/{MODEL}/try-it"),),
    "/{prefix}{repo}/tree": (Shown(f"/{MODEL}/tree"),),
    "/{prefix}{repo}/tree/{rev}": (Shown(f"/{MODEL}/tree/main"), Shown(f"/{MODEL}/tree/main", ALICE)),
    "/{prefix}{repo}/tree/{rev}/{path}": (Shown(f"/{MODEL}/tree/main/folder"),),
    "/{prefix}{repo}/blob/{rev}/{path}": tuple(
        Shown(f"/{MODEL}/blob/main/{name}")
        for name in (
            "README.md",
            "train.py",
            "rows.csv",
            "rows.parquet",
            "picture.png",
            "sound.wav",
            "notes.ipynb",
            "config.json",
            "model.safetensors",
            "model.bin",
        )
    ),
    "/{prefix}{repo}/commits/{rev}": (Shown(f"/{MODEL}/commits/main"),),
    "/{prefix}{repo}/commits/{rev}/{path}": (Shown(f"/{MODEL}/commits/main/train.py"),),
    "/{prefix}{repo}/commit/{rev}": (Shown(f"/{MODEL}/commit/main"),),
    "/{prefix}{repo}/blame/{rev}/{path}": (Shown(f"/{MODEL}/blame/main/train.py"),),
    "/{prefix}{repo}/tensorboard": (Shown(f"/{MODEL}/tensorboard"), Shown("/alice/gated/tensorboard", ALICE)),
    "/{prefix}{repo}/autotrain": (Shown(f"/{MODEL}/autotrain"),),
    "/{prefix}{repo}/upload/{rev}": (Shown(f"/{MODEL}/upload/main", ALICE),),
    "/{prefix}{repo}/upload/{rev}/{path}": (Shown(f"/{MODEL}/upload/main/folder", ALICE),),
    "/{prefix}{repo}/edit/{rev}/{path}": (Shown(f"/{MODEL}/edit/main/README.md", ALICE, editor=True),),
    "/{prefix}{repo}/new/{rev}": (Shown(f"/{MODEL}/new/main", ALICE, editor=True),),
    "/{prefix}{repo}/new/{rev}/{path}": (Shown(f"/{MODEL}/new/main/folder", ALICE, editor=True),),
    "/{prefix}{repo}/delete/{rev}/{path}": (Shown(f"/{MODEL}/delete/main/train.py", ALICE),),
    "/{prefix}{repo}/discussions": (Shown(f"/{MODEL}/discussions"),),
    "/{prefix}{repo}/discussions/new": (Shown(f"/{MODEL}/discussions/new", ALICE),),
    "/{prefix}{repo}/discussions/{num}": (Shown(f"/{MODEL}/discussions/1"), Shown(f"/{MODEL}/discussions/1", ALICE)),
    "/{prefix}{repo}/discussions/{num}/files": (Shown(f"/{MODEL}/discussions/1/files"),),
    "/{prefix}{repo}/settings": (Shown(f"/{MODEL}/settings", ALICE),),
    "/{prefix}{repo}/settings/access": (Shown("/alice/gated/settings/access", ALICE),),
    "/{prefix}{repo}/settings/refs": (Shown(f"/{MODEL}/settings/refs", ALICE),),
    "/{prefix}{repo}/settings/storage": (Shown(f"/{MODEL}/settings/storage", ALICE),),
}
ALL = [shown for some in PAGES.values() for shown in some]


@pytest.fixture(scope="module")
def filled(server):
    client = RawClient(server.url, ALICE.token)
    for name in ("shop", "empty", "gated"):
        client.create_repo(f"alice/{name}")
    for repo_type, name, more in (("dataset", "corpus", {}), ("space", "app", {"sdk": "static"})):
        client.post_json("/api/repos/create", {"type": repo_type, "name": name, **more})
    weights = _safetensors()
    client.commit(
        MODEL,
        put_file("README.md", CARD.encode()),
        put_file("train.py", b"import json\n\n\ndef main():\n    return json.dumps({})\n"),
        put_file("config.json", b'{"model_type": "bert"}'),
        put_file("rows.csv", b"name,weight\nAdelie,3.7\nGentoo,5.1\n"),
        put_file("notes.ipynb", json.dumps(NOTEBOOK).encode()),
        put_file("folder/inner.txt", b"inside\n"),
        put_file("picture.png", _png()),
        put_file("sound.wav", _wav()),
        put_file("rows.parquet", _parquet()),
        put_large("model.safetensors", client.upload_lfs(MODEL, weights), len(weights)),
        put_large("model.bin", client.upload_lfs(MODEL, b"\x80\x04N." * 300), 1200),
    )
    client.commit("alice/gated", put_file("README.md", b"# Behind a gate\n"))
    client.post_json("/api/models/alice/gated/settings", {"gated": "manual"}, method="PUT")
    scalars = (("train/loss", 10, 2.0), ("train/loss", 20, 1.0), ("eval/loss", 20, 1.5))
    client.commit(MODEL, put_file("runs/first/events.out.tfevents.1.host", event_file(*scalars)))
    client.commit(MODEL, put_file("runs/second/events.out.tfevents.2.host", event_file(*scalars[:2])))
    client.commit(MODEL, put_file("train.py", b"pass\n"), query="?create_pr=1")
    yield Filled(client.url, _jobs(client))
    client.close()


@dataclass(frozen=True)
class Filled:
    """The address of a server with something to see, and the ids of its jobs."""

    url: str
    jobs: dict[str, str]

    def found(self, path: str) -> str:
        """The path with real ids."""
        return path.format(**self.jobs) if "{" in path else path


def _jobs(client: RawClient) -> dict[str, str]:
    """One job that has ended and one that runs, and a schedule."""
    spec = {"dockerImage": "python:3.12", "flavor": "cpu-basic", "labels": {"name": "counting"}}
    ids = {}
    for name, more in (("ended", ""), ("running", "time.sleep(3600)")):
        answer = client.post_json("/api/jobs/alice", {**spec, "command": ["python", "-c", COUNTING + more]})
        ids[name] = answer.json()["id"]
    client.get(f"/api/jobs/alice/{ids['ended']}/logs")  # goes on until the job ends
    wanted = {"task": "tabular-classification", "data": {"repo_id": "alice/corpus"}, "budget": "1m"}
    ids["trained"] = client.post_json("/api/training/alice", {"spec": wanted}).json()["id"]
    client.post_json("/api/scheduled-jobs/alice", {"jobSpec": {**spec, "command": ["true"]}, "schedule": "@yearly"})
    return ids


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 72)) + chunk(b"IEND", b"")
    )


def _wav() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(b"\0\0" * 800)
    return buffer.getvalue()


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"name": ["Adelie", "Gentoo"], "weight": [3.7, 5.1]}), buffer)
    return buffer.getvalue()


def _safetensors() -> bytes:
    header = json.dumps({"weight": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 64


def test_every_page_is_named(tmp_path: Path):
    services = open_services(Settings(tmp_path))
    try:
        routes = all_routes(services, open_site(services))
    finally:
        services.close()
    patterns = {route.pattern for route in routes if route.family is Family.PAGE and route.method == "GET"}
    assert {pattern for pattern in patterns if not pattern.endswith(".svg")} == PAGES.keys()


@pytest.fixture(scope="module")
def session_cookies(server):
    """One login for each person: a browser of its own for each page need not log in again."""
    client = RawClient(server.url, None)
    cookies = {}
    for user in (ALICE, BOB, ROOT):
        answer = client.post_json("/api/login", {"username": user.name, "password": user.password})
        cookies[user.name] = SimpleCookie(answer.headers["set-cookie"])[SESSION_COOKIE].value
    client.close()
    return cookies


@pytest.fixture
def look(new_visitor, filled, session_cookies):
    def open_page(shown: Shown, sizes: dict[str, int], **options):
        visitor = new_visitor(**options)
        visitor.page.add_init_script(AXE)  # a page's policy says nothing about it, so the page is loaded only once
        visitor.page.on("response", lambda response: _note_script(response, sizes))
        if shown.user is not None:
            cookie = {"name": SESSION_COOKIE, "value": session_cookies[shown.user.name], "url": filled.url}
            visitor.context.add_cookies([cookie])
        visitor.open(filled.found(shown.path))
        return visitor

    return open_page


@pytest.mark.parametrize("shown", ALL, ids=str)
def test_page(look, shown: Shown):
    sizes: dict[str, int] = {}
    visitor = look(shown, sizes, color_scheme="light")
    page = visitor.page
    assert visitor.violations() == []
    expect(page.locator("h1")).to_have_count(1)
    assert page.title()
    if not shown.editor:
        assert sum(sizes.values()) <= MAX_JAVASCRIPT_BYTES, sizes
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    assert not visitor.overflows()
    assert visitor.violations() == []


def _note_script(response, sizes: dict[str, int]) -> None:
    if "javascript" in response.headers.get("content-type", ""):
        sizes[response.url] = len(gzip.compress(response.body()))


@pytest.mark.parametrize("shown", ALL, ids=str)
def test_without_javascript(filled, session_cookies, shown: Shown):
    """What the server sends is already the page."""
    headers = {"Accept": "text/html"}
    if shown.user is not None:
        headers["Cookie"] = f"{SESSION_COOKIE}={session_cookies[shown.user.name]}"
    client = RawClient(filled.url, None)
    answer = client.request("GET", filled.found(shown.path), headers=headers)
    if answer.status in (303, 307):
        answer = client.request("GET", answer.headers["location"], headers=headers)
    client.close()
    html = answer.body.decode()
    assert re.search(r"<h1[^>]*>.*?\w.*?</h1>", html, re.DOTALL)
    assert len(re.sub(r"<[^>]*>", "", html.partition("<main")[2].partition("</main>")[0]).split()) >= 3
