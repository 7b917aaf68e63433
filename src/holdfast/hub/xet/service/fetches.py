"""Signed urls for stored bytes of xorbs: exactly the byte ranges that a reconstruction named, for an hour.

Source: xet-core xet_client/src/cas_client/remote_client.rs: only 403 makes clients ask the reconstruction again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import Forbidden, ObjectNotFound
from holdfast.base.signing import Signer
from holdfast.http.ranges import ByteRange, parse_ranges
from holdfast.hub.objects.blobs import BlobObjectReader
from holdfast.hub.xet import store
from holdfast.hub.xet.formats.hashes import XetHash, hash_to_text
from holdfast.hub.xet.formats.reconstruction import FetchRange
from holdfast.hub.xet.service.xorb_files import XorbFiles

LIFETIME_SECONDS = 3600
_PURPOSE = "xet-fetch"


@dataclass(frozen=True)
class Fetches:
    """Makes such urls and honours them."""

    database: Database
    signer: Signer
    files: XorbFiles

    def query(self, xorb: XetHash, spans: Sequence[FetchRange]) -> str:
        """The query string that allows to read these spans of a xorb."""
        words = ",".join(f"{span.byte_start}-{span.byte_end}" for span in spans)
        signature = self.signer.sign(_PURPOSE, _claim(xorb, words), LIFETIME_SECONDS)
        return f"bytes={words}&signature={signature}"

    def allowed_ranges(
        self, xorb: XetHash, words: str, signature: str, range_header: str | None
    ) -> tuple[ByteRange, ...] | None:
        """The ranges that a Range header asks for, if the signature allows every one of them.

        Args:
            xorb: from the url.
            words: the allowed ranges as in the url, `start-end` with exclusive ends.
            signature: from the url.
            range_header: None asks for the whole xorb, which is hardly ever allowed.

        Returns:
            None for the whole xorb.

        Raises:
            Forbidden: expired, forged, or other bytes.
            ObjectNotFound: the xorb is gone.
            RangeNotSatisfiable: a Range that nothing can satisfy.
        """
        if not self.signer.check(_PURPOSE, _claim(xorb, words), signature):
            raise Forbidden(reason="This url has expired or was changed.")
        allowed = [ByteRange(*map(int, word.split("-"))) for word in words.split(",")]
        size_bytes = self.stored_bytes(xorb)
        asked = parse_ranges(range_header, size_bytes) if range_header else None
        for span in asked or (ByteRange(0, size_bytes),):
            if not any(_within(span, other) for other in allowed):
                raise Forbidden(reason="This url is for other bytes of the xorb.")
        return asked

    def stored_bytes(self, xorb: XetHash) -> int:
        """Size of a stored xorb.

        Raises:
            ObjectNotFound: there is no such xorb.
        """
        row = self.database.fetch_one(store.STORED_BYTES, (hash_to_text(xorb),))
        if row is None:
            raise ObjectNotFound(oid=hash_to_text(xorb))
        return int(row[0])

    def open(self, xorb: XetHash) -> BlobObjectReader:
        """Open the stored bytes.

        Raises:
            DamagedObject: they are gone.
        """
        return BlobObjectReader(self.files.open(xorb))


def _claim(xorb: XetHash, words: str) -> str:
    return f"{hash_to_text(xorb)}\n{words}"


def _within(inner: ByteRange, outer: ByteRange) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
