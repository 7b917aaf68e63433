"""One request being answered: Starlette's `Request`, plus who calls, decoded route words, urls and checked fields."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.base.identity import Actor
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.urls import Urls

MAX_JSON_BYTES = 32 * 1024 * 1024
MAX_ANONYMOUS_JSON_BYTES = 4 * 1024 * 1024
"""Anybody can send these; enough for the 10,000 parts of a git-lfs upload, whose address is its credential."""

MAX_FORM_FIELDS = 1_000
MAX_REMEMBERED_CHARACTERS = 200

_remembered_id = functools.lru_cache(8_192)(RepoId.parse)

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["Call", "ClientDisconnect", "Fields", "FormFields"]


class Call(Request):
    """What an endpoint gets.

    `words` are the route's, percent-decoded; `stopping` is set when the server ends: answers without end should, too.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        *,
        actor: Actor,
        words: Mapping[str, str],
        urls: Urls,
        executor: Executor,
        stopping: asyncio.Event | None = None,
    ) -> None:
        super().__init__(scope, receive)
        self.stopping = stopping or asyncio.Event()
        self.actor = actor
        self.words = words
        self.urls = urls
        self._executor = executor
        self._header_values: dict[bytes, bytes] | None = None

    def header(self, name: bytes) -> str | None:
        """One header by its lower-case name, the last if there are several: much cheaper than `headers`."""
        if self._header_values is None:
            self._header_values = dict(self.scope["headers"])
        value = self._header_values.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def repo_type(self) -> RepoType:
        """The repo type that the path names: `{types}` in API routes, `{prefix}` elsewhere."""
        word = self.words.get("types") or self.words.get("prefix")
        return RepoType.parse(word.rstrip("/")) if word else RepoType.MODEL

    @property
    def repo_id(self) -> RepoId:
        """The repo id that the path names."""
        word = self.words["repo"]
        return _remembered_id(word) if len(word) <= MAX_REMEMBERED_CHARACTERS else RepoId.parse(word)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work in the server's thread pool."""
        work = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def limited_body(self, limit_bytes: int = MAX_JSON_BYTES) -> bytes:
        """Read the whole body.

        Raises:
            TooLarge: more than `limit_bytes`.
        """
        pieces = []
        total = 0
        async for piece in self.stream():
            total += len(piece)
            if total > limit_bytes:
                raise TooLarge(what="The request body", limit=f"{limit_bytes} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    async def fields(self) -> Fields:
        """Read the body as a JSON object; an empty body is an empty object.

        Raises:
            InvalidInput: not JSON, or not an object.
            TooLarge: more than the caller may send.
        """
        body = await self.limited_body(MAX_ANONYMOUS_JSON_BYTES if self.actor.is_anonymous else MAX_JSON_BYTES)
        try:
            value = orjson.loads(body) if body.strip() else {}
        except orjson.JSONDecodeError as error:
            raise InvalidInput(field="body", problem=f"is not valid JSON: {error}") from error
        if not isinstance(value, dict):
            raise InvalidInput(field="body", problem="must be a JSON object")
        return Fields(value)

    async def form_fields(self, limit_bytes: int = MAX_ANONYMOUS_JSON_BYTES) -> FormFields:
        """Read the body of a page's form, `application/x-www-form-urlencoded`.

        Raises:
            InvalidInput: another kind of body, or not UTF-8.
            TooLarge: more than `limit_bytes`.
        """
        if not (self.header(b"content-type") or "").startswith("application/x-www-form-urlencoded"):
            raise InvalidInput(field="Content-Type", problem="must be application/x-www-form-urlencoded")
        body = await self.limited_body(limit_bytes)
        try:
            values = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
        except ValueError as error:  # also of the decoder
            raise InvalidInput(field="body", problem="is not a form in UTF-8") from error
        return FormFields(values)

    def flag(self, name: str) -> bool:
        """A boolean of the query string: `true`, `True` and `1` are true (2.x, 0.x and curl)."""
        return self.query_params.get(name, "").lower() in ("true", "1")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number of the query string within bounds; values above `high` are capped.

        Raises:
            InvalidInput: not a number, or below `low`.
        """
        word = self.query_params.get(name)
        if word is None:
            return default
        if not (word.isascii() and word.isdecimal() and len(word) <= 18) or int(word) < low:
            raise InvalidInput(field=name, problem=f"must be a whole number of at least {low}")
        return min(int(word), high)


class Fields:
    """A JSON object whose values are read with their types checked; errors name the field."""

    def __init__(self, values: dict[str, Any], within: str = "") -> None:
        self.values = values
        self._within = within

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A string; required unless there is a default."""
        value = self.optional_text(name)
        if value is not None:
            return value
        if default is None:
            raise InvalidInput(field=self._within + name, problem="is missing")
        return default

    def optional_text(self, name: str) -> str | None:
        """A string, or None when absent or null."""
        return self._typed(name, str, "a string")

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number of at least 0; required unless there is a default."""
        value = self._typed(name, int, "a whole number")
        if value is None:
            value = default
        if value is None:
            raise InvalidInput(field=self._within + name, problem="is missing")
        if isinstance(value, bool) or value < 0:
            raise InvalidInput(field=self._within + name, problem="must be a whole number of at least 0")
        return value

    def optional_flag(self, name: str) -> bool | None:
        """A boolean, or None when absent or null."""
        return self._typed(name, bool, "true or false")

    def part(self, name: str) -> Fields:
        """An object within this one; required."""
        if name not in self:
            raise InvalidInput(field=self._within + name, problem="is missing")
        return self._object(name, self.values[name])

    def objects(self, name: str, limit: int) -> list[Fields]:
        """A list of at most `limit` objects; empty when absent."""
        values = self._typed(name, list, "a list") or []
        if len(values) > limit:
            raise InvalidInput(field=self._within + name, problem=f"must have at most {limit} entries")
        return [self._object(f"{name}[{index}]", value) for index, value in enumerate(values)]

    def texts(self, name: str, limit: int) -> list[str]:
        """A list of at most `limit` strings; empty when absent."""
        values = self._typed(name, list, "a list") or []
        if len(values) > limit or not all(isinstance(value, str) for value in values):
            raise InvalidInput(field=self._within + name, problem=f"must be a list of at most {limit} strings")
        return values

    def _object(self, name: str, value: Any) -> Fields:
        if not isinstance(value, dict):
            raise InvalidInput(field=self._within + name, problem="must be an object")
        return Fields(value, f"{self._within}{name}.")

    def _typed(self, name: str, kind: type[T], words: str) -> T | None:
        value = self.values.get(name)
        if value is not None and not isinstance(value, kind):
            raise InvalidInput(field=self._within + name, problem=f"must be {words}")
        return value


class FormFields:
    """What a form sent, by name. Line ends are those of Unix, as everywhere but in forms."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str | None = None) -> str:
        """The field's text; required unless there is a default.

        Raises:
            InvalidInput: it is missing.
        """
        texts = self.texts(name)
        if texts:
            return texts[-1]
        if default is None:
            raise InvalidInput(field=name, problem="is missing")
        return default

    def optional_text(self, name: str) -> str | None:
        """The field's text without spaces around it, or None when it is absent or empty."""
        return self.text(name, "").strip() or None

    def flag(self, name: str) -> bool:
        """Whether a checkbox was ticked."""
        return self.text(name, "") not in ("", "0", "false")

    def texts(self, name: str) -> list[str]:
        """All texts of a field that can be there several times."""
        return [text.replace("\r\n", "\n") for text in self.values.get(name, ())]
