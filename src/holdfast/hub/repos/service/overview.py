"""A repo's front page as values: header, card, lineage, evaluation results."""

from __future__ import annotations

from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import InvalidCard
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.folder_sizes import folder_size
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.trees import EntryKind, find_entry
from holdfast.hub.repos.metadata.card import CARD_PATH, MAX_CARD_BYTES, read_card, split_card
from holdfast.hub.repos.metadata.evaluations import Evaluation, evaluations
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.eval_results import eval_results_at
from holdfast.hub.repos.service.headers import HeaderService, RepoHeader
from holdfast.hub.repos.service.lineage import Lineage, LineageReader


@dataclass(frozen=True)
class CardText:
    """README.md at the default branch.

    Args:
        oid: of its blob, which names its content.
        body: the Markdown below the front matter.
        problem: a sentence about front matter that nobody can read, or a file that is too large; None if all is well.
    """

    oid: str
    body: str
    problem: str | None = None


@dataclass(frozen=True)
class RepoOverview:
    """What there is to know about a repo at its default branch. `card` None: it has no README.md.

    `file_bytes` is what downloading all files takes, `used_bytes` what large files of all revisions do.
    `is_empty` where it has no commit, or no file that people or programs would look for.
    """

    header: RepoHeader
    card: CardText | None
    lineage: Lineage
    evaluations: tuple[Evaluation, ...]
    file_bytes: int
    used_bytes: int
    is_empty: bool


@dataclass(frozen=True)
class OverviewService:
    """Composes front pages."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    objects: ObjectService
    headers: HeaderService
    lineage: LineageReader

    def overview(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> RepoOverview:
        """Tell about a repo. Gated repos show all this to everybody: only their files are closed.

        Raises:
            RepoNotFound, RepoMoved: see `RepoGate.find`.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            header = self.headers.header_of(connection, actor, repo)
            lineage = self.lineage.read(connection, actor, repo, header.facts)
            used_bytes = self.objects.repo_usage(connection, repo.key).size_bytes
        card, results, file_bytes, is_empty = None, [], 0, True
        if repo.head_oid is not None:
            with self.pool.open(repo.key) as git:
                tree_oid = tree_of(git, repo.head_oid)
                card = _read_card(git, tree_oid)
                results = eval_results_at(git, tree_oid) if repo_type is RepoType.MODEL else []
                file_bytes = folder_size(git, tree_oid)
                is_empty = card is None and _has_only_hidden_files(git, tree_oid)
        found = evaluations(header.facts.get("model-index"), results)
        return RepoOverview(header, card, lineage, found, file_bytes, used_bytes, is_empty)


def _read_card(git: pygit2.Repository, tree_oid: str) -> CardText | None:
    entry = find_entry(git, tree_oid, CARD_PATH)
    if entry is None or entry.kind is not EntryKind.FILE:
        return None
    if entry.lfs is not None or (entry.size_bytes or 0) > MAX_CARD_BYTES:
        return CardText(entry.oid, "", f"{CARD_PATH} is too large to show.")
    content = read_blob(git, entry.oid).decode("utf-8", "replace")
    try:
        return CardText(entry.oid, read_card(content).body)
    except InvalidCard as error:
        return CardText(entry.oid, split_card(content)[1], error.message)


def _has_only_hidden_files(git: pygit2.Repository, tree_oid: str) -> bool:
    """True for what a new repo holds: `.gitattributes`, which nobody uploaded."""
    return all((entry.name or ".").startswith(".") for entry in git[tree_oid])  # type: ignore[attr-defined]
