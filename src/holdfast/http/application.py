"""The ASGI application: finds the route, says who calls, runs the endpoint, renders errors.

Pure ASGI, so that any server can run it. Knows nothing about capabilities.
"""

from __future__ import annotations

import asyncio
import functools
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import replace
from email.utils import formatdate
from http.cookies import CookieError, SimpleCookie

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from holdfast.base.errors import HoldfastError, InternalError, NotFound
from holdfast.base.identity import ANONYMOUS, Actor, Permission
from holdfast.http.authentication import SESSION_COOKIE, Authenticator
from holdfast.http.call import Call, ClientDisconnect
from holdfast.http.csrf import check_same_origin, refuse_other_sites
from holdfast.http.errors import ErrorPage, header_safe, log_crash, render_error, wants_page
from holdfast.http.routing import Family, Found, Router
from holdfast.http.urls import UrlPolicy, Urls

Lifespan = Callable[[], Awaitable[None]]


class Application:
    """Serves the routes of a `Router`."""

    def __init__(
        self,
        router: Router,
        authenticator: Authenticator,
        url_policy: UrlPolicy,
        executor: Executor,
        stop: Lifespan,
        error_page: ErrorPage | None = None,
    ) -> None:
        self.router = router
        self._error_page = error_page
        self._authenticator = authenticator
        self._url_policy = url_policy
        self._executor = executor
        self._stop = stop
        self.stopping = asyncio.Event()
        """To be set before connections are waited for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = _request_id(headers)
        family = Family.NONE
        try:
            found = self._find(scope)
            family = found[0].family
            response = await self._answer(found, scope, receive, headers)
            response.raw_headers.append((b"x-request-id", request_id.encode("latin-1")))
        except ClientDisconnect:
            return
        except HoldfastError as error:
            response = self._told(error, family, request_id, scope, headers)
        except Exception as error:  # noqa: BLE001 - the renderer: a defect becomes one logged 500
            log_crash(error, request_id)
            response = self._told(InternalError(), family, request_id, scope, headers)
        response.raw_headers.append((b"x-content-type-options", b"nosniff"))
        response.raw_headers.append((b"date", _date(int(time.time()))))
        await response(scope, receive, send)

    def _told(
        self, error: HoldfastError, family: Family, request_id: str, scope: Scope, headers: dict[bytes, bytes]
    ) -> Response:
        """The response that tells of an error: a page to people, what their protocol says to programs."""
        response = render_error(error, family, request_id, _target(scope))
        if self._error_page is None or "location" in response.headers or not wants_page(scope, family):
            return response
        urls = self._url_policy.urls(scope, headers)
        page = self._error_page(error, scope, urls, scope.get("holdfast.actor", ANONYMOUS))
        page.headers.update({name: value for name, value in response.headers.items() if name.startswith("x-")})
        return page

    def _find(self, scope: Scope) -> Found:
        raw_path = scope["raw_path"].decode("latin-1").partition("?")[0]
        prefix = self._url_policy.path_prefix
        if prefix and raw_path.startswith(prefix + "/"):
            raw_path = raw_path[len(prefix) :]
        raw_path = _rooted(raw_path)
        scope["holdfast.path"] = raw_path
        found = self.router.find(scope["method"], raw_path)
        if found is None:
            raise NotFound(what="This address")
        return found

    async def _answer(self, found: Found, scope: Scope, receive: Receive, headers: dict[bytes, bytes]) -> Response:
        route, words = found
        urls = self._url_policy.urls(scope, headers)
        # A signed route's Authorization header, if any, is its own and names no user.
        is_signed = route.permission is Permission.SIGNED
        address = _address(scope)
        known = ANONYMOUS if is_signed else await self._actor(scope["method"], headers, urls, address)
        # Where it comes from is noted with what changes something; these do not, and are asked most of all.
        actor = known if scope["method"] in ("GET", "HEAD") else replace(known, address=address)
        scope["holdfast.actor"] = actor
        call = Call(
            scope, receive, actor=actor, words=words, urls=urls, executor=self._executor, stopping=self.stopping
        )
        return await route.endpoint(call)

    async def _actor(self, method: str, headers: dict[bytes, bytes], urls: Urls, address: str | None) -> Actor:
        authorization = _text(headers, b"authorization")
        session = _session(headers)
        if authorization is not None and authorization[:6].lower() == "basic ":
            refuse_other_sites(method, headers, urls.base)
        actor = self._authenticator.authenticate(authorization, session)
        if actor is None and authorization is not None:
            loop = asyncio.get_running_loop()
            slowly = self._authenticator.authenticate_slowly
            return await loop.run_in_executor(self._executor, slowly, authorization, address)
        if actor is None:
            return ANONYMOUS
        if authorization is None and session is not None and not actor.is_anonymous:
            check_same_origin(method, headers, session, urls.base)
        return actor

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _address(scope: Scope) -> str | None:
    """Where the request comes from; behind a trusted proxy, what the proxy says. None when the server doesn't know."""
    client = scope.get("client")
    return None if client is None else str(client[0])


@functools.lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    """The Date header. uvicorn's own is up to a second old, and clients compare it with moments in the answer.

    Source: huggingface_hub 2.4.0 takes lines of a log that are a second later than it for lines to come.
    """
    return formatdate(second, usegmt=True).encode()


def _request_id(headers: dict[bytes, bytes]) -> str:
    # Source: huggingface_hub sends X-Amzn-Trace-Id, and its tests look for it in the answer's X-Request-Id.
    given = headers.get(b"x-request-id") or headers.get(b"x-amzn-trace-id")
    return header_safe(given.decode("latin-1"))[:200] if given else os.urandom(16).hex()


def _target(scope: Scope) -> str:
    raw_path = _rooted(scope["raw_path"].decode("latin-1").partition("?")[0])
    query = scope["query_string"].decode("latin-1")
    return f"{raw_path}?{query}" if query else raw_path


def _rooted(raw_path: str) -> str:
    """With one slash in front: clients whose endpoint ends with a slash send two, which in a redirect name a host."""
    return "/" + raw_path.lstrip("/")


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def _session(headers: dict[bytes, bytes]) -> str | None:
    if b"cookie" not in headers:
        return None
    try:
        morsel = SimpleCookie(headers[b"cookie"].decode("latin-1")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value
