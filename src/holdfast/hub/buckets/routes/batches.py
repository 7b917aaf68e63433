"""Reads the body of a batch: one JSON object a line.

Source: huggingface_hub 2.4.0, hf_api.py `_batch_bucket_files`.
"""

from __future__ import annotations

from typing import Any

import orjson

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.base.ids import SHA256_PATTERN, RepoId
from holdfast.hub.buckets.domain import Copy, Operation, Put, Remove

MAX_OPERATIONS = 10_000
_MOST_PATH_CHARACTERS = 10_000
_MOST_TYPE_CHARACTERS = 200
_LAST_MOMENT = 253_402_300_799_999
"""The end of the year 9999: what comes later cannot be written as clients read it."""


def read_batch(body: bytes) -> list[Operation]:
    """The operations, in order.

    Raises:
        InvalidInput: naming the line that is wrong.
        TooLarge: more operations than one batch may have.
    """
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_OPERATIONS:
        raise TooLarge(what="The batch", limit=f"{MAX_OPERATIONS} operations")
    return [_operation(f"line {number}", line) for number, line in lines]


def _operation(field: str, line: bytes) -> Operation:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(field=field, problem=f"is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidInput(field=field, problem="must be an object")
    kind, path = value.get("type"), _text(value, "path", field)
    if kind == "addFile":
        content_type = str(value.get("contentType") or "")[:_MOST_TYPE_CHARACTERS] or None
        return Put(path, _xet_hash(value, field), _moment(value, field), content_type)
    if kind == "copyFile":
        source = RepoId.parse(_text(value, "sourceRepoId", field), f"{field}: sourceRepoId")
        return Copy(path, _xet_hash(value, field), _text(value, "sourceRepoType", field), source, _moment(value, field))
    if kind == "deleteFile":
        return Remove(path)
    raise InvalidInput(field=field, problem=f"has type {str(kind)[:40]!r}; expected addFile, copyFile or deleteFile")


def _text(value: dict[str, Any], name: str, field: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= _MOST_PATH_CHARACTERS:
        raise InvalidInput(field=field, problem=f"`{name}` must be a string of 1 to {_MOST_PATH_CHARACTERS} characters")
    return text


def _xet_hash(value: dict[str, Any], field: str) -> str:
    xet_hash = _text(value, "xetHash", field).lower()
    if not SHA256_PATTERN.fullmatch(xet_hash):
        raise InvalidInput(field=field, problem="`xetHash` must be 64 hexadecimal digits")
    return xet_hash


def _moment(value: dict[str, Any], field: str) -> int | None:
    moment = value.get("mtime")
    if moment is None:
        return None
    if not isinstance(moment, int | float) or isinstance(moment, bool) or not 0 <= moment <= _LAST_MOMENT:
        raise InvalidInput(field=field, problem="`mtime` must be milliseconds since 1970")
    return int(moment)
