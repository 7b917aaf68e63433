from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from holdfast.base.identity import SYSTEM, Actor
from holdfast.cli.data import open_everything
from holdfast.jobs.domain.jobs import JobSpec, Stage
from tests.live_server import COMMAND

HELLO = JobSpec("training", ("/bin/sh", "-c", "echo hello"))


@pytest.fixture
def shop():
    """All services on the data directory, as a running server would have them."""
    with open_everything() as services:
        services.accounts.accounts.create_user(SYSTEM, "alice")
        yield services


@pytest.fixture
def alice(shop):
    with shop.database.read() as connection:
        return Actor(shop.accounts.accounts.find_user(connection, "alice").id, "alice")


def test_no_jobs(run):
    assert run("jobs", "ls")[:2] == (0, "No jobs wait or run. Those that have ended: holdfast jobs ls --all\n")
    assert run("jobs", "ls", "--all")[:2] == (0, "No jobs.\n")


def test_looked_at_and_canceled(run, shop, alice):
    job = shop.jobs.jobs.run_job(alice, "alice", HELLO)
    name = f"alice/{job.id}"
    status, listed, _ = run("jobs", "ls")
    assert status == 0
    assert name in listed
    assert "SCHEDULING" in listed
    assert run("jobs", "cancel", name)[1] == f"{name}: CANCELED\n"
    assert name not in run("jobs", "ls")[1]
    assert name in run("jobs", "ls", "--all")[1]
    assert run("jobs", "logs", name)[:2] == (0, "")


def test_a_job_that_there_is_not(run):
    status, _, error = run("jobs", "cancel", "alice/0")
    assert (status, error) == (1, "holdfast: This job or namespace does not exist.\n")


def test_a_worker_runs_what_waits(run, shop, alice, data_dir):
    job = shop.jobs.jobs.run_job(alice, "alice", HELLO)
    environment = {**os.environ, "HOLDFAST_DATA_DIR": str(data_dir), "HOLDFAST_JOBS_SLOTS": "0"}
    command = [*COMMAND, "worker", "--slots", "1"]
    worker = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert run("jobs", "logs", "--follow", f"alice/{job.id}")[1].splitlines()[1:] == ["hello"]
        deadline = time.monotonic() + 60
        while shop.jobs.jobs.get_job(alice, "alice", job.id).stage is not Stage.COMPLETED:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        worker.send_signal(signal.SIGTERM)
        output, _ = worker.communicate(timeout=60)
    assert (worker.returncode, output.decode()) == (0, f"Running the jobs of {data_dir}. Ctrl-C stops.\n")
