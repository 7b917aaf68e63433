"""Absolute urls as the client reaches us: from settings, else from the request itself.

Source: huggingface_hub refuses urls of a foreign host (`RepoUrl`), so `localhost` and `127.0.0.1` must not be mixed.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from urllib.parse import quote

from starlette.types import Scope

_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?", re.ASCII)


@dataclass(frozen=True)
class Urls:
    """Builds urls under `base`, e.g. `http://127.0.0.1:8000` or `https://ai.example.org/hub`; no trailing slash."""

    base: str

    def to(self, path: str) -> str:
        """Absolute url of an absolute path that is already encoded."""
        return self.base + path

    def quoted(self, path: str) -> str:
        """Absolute url of an absolute path that is not encoded yet."""
        return self.base + quote(path)


@dataclass(frozen=True)
class UrlPolicy:
    """How `Urls` are found for a request."""

    external_url: str | None
    path_prefix: str
    trust_proxy_headers: bool

    def urls(self, scope: Scope, headers: dict[bytes, bytes]) -> Urls:
        """Read the base url; a malformed Host falls back to the socket's own address."""
        if self.external_url is not None:
            return Urls(self.external_url)
        host = headers.get(b"host", b"").decode("latin-1")
        scheme = scope["scheme"]
        prefix = self.path_prefix
        if self.trust_proxy_headers:
            host = _forwarded(headers, b"x-forwarded-host") or host
            scheme = _forwarded(headers, b"x-forwarded-proto") or scheme
            prefix = _forwarded(headers, b"x-forwarded-prefix").rstrip("/") or prefix
        if not _is_host(host):
            address, port = scope.get("server") or ("127.0.0.1", 80)
            host = f"{address}:{port}"
        return _urls(scheme, host, prefix)


@functools.lru_cache(maxsize=256)
def _urls(scheme: str, host: str, prefix: str) -> Urls:
    return Urls(f"{scheme}://{host}{prefix}")


@functools.lru_cache(maxsize=256)
def _is_host(host: str) -> bool:
    return _HOST.fullmatch(host) is not None


def _forwarded(headers: dict[bytes, bytes], name: bytes) -> str:
    # Proxies append; the first word is what the client asked for.
    return headers.get(name, b"").decode("latin-1").split(",")[0].strip()
