"""Batches: who may transfer what, and which objects need no transfer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from holdfast.backends.database.protocol import Database
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.lfs.domain import (
    BatchAnswer,
    BatchRequest,
    ObjectAnswer,
    ObjectSpec,
    Operation,
    Refusal,
    Ticket,
    TransferRules,
    XetAction,
    XetGate,
    plan_parts,
    wants_multipart,
    wants_resumable,
)
from holdfast.hub.lfs.tickets import TicketOffice, Upload
from holdfast.hub.objects.domain import RepoAccess
from holdfast.hub.objects.service import ObjectService


@dataclass(frozen=True)
class BatchService:
    """Answers batches.

    Args:
        xet: None where Xet is not served.
    """

    database: Database
    objects: ObjectService
    access: RepoAccess
    tickets: TicketOffice
    rules: TransferRules
    xet: XetGate | None = None

    def batch(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, request: BatchRequest, base_url: str
    ) -> BatchAnswer:
        """Answer for every object; the order is kept.

        Raises:
            RepoNotFound, LoginRequired, Forbidden, GatedRepo: the actor may not do this here.
        """
        if request.operation is Operation.DOWNLOAD:
            repo_key = self.access.require(actor, repo_type, repo_id, Permission.READ_REPO)
            return self._downloads(repo_key, request)
        # Nothing in a batch says what it is for: a reader may be opening a pull request, and the commit decides.
        repo_key = self.access.require(actor, repo_type, repo_id, Permission.DISCUSS_REPO)
        present = self._present(actor, repo_key, request)
        if self.xet is not None and "xet" in request.transfers:
            action = self.xet.upload_action(base_url, actor, repo_type, repo_id)
            return BatchAnswer("xet", tuple(self._xet(spec, present, action) for spec in request.objects))
        way = _way(request, self.rules)
        answers = [ObjectAnswer(spec, self._upload(actor, repo_key, spec, present, way)) for spec in request.objects]
        return BatchAnswer(way, tuple(answers))

    def _downloads(self, repo_key: int, request: BatchRequest) -> BatchAnswer:
        with self.database.read() as connection:
            sizes = self.objects.linked(connection, repo_key, _oids(request))
        return BatchAnswer("basic", tuple(ObjectAnswer(spec, self._download(spec, sizes)) for spec in request.objects))

    def _download(self, spec: ObjectSpec, sizes: dict[str, int]) -> Ticket | Refusal:
        if spec.oid not in sizes:
            return Refusal(404, "This repo has no such object.")
        return self._refusal(spec, sizes) or self.tickets.download(spec)

    def _upload(
        self, actor: Actor, repo_key: int, spec: ObjectSpec, present: dict[str, int], way: str
    ) -> Ticket | Refusal | None:
        refusal = self._refusal(spec, present)
        if refusal is not None or spec.oid in present:
            return refusal
        upload = Upload(repo_key, spec)
        if way == "resumable":
            parts = plan_parts(spec.size_bytes, self.rules.resumable_part_bytes)
            return self.tickets.parted_upload(upload, parts, resumed_by=actor.user_id)
        if way == "multipart":
            return self.tickets.parted_upload(upload, plan_parts(spec.size_bytes, self.rules.part_bytes))
        return self.tickets.upload(upload)

    def _xet(self, spec: ObjectSpec, present: dict[str, int], action: XetAction) -> ObjectAnswer:
        return ObjectAnswer(spec, self._refusal(spec, present) or (None if spec.oid in present else action))

    def _refusal(self, spec: ObjectSpec, sizes: dict[str, int]) -> Refusal | None:
        if sizes.get(spec.oid, spec.size_bytes) != spec.size_bytes:
            return Refusal(422, f"The object has {sizes[spec.oid]} bytes, not {spec.size_bytes}.")
        if spec.size_bytes > self.rules.max_upload_bytes:
            return Refusal(422, f"Objects may have at most {self.rules.max_upload_bytes} bytes.")
        return None

    def _present(self, actor: Actor, repo_key: int, request: BatchRequest) -> dict[str, int]:
        """Objects that need no upload: the repo has them, or another repo whose files the actor may read.

        Knowing a hash is no proof of having the bytes: for an object in foreign repos the answer is as for a new one.
        """
        oids = _oids(request)
        with self.database.read() as connection:
            present = self.objects.linked(connection, repo_key, oids)
            others = {oid: keys for oid, keys in self.objects.holders(connection, oids).items() if oid not in present}
            known = self.objects.known(connection, others)
        readable = self.access.readable(actor, {key for keys in others.values() for key in keys}) if others else ()
        shared = {oid: known[oid] for oid, keys in others.items() if oid in known and not keys.isdisjoint(readable)}
        self._link(repo_key, present.keys() | shared.keys())
        return present | shared

    def _link(self, repo_key: int, oids: Collection[str]) -> None:
        if oids:
            with self.database.write() as connection:
                self.objects.link(connection, repo_key, oids)


def _way(request: BatchRequest, rules: TransferRules) -> str:
    if wants_resumable(request):
        return "resumable"
    return "multipart" if wants_multipart(request, rules) else "basic"


def _oids(request: BatchRequest) -> set[str]:
    return {spec.oid for spec in request.objects}
