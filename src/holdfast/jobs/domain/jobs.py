"""A job: what is to run, how far it is, what it tells. Knows nothing of who may see it, nor of where it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from holdfast.base.errors import InvalidInput

USER_KIND = "command"
"""The kind of jobs whose command somebody else wrote: they run confined."""


class Stage(Enum):
    """How far a job is. Source: huggingface_hub 2.4, `_jobs_api.JobStage`."""

    SCHEDULING = "SCHEDULING"
    """Waits for its turn, also for the next attempt."""
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    ERROR = "ERROR"
    DELETED = "DELETED"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing will happen to the job any more."""
        return self not in (Stage.SCHEDULING, Stage.RUNNING)

    @classmethod
    def parse(cls, word: str) -> Stage:
        """Read the API's word, in any case.

        Raises:
            InvalidInput: another word.
        """
        for stage in cls:
            if stage.value == word.upper():
                return stage
        raise InvalidInput(field="stage", problem=f"must be one of {', '.join(stage.value for stage in cls)}")


@dataclass(frozen=True)
class Volume:
    """A bucket or a repo, or a folder of it, that the command finds as a folder.

    What a command writes to a bucket's is kept there when it ends. Source: huggingface_hub 2.4, `_space_api.Volume`.

    Args:
        type: bucket, model, dataset or space.
        source: `namespace/name`.
        mount_path: where the command finds it; begins with `/`.
        revision: of a repo; None means main.
        path: the folder of it; empty means all.
        read_only: repos always are.
    """

    type: str
    source: str
    mount_path: str
    revision: str | None = None
    path: str = ""
    read_only: bool = True


@dataclass(frozen=True)
class JobSpec:
    """What to run, and with what.

    Args:
        kind: `command` is somebody's own command and runs confined; other kinds are commands that Holdfast writes.
        command: the program and its first arguments; `arguments` follow.
        environment: variables, shown to everybody who sees the job.
        secrets: more variables: never shown, masked in the log, stored sealed and apart. Empty where a job is read.
        secret_names: the names of the secrets where a job is read.
        files: small text files, by their path in the job's work folder; written before every attempt.
        flavor: a name of `hardware()`; decides what `cpus` and `memory_mb` leave open.
        cpus: processors that the job takes while it runs; None means as the flavor says.
        memory_mb: more than this ends it; None means as the flavor says.
        timeout_seconds: an attempt that takes longer is ended; None means the server's default.
        image: the container image that was asked for; None for none.
        space: the Space that was asked for; None for none.
        labels: shown, and asked for in lists.
        network: the command may reach other machines.
        max_attempts: how often the command may fail until the job has.
        priority: higher comes first.
        idempotency_key: a second job with the same key in the same namespace is the first one.
        concurrency_key: of the jobs with the same key in the same namespace, one runs at a time.
        volumes: what the command finds mounted.
        initiator: what made the job: `user`, `scheduled-job` or `duplicated-job`; `initiator_id` names it, else empty.
    """

    kind: str
    command: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_names: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    flavor: str = "cpu-basic"
    cpus: int | None = None
    memory_mb: int | None = None
    timeout_seconds: int | None = None
    image: str | None = None
    space: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    network: bool = True
    max_attempts: int = 1
    priority: int = 0
    idempotency_key: str | None = None
    concurrency_key: str | None = None
    volumes: tuple[Volume, ...] = ()
    initiator: str = "user"
    initiator_id: str = ""


@dataclass(frozen=True)
class Progress:
    """How far the command says it is. None: it did not say.

    Args:
        fraction: 0 to 1.
        sentence: what it does now, for people.
        eta_seconds: until its end.
    """

    fraction: float | None = None
    sentence: str | None = None
    eta_seconds: float | None = None


@dataclass(frozen=True)
class Job:
    """One job as it is now.

    Args:
        id: 24 hexadecimal digits.
        namespace: the user or organization that it belongs to.
        creator: the user who made it; None for the server itself or a deleted user.
        message: why it is in its stage, for people; None when there is nothing to add.
        attempt: how often the command was started.
        started_at: of the last attempt; None before the first.
        finished_at: None until it is.
        exit_code: of the last attempt that ended, negative for a signal; None while there is none.
        cancel_requested: somebody cancelled it, and it has not ended yet.
    """

    id: str
    namespace_id: int
    namespace: str
    namespace_is_org: bool
    creator: str | None
    spec: JobSpec
    stage: Stage
    message: str | None
    attempt: int
    created_at: int
    started_at: int | None
    finished_at: int | None
    progress: Progress
    exit_code: int | None
    cancel_requested: bool = False


@dataclass(frozen=True)
class JobPage:
    """Jobs, newest first; `next_cursor` None on the last page."""

    jobs: list[Job]
    next_cursor: str | None


@dataclass(frozen=True)
class LogLine:
    """A line of a log. `number` counts from 0; `at` is when it was written."""

    number: int
    at: int
    text: str


@dataclass(frozen=True)
class JobEvent:
    """Something that the command told: `fields` holds `progress`, `metric`, `artefact`, or what else it wrote."""

    number: int
    at: int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Artefact:
    """A file that a job left."""

    path: str
    size_bytes: int
    modified_at: int


@dataclass(frozen=True)
class Usage:
    """What a running job takes. `cpu_percent` is of one processor; None until two measurements can be compared."""

    at: int
    cpu_percent: float | None
    memory_bytes: int
    memory_limit_bytes: int | None
    cpus: int


@dataclass(frozen=True)
class Flavor:
    """A choice of hardware. `accelerator` None: processors alone."""

    name: str
    title: str
    cpus: int
    memory_mb: int
    accelerator: str | None = None
