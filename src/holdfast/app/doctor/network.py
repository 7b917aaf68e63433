"""Checks of the addresses: the one we listen on, and the one that clients use."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from holdfast.app.doctor.domain import Check, note, ok, problem
from holdfast.app.listening import listen, local_url
from holdfast.base.errors import InvalidInput
from holdfast.base.settings import Settings

TIMEOUT_SECONDS = 5.0


def checks(settings: Settings) -> Iterator[Check]:
    """Every check of addresses."""
    yield check_listening(settings)
    yield check_external_url(settings)


def check_listening(settings: Settings) -> Check:
    """Whether the port is free, or a Holdfast answers on it."""
    name, where = "port", f"{settings.host}:{settings.port}"
    try:
        with listen(settings.host, settings.port):
            return ok(name, f"{where} is free for the server.")
    except InvalidInput as error:
        if _answer(f"{local_url(settings.host, settings.port)}/healthz") is None:
            return ok(name, f"A Holdfast answers on {where}.")
        return problem(name, error.message, "See who listens: ss -ltnp")


def check_external_url(settings: Settings) -> Check:
    """Whether HOLDFAST_EXTERNAL_URL can be an address of this server, and leads to it."""
    name, url = "external url", settings.external_url
    if url is None:
        return ok(name, "Not set: links in answers name the host that each request names.")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        advice = "Set HOLDFAST_EXTERNAL_URL to something like https://hub.example.org, or leave it out."
        return problem(name, f"{url} is not the address of a web server.", advice)
    failure = _answer(f"{url}/healthz")
    if failure is not None:
        advice = "Start the server and see that names, certificates and the proxy in front of it are right."
        return note(name, f"{url}/healthz is not reached from here: {failure}.", advice)
    return ok(name, f"{url} leads here.")


def _answer(url: str) -> str | None:
    """None when a healthy Holdfast answers there, else what is wrong."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - http(s), checked above
            return None if response.status == 200 else f"status {response.status}"
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except (urllib.error.URLError, OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
