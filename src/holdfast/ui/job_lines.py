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
LONGEST_LINE = 4_000
"""Of a log, in letters, on a page; `js/job.js` cuts there, too."""


@dataclass(frozen=True)
class JobLine:
    """One job as a page shows it. Durations are in words, "" where there is none to tell.

    Args:
        job: it.
        now: milliseconds since 1970.
        may_change: whoever looks may cancel it.
        pages: kind → the page that shows its jobs as what they are, with `{namespace}` and `{id}` in its path.
    """

    job: Job
    now: int
    may_change: bool
    pages: Mapping[str, str]

    @property
    def path(self) -> str:
        """Of the job's page."""
        return f"/jobs/{self.job.namespace}/{self.job.id}"

    @property
    def elsewhere(self) -> str:
        """Path of the page that shows it as what it is, a training run for instance; "" for none."""
        return self.pages.get(self.job.spec.kind, "").format(namespace=self.job.namespace, id=self.job.id)

    @property
    def title(self) -> str:
        """Its name, or what can stand for one."""
        return _title(self.job.spec, self.job.id)

    @property
    def kind(self) -> str:
        """What it is; "" for somebody's own command."""
        kind = self.job.spec.kind
        return "" if kind == USER_KIND else kind.replace("-", " ").capitalize()

    @property
    def command(self) -> str:
        """What a shell would be told."""
        return _command(self.job.spec)

    @property
    def stage(self) -> str:
        """Its stage in a word."""
        return STAGES[self.job.stage][0]

    @property
    def badge(self) -> str:
        """The class of the stage's badge."""
        return STAGES[self.job.stage][1]

    @property
    def is_running(self) -> bool:
        """Whether its command runs now."""
        return self.job.stage is Stage.RUNNING

    @property
    def is_failed(self) -> bool:
        """Whether it ended badly."""
        return self.job.stage is Stage.ERROR

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.job.stage.is_terminal

    @property
    def may_repeat(self) -> bool:
        """Whether it can be run again as it is."""
        return self.may_change and self.job.spec.kind == USER_KIND

    @property
    def percent(self) -> int | None:
        """How far it is; None when it does not say."""
        fraction = self.job.progress.fraction
        return None if fraction is None else round(min(1.0, max(0.0, fraction)) * 100)

    @property
    def left(self) -> str:
        """How long it still takes."""
        seconds = self.job.progress.eta_seconds
        return "" if seconds is None or seconds < 0 else formats.duration(int(seconds * 1000))

    @property
    def waited(self) -> str:
        """How long it waited for its turn, if that is worth a word."""
        started = self.job.started_at
        if started is None or self.job.attempt > 1 or started - self.job.created_at < _NO_WAIT:
            return ""
        return formats.duration(started - self.job.created_at)

    @property
    def took(self) -> str:
        """How long its last attempt took, or takes so far."""
        end = self.now if self.job.finished_at is None else self.job.finished_at
        return "" if self.job.started_at is None else formats.duration(end - self.job.started_at)

    @property
    def because(self) -> str:
        """What made it, to be put behind a name; "" for a person."""
        return {"scheduled-job": ", on schedule", "duplicated-job": ", once more"}.get(self.job.spec.initiator, "")

    @property
    def image(self) -> str | None:
        """What it was to run in; None for nothing special."""
        return f"Space {self.job.spec.space}" if self.job.spec.space else self.job.spec.image

    @property
    def limit(self) -> str:
        """Of the time of one attempt."""
        seconds = self.job.spec.timeout_seconds
        return formats.duration(seconds * 1000) if seconds else ""

    @property
    def secrets(self) -> Mapping[str, None]:
        """Their names, without values."""
        return dict.fromkeys(sorted(self.job.spec.secret_names))


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
    """What a terminal would show: without colours, and of a line that was written over, its last state. Cut if long."""
    texts = (_ESCAPES.sub("", line.text[: 2 * LONGEST_LINE]) for line in lines)
    seen = (text.rstrip("\r").rpartition("\r")[2] for text in texts)
    return [f"{text[:LONGEST_LINE]}…" if len(text) > LONGEST_LINE else text for text in seen]


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
