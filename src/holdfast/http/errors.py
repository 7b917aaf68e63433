"""Turns errors into responses, by route family. The only place that does.

Source: huggingface_hub 2.4.0 utils/_http.py `hf_raise_for_status`; git-lfs docs/api/batch.md#response-errors.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Protocol

import orjson
from starlette.responses import Response
from starlette.types import Scope

from holdfast.base.errors import (
    EntryNotFound,
    HoldfastError,
    InvalidCard,
    LoginRequired,
    MethodNotAllowed,
    Overloaded,
    RangeNotSatisfiable,
    RepoMoved,
    RepoNotFound,
)
from holdfast.base.identity import Actor
from holdfast.http.routing import Family
from holdfast.http.urls import Urls

logger = logging.getLogger("holdfast.http")

_OPENAI_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ErrorPage(Protocol):
    """Shows an error to people; declared here, filled in by `ui`."""

    def __call__(self, error: HoldfastError, scope: Scope, urls: Urls, actor: Actor) -> Response:
        """The page, with the error's status."""
        ...


def wants_page(scope: Scope, family: Family) -> bool:
    """Whether a person looks at the answer: on a page's route, or in a browser at an address that nothing has."""
    if family is not Family.NONE:
        return family is Family.PAGE
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def render_error(error: HoldfastError, family: Family, request_id: str, target: str = "") -> Response:
    """Build the response of an expected error. `target` is the request's raw path with its query string."""
    error, location = _redirect(error, target)
    headers = error_headers(error, request_id)
    if location is not None:
        headers["Location"] = location
    if family is Family.GIT:
        if error.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="Holdfast", charset="UTF-8"'
        return Response(f"{error.message}\n", error.status, headers, "text/plain; charset=utf-8")
    if family is Family.LFS:
        if error.status == 401:
            headers["LFS-Authenticate"] = 'Basic realm="Holdfast", charset="UTF-8"'
        body = {"message": error.message, "request_id": request_id}
        return Response(orjson.dumps(body), error.status, headers, "application/vnd.git-lfs+json")
    body = openai_body(error) if family is Family.OPENAI else _hub_body(error)
    return Response(orjson.dumps(body), error.status, headers, "application/json")


def openai_body(error: HoldfastError) -> dict[str, Any]:
    """An error in the shape of OpenAI's API. Source: platform.openai.com/docs/guides/error-codes."""
    kind = _OPENAI_KINDS.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    param = getattr(error, "field", None)
    return {"error": {"message": error.message, "type": kind, "param": param or None, "code": error.code}}


def log_crash(error: Exception, request_id: str) -> None:
    """Write down a defect of ours; the client learns only the request id."""
    logger.error("request %s failed", request_id, exc_info=error)


def error_headers(error: HoldfastError, request_id: str) -> dict[str, str]:
    """The headers by which clients tell errors apart."""
    headers = {
        "X-Error-Code": error.code,
        "X-Error-Message": header_safe(error.message),
        "X-Request-Id": request_id,
        "Cache-Control": "no-store",
    }
    if isinstance(error, EntryNotFound) and error.commit_oid:
        headers["X-Repo-Commit"] = error.commit_oid
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size_bytes}"
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, LoginRequired):
        headers["WWW-Authenticate"] = 'Bearer realm="Holdfast"'
    return headers


def header_safe(text: str) -> str:
    """Make text legal in a header: one line of latin-1 without control characters, or spaces at its ends."""
    line = _CONTROL.sub("?", " ".join(text.split()))
    return line.encode("latin-1", "replace").decode("latin-1")[:1000]


def _redirect(error: HoldfastError, target: str) -> tuple[HoldfastError, str | None]:
    if not isinstance(error, RepoMoved):
        return error, None
    # Relative, as on the public Hub: clients follow it on the same origin and keep their credentials.
    location = target.replace(f"/{error.old_id}", f"/{error.new_id}", 1)
    if location == target:
        # The id stood in the body (delete, move): nothing can be redirected, and clients would go in circles.
        return RepoNotFound(status=404), None
    return error, location


def _hub_body(error: HoldfastError) -> dict[str, Any]:
    body: dict[str, Any] = {"error": error.message}
    if isinstance(error, InvalidCard):
        body["errors"] = [{"message": message} for message in error.errors]
    body.update(getattr(error, "body_fields", {}))
    return body
