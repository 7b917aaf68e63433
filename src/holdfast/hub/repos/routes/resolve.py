"""Download: `HEAD|GET /{repo}/resolve/{revision}/{path}`, and `auth-check`.

Source: the headers that huggingface_hub 2.4.0 file_download.py `get_hf_file_metadata` reads.
"""

from __future__ import annotations

import functools
import mimetypes
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.files import ByteSource, MemorySource, RawHeaders, byte_response
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.service.downloads import DownloadCounter
from holdfast.hub.repos.service.resolving import Located, ResolveService

_SHOWN = ("image", "audio", "video")
"""What browsers say of files that stand in a page: looking at a card is no download."""
_INLINE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/", "application/pdf")
# Whatever a user uploaded is never run in our origin.
_SANDBOX: RawHeaders = [
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,ETag,Link,Accept-Ranges,Content-Range,"
        b"X-Linked-Size,X-Linked-ETag,X-Xet-Hash",
    ),
]


@dataclass(frozen=True)
class ResolveRoutes:
    """Endpoints of `ResolveService`."""

    resolves: ResolveService
    objects: ObjectService
    downloads: DownloadCounter

    def table(self) -> tuple[Route, ...]:
        """All routes; they come first in the router, for nearly all requests are theirs."""
        return (
            Route("GET", "/{prefix}{repo}/resolve/{rev}/{path}", self.resolve, Permission.READ_REPO),
            Route("GET", "/{prefix}{repo}/raw/{rev}/{path}", self.raw, Permission.READ_REPO),
            Route("GET", "/api/{types}/{repo}/auth-check", self.auth_check, Permission.READ_REPO),
            Route("GET", "/api/{types}/{repo}/auth-check/write", self.auth_check_write, Permission.WRITE_REPO),
        )

    async def resolve(self, call: Call) -> Response:
        """Download a file, whole or ranges of it."""
        located = await self._locate(call)
        shown = call.header(b"sec-fetch-dest") in _SHOWN
        if (call.method == "GET" and not shown) or call.header(b"x-hf-download-counter") is not None:
            self.downloads.count(located.repo_key, call.client.host if call.client else "", call.actor.user_id)
        entry = located.entry
        xet_hash = self.resolves.xet_files.find_hash(entry.sha256) if entry.sha256 else None
        headers = file_headers(call, located, xet_hash)
        if located.path.endswith(".svg") and call.header(b"sec-fetch-dest") == "image":
            headers = _as_picture(headers)
        tag = f'"{entry.content_oid}"'
        return await byte_response(call, headers, entry.size_bytes, tag, lambda: self._open(located))

    async def raw(self, call: Call) -> Response:
        """What git holds of a file: the pointer of a large one, the content of a regular one."""
        located = await self._locate(call)
        content = await call.run(self.resolves.read_regular, located)
        headers: RawHeaders = [
            (b"x-repo-commit", located.commit_oid.encode()),
            (b"content-type", b"text/plain; charset=utf-8"),
        ]
        tag = f'"{located.entry.blob_oid}"'
        headers += [(b"etag", tag.encode()), *_SANDBOX]
        return await byte_response(call, headers, len(content), tag, lambda: MemorySource(content))

    async def auth_check(self, call: Call) -> Response:
        """200 when the caller may read the files."""
        return await self._check(call, Permission.READ_REPO)

    async def auth_check_write(self, call: Call) -> Response:
        """200 when the caller may push."""
        return await self._check(call, Permission.WRITE_REPO)

    async def _check(self, call: Call, permission: Permission) -> Response:
        await call.run(self.resolves.check_readable, call.actor, call.repo_type, call.repo_id, permission)
        return json_response({})

    async def _locate(self, call: Call) -> Located:
        where = (call.repo_type, call.repo_id, call.words["rev"], call.words["path"])
        hot = self.resolves.locate_hot(*where)
        if hot is not None:
            return hot
        return await call.run(self.resolves.locate, call.actor, *where)

    def _open(self, located: Located) -> ByteSource:
        if located.entry.sha256 is None:
            return MemorySource(self.resolves.read_regular(located))
        return self.objects.open_linked(located.repo_key, located.entry.sha256)


def file_headers(call: Call, located: Located, xet_hash: str | None) -> RawHeaders:
    """Everything that clients read of a file, apart from lengths and ranges."""
    entry = located.entry
    linked_bytes = entry.size_bytes if entry.sha256 is not None else None
    headers = _file_headers(located.path, located.commit_oid, entry.content_oid, linked_bytes)
    if xet_hash is None:
        return [*headers]
    refresh = _refresh_url(call.urls.base, call.repo_type, call.words["repo"], located.commit_oid)
    return [*headers, *xet_headers(xet_hash, refresh)]


def _as_picture(headers: RawHeaders) -> RawHeaders:
    """For a picture of a page, in which browsers run no script of an SVG; opened alone, it stays plain bytes.

    Only browsers can send `Sec-Fetch-Dest`, no page can forge it. Not to be kept: a cache might give it to others.
    """
    others = [(name, value) for name, value in headers if name != b"content-type"]
    return [*others, (b"content-type", b"image/svg+xml"), (b"cache-control", b"no-store"), (b"vary", b"Sec-Fetch-Dest")]


# Kept by plain words: to hash a dataclass takes longer than to build half of these headers.
@functools.lru_cache(maxsize=4096)
def _file_headers(path: str, commit_oid: str, content_oid: str, linked_bytes: int | None) -> RawHeaders:
    return [(b"x-repo-commit", commit_oid.encode()), *content_headers(path, content_oid, linked_bytes)]


def content_headers(path: str, content_oid: str, linked_bytes: int | None) -> RawHeaders:
    """What describes a file's content wherever it lies; `linked_bytes` None: it lies in git."""
    tag = f'"{content_oid}"'.encode()
    headers: RawHeaders = [(b"etag", tag), *_name_headers(path.rpartition("/")[2]), *_SANDBOX]
    if linked_bytes is not None:
        headers += [(b"x-linked-etag", tag), (b"x-linked-size", str(linked_bytes).encode())]
    return headers


@functools.lru_cache(maxsize=4096)
def xet_headers(xet_hash: str, refresh_url: str) -> RawHeaders:
    """By which clients fetch a file through Xet; `refresh_url` gives them access tokens."""
    return [(b"x-xet-hash", xet_hash.encode()), (b"link", f'<{refresh_url}>; rel="xet-auth"'.encode("latin-1"))]


@functools.lru_cache(maxsize=4096)
def _refresh_url(base_url: str, repo_type: RepoType, repo_id: str, commit_oid: str) -> str:
    return f"{base_url}/api/{repo_type.plural}/{quote(repo_id)}/xet-read-token/{commit_oid}"


def _name_headers(name: str) -> tuple[tuple[bytes, bytes], ...]:
    return (b"content-type", _content_type(name)), (b"content-disposition", _disposition(name))


def _content_type(name: str) -> bytes:
    guessed, encoding = mimetypes.guess_type(name, strict=False)
    if guessed is None or encoding is not None:
        return b"application/octet-stream"
    if guessed.startswith(_INLINE_TYPES):
        return guessed.encode()
    if guessed.startswith("text/") or guessed in ("application/json", "application/xml"):
        return b"text/plain; charset=utf-8"
    return b"application/octet-stream"


def _disposition(name: str) -> bytes:
    plain = "".join(letter if 32 <= ord(letter) < 127 and letter not in '"\\' else "_" for letter in name)
    return f"inline; filename*=UTF-8''{quote(name, safe='')}; filename=\"{plain}\";".encode("latin-1")
