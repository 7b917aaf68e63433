"""The batch API. Source: git-lfs docs/api/batch.md; huggingface_hub 2.4.0 lfs.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.errors import Conflict, InvalidInput
from holdfast.base.identity import Permission
from holdfast.base.ids import check_sha256
from holdfast.http.call import Call, Fields
from holdfast.http.routing import Family, Route
from holdfast.http.urls import Urls
from holdfast.hub.lfs.domain import (
    DOWNLOAD_LIFETIME_SECONDS,
    MAX_BATCH_OBJECTS,
    UPLOAD_LIFETIME_SECONDS,
    BatchRequest,
    ObjectAnswer,
    ObjectSpec,
    Operation,
    Parts,
    Refusal,
    Ticket,
    XetAction,
)
from holdfast.hub.lfs.routes.wire import lfs_response
from holdfast.hub.lfs.service.batch import BatchService

SHA256_NAMES = ("sha256", "sha_256")
"""Source: git-lfs docs/api/batch.md; huggingface.js packages/hub `commit` writes it with an underscore."""


@dataclass(frozen=True)
class BatchRoutes:
    """`POST {repo}.git/info/lfs/objects/batch`; uploads need DISCUSS_REPO, which the service asks for."""

    batches: BatchService

    def table(self) -> tuple[Route, ...]:
        """The routes."""
        return tuple(
            Route("POST", f"/{{prefix}}{repo}/info/lfs/objects/batch", self.batch, Permission.READ_REPO, Family.LFS)
            for repo in ("{repo}.git", "{repo}")
        )

    async def batch(self, call: Call) -> Response:
        """Answer a batch."""
        request = batch_request(await call.fields())
        answer = await call.run(self.batches.batch, call.actor, call.repo_type, call.repo_id, request, call.urls.base)
        objects = [object_json(one, call.urls) for one in answer.objects]
        return lfs_response({"transfer": answer.transfer, "objects": objects, "hash_algo": "sha256"})


def batch_request(fields: Fields) -> BatchRequest:
    """Read the body of a batch.

    Raises:
        InvalidInput: by the field that is wrong.
        Conflict: objects are named by another hash than SHA-256, as the specification wants it.
    """
    if fields.text("hash_algo", "sha256") not in SHA256_NAMES:
        raise Conflict(reason="Objects are named by their SHA-256 here.")
    words = {operation.value: operation for operation in Operation}
    operation = words.get(fields.text("operation"))
    if operation is None:
        raise InvalidInput(field="operation", problem="must be upload or download")
    objects = fields.objects("objects", MAX_BATCH_OBJECTS)
    specs = tuple(ObjectSpec(check_sha256(one.text("oid")), one.number("size")) for one in objects)
    return BatchRequest(operation, specs, frozenset(fields.texts("transfers", 50)))


def object_json(answer: ObjectAnswer, urls: Urls) -> dict[str, Any]:
    """One object of a batch's answer."""
    found: dict[str, Any] = {"oid": answer.spec.oid, "size": answer.spec.size_bytes, "authenticated": True}
    result = answer.result
    if isinstance(result, Refusal):
        found["error"] = {"code": result.code, "message": result.message}
    elif isinstance(result, XetAction):
        found["actions"] = {"upload": {"href": result.href, "header": dict(result.header)}}
    elif isinstance(result, Ticket):
        found["actions"] = _actions(result, urls)
    return found


def _actions(ticket: Ticket, urls: Urls) -> dict[str, Any]:
    word = ticket.word
    if ticket.operation is Operation.DOWNLOAD:
        return {"download": {"href": urls.to(f"/lfs/download/{word}"), "expires_in": DOWNLOAD_LIFETIME_SECONDS}}
    expiry = {"expires_in": UPLOAD_LIFETIME_SECONDS}
    if ticket.parts is None:
        upload = {"href": urls.to(f"/lfs/upload/{word}"), **expiry}
        return {"upload": upload, "verify": {"href": urls.to(f"/lfs/verify/{word}"), **expiry}}
    href = urls.to(f"/lfs/multipart/{word}")
    return {"upload": {"href": href, "header": _part_urls(href, ticket.parts), **expiry}}


def _part_urls(href: str, parts: Parts) -> dict[str, str]:
    # Numbers have leading zeros: git-lfs sorts them as text before it hands them to the agent.
    numbers = {f"{number:05d}": f"{href}/{number}" for number in range(1, parts.count + 1)}
    return {"chunk_size": str(parts.size_bytes), **numbers}
