from __future__ import annotations

import socket

import pytest

from holdfast.app.listening import listen, local_url
from holdfast.base.errors import InvalidInput


def test_takes_any_free_port_for_0():
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_says_that_a_port_is_taken_and_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidInput, match=rf"{port} on 127.0.0.1 is taken.*--port {port + 1}"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_says_that_a_host_is_not_ours(host):
    with pytest.raises(InvalidInput, match=f"--host.*{host} is not an address of this machine"):
        listen(host, 0)


def test_refuses_a_port_beyond_the_last():
    with pytest.raises(InvalidInput, match="at most 65535"):
        listen("127.0.0.1", 65_536)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("hub.example.org", "http://hub.example.org:80"),
    ],
)
def test_local_url_is_one_that_can_be_connected_to(host, url):
    assert local_url(host, 80) == url
