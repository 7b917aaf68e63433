"""Commit messages: plain text, in which addresses and commits become links."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from holdfast.ui.rendering.place import NOWHERE, Place

MAX_CHARACTERS = 20_000

_LINKED = re.compile(r"(?P<address>https?://[^\s<>\"'`]{1,1000})|\b(?P<oid>[0-9a-f]{40})\b")
_BEHIND_AN_ADDRESS = ".,;:!?)]}"


def render_commit_message(message: str, place: Place = NOWHERE) -> Markup:
    """The message with its line ends as they are; the stylesheet keeps them (`white-space: pre-line`)."""
    shown = message[:MAX_CHARACTERS]
    return Markup("").join(_pieces(shown, place)) + ("…" if len(message) > MAX_CHARACTERS else "")


def _pieces(text: str, place: Place) -> Iterator[Markup]:
    position = 0
    for match in _LINKED.finditer(text):
        yield escape(text[position : match.start()])
        yield _link(match, place)
        position = match.end()
    yield escape(text[position:])


def _link(match: re.Match[str], place: Place) -> Markup:
    if match["address"]:
        address = match["address"].rstrip(_BEHIND_AN_ADDRESS)
        rest = match["address"][len(address) :]
        return Markup('<a href="{}" rel="nofollow noopener noreferrer">{}</a>{}').format(address, address, rest)
    if not place.repo_path:
        return Markup(match["oid"])  # noqa: S704 - hexadecimal digits
    target = f"{place.root}{place.repo_path}/commit/{match['oid']}"
    return Markup('<a class="mono" href="{}">{}</a>').format(target, match["oid"][:7])
