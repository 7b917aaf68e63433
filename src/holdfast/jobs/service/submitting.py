"""Turns what was asked for into a row: checks it, fills in what was left open, seals its secrets."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import Connection

from holdfast.accounts.domain import Namespace
from holdfast.base.clock import Clock
from holdfast.base.errors import InvalidInput, NoSandbox, TooLarge
from holdfast.base.identity import Actor
from holdfast.base.sealing import Sealer
from holdfast.jobs.domain.checks import check_spec
from holdfast.jobs.domain.hardware import find_flavor, is_uv
from holdfast.jobs.domain.jobs import USER_KIND, Flavor, JobSpec
from holdfast.jobs.service.volumes import VolumeGate
from holdfast.jobs.store import jobs as store
from holdfast.jobs.store import secrets as secret_store

DEFAULT_TIMEOUT_SECONDS = 24 * 3600
MAX_UNFINISHED = 10_000
"""Of one namespace: a loop that went wrong must not fill the table."""
_RANDOM_BYTES = 8


@dataclass(frozen=True)
class Submitter:
    """What `Jobs` and `Schedules` share.

    Args:
        flavors: of the place where jobs run.
        sandbox_problem: why somebody's own code cannot be confined there; None when it can.
        has_program: whether commands find a program of that name there.
        sealer: of secrets.
        clock: milliseconds since 1970.
        volumes: who may mount what.
    """

    flavors: Sequence[Flavor]
    sandbox_problem: Callable[[], str | None]
    has_program: Callable[[str], bool]
    sealer: Sealer
    clock: Clock
    volumes: VolumeGate

    def resolve(self, actor: Actor, spec: JobSpec) -> JobSpec:
        """The spec with everything filled in.

        Raises:
            InvalidInput, TooLarge: what cannot be run.
            NoSandbox: it is somebody's own code, which this machine cannot confine.
            RepoNotFound, RepoMoved, Forbidden, GatedRepo: it mounts what the actor may not.
        """
        check_spec(spec)
        self.volumes.check(actor, spec.volumes)
        problem = self.sandbox_problem() if spec.kind == USER_KIND else None
        if problem is not None:
            raise NoSandbox(problem=problem)
        if spec.image is not None and is_uv(spec.image) and not self.has_program("uv"):
            raise InvalidInput(status=422, field="dockerImage", problem="needs uv, which this server lacks")
        flavor = find_flavor(self.flavors, spec.flavor)
        return replace(
            spec,
            cpus=min(spec.cpus or flavor.cpus, self.flavors[-1].cpus),
            memory_mb=spec.memory_mb or flavor.memory_mb,
            timeout_seconds=spec.timeout_seconds or DEFAULT_TIMEOUT_SECONDS,
        )

    def add(
        self,
        connection: Connection,
        creator: Actor,
        namespace: Namespace,
        spec: JobSpec,
        *,
        schedule_id: str | None = None,
    ) -> str:
        """Add a job with a resolved spec; returns its id.

        Raises:
            TooLarge: as many jobs of the namespace as may wait do.
        """
        if store.count_unfinished(connection, namespace.id) >= MAX_UNFINISHED:
            raise TooLarge(what=f"The queue of {namespace.name}", limit=f"{MAX_UNFINISHED} jobs")
        job_id = self.new_id()
        new = store.NewJob(job_id, namespace, creator, spec, self.clock(), schedule_id)
        store.insert_job(connection, new)
        self.keep_secrets(connection, job_id, spec)
        return job_id

    def keep_secrets(self, connection: Connection, owner_id: str, spec: JobSpec) -> None:
        """Seal the secrets of a new job or schedule."""
        if spec.secrets:
            sealed = self.sealer.seal(orjson.dumps(dict(spec.secrets)).decode(), owner_id)
            secret_store.insert_sealed(connection, owner_id, sealed)

    def secrets_of(self, connection: Connection, owner_id: str) -> dict[str, str]:
        """The secrets of a job or schedule.

        Raises:
            InvalidInput: they were sealed with another key: the data directory lost its own.
        """
        sealed = secret_store.find_sealed(connection, owner_id)
        if sealed is None:
            return {}
        text = self.sealer.open(sealed, owner_id)
        if text is None:
            raise InvalidInput(field="secrets", problem="cannot be read: they were sealed with another secret.key")
        found: dict[str, str] = orjson.loads(text)
        return found

    def new_id(self) -> str:
        """24 hexadecimal digits, later ones greater. Source: the Hub's ids, which are MongoDB's."""
        return f"{self.clock() // 1000:08x}{secrets.token_hex(_RANDOM_BYTES)}"
