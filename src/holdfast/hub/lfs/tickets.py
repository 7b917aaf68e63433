"""Tickets: what a signed transfer url says, sealed so that nobody can write one. Knows no HTTP."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from holdfast.base.errors import Forbidden
from holdfast.base.signing import Signer
from holdfast.hub.lfs.domain import (
    DOWNLOAD_LIFETIME_SECONDS,
    UPLOAD_LIFETIME_SECONDS,
    ObjectSpec,
    Operation,
    Parts,
    Ticket,
)


@dataclass(frozen=True)
class Upload:
    """What an upload ticket allows: to send this object, for this repo."""

    repo_key: int
    spec: ObjectSpec


@dataclass(frozen=True)
class PartedUpload:
    """The same in parts, which are collected under `upload_id`: random, or the same for all batches of one user."""

    upload: Upload
    upload_id: str
    parts: Parts


@dataclass(frozen=True)
class TicketOffice:
    """Issues and reads tickets."""

    signer: Signer

    def upload(self, upload: Upload) -> Ticket:
        """Leave to send an object in one piece."""
        word = self.signer.seal("lfs-upload", _words(upload), UPLOAD_LIFETIME_SECONDS)
        return Ticket(Operation.UPLOAD, word)

    def parted_upload(self, upload: Upload, parts: Parts, *, resumed_by: int | None = None) -> Ticket:
        """Leave to send an object in parts. `resumed_by` is the user whose earlier parts count; None for new ones."""
        upload_id = secrets.token_hex(16) if resumed_by is None else _lasting_id(upload, parts, resumed_by)
        claim = f"{_words(upload)} {parts.size_bytes} {parts.count} {upload_id}"
        return Ticket(Operation.UPLOAD, self.signer.seal("lfs-parts", claim, UPLOAD_LIFETIME_SECONDS), parts)

    def download(self, spec: ObjectSpec) -> Ticket:
        """Leave to fetch an object."""
        word = self.signer.seal("lfs-download", f"{spec.oid} {spec.size_bytes}", DOWNLOAD_LIFETIME_SECONDS)
        return Ticket(Operation.DOWNLOAD, word)

    def read_upload(self, word: str) -> Upload:
        """What an upload ticket allows.

        Raises:
            Forbidden: forged, or expired: 403 makes git-lfs ask for a new one.
        """
        repo_key, oid, size = self._open("lfs-upload", word)
        return Upload(int(repo_key), ObjectSpec(oid, int(size)))

    def read_parted_upload(self, word: str) -> PartedUpload:
        """What a ticket for parts allows. Raises Forbidden as `read_upload` does."""
        repo_key, oid, size, part_bytes, count, upload_id = self._open("lfs-parts", word)
        upload = Upload(int(repo_key), ObjectSpec(oid, int(size)))
        return PartedUpload(upload, upload_id, Parts(int(part_bytes), int(count)))

    def read_download(self, word: str) -> ObjectSpec:
        """What a download ticket allows. Raises Forbidden as `read_upload` does."""
        oid, size = self._open("lfs-download", word)
        return ObjectSpec(oid, int(size))

    def _open(self, purpose: str, word: str) -> list[str]:
        claim = self.signer.unseal(purpose, word)
        if claim is None:
            raise Forbidden(reason="This url is not valid or has expired; please ask for a new one.")
        return claim.split(" ")


def _lasting_id(upload: Upload, parts: Parts, user_id: int) -> str:
    words = f"{user_id} {_words(upload)} {parts.size_bytes} {parts.count}"
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def _words(upload: Upload) -> str:
    return f"{upload.repo_key} {upload.spec.oid} {upload.spec.size_bytes}"
