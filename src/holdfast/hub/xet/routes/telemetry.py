"""Clients report how their transfers went; nobody listens here, and nothing is kept.

Source: hf-xet 1.8 posts to the origin's root, whatever the path of the CAS url.
"""

from __future__ import annotations

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Family, Route
from holdfast.hub.xet.routes.cas import CAS

MAX_BYTES = 1 << 20
_PATH = "/v1/telemetry"


def table() -> tuple[Route, ...]:
    """The routes."""
    return tuple(Route("POST", path, accept, Permission.SIGNED, Family.CAS) for path in (_PATH, CAS + _PATH))


async def accept(call: Call) -> Response:
    """Read and forget a report."""
    await call.limited_body(MAX_BYTES)
    return json_response({})
