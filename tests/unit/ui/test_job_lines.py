"""Jobs in the words of people."""

from dataclasses import replace

import pytest

from holdfast.jobs.domain.jobs import Job, JobEvent, JobSpec, LogLine, Progress, Stage, Usage
from holdfast.ui import formats
from holdfast.ui.job_lines import JobLine, log_lines, told_charts, use_charts

SPEC = JobSpec(
    kind="command", command=("python", "-c", "print('a b')"), labels={"name": "nightly"}, secret_names=("B", "A")
)
JOB = Job(
    id="0123456789abcdef01234567",
    namespace_id=1,
    namespace="alice",
    namespace_is_org=False,
    creator="alice",
    spec=SPEC,
    stage=Stage.RUNNING,
    message=None,
    attempt=1,
    created_at=1_000,
    started_at=3_000,
    finished_at=None,
    progress=Progress(0.256, "Counting", 75.0),
    exit_code=None,
)


def shown(job: Job, **more):
    return JobLine(job, 64_000, may_change=True, pages=more)


def test_a_running_job():
    line = shown(JOB)
    assert (line.title, line.stage, line.percent, line.job.progress.sentence, line.left) == (
        "nightly",
        "Running",
        26,
        "Counting",
        "1 min 15 s",
    )
    assert (line.waited, line.took) == ("2 s", "1 min 1 s")
    assert line.command == """python -c 'print('"'"'a b'"'"')'"""
    assert list(line.secrets) == ["A", "B"]
    assert line.path == "/jobs/alice/0123456789abcdef01234567"
    assert (line.is_running, line.is_over, line.elsewhere, line.may_repeat) == (True, False, "", True)


def test_a_job_without_a_name_or_progress():
    line = shown(
        replace(JOB, spec=replace(SPEC, labels={}), progress=Progress(), started_at=None, stage=Stage.SCHEDULING)
    )
    assert (line.title, line.percent, line.left, line.waited, line.took) == ("Job 234567", None, "", "", "")


def test_progress_stays_between_nothing_and_all():
    assert shown(replace(JOB, progress=Progress(7.0))).percent == 100
    assert shown(replace(JOB, progress=Progress(-1.0))).percent == 0


def test_a_job_of_another_kind_leads_to_its_own_page():
    line = shown(replace(JOB, spec=replace(SPEC, kind="training")), training="/training/{namespace}/{id}")
    assert line.elsewhere == f"/training/alice/{JOB.id}"
    assert (line.kind, line.may_repeat) == ("Training", False)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://a\x07link\x1b]8;;\x07", "link"),
        ("10%\r50%\r100%", "100%"),
        ("done\r", "done"),
        ("<b>plain</b>", "<b>plain</b>"),
        ("x" * 100_000, "x" * 4_000 + "…"),
    ],
)
def test_log_lines_as_a_terminal_shows_them(written: str, read: str):
    assert log_lines([LogLine(0, 0, written)]) == [read]


def test_charts_of_use():
    first = Usage(1_000, None, 10_000_000, None, 2)
    second = Usage(2_000, 150.0, 30_000_000, None, 2)
    processors, memory = use_charts([first, second])
    assert (processors.label, processors.newest) == ("Processors (2)", "150 %")
    assert (memory.newest, memory.highest) == ("30 MB", "30 MB")
    assert use_charts([]) == []


def test_charts_of_what_was_told():
    events = [
        JobEvent(
            n, n * 1_000, {"metric": {"step": n, "loss": 1.0 / (n + 1), "delta": -n, "note": "x", "bad": float("nan")}}
        )
        for n in range(4)
    ]
    loss, delta = told_charts([*events, JobEvent(9, 9_000, {"progress": 1})])
    assert (loss.label, loss.newest, loss.highest) == ("loss", "0.25", "1")
    assert (delta.label, delta.newest, delta.highest) == ("delta", "-3", "0")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (86_400, "1 day"), (180_000, "2 days 2 h")],
)
def test_durations(seconds: int, words: str):
    assert formats.duration(seconds * 1000) == words
