from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from holdfast.app.doctor.domain import State
from holdfast.app.doctor.network import check_external_url, check_listening
from holdfast.base.settings import Settings


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.endswith("/healthz") else 404)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def port():
    with HTTPServer(("127.0.0.1", 0), _Healthy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_free_port(tmp_path):
    assert check_listening(Settings(tmp_path, port=0)).state is State.OK


def test_a_port_on_which_a_server_answers(tmp_path, port):
    check = check_listening(Settings(tmp_path, port=port))
    assert (check.state, check.finding) == (State.OK, f"A Holdfast answers on 127.0.0.1:{port}.")


def test_a_port_that_somebody_else_has(tmp_path, monkeypatch):
    monkeypatch.setattr("holdfast.app.doctor.network.TIMEOUT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        check = check_listening(Settings(tmp_path, port=other.getsockname()[1]))
    assert check.state is State.PROBLEM
    assert "is taken by another program" in check.finding


def test_no_external_url(tmp_path):
    assert check_external_url(Settings(tmp_path)).state is State.OK


@pytest.mark.parametrize("url", ["hub.example.org", "ftp://hub", "http://", "https://hub?x=1"])
def test_an_external_url_that_is_none(tmp_path, url):
    assert check_external_url(Settings(tmp_path, external_url=url)).state is State.PROBLEM


def test_an_external_url_that_leads_here(tmp_path, port):
    url = f"http://127.0.0.1:{port}/prefix"
    assert check_external_url(Settings(tmp_path, external_url=url)).state is State.OK


def test_an_external_url_that_leads_nowhere(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    check = check_external_url(Settings(tmp_path, external_url=f"http://127.0.0.1:{port}"))
    assert check.state is State.NOTE
    assert "refused" in check.finding
