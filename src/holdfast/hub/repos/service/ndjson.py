"""Reads the body of a commit request: one JSON object a line, `{"key": …, "value": {…}}`.

Source: huggingface_hub 2.4.0 _commit_api.py `_prepare_commit_payload`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.base.ids import OID_PATTERN, check_repo_path, check_sha256
from holdfast.hub.repos.domain import AddFile, AddLargeFile, CommitHeader, DeleteFile, DeleteFolder, Operation

MAX_OPERATIONS = 100_000
MAX_SUMMARY_CHARACTERS = 1_000
MAX_DESCRIPTION_CHARACTERS = 100_000


def read_commit(lines: Iterable[bytes], max_file_bytes: int) -> tuple[CommitHeader, Iterator[Operation]]:
    """Return the header and a lazy iterator over the operations, each checked as it is read.

    Raises:
        InvalidInput, InvalidPath, TooLarge: naming the line that is wrong; from the iterator too.
    """
    items = _items(lines)
    first = next(items, None)
    if first is None or first[1] != "header":
        raise InvalidInput(field="line 1", problem="must be the commit's header")
    return _header(first[2]), _operations(items, max_file_bytes)


def _items(lines: Iterable[bytes]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        field = f"line {number}"
        try:
            item = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InvalidInput(field=field, problem=f"is not valid JSON: {error}") from error
        if not isinstance(item, dict) or not isinstance(item.get("value"), dict):
            raise InvalidInput(field=field, problem="must be an object with `key` and an object `value`")
        yield field, str(item.get("key")), item["value"]


def _header(value: dict[str, Any]) -> CommitHeader:
    summary = _text(value, "summary", "line 1", MAX_SUMMARY_CHARACTERS)
    if not summary.strip():
        raise InvalidInput(field="summary", problem="must not be empty")
    parent = value.get("parentCommit")
    if parent is not None and not (isinstance(parent, str) and 7 <= len(parent) <= 40 and _is_hex(parent)):
        raise InvalidInput(field="parentCommit", problem="must be a commit id of 40 hexadecimal digits")
    return CommitHeader(summary, _text(value, "description", "line 1", MAX_DESCRIPTION_CHARACTERS), parent)


def _operations(items: Iterator[tuple[str, str, dict[str, Any]]], max_file_bytes: int) -> Iterator[Operation]:
    for count, (field, key, value) in enumerate(items, 1):
        if count > MAX_OPERATIONS:
            raise TooLarge(what="The commit", limit=f"{MAX_OPERATIONS} operations")
        yield _operation(field, key, value, max_file_bytes)


def _operation(field: str, key: str, value: dict[str, Any], max_file_bytes: int) -> Operation:
    path = _text(value, "path", field, 10_000)
    if key == "file":
        return AddFile(check_repo_path(path), _content(value, field, path, max_file_bytes))
    if key == "lfsFile":
        return _large_file(value, field, check_repo_path(path))
    if key == "deletedFile":
        return DeleteFile(check_repo_path(path.rstrip("/")))
    if key == "deletedFolder":
        return DeleteFolder(check_repo_path(path.rstrip("/")))
    raise InvalidInput(
        field=field, problem=f"has key {key[:40]!r}; expected header, file, lfsFile, deletedFile or deletedFolder"
    )


def _content(value: dict[str, Any], field: str, path: str, max_file_bytes: int) -> bytes:
    content = value.get("content")
    if not isinstance(content, str):
        raise InvalidInput(field=field, problem="`content` must be a string")
    if len(content) > max_file_bytes * 4 // 3 + 4:
        raise TooLarge(what=f"{path}, as part of a commit,", limit=f"{max_file_bytes} bytes; upload it as a large file")
    encoding = value.get("encoding", "utf-8")
    if encoding == "utf-8":
        return content.encode("utf-8", "surrogatepass")
    if encoding != "base64":
        raise InvalidInput(field=field, problem="`encoding` must be base64 or utf-8")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(field=field, problem="`content` is not valid base64") from error


def _large_file(value: dict[str, Any], field: str, path: str) -> AddLargeFile:
    if value.get("algo", "sha256") != "sha256":
        raise InvalidInput(field=field, problem="`algo` must be sha256")
    size = value.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise InvalidInput(field=field, problem="`size` must be a whole number of bytes")
    return AddLargeFile(path, check_sha256(_text(value, "oid", field, 64), f"{field}: oid"), size)


def _text(value: dict[str, Any], name: str, field: str, limit: int) -> str:
    text = value.get(name, "")
    if not isinstance(text, str) or len(text) > limit:
        raise InvalidInput(field=field, problem=f"`{name}` must be a string of at most {limit} characters")
    return text


def _is_hex(text: str) -> bool:
    return OID_PATTERN.fullmatch(text.ljust(40, "0")) is not None
