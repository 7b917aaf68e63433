"""Taking the address that the server listens on, and saying plainly why it can't be had."""

from __future__ import annotations

import errno
import socket

from holdfast.base.errors import InvalidInput

HIGHEST_PORT = 65_535


def listen(host: str, port: int) -> socket.socket:
    """Take the address; nobody is answered before `run`. Port 0 takes any free one.

    Raises:
        InvalidInput: the address is taken, not ours, or no address.
    """
    if not 0 <= port <= HIGHEST_PORT:
        raise InvalidInput(field="--port", problem=f"must be at most {HIGHEST_PORT}; got {port}")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise not_listening(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise not_listening(host, port, error) from error
    return listener


def local_url(host: str, port: int) -> str:
    """The url by which clients on this machine reach a server that listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - "all addresses" is none to connect to
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def not_listening(host: str, port: int, error: OSError) -> InvalidInput:
    """The error that says why the address can't be had, and what to do."""
    if error.errno == errno.EADDRINUSE:
        other = f"Stop it, or choose another: holdfast serve --port {port + 1}"
        return InvalidInput(field="--port", problem=f"{port} on {host} is taken by another program. {other}")
    if error.errno == errno.EACCES:
        return InvalidInput(field="--port", problem=f"{port} needs more rights than you have. Choose one above 1023.")
    problem = f"{host} is not an address of this machine ({error.strerror}). Try 127.0.0.1, or 0.0.0.0 for all."
    return InvalidInput(field="--host", problem=problem)
