"""Endpoints that take in xorbs."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.errors import ObjectNotFound
from holdfast.http.admission import Admission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.http.uploads import receive_body
from holdfast.hub.xet.domain import Scope
from holdfast.hub.xet.routes.cas import cas_routes, read_claim, read_hash
from holdfast.hub.xet.service.tokens import CasTokens
from holdfast.hub.xet.service.uploads import XorbUploads


@dataclass(frozen=True)
class UploadRoutes:
    """Endpoints of `XorbUploads`.

    Args:
        validators: threads that check xorbs, so that others keep theirs.
        admission: limits the bodies being received or waiting for their check.
    """

    tokens: CasTokens
    uploads: XorbUploads
    validators: Executor
    admission: Admission

    def table(self) -> tuple[Route, ...]:
        """The routes."""
        paths = ("/v1/xorbs/{namespace}/{hash}", "/xorbs/{namespace}/{hash}", "/xorb/{namespace}/{hash}")
        return (*cas_routes("POST", self.upload, *paths), *cas_routes("HEAD", self.probe, *paths))

    async def upload(self, call: Call) -> Response:
        """POST a xorb. One that is here already is not written again."""
        read_claim(call, self.tokens, Scope.WRITE)
        name = read_hash(call)
        with self.admission.enter():
            if await call.run(self.uploads.offer, name):
                return json_response({"was_inserted": False})
            with await call.run(self.uploads.begin, name) as receiver:
                await receive_body(call, receiver.write)
                finishing = asyncio.get_running_loop().run_in_executor(self.validators, self.uploads.finish, receiver)
                was_inserted = await finishing
        return json_response({"was_inserted": was_inserted})

    async def probe(self, call: Call) -> Response:
        """HEAD: whether a xorb is here."""
        read_claim(call, self.tokens, Scope.READ)
        name = read_hash(call)
        if not await call.run(self.uploads.is_stored, name):
            raise ObjectNotFound(oid=call.words["hash"])
        return Response()
