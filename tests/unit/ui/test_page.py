"""The frame of pages: formats, addresses that stay here, assets with a name for good."""

import asyncio
import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdfast.base.errors import NotFound
from holdfast.base.identity import ANONYMOUS
from holdfast.http.call import Call
from holdfast.http.urls import Urls
from holdfast.ui import formats
from holdfast.ui.assets import Assets
from holdfast.ui.page import local_path, open_pages

DAY = 86_400_000


@pytest.mark.parametrize(
    ("byte_count", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1 kB"), (1_440_000, "1.4 MB"), (99_960_000, "100 MB")],
)
def test_sizes(byte_count, words):
    assert formats.size(byte_count) == words


def test_counts():
    assert [formats.count(number) for number in (0, 999, 1_000, 22_713_216, 7_000_000_000)] == [
        "0",
        "999",
        "1k",
        "22.7M",
        "7B",
    ]


@pytest.mark.parametrize(
    ("age", "words"),
    [(0, "just now"), (-5, "just now"), (60_000, "1 minute ago"), (2 * DAY, "2 days ago"), (800 * DAY, "2 years ago")],
)
def test_ages(age, words):
    assert formats.ago(1_000 * DAY - age, 1_000 * DAY) == words


@pytest.mark.parametrize("text", ["//evil.example", "https://evil.example", "/\\evil.example", "", None, "/a\r\nb"])
def test_only_own_paths_can_come_next(text):
    assert local_path(text) == "/"


def test_own_paths_come_next():
    assert local_path("/alice/m?x=1") == "/alice/m?x=1"


def test_large_pages_are_compressed_off_the_event_loop(monkeypatch):
    threads, compress = [], gzip.compress

    def noted(*args, **kwargs):
        threads.append(threading.get_ident())
        return compress(*args, **kwargs)

    async def main():
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"",
                 "headers": [(b"accept-encoding", b"gzip")]}  # fmt: skip
        with ThreadPoolExecutor(1) as executor:
            call = Call(scope, None, actor=ANONYMOUS, words={}, urls=Urls("http://h"), executor=executor)
            return await open_pages(lambda: 0, lambda: {"name": "H", "signup_open": False, "banner": ""}).render(
                call, "errors/error.html", status=404, error=NotFound(what="x" * 5_000)
            )

    monkeypatch.setattr(gzip, "compress", noted)
    response = asyncio.run(main())
    assert (response.status_code, response.headers["content-encoding"]) == (404, "gzip")
    assert b"x" * 5_000 in gzip.decompress(response.body)
    assert threads
    assert threading.get_ident() not in threads


def test_assets_have_a_version_and_must_exist():
    assets = Assets()
    assert assets.path("css/base.css") == f"/static/{assets.version}/css/base.css"
    with pytest.raises(KeyError):
        assets.path("css/none.css")
