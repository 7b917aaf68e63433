"""Jobs and schedules in the words of people: what the templates of their lists and pages show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from holdfast.jobs.domain.jobs import USER_KIND, Job, JobEvent, JobSpec, LogLine, Stage, Usage
from holdfast.jobs.domain.schedules import Schedule
from holdfast.ui import formats
from holdfast.ui.line_charts import LineChart, line_path

STAGES = {
    Stage.SCHEDULING: ("Waiting", ""),
    Stage.RUNNING: ("Running", "badge-accent"),
    Stage.COMPLETED: ("Done", "badge-ok"),
    Stage.CANCELED: ("Cancelled", "badge-warn"),
    Stage.ERROR: ("Failed", "badge-danger"),
    Stage.DELETED: ("Deleted", ""),
}
"""Each stage's word, and the class of its badge."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")

_NO_WAIT = 1_000


@dataclass(frozen=True)
class JobLine:
    """One job as a page shows it. Durations are in words, "" where there is none to tell; moments in milliseconds.

    Args:
        badge: the stage's class.
        kind_word: "" for somebody's own command.
        percent: how far it is; None when it does not say.
        left: until its end.
        because: what made it, to be put behind a name: "" for a person.
        limit: of the time of one attempt.
        elsewhere: path of the page that shows it as what it is, a training run for instance; "" for none.
        secrets: names, without values.
        may_change: whoever looks may cancel it.
        may_repeat: it can be run again as it is.
    """

    id: str
    namespace: str
    path: str
    title: str
    stage: str
    badge: str
    is_running: bool
    is_over: bool
    is_failed: bool
    is_stopping: bool
    kind_word: str
    command: str
    message: str | None
    percent: int | None
    sentence: str | None
    left: str
    created_at: int
    creator: str | None
    because: str
    waited: str
    took: str
    attempt: int
    attempts: int
    exit_code: int | None
    image: str | None
    flavor: str
    limit: str
    labels: Mapping[str, str]
    environment: Mapping[str, str]
    secrets: Mapping[str, None]
    files: Mapping[str, str]
    elsewhere: str
    may_change: bool
    may_repeat: bool


@dataclass(frozen=True)
class ScheduleLine:
    """One schedule as a page shows it; moments in milliseconds, None: not yet, or never."""

    id: str
    title: str
    cron: str
    command: str
    is_suspended: bool
    concurrency: bool
    next_run_at: int | None
    last_job_id: str | None
    last_job_at: int | None


def job_line(job: Job, now: int, *, may_change: bool, elsewhere: Mapping[str, str]) -> JobLine:
    """A job in words.

    Args:
        job: it.
        now: milliseconds since 1970.
        may_change: whether whoever looks may cancel it.
        elsewhere: kind → the pages that show its jobs as what they are, with `{namespace}` and `{id}`.
    """
    word, badge = STAGES[job.stage]
    end = now if job.finished_at is None else job.finished_at
    fraction = job.progress.fraction
    spec = job.spec
    return JobLine(
        id=job.id,
        namespace=job.namespace,
        path=f"/jobs/{job.namespace}/{job.id}",
        title=_title(spec, job.id),
        stage=word,
        badge=badge,
        is_running=job.stage is Stage.RUNNING,
        is_over=job.stage.is_terminal,
        is_failed=job.stage is Stage.ERROR,
        is_stopping=job.cancel_requested,
        kind_word="" if spec.kind == USER_KIND else spec.kind.replace("-", " ").capitalize(),
        command=_command(spec),
        message=job.message,
        percent=None if fraction is None else round(min(1.0, max(0.0, fraction)) * 100),
        sentence=job.progress.sentence,
        left=_left(job),
        created_at=job.created_at,
        creator=job.creator,
        because={"scheduled-job": ", on schedule", "duplicated-job": ", once more"}.get(spec.initiator, ""),
        waited=_waited(job),
        took="" if job.started_at is None else formats.duration(end - job.started_at),
        attempt=job.attempt,
        attempts=spec.max_attempts,
        exit_code=job.exit_code,
        image=f"Space {spec.space}" if spec.space else spec.image,
        flavor=spec.flavor,
        limit=formats.duration(spec.timeout_seconds * 1000) if spec.timeout_seconds else "",
        labels=spec.labels,
        environment=spec.environment,
        secrets=dict.fromkeys(sorted(spec.secret_names)),
        files=spec.files,
        elsewhere=elsewhere.get(spec.kind, "").format(namespace=job.namespace, id=job.id),
        may_change=may_change,
        may_repeat=spec.kind == USER_KIND,
    )


