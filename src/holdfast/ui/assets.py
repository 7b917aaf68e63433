"""The files under `static/`: stylesheets, scripts and pictures, all shipped with Holdfast.

Their address holds a hash of the whole folder, so browsers keep them for good and modules can import each other by
relative paths. They are few and small: kept in memory, compressed once.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path

from starlette.responses import Response

from holdfast.base.errors import NotFound
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Route

STATIC_DIR = Path(__file__).parent / "static"
_FOR_GOOD = "public, max-age=31536000, immutable"
_COMPRESSED = ("text/", "application/json", "image/svg")


@dataclass(frozen=True)
class Asset:
    """One file, as it is sent. `compressed` is None where gzip would not help."""

    media_type: str
    content: bytes
    compressed: bytes | None


@dataclass(frozen=True)
class Assets:
    """All static files of one release."""

    folder: Path = STATIC_DIR
    _read: dict[str, Asset] = field(default_factory=dict)

    @functools.cached_property
    def version(self) -> str:
        """Twelve hex digits that change with any file."""
        digest = hashlib.sha256()
        for name in sorted(self.names):
            digest.update(f"{name}\0".encode() + (self.folder / name).read_bytes() + b"\0")
        return digest.hexdigest()[:12]

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """Paths below the folder."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return frozenset(path.relative_to(self.folder).as_posix() for path in files)

    def path(self, name: str) -> str:
        """The address of a file, such as `css/holdfast.css`, below the server's own.

        Raises:
            KeyError: there is no such file: a mistake in a template.
        """
        if name not in self.names:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    def table(self) -> tuple[Route, ...]:
        """The route of the files."""
        return (Route("GET", "/static/{version}/{path}", self.serve, Permission.PUBLIC),)

    async def serve(self, call: Call) -> Response:
        """Send a file. An old version's address gets today's file, but not for good."""
        name = call.words["path"]
        if name not in self.names:
            raise NotFound(what="This file")
        asset = self._asset(name)
        lifetime = _FOR_GOOD if call.words["version"] == self.version else "no-cache"
        headers = {"Cache-Control": lifetime, "Vary": "Accept-Encoding"}
        if asset.compressed is not None and "gzip" in call.headers.get("accept-encoding", ""):
            return Response(asset.compressed, 200, headers | {"Content-Encoding": "gzip"}, asset.media_type)
        return Response(asset.content, 200, headers, asset.media_type)

    def _asset(self, name: str) -> Asset:
        if name not in self._read:
            content = (self.folder / name).read_bytes()
            media_type = _media_type(name)
            compressed = gzip.compress(content, 9, mtime=0) if media_type.startswith(_COMPRESSED) else None
            self._read[name] = Asset(media_type, content, compressed)
        return self._read[name]


def _media_type(name: str) -> str:
    # Browsers refuse modules that some systems' tables call text/plain.
    if name.endswith((".js", ".mjs")):
        return "text/javascript"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
