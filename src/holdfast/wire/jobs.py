"""Jobs and scheduled jobs, as the Hub's Jobs API writes them.

Source: huggingface_hub 2.4.0, `_jobs_api.py` and the job methods of `hf_api.py`. What the public Hub does not have is
said at the field; clients ignore it.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Stage = Literal["SCHEDULING", "RUNNING", "COMPLETED", "CANCELED", "ERROR", "DELETED"]


class JobStatusItem(TypedDict):
    """Where a job stands; `message` is a sentence for people, null when there is nothing to say."""

    stage: Stage
    message: str | None


class JobOwnerItem(TypedDict):
    """Whose job it is."""

    id: str
    name: str
    type: Literal["user", "org"]


class JobInitiatorItem(TypedDict):
    """What started a job: `user`, `scheduled-job` or `duplicated-job`. `id`: of the schedule, or the job run again."""

    type: str
    id: str
    name: str | None


class JobDurationsItem(TypedDict):
    """Whole seconds; null for what was not reached."""

    schedulingSecs: int | None
    runningSecs: int | None
    totalSecs: int | None


class JobProgressItem(TypedDict):
    """Ours: how far a job says it is. `fraction` from 0 to 1; `etaSeconds` until its end; null: it did not say."""

    fraction: float | None
    sentence: str | None
    etaSeconds: float | None


class JobArtefactItem(TypedDict):
    """Ours: a file that a job left. `size` in bytes."""

    path: str
    size: int
    modifiedAt: str
    url: str


class VolumeItem(TypedDict):
    """What a job finds mounted at `mountPath`: a bucket or repo, or the folder `path` of it."""

    type: str
    source: str
    mountPath: str
    readOnly: bool
    revision: NotRequired[str]
    path: NotRequired[str]


class JobSpecItem(TypedDict):
    """What is to be run. Values of secrets never leave the server: `***` stands for each."""

    dockerImage: NotRequired[str]
    spaceId: NotRequired[str]
    command: list[str]
    arguments: list[str]
    environment: dict[str, str]
    secrets: dict[str, str]
    flavor: str
    timeout: int | None
    labels: dict[str, str]
    retry: int
    volumes: NotRequired[list[VolumeItem]]


class JobItem(JobSpecItem):
    """A job. Moments in ISO with milliseconds and Z; null for what was not reached. `kind`, `progress`: ours."""

    id: str
    createdAt: str
    startedAt: str | None
    finishedAt: str | None
    status: JobStatusItem
    durations: JobDurationsItem
    owner: JobOwnerItem
    initiator: JobInitiatorItem
    kind: str
    attempt: int
    exitCode: int | None
    progress: JobProgressItem


class LogEvent(TypedDict):
    """A line of a log, without its end."""

    data: str
    timestamp: str


class GpuMetrics(TypedDict):
    """One accelerator; `utilization` in percent."""

    utilization: float
    memory_used_bytes: int
    memory_total_bytes: int


class MetricEvent(TypedDict):
    """What a job uses now. `cpu_millicores`: what it may use; `cpu_usage_pct`: how much of that it does.

    Without a moment: clients take what has one, and is later than the response's head, for the end of a replay.
    """

    cpu_usage_pct: float
    cpu_millicores: int
    memory_used_bytes: int
    memory_total_bytes: int
    rx_bps: int
    tx_bps: int
    gpus: dict[str, GpuMetrics]
    replica: str


class LastJobItem(TypedDict):
    """The newest job that a schedule started."""

    id: str
    at: str


class ScheduledJobStatusItem(TypedDict):
    """What a schedule did and will do; null for what it did not yet, or never will."""

    lastJob: LastJobItem | None
    nextJobRunAt: str | None


class ScheduledJobItem(TypedDict):
    """A job that is run again and again. `concurrency`: also while the one before still runs."""

    id: str
    createdAt: str
    schedule: str
    suspend: bool
    concurrency: bool
    jobSpec: JobSpecItem
    status: ScheduledJobStatusItem
    owner: JobOwnerItem


class AcceleratorItem(TypedDict):
    """An accelerator of a flavor; all in words, as on the Hub."""

    type: str
    model: str
    quantity: str
    vram: str
    manufacturer: str


class HardwareItem(TypedDict):
    """A flavor: what a job gets to run on. Nothing costs anything here."""

    name: str
    prettyName: str
    cpu: str
    ram: str
    ephemeralStorage: str
    accelerator: AcceleratorItem | None
    unitCostMicroUSD: int
    unitCostUSD: float
    unitLabel: str