def schedule_line(schedule: Schedule) -> ScheduleLine:
    """A schedule in words."""
    return ScheduleLine(
        id=schedule.id,
        title=_title(schedule.spec, schedule.id),
        cron=schedule.cron,
        command=_command(schedule.spec),
        is_suspended=schedule.suspended,
        concurrency=schedule.concurrency,
        next_run_at=schedule.next_run_at,
        last_job_id=schedule.last_job_id,
        last_job_at=schedule.last_job_at,
    )


def log_lines(lines: Sequence[LogLine]) -> list[str]:
    """What a terminal would show: without colours, and of a line that was written over, its last state."""
    return [_ESCAPES.sub("", line.text).rstrip("\r").rpartition("\r")[2] for line in lines]


def use_charts(usages: Sequence[Usage]) -> list[LineChart]:
    """What a job used, by moment; none without a sample."""
    busy = [(float(usage.at), usage.cpu_percent) for usage in usages if usage.cpu_percent is not None]
    taken = [(float(usage.at), float(usage.memory_bytes)) for usage in usages if usage.memory_bytes]
    charts = []
    if busy:
        top = max(100.0 * usages[-1].cpus, *(value for _, value in busy))
        charts.append(_chart(f"Processors ({usages[-1].cpus})", busy, top, lambda value: f"{value:.0f} %"))
    if taken:
        top = max(value for _, value in taken)
        charts.append(_chart("Memory", taken, top * 1.15, lambda value: formats.size(int(value))))
    return charts


def told_charts(events: Sequence[JobEvent], most: int = 8) -> list[LineChart]:
    """The numbers that a job told, each over time: losses, scores. The first `most` names with at least two values."""
    series: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        told = event.fields.get("metric")
        for name, value in (told if isinstance(told, Mapping) else {}).items():
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf"):
                series.setdefault(str(name)[:60], []).append((float(event.at), float(value)))
    chosen = [(name, points) for name, points in series.items() if len(points) > 1 and name not in ("step", "epoch")]
    return [_told_chart(name, points) for name, points in chosen[:most]]


def _told_chart(name: str, points: Sequence[tuple[float, float]]) -> LineChart:
    least = min(0.0, *(value for _, value in points))
    moved = [(moment, value - least) for moment, value in points]
    top = max(value for _, value in moved) or 1.0
    return _chart(name, moved, top * 1.1, lambda value: f"{value + least:.4g}")


def _chart(label: str, points: Sequence[tuple[float, float]], top: float, words: Callable[[float], str]) -> LineChart:
    line, area = line_path(points, top)
    return LineChart(label, words(points[-1][1]), words(max(value for _, value in points)), line, area)


def _title(spec: JobSpec, identity: str) -> str:
    return spec.labels.get("name") or (spec.kind.capitalize() if spec.kind != USER_KIND else f"Job {identity[-6:]}")


def _command(spec: JobSpec) -> str:
    return shlex.join((*spec.command, *spec.arguments))


def _waited(job: Job) -> str:
    if job.started_at is None or job.attempt > 1 or job.started_at - job.created_at < _NO_WAIT:
        return ""
    return formats.duration(job.started_at - job.created_at)


def _left(job: Job) -> str:
    seconds = job.progress.eta_seconds
    return "" if seconds is None or seconds < 0 else formats.duration(int(seconds * 1000))
