"""Endpoints that answer how files are put together, where known chunks are, and the stored bytes themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from holdfast.base.errors import InvalidInput
from holdfast.http.call import Call
from holdfast.http.files import ByteResponse, RawHeaders
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.xet.domain import CasClaim, Scope
from holdfast.hub.xet.formats.hashes import XetHash, hash_from_text, hash_to_text
from holdfast.hub.xet.formats.reconstruction import FetchRange, ReconstructionPlan, UrlOf, to_v1, to_v2
from holdfast.hub.xet.routes.cas import cas_routes, read_claim, read_hash
from holdfast.hub.xet.service.dedup import DedupService
from holdfast.hub.xet.service.fetches import Fetches
from holdfast.hub.xet.service.reconstructions import Reconstructions
from holdfast.hub.xet.service.tokens import CasTokens

MAX_BATCH = 256
_BINARY = "application/octet-stream"

Shape = Callable[[ReconstructionPlan, UrlOf], dict[str, Any]]


@dataclass(frozen=True)
class ReconstructionRoutes:
    """Endpoints of `Reconstructions`, `DedupService` and `Fetches`."""

    tokens: CasTokens
    reconstructions: Reconstructions
    dedup: DedupService
    fetches: Fetches

    def table(self) -> tuple[Route, ...]:
        """The routes."""
        v1 = ("/v1/reconstructions/{hash}", "/reconstructions/{hash}", "/reconstruction/{hash}")
        batches = ("/v1/reconstructions", "/reconstructions")
        chunks = ("/v1/chunks/{namespace}/{hash}", "/chunks/{namespace}/{hash}", "/chunk/{namespace}/{hash}")
        return (
            *cas_routes("GET", self.fetch, "/fetch/{hash}"),
            *cas_routes("GET", self.reconstruct_v2, "/v2/reconstructions/{hash}"),
            *cas_routes("GET", self.reconstruct_v1, *v1),
            *cas_routes("GET", self.reconstruct_many, *batches),
            *cas_routes("GET", self.find_chunk, *chunks),
            *cas_routes("HEAD", self.measure, "/v1/files/{hash}"),
        )

    async def reconstruct_v1(self, call: Call) -> Response:
        """GET the terms of a file, and a url for each range."""
        return await self._reconstruct(call, to_v1)

    async def reconstruct_v2(self, call: Call) -> Response:
        """GET the terms of a file, and a url for all ranges of each xorb."""
        return await self._reconstruct(call, to_v2)

    async def reconstruct_many(self, call: Call) -> Response:
        """GET the terms of several files at once, as `?file_id=…&file_id=…`."""
        claim = read_claim(call, self.tokens, Scope.READ)
        words = call.query_params.getlist("file_id")
        if not 0 < len(words) <= MAX_BATCH:
            raise InvalidInput(field="file_id", problem=f"must be given 1 to {MAX_BATCH} times")
        names = [hash_from_text(word, "file_id") for word in words]
        return json_response(await call.run(self._shape_many, claim, names, self._urls(call)))

    async def find_chunk(self, call: Call) -> Response:
        """GET where a chunk and its neighbours are stored."""
        read_claim(call, self.tokens, Scope.READ)
        return Response(await call.run(self.dedup.find, read_hash(call)), media_type=_BINARY)

    async def measure(self, call: Call) -> Response:
        """HEAD: the size of a file."""
        claim = read_claim(call, self.tokens, Scope.READ)
        file = await call.run(self.reconstructions.find, claim, read_hash(call))
        return Response(headers={"Content-Length": str(file.size_bytes)})

    async def fetch(self, call: Call) -> Response:
        """GET stored bytes, within what the url's signature allows."""
        xorb = read_hash(call)
        words, signature = (call.query_params.get(name, "") for name in ("bytes", "signature"))
        ranges = self.fetches.allowed_ranges(xorb, words, signature, call.headers.get("range"))
        headers: RawHeaders = [
            (b"content-type", _BINARY.encode()),
            (b"accept-ranges", b"bytes"),
            (b"cache-control", b"private, max-age=3600, immutable"),
        ]
        if call.method == "HEAD":
            return Response(headers={"Content-Length": str(self.fetches.stored_bytes(xorb))})
        return ByteResponse(await call.run(self.fetches.open, xorb), headers, ranges, call.run)

    async def _reconstruct(self, call: Call, shape: Shape) -> Response:
        claim = read_claim(call, self.tokens, Scope.READ)
        asked = (claim, read_hash(call), call.headers.get("range"))
        urls = self._urls(call)

        def answer() -> dict[str, Any]:
            return shape(self.reconstructions.plan(*asked), urls)

        return json_response(await call.run(answer))

    def _shape_many(self, claim: CasClaim, names: Sequence[XetHash], urls: UrlOf) -> dict[str, Any]:
        files: dict[str, Any] = {}
        fetch_info: dict[str, list[Any]] = {}
        for name in names:
            shaped = to_v1(self.reconstructions.plan(claim, name), urls)
            files[hash_to_text(name)] = shaped["terms"]
            for xorb, fetches in shaped["fetch_info"].items():
                fetch_info.setdefault(xorb, []).extend(fetches)
        return {"files": files, "fetch_info": fetch_info}

    def _urls(self, call: Call) -> UrlOf:
        base = call.urls.to(f"/cas/{quote(call.words['epoch'], safe='')}/fetch")

        def url_of(xorb: XetHash, spans: Sequence[FetchRange]) -> str:
            return f"{base}/{hash_to_text(xorb)}?{self.fetches.query(xorb, spans)}"

        return url_of
