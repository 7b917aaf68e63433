"""Answers how a file is put together, to those whose repo has it."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import ObjectNotFound
from holdfast.http.ranges import parse_ranges
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.xet import store
from holdfast.hub.xet.domain import CasClaim, XetFile
from holdfast.hub.xet.formats.hashes import XetHash, hash_to_text
from holdfast.hub.xet.formats.reconstruction import ReconstructionPlan, plan_reconstruction
from holdfast.hub.xet.formats.terms import unpack_terms
from holdfast.hub.xet.service.xorb_files import XorbFiles, damage_of


@dataclass(frozen=True)
class Reconstructions:
    """Plans reads of files."""

    database: Database
    objects: ObjectService
    files: XorbFiles

    def find(self, claim: CasClaim, name: XetHash) -> XetFile:
        """The file, if the token's repo has it.

        Raises:
            ObjectNotFound: unknown, or of other repos only: the two do not differ.
        """
        with self.database.read() as connection:
            file = store.find_file(connection, name)
            if file is not None and self.objects.linked(connection, claim.repo_key, [file.sha256]):
                return file
        raise ObjectNotFound(oid=hash_to_text(name))

    def plan(self, claim: CasClaim, name: XetHash, range_header: str | None = None) -> ReconstructionPlan:
        """Plan to read a file, or the first range of a Range header.

        Raises:
            ObjectNotFound: see `find`.
            RangeNotSatisfiable: it begins behind the file's end, as when a client reads ahead.
            DamagedObject: what is stored does not fit together.
        """
        file = self.find(claim, name)
        ranges = parse_ranges(range_header, file.size_bytes) if range_header else None
        start, end = (ranges[0].start, ranges[0].end) if ranges else (0, None)
        with damage_of(None):
            return plan_reconstruction(unpack_terms(file.packed_terms), self.files.index, start, end)
