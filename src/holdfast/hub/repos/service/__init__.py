"""Use cases of repos. Each class is one group of them; the first argument of a use case is the actor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.branching import BranchService
from holdfast.hub.repos.service.committing import CommitService
from holdfast.hub.repos.service.downloads import DownloadCounter
from holdfast.hub.repos.service.facts import FactReader
from holdfast.hub.repos.service.files import FileService
from holdfast.hub.repos.service.folders import FolderService
from holdfast.hub.repos.service.gating import GatingService
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.hub.repos.service.history import HistoryService
from holdfast.hub.repos.service.indexing import RepoIndex
from holdfast.hub.repos.service.info import InfoService
from holdfast.hub.repos.service.large_files import LargeFileService
from holdfast.hub.repos.service.lifecycle import Forget, RepoLifecycle
from holdfast.hub.repos.service.liking import LikeService
from holdfast.hub.repos.service.lineage import LineageReader
from holdfast.hub.repos.service.listing import ListService
from holdfast.hub.repos.service.overview import OverviewService
from holdfast.hub.repos.service.own_repos import OwnRepoService
from holdfast.hub.repos.service.preupload import PreuploadService
from holdfast.hub.repos.service.pulls import PullService
from holdfast.hub.repos.service.reading import ReadService
from holdfast.hub.repos.service.renewing import IndexRenewer
from holdfast.hub.repos.service.resolving import ResolveService, XetFiles
from holdfast.hub.repos.service.safety import SafetyReader
from holdfast.hub.repos.service.searching import SearchService
from holdfast.hub.repos.service.tensors import TensorService

__all__ = ["RepoServices", "open_repos"]


@dataclass(frozen=True)
class RepoServices:
    """Everything that can be done with repos."""

    pool: RepositoryPool
    index: RepoIndex
    renewer: IndexRenewer
    lifecycle: RepoLifecycle
    preuploads: PreuploadService
    commits: CommitService
    branches: BranchService
    reads: ReadService
    history: HistoryService
    folders: FolderService
    files: FileService
    headers: HeaderService
    overviews: OverviewService
    resolves: ResolveService
    infos: InfoService
    lists: ListService
    search: SearchService
    pulls: PullService
    large_files: LargeFileService
    tensors: TensorService
    own_repos: OwnRepoService
    gating: GatingService
    likes: LikeService
    downloads: DownloadCounter


def open_repos(
    database: Database,
    accounts: AccountService,
    gate: RepoGate,
    pool: RepositoryPool,
    objects: ObjectService,
    xet_files: XetFiles,
    safety: SafetyReader,
    clock: Clock,
    forget_elsewhere: tuple[Forget, ...] = (),
    here_bytes: int = 0,
) -> RepoServices:
    """Build the services of one process.

    `safety` tells how safe files are to load; `forget_elsewhere` is what other parts drop of a deleted repo;
    `here_bytes` the memory in which models may run.
    """
    facts = FactReader(objects)
    index = RepoIndex(database, pool, facts, clock)
    pulls = PullService(database, accounts, gate, index, clock)
    infos = InfoService(database, gate, pool, facts, objects, safety)
    lists = ListService(database, accounts, infos, here_bytes)
    return RepoServices(
        pool=pool,
        index=index,
        renewer=IndexRenewer(database, index),
        lifecycle=RepoLifecycle(database, accounts, gate, pool, index, objects, clock, forget_elsewhere),
        preuploads=PreuploadService(database, gate, pool, pulls),
        commits=CommitService(database, gate, pool, index, objects, pulls, clock),
        branches=BranchService(database, gate, index, clock),
        reads=ReadService(database, gate, pool, xet_files, safety),
        history=HistoryService(database, gate, pool),
        **_readers_of_pages(database, accounts, gate, pool, objects, xet_files, safety),
        resolves=ResolveService(database, gate, pool, xet_files),
        infos=infos,
        lists=lists,
        search=SearchService(database, accounts, lists),
        pulls=pulls,
        large_files=LargeFileService(database, gate, pool, index, objects, xet_files),
        tensors=TensorService(database, gate, pool, objects),
        own_repos=OwnRepoService(database, accounts, objects),
        gating=GatingService(database, accounts, gate, clock),
        likes=LikeService(database, accounts, gate, clock),
        downloads=DownloadCounter(database, clock),
    )


class _ReadersOfPages(TypedDict):
    """What whole pages are put together from: each service answers all of one."""

    headers: HeaderService
    folders: FolderService
    files: FileService
    overviews: OverviewService


def _readers_of_pages(
    database: Database,
    accounts: AccountService,
    gate: RepoGate,
    pool: RepositoryPool,
    objects: ObjectService,
    xet_files: XetFiles,
    safety: SafetyReader,
) -> _ReadersOfPages:
    headers = HeaderService(database, gate)
    return {
        "headers": headers,
        "folders": FolderService(database, gate, pool, headers, xet_files, safety),
        "files": FileService(database, gate, pool, objects, headers, xet_files, safety),
        "overviews": OverviewService(database, gate, pool, objects, headers, LineageReader(accounts, gate)),
    }
