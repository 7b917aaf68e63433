"""A Hub that says no has refused the data; one that is away, busy or broken may have them later."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from holdfast.base.errors import HoldfastError, InvalidInput, ServerRefused
from holdfast.training.domain.specification import DataSource
from holdfast.training.reading.datasets import fetch
from holdfast.training.trainers.text.bases import find_base

constants = pytest.importorskip("huggingface_hub.constants")


class _Hub(BaseHTTPRequestHandler):
    """Answers everything with one status."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        if self.status == 404:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_words: object) -> None:
        """Nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[_Hub]]:
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    yield _Hub
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("status", "error"), [(404, InvalidInput), (403, InvalidInput), (500, ServerRefused)])
def test_datasets_that_a_hub_does_not_give(hub: type[_Hub], status: int, error: type[HoldfastError]) -> None:
    hub.status = status
    with pytest.raises(error, match="`data` cannot be had: nobody/nothing"):
        fetch(DataSource(repo_id="nobody/nothing"), None)


def test_a_name_that_no_dataset_has(hub: type[_Hub]) -> None:
    with pytest.raises(InvalidInput, match="`data` cannot be had"):
        fetch(DataSource(repo_id="../.."), None)


def test_a_hub_that_is_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ServerRefused, match="`data` cannot be had"):
        fetch(DataSource(repo_id="nobody/nothing"), None)


@pytest.mark.parametrize(("status", "error"), [(404, InvalidInput), (500, ServerRefused)])
def test_models_to_begin_with_that_a_hub_does_not_give(
    hub: type[_Hub], status: int, error: type[HoldfastError]
) -> None:
    hub.status = status
    with pytest.raises(error, match="`base_model` is neither a folder here nor a model of the Hub"):
        find_base("nobody/nothing")
