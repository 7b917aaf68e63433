"""Use cases of the Xet store. Each class is one group of them; what they may do is said by a `CasClaim`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from holdfast.backends.blobs.protocol import BlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock, now_milliseconds
from holdfast.base.signing import Signer
from holdfast.hub.objects.domain import RepoAccess
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.xet.domain import XetLimits
from holdfast.hub.xet.service.dedup import DedupService
from holdfast.hub.xet.service.epochs import Epochs
from holdfast.hub.xet.service.fetches import Fetches
from holdfast.hub.xet.service.garbage import XorbCollector
from holdfast.hub.xet.service.index_cache import IndexCache
from holdfast.hub.xet.service.inspection import XetInspector
from holdfast.hub.xet.service.recipes import Recipes
from holdfast.hub.xet.service.reconstructions import Reconstructions
from holdfast.hub.xet.service.shards import ShardService
from holdfast.hub.xet.service.source import XetHashes, XetSource
from holdfast.hub.xet.service.tokens import CasTokens
from holdfast.hub.xet.service.uploads import XorbUploads
from holdfast.hub.xet.service.xorb_files import XorbFiles

__all__ = ["XetServices", "open_xet"]


@dataclass(frozen=True)
class XetServices:
    """Everything that the Xet store can do.

    Args:
        files: finds Xet hashes, for `hub.repos`.
        source: reads Xet files, for `hub.objects`.
        collector: removes xorbs, for garbage collection.
        validators: threads that check uploaded xorbs.
        hashers: threads that read new files back.
    """

    tokens: CasTokens
    uploads: XorbUploads
    shards: ShardService
    reconstructions: Reconstructions
    fetches: Fetches
    dedup: DedupService
    files: XetHashes
    source: XetSource
    collector: XorbCollector
    inspector: XetInspector
    epochs: Epochs
    limits: XetLimits
    validators: ThreadPoolExecutor
    hashers: ThreadPoolExecutor

    def close(self) -> None:
        """End the threads soon: checks of xorbs are finished, long reads of new files broken off."""
        self.shards.closing.set()
        self.validators.shutdown(wait=True)
        self.hashers.shutdown(wait=True)


def open_xet(
    database: Database,
    blobs: BlobStore,
    objects: ObjectService,
    signer: Signer,
    access: RepoAccess,
    clock: Clock = now_milliseconds,
    limits: XetLimits | None = None,
) -> XetServices:
    """Build the services of one process.

    Args:
        database: with the tables in place.
        blobs: where xorbs lie.
        objects: its sources should get this one's `source` for Xet files.
        signer: under the server's key.
        access: who may do what with which repo.
        clock: milliseconds since 1970.
        limits: None means the usual ones.
    """
    limits = limits or XetLimits()
    cores = os.cpu_count() or 1
    hashers = ThreadPoolExecutor(max_workers=cores, thread_name_prefix="xet-sha256")
    cache = IndexCache(limits.index_cache_bytes)
    files = XorbFiles(blobs, cache)
    epochs = Epochs(database)
    recipes = Recipes(blobs)
    uploads = XorbUploads(database, blobs, files, clock)
    return XetServices(
        tokens=CasTokens(signer, access, epochs, clock),
        uploads=uploads,
        shards=ShardService(database, objects, files, recipes, hashers, limits, clock),
        reconstructions=Reconstructions(database, objects, files),
        fetches=Fetches(database, signer, files),
        dedup=DedupService(database, files, clock),
        files=XetHashes(database),
        source=XetSource(database, files),
        collector=XorbCollector(database, blobs, cache, epochs, recipes),
        inspector=XetInspector(database, blobs, objects, files, uploads, recipes),
        epochs=epochs,
        limits=limits,
        validators=ThreadPoolExecutor(max_workers=cores, thread_name_prefix="xet-xorb"),
        hashers=hashers,
    )
