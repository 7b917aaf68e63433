"""Where a repo comes from and what came of it: base models, data sets, Spaces, as far as the actor may see them.

A repo that a card names may be elsewhere, private or absent: these three look the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from holdfast.accounts.service import AccountService
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Actor
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.listing.filters import ListQuery, Sort
from holdfast.hub.repos.metadata.tags import words
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.store import relations, repos
from holdfast.hub.repos.store.listing_pages import Viewer, list_repo_keys

RELATIONS = ("finetune", "adapter", "quantized", "merge")
MAX_NAMED = 30
MAX_RELATED = 6
"""Shown by name; all are counted."""


@dataclass(frozen=True)
class NamedRepo:
    """A repo that a card names. `repo` None: not here, or none of the actor's business."""

    name: str
    repo: Repo | None


@dataclass(frozen=True)
class Related:
    """Repos that name this one. `tag` finds them all in lists; `repos` are the most liked."""

    repo_type: RepoType
    tag: str
    count: int
    repos: tuple[Repo, ...]


@dataclass(frozen=True)
class Lineage:
    """What a repo is made from, and what is made from it.

    Args:
        relation: finetune, adapter, quantized or merge: how a model was made from `base_models`; None without any.
        children: models made from this one, by relation; relations that nobody has are left out.
        datasets: data sets that a model was trained on, or that a Space uses; `models` are the models of a Space.
        spaces: that use this model or data set.
        trained: models that were trained on this data set.
    """

    relation: str | None
    base_models: tuple[NamedRepo, ...]
    children: dict[str, Related]
    datasets: tuple[NamedRepo, ...]
    models: tuple[NamedRepo, ...]
    spaces: Related | None
    trained: Related | None


@dataclass(frozen=True)
class LineageReader:
    """Reads lineage from the index, on an open transaction."""

    accounts: AccountService
    gate: RepoGate

    def read(self, connection: Connection, actor: Actor, repo: Repo, facts: dict[str, Any]) -> Lineage:
        """The lineage of a repo that the actor may see; `facts` are those of its default branch."""
        viewer = self.viewer(connection, actor)
        base = facts.get("baseModels") or {}
        base_ids = [item["id"] for item in base.get("models", ())]
        is_space, key = repo.type is RepoType.SPACE, repo.id.key
        used = "model" if repo.type is RepoType.MODEL else "dataset"
        return Lineage(
            relation=base.get("relation"),
            base_models=self._named(connection, actor, RepoType.MODEL, base_ids),
            children=_children(connection, viewer, key) if repo.type is RepoType.MODEL else {},
            datasets=self._named(connection, actor, RepoType.DATASET, _names(facts, "datasets", is_space=is_space)),
            models=self._named(connection, actor, RepoType.MODEL, facts.get("models") or () if is_space else ()),
            spaces=None if is_space else _related(connection, viewer, RepoType.SPACE, f"={used}:{key}"),
            trained=_related(connection, viewer, RepoType.MODEL, f"dataset:{key}") if used == "dataset" else None,
        )

    def viewer(self, connection: Connection, actor: Actor) -> Viewer:
        """What the actor sees in lists."""
        seen = self.accounts.visibility(connection, actor)
        return Viewer(tuple(sorted(seen.namespace_ids)), tuple(sorted(seen.repo_keys)), seen.everything)

    def _named(
        self, connection: Connection, actor: Actor, repo_type: RepoType, names: Iterable[str]
    ) -> tuple[NamedRepo, ...]:
        return tuple(
            NamedRepo(name, self._find(connection, actor, repo_type, name)) for name in list(names)[:MAX_NAMED]
        )

    def _find(self, connection: Connection, actor: Actor, repo_type: RepoType, name: str) -> Repo | None:
        try:
            return self.gate.look_up(connection, actor, repo_type, RepoId.parse(name))
        except InvalidInput:
            return None  # cards may hold anything


def _names(facts: dict[str, Any], field: str, *, is_space: bool) -> tuple[str, ...]:
    """A Space's facts name what it uses; a model's data sets stand in its card."""
    return tuple(facts.get(field) or ()) if is_space else words((facts.get("cardData") or {}).get(field))


def _children(connection: Connection, viewer: Viewer, key: str) -> dict[str, Related]:
    found = {
        relation: _related(connection, viewer, RepoType.MODEL, f"base_model:{relation}:{key}") for relation in RELATIONS
    }
    return {relation: related for relation, related in found.items() if related is not None}


def _related(connection: Connection, viewer: Viewer, repo_type: RepoType, tag: str) -> Related | None:
    """Repos with the tag; None where the viewer sees none."""
    count = relations.count_tagged(connection, repo_type, tag, viewer)
    if not count:
        return None
    query = ListQuery(repo_type, tags=(tag,), sort=Sort.LIKES, limit=MAX_RELATED)
    keys = list_repo_keys(connection, query, viewer).keys
    return Related(repo_type, tag, count, tuple(repos.get_repos(connection, keys)))
