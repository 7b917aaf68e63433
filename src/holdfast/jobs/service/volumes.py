"""Who may mount what: asked when a job is submitted, and again when it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Actor, Grant, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.objects.domain import RepoAccess
from holdfast.jobs.domain.jobs import Volume
from holdfast.jobs.domain.volumes import BUCKET


@dataclass(frozen=True)
class VolumeGate:
    """Asks repos and buckets.

    Args:
        repos: who may read which repo.
        buckets: who may do what with which bucket.
        problem: why nothing can be mounted where jobs run, and what to do; None when it can.
    """

    repos: RepoAccess
    buckets: BucketGate
    problem: Callable[[], str | None]

    def check(self, actor: Actor, volumes: Sequence[Volume]) -> tuple[Grant, ...]:
        """What a token must be granted so that somebody with it may do what the volumes need.

        Raises:
            RepoNotFound, RepoMoved, LoginRequired, Forbidden, GatedRepo: the actor may not.
            InvalidInput: nothing can be mounted here; the status is 422.
        """
        problem = self.problem() if volumes else None
        if problem is not None:
            raise InvalidInput(422, "volumes", problem)
        return tuple(self._check(actor, volume) for volume in volumes)

    def _check(self, actor: Actor, volume: Volume) -> Grant:
        source = RepoId.parse(volume.source, "volumes.source")
        permission = Permission.READ_REPO if volume.read_only else Permission.WRITE_REPO
        if volume.type == BUCKET:
            self.buckets.require(actor, source, permission)
        else:
            self.repos.require(actor, RepoType.parse(volume.type), source, permission)
        return Grant(f"{volume.type}:{source}", frozenset({permission}))
