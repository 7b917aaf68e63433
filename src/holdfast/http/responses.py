"""Responses that several capabilities give: JSON, NDJSON streams, pages with a `Link` header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from holdfast.http.call import Call


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Serialize with orjson."""
    return Response(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS), status, headers, "application/json")


def page_response(call: Call, items: list[Any], next_cursor: str | None) -> Response:
    """A page of a list; `Link: …; rel="next"` repeats every filter of the request with the new cursor."""
    headers = {}
    if next_cursor is not None:
        headers["Link"] = f'<{next_page_url(call, next_cursor)}>; rel="next"'
    return json_response(items, headers=headers)


def next_page_url(call: Call, cursor: str) -> str:
    """The absolute url of this request with another `cursor`."""
    pairs = [(name, value) for name, value in call.query_params.multi_items() if name != "cursor"]
    raw_path = call.scope["holdfast.path"]
    return f"{call.urls.to(raw_path)}?{urlencode([*pairs, ('cursor', cursor)])}"
