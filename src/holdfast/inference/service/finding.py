"""Finds the model that a request means, and whether its caller may use it: who may read a repo's files may."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.backends.engines.protocol import JSON, Question
from holdfast.base.errors import InvalidInput, RepoMoved, RepoNotFound, UnusableModel
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.service import RepoServices
from holdfast.inference import tasks
from holdfast.inference.domain.choosing import meant_task
from holdfast.inference.domain.deployments import FoundModel, ModelKey

_MODEL = RepoType.MODEL
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class FoundRepo:
    """A model repo whose files an actor may read.

    Args:
        task: None: neither card nor config say one.
        base: of an adapter: what it says of the model that it changes, a repo id if it was made here. Else None.
    """

    key: int
    commit_oid: str
    repo_id: str
    task: str | None
    base: str | None = None


@dataclass(frozen=True)
class ModelFinder:
    """Looks models up. For public ones that were used before it takes one prepared statement, on the event loop."""

    repos: RepoServices
    _known: dict[tuple[int, str, str], FoundRepo] = field(default_factory=dict)

    async def find(self, actor: Actor, repo_id: RepoId, task: str | None, question: Question) -> FoundModel:
        """The model of a repo for a question.

        Args:
            actor: who asks.
            repo_id: which repo.
            task: what is asked of it; None means what the repo says.
            question: may tell which of two tasks is meant.

        Raises:
            RepoNotFound, GatedRepo, DisabledRepo, UnusableModel: see `find_repo`; of an adapter, its base too.
            UnknownTask: no such task.
            InvalidInput: no task is asked, and the repo does not say one.
        """
        repo = await self.find_repo(actor, repo_id)
        base = await self._find_base(actor, repo)
        said = repo.task or (base.task if base else None)
        meant = task or meant_task(said, question.body if question.media_type == JSON else None)
        named = _task(meant)
        on = (base.key, base.commit_oid) if base else None
        key = ModelKey(repo.key, repo.commit_oid, tasks.carrier(named, said), on)
        return FoundModel(key, repo.repo_id, base.repo_id if base else None, named)

    async def _find_base(self, actor: Actor, repo: FoundRepo) -> FoundRepo | None:
        """The model that an adapter changes, which its user must be allowed to use too."""
        if repo.base is None:
            return None
        try:
            base = await self.find_repo(actor, RepoId.parse(repo.base))
        except (InvalidInput, RepoNotFound) as error:
            raise UnusableModel(
                problem=f"it is an adapter of {repo.base!r}, and there is no such model here that you may use. Push or "
                "import it under that name, or change base_model_name_or_path in adapter_config.json"
            ) from error
        if base.base is not None:
            raise UnusableModel(problem=f"it is an adapter of {repo.base!r}, which is an adapter itself")
        return base

    async def find_repo(self, actor: Actor, repo_id: RepoId) -> FoundRepo:
        """A repo at its default branch; renamed ones are found under their old ids too.

        Raises:
            RepoNotFound, GatedRepo, DisabledRepo: see `RepoGate.find`.
            UnusableModel: there are no files yet.
        """
        hot = self.repos.resolves.head_hot(_MODEL, repo_id)
        known = None if hot is None else self._known.get((*hot, repo_id.key))
        return await asyncio.to_thread(self._look_up, actor, repo_id) if known is None else known

    def _look_up(self, actor: Actor, repo_id: RepoId) -> FoundRepo:
        repo = self._readable(actor, repo_id)
        if repo.head_oid is None:
            raise UnusableModel(problem="its repo has no files yet")
        facts = self.repos.infos.repo_info(actor, _MODEL, repo.id, None, parts=()).facts
        found = FoundRepo(repo.key, repo.head_oid, str(repo.id), facts.get("pipeline_tag"), _base_of(facts))
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[repo.key, repo.head_oid, repo.id.key] = found
        return found

    def _readable(self, actor: Actor, repo_id: RepoId) -> Repo:
        try:
            return self.repos.resolves.check_readable(actor, _MODEL, repo_id, Permission.READ_REPO)
        except RepoMoved as moved:
            new = RepoId.parse(moved.new_id)
            return self.repos.resolves.check_readable(actor, _MODEL, new, Permission.READ_REPO)


def _base_of(facts: Mapping[str, Any]) -> str | None:
    """What the repo's adapter_config.json says of its base; None where there is no such file."""
    peft = (facts.get("config") or {}).get("peft")
    return None if not peft else str(peft.get("base_model_name_or_path") or "")


def _task(wanted: str | None) -> str:
    if wanted is None:
        known = ", ".join(tasks.names())
        raise InvalidInput(
            field="pipeline_tag", problem=f"is missing in this model's card. Add it, or ask for one of: {known}"
        )
    return tasks.spec(wanted).name
