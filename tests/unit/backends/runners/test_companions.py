"""What runs beside a command: before it, after it, and never with anything of it."""

import sys
import time

import pytest

from holdfast.backends.runners.factory import open_local_runner
from holdfast.backends.runners.local import runner as driver
from holdfast.backends.runners.protocol import Companion, EndReason, Run, RunState, Stream, Task
from holdfast.backends.sandboxes.unconfined import Unconfined

PATIENCE_SECONDS = 60
RUN = Run("job-1", 1)
COMPANION = """
import os, sys
print(sys.argv[1], os.environ["OWN"], os.environ.get("THEIRS"), os.environ["KEY"], flush=True)
sys.exit(int(os.environ.get("FAIL_" + sys.argv[1].upper(), 0)))
"""


@pytest.fixture
def runner(tmp_path, monkeypatch):
    (tmp_path / "companion.py").write_text(COMPANION)
    monkeypatch.setattr(driver, "module_command", lambda module: [sys.executable, str(tmp_path / module)])
    return open_local_runner(
        tmp_path / "jobs", Unconfined(), max_log_bytes=1_000_000, orphan_seconds=300.0, grace_seconds=0.5
    )


def task(script, **variables):
    companion = Companion("companion.py", {"OWN": "ours", **variables}, {"KEY": "open-sesame"})
    return Task(("/bin/sh", "-c", script), {"THEIRS": "theirs"}, confined=False, companion=companion)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def ended(runner):
    wait_until(lambda: runner.status(RUN).state is RunState.ENDED)
    return runner.status(RUN)


def log(runner):
    return [line.text for line in runner.read_lines(RUN.folder, Stream.LOG, 0, 100)]


def test_before_and_after_with_variables_of_its_own(runner):
    runner.start(RUN, task("echo command $THEIRS $OWN"))
    status = ended(runner)
    assert (status.reason, status.exit_code, status.problem) == (EndReason.EXITED, 0, "")
    assert log(runner) == ["before ours None ***", "command theirs", "after ours None ***"]


def test_a_command_that_fails_is_followed_too(runner):
    runner.start(RUN, task("exit 7"))
    assert (ended(runner).exit_code, log(runner)[-1]) == (7, "after ours None ***")


def test_nothing_starts_without_what_it_needs(runner):
    runner.start(RUN, task("echo command", FAIL_BEFORE="3"))
    status = ended(runner)
    assert (status.reason, status.exit_code) == (EndReason.UNSTARTABLE, None)
    assert "ready" in status.problem
    assert log(runner) == ["before ours None ***"]


def test_work_that_could_not_be_kept_is_no_success(runner):
    runner.start(RUN, task("true", FAIL_AFTER="3"))
    status = ended(runner)
    assert (status.reason, status.exit_code) == (EndReason.EXITED, 1)
    assert "kept" in status.problem


def test_what_was_stopped_is_kept(runner):
    runner.start(RUN, task("echo ready; sleep 300"))
    wait_until(lambda: "ready" in log(runner))
    runner.stop(RUN)
    assert ended(runner).reason is EndReason.STOPPED
    assert log(runner)[-1] == "after ours None ***"
