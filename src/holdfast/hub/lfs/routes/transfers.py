"""Transfers under `/lfs/`: each address carries a ticket, and no other credential is looked at.

Source: git-lfs docs/api/basic-transfers.md; huggingface_hub 2.4.0 lfs.py sends no Authorization here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import Response

from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.base.ids import check_sha256
from holdfast.http.admission import Admission
from holdfast.http.call import Call
from holdfast.http.files import byte_response
from holdfast.http.routing import Family, Route
from holdfast.http.uploads import receive_body, require_length
from holdfast.hub.lfs.domain import ObjectSpec
from holdfast.hub.lfs.routes.wire import lfs_response
from holdfast.hub.lfs.service.multipart import MultipartService
from holdfast.hub.lfs.service.transfers import TransferService
from holdfast.hub.lfs.tickets import TicketOffice

MAX_UPLOADS = 128
"""Bodies being received at once; each takes two batches of `http.uploads` in memory. More are told to come back."""

_MAX_PARTS = 10_000


@dataclass(frozen=True)
class TransferRoutes:
    """Bytes in and out."""

    transfers: TransferService
    multipart: MultipartService
    tickets: TicketOffice
    admission: Admission = field(default_factory=lambda: Admission(MAX_UPLOADS))

    def table(self) -> tuple[Route, ...]:
        """The routes."""
        endpoints = (
            ("PUT", "/lfs/upload/{word}", self.upload),
            ("POST", "/lfs/verify/{word}", self.verify),
            ("GET", "/lfs/download/{word}", self.download),
            ("PUT", "/lfs/multipart/{word}/{number}", self.upload_part),
            ("GET", "/lfs/multipart/{word}", self.list_parts),
            ("POST", "/lfs/multipart/{word}", self.complete),
        )
        return tuple(Route(*endpoint, Permission.SIGNED, Family.LFS) for endpoint in endpoints)

    async def upload(self, call: Call) -> Response:
        """Receive an object in one piece."""
        upload = self.tickets.read_upload(call.words["word"])
        require_length(call, upload.spec.size_bytes)
        with self.admission.enter():
            receiver = await call.run(self.transfers.begin, upload)
            try:
                await receive_body(call, receiver.write)
                await call.run(self.transfers.finish, upload, receiver)
            finally:
                await call.run(receiver.discard)
        return lfs_response({"oid": upload.spec.oid, "size": upload.spec.size_bytes})

    async def verify(self, call: Call) -> Response:
        """Confirm an upload in one piece."""
        upload = self.tickets.read_upload(call.words["word"])
        fields = await call.fields()
        claimed = ObjectSpec(check_sha256(fields.text("oid")), fields.number("size"))
        await call.run(self.transfers.verify, upload, claimed)
        return lfs_response({"oid": claimed.oid, "size": claimed.size_bytes})

    async def download(self, call: Call) -> Response:
        """Send an object."""
        spec = self.tickets.read_download(call.words["word"])
        entity_tag = f'"{spec.oid}"'
        headers = [
            (b"content-type", b"application/octet-stream"),
            (b"content-disposition", b"attachment"),
            (b"cache-control", b"private, max-age=31536000, immutable"),
            (b"etag", entity_tag.encode()),
        ]
        return await byte_response(call, headers, spec.size_bytes, entity_tag, lambda: self.transfers.open(spec))

    async def upload_part(self, call: Call) -> Response:
        """Receive one part; its ETag is asked back at the end."""
        parted = self.tickets.read_parted_upload(call.words["word"])
        with self.admission.enter():
            receiver = await call.run(self.multipart.begin, parted, _number(call.words["number"]))
            try:
                require_length(call, receiver.size_bytes)
                await receive_body(call, receiver.write)
                entity_tag = await call.run(receiver.finish)
            finally:
                await call.run(receiver.discard)
        return Response(status_code=200, headers={"ETag": f'"{entity_tag}"'})

    async def list_parts(self, call: Call) -> Response:
        """Which parts of an upload are here already: what a browser does not send again."""
        parted = self.tickets.read_parted_upload(call.words["word"])
        return lfs_response({"parts": await call.run(self.multipart.received, parted)})

    async def complete(self, call: Call) -> Response:
        """Put the parts together."""
        parted = self.tickets.read_parted_upload(call.words["word"])
        fields = await call.fields()
        if fields.text("oid", parted.upload.spec.oid) != parted.upload.spec.oid:
            raise InvalidInput(field="oid", problem="is not the object of this upload")
        numbers = [part.number("partNumber") for part in fields.objects("parts", _MAX_PARTS)]
        await call.run(self.multipart.complete, parted, numbers)
        return lfs_response({"oid": parted.upload.spec.oid, "size": parted.upload.spec.size_bytes})


def _number(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) < 10):
        raise InvalidInput(field="number", problem="must be the number of a part")
    return int(word)
