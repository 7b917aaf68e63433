"""Routes on the raw, still percent-encoded path: `refs%2Fpr%2F1` is one revision, `a%3Fb` one file name.

A pattern is a path with `{words}`; what a word matches depends on its name (`_WORDS`), anything else is one segment.
Source: huggingface_hub 2.4.0 quotes revisions without safe characters, and tree paths too; 0.36 leaves slashes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.responses import Response

from holdfast.base.errors import InvalidInput, MethodNotAllowed
from holdfast.base.identity import Permission
from holdfast.base.ids import RESERVED_REPO_NAMES

if TYPE_CHECKING:
    from holdfast.http.call import Call

Endpoint = Callable[["Call"], Awaitable[Response]]
Found = tuple["Route", Mapping[str, str]]
MAX_REMEMBERED_PATHS = 8_192
MAX_REMEMBERED_CHARACTERS = 300
"""Longer paths are looked up anew each time: strangers may send any, and must not fill the memory with them."""

_NOT_RESERVED = "(?!(?:" + "|".join(sorted(re.escape(name) for name in RESERVED_REPO_NAMES)) + ")(?:/|$))"
_WORDS = {
    "types": "models|datasets|spaces",
    "prefix": "(?:datasets/|spaces/)?(?!(?:api|v1|v2|cas|static)/)",
    "repo": f"[^/]+/{_NOT_RESERVED}[^/]+|[^/]+",
    "bucket": "[^/]+/[^/]+",
    "rev": "refs/(?:heads|tags|pr|convert)/[^/]+|[^/]+",
    "path": ".*",
    "branch": ".+",
}


class Family(Enum):
    """Who speaks on a route: decides how errors look."""

    HUB = "hub"
    LFS = "lfs"
    GIT = "git"
    CAS = "cas"
    PAGE = "page"
    OPENAI = "openai"
    NONE = "none"
    """No route was found."""


@dataclass(frozen=True)
class Route:
    """One endpoint. `permission` is what its service checks: declared here for the permission matrix and the docs."""

    method: str
    pattern: str
    endpoint: Endpoint
    permission: Permission
    family: Family = Family.HUB


@dataclass(frozen=True)
class _Compiled:
    route: Route
    anchor: str
    expression: re.Pattern[str]


class Router:
    """Finds the route of a request; the first match in the order given wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes: Sequence[Route] = tuple(routes)
        self._by_method: dict[str, list[_Compiled]] = {}
        for route in self.routes:
            compiled = _Compiled(route, _anchor(route.pattern), _expression(route.pattern))
            self._by_method.setdefault(route.method, []).append(compiled)
        self._remembered = functools.lru_cache(MAX_REMEMBERED_PATHS)(self._find)

    def find(self, method: str, raw_path: str) -> Found | None:
        """Return the route and its decoded words, or None. HEAD falls back to GET.

        Raises:
            InvalidInput: a word that is not UTF-8.
            MethodNotAllowed: the path exists under another method.
        """
        if len(raw_path) <= MAX_REMEMBERED_CHARACTERS:
            return self._remembered(method, raw_path)
        return self._find(method, raw_path)

    def _find(self, method: str, raw_path: str) -> Found | None:
        found = self._match(method, raw_path)
        if found is None and method == "HEAD":
            found = self._match("GET", raw_path)
        if found is None:
            allowed = tuple(other for other in self._by_method if self._match(other, raw_path))
            if allowed:
                raise MethodNotAllowed(allowed=allowed)
        return found

    def _match(self, method: str, raw_path: str) -> Found | None:
        for compiled in self._by_method.get(method, ()):
            if compiled.anchor in raw_path:
                match = compiled.expression.fullmatch(raw_path)
                if match is not None:
                    return compiled.route, _decoded(match.groupdict(default=""))
        return None


def _expression(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", pattern)
    parts = [re.escape(piece) if index % 2 == 0 else _word(piece) for index, piece in enumerate(pieces)]
    return re.compile("".join(parts) + "/?" if not pattern.endswith("{path}") else "".join(parts))


def _word(name: str) -> str:
    return f"(?P<{name}>{_WORDS.get(name, '[^/]+')})"


def _anchor(pattern: str) -> str:
    # A literal piece that every match contains: a cheap test before the regular expression.
    return max(re.split(r"\{\w+\}", pattern), key=len)


def _decoded(words: dict[str, str]) -> dict[str, str]:
    return {name: decode_word(word, name) if "%" in word else word for name, word in words.items()}


def decode_word(word: str, field: str) -> str:
    """Percent-decode, strictly UTF-8.

    Raises:
        InvalidInput: bytes that are not UTF-8.
    """
    try:
        return unquote(word, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidInput(field=field, problem="is not valid UTF-8") from error
