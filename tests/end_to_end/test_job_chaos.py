"""Workers are killed at random, again and again: no job is lost, and none runs twice."""

import os
import random
import signal
import subprocess
import time

import pytest

from holdfast.app.services import open_services
from holdfast.base.identity import SYSTEM, Actor
from holdfast.base.settings import Settings
from holdfast.jobs.domain.jobs import JobSpec, Stage
from tests.live_server import COMMAND, User, seed, start
from tests.postgresql import shared_server

WORKERS = 2
COMMAND_LINE = ("/bin/sh", "-c", "echo start >> trace; sleep 0.$((RANDOM_TENTHS)); echo end >> trace; cat trace")


def start_worker(data_dir, database_url):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")},
        "HOLDFAST_DATA_DIR": str(data_dir),
        "HOLDFAST_DATABASE_URL": database_url or "",
        "HOLDFAST_JOBS_LEASE_SECONDS": "2",
        "HOLDFAST_JOBS_SLOTS": "4",
    }
    return subprocess.Popen([*COMMAND, "worker"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


def chaos(data_dir, count, seed, most_between_kills, database_url=None):
    """Run jobs under workers that are killed; returns the jobs as they ended, and how many workers were killed.

    `database_url` None: SQLite.
    """
    dice = random.Random(seed)
    services = open_services(Settings(data_dir, database_url=database_url))
    try:
        alice = services.accounts.accounts.create_user(SYSTEM, "alice")
        actor = Actor(alice.id, "alice")
        jobs = services.jobs.jobs
        for _ in range(count):
            tenths = {"RANDOM_TENTHS": str(dice.randint(0, 3))}
            jobs.run_job(actor, "alice", JobSpec("training", COMMAND_LINE, environment=tenths, cpus=1))
        killed = _kill_until_done(lambda: start_worker(data_dir, database_url), dice, jobs, actor, most_between_kills)
        ended = jobs.list_jobs(actor, "alice", limit=1000).jobs
        logs = {job.id: [line.text for line in jobs.read_log(actor, "alice", job.id)][1:] for job in ended}
        return ended, logs, killed, services.accounts.tokens.list_access_tokens(SYSTEM, "alice")
    finally:
        services.close()


def _kill_until_done(start_one, dice, jobs, actor, most_between_kills):
    def unfinished():
        return jobs.list_jobs(actor, "alice", stages=(Stage.SCHEDULING, Stage.RUNNING), limit=1000).jobs

    workers, killed = [start_one() for _ in range(WORKERS)], 0
    try:
        while left := len(unfinished()):
            goal = max(0, left - dice.randint(1, most_between_kills))
            wait_for_fewer(lambda: len(unfinished()), goal)
            victim = workers.pop(dice.randrange(len(workers)))
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            killed += 1
            workers.append(start_one())
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait()
    return killed


def check(outcome, count):
    ended, logs, killed, tokens = outcome
    assert len(ended) == count
    assert {job.stage for job in ended} == {Stage.COMPLETED}
    assert {tuple(lines) for lines in logs.values()} == {("start", "end")}, "each command began once and ended once"
    assert killed >= 2
    assert tokens == [], "every access token was revoked"


@pytest.mark.timeout(300)
def test_no_job_is_lost_or_doubled(tmp_path):
    check(chaos(tmp_path / "data", 40, seed=1, most_between_kills=14), 40)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_no_job_of_a_thousand_is_lost_or_doubled(tmp_path):
    check(chaos(tmp_path / "data", 1000, seed=2, most_between_kills=40), 1000)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_no_job_of_a_thousand_is_lost_or_doubled_on_postgresql(tmp_path):
    server = shared_server()
    outcome = chaos(tmp_path / "data", 1000, 2, most_between_kills=40, database_url=server.url(server.create()))
    check(outcome, 1000)


def test_no_two_attempts_at_once(tmp_path):
    """What runs a command is killed, as when memory runs out: the job starts again, after everything of it is gone."""
    services = open_services(Settings(tmp_path / "data", jobs_slots=6))
    try:
        actor = Actor(services.accounts.accounts.create_user(SYSTEM, "alice").id, "alice")
        jobs = services.jobs.jobs
        alone = "exec 9> lock; flock -n 9 || { echo two at once; exit 1; }; echo $PPID"
        until_killed = "[ -e killed ] || { : > killed; sleep 300; }"

        def run(command):
            spec = JobSpec("training", ("/bin/sh", "-c", f"(setsid sleep 300 &) ; {command}"), cpus=1)
            return jobs.run_job(actor, "alice", spec).id

        to_be_killed = [run(f"{alone}; {until_killed}; sleep 1; echo end") for _ in range(4)]
        ids = [*to_be_killed, *(run(f"{alone}; sleep 1; echo end") for _ in range(2))]

        def lines(job_id):
            found = [line.text for line in jobs.read_log(actor, "alice", job_id)]
            return [text for text in found if not text.startswith("=====")]

        services.jobs.dispatcher.start()
        for job_id in to_be_killed:
            wait_until(lambda job_id=job_id: lines(job_id))
            os.kill(int(lines(job_id)[0]), signal.SIGKILL)
        wait_until(lambda: all(jobs.get_job(actor, "alice", job_id).stage.is_terminal for job_id in ids))
        ended = [jobs.get_job(actor, "alice", job_id) for job_id in ids]
        assert [(job.stage, job.message) for job in ended] == [(Stage.COMPLETED, None)] * 6
        assert all(lines(job_id)[-1] == "end" and "two at once" not in lines(job_id) for job_id in ids)
        assert [job.attempt for job in ended] == [2] * 4 + [1] * 2
    finally:
        services.jobs.dispatcher.stop()
        services.close()


def test_the_server_is_killed_and_comes_back(tmp_path):
    """A job goes on without the server, which finds it again, with its log and its end."""
    data_dir = tmp_path / "data"
    seed(data_dir, [User("alice")])
    environment = {"HOLDFAST_JOBS_LEASE_SECONDS": "2"}
    services = open_services(Settings(data_dir))
    actor = Actor(services.accounts.accounts.list_users(SYSTEM)[-1].id, "alice")
    try:
        server = start(data_dir, environment=environment)
        script = "echo $HF_ENDPOINT; while [ ! -e go ]; do sleep 0.1; done; echo done"
        job = services.jobs.jobs.run_job(actor, "alice", JobSpec("training", ("/bin/sh", "-c", script)))

        def now():
            return services.jobs.jobs.get_job(actor, "alice", job.id)

        def lines():
            return [line.text for line in services.jobs.jobs.read_log(actor, "alice", job.id)][1:]

        wait_until(lambda: lines() == [server.url])
        server.kill()
        assert now().stage is Stage.RUNNING
        (next((data_dir / "jobs").glob(f"*/{job.id}/work")) / "go").touch()
        wait_until(lambda: len(lines()) == 2)
        assert now().stage is Stage.RUNNING, "nobody was there to write it down"
        server = start(data_dir, environment=environment)
        wait_until(lambda: now().stage is Stage.COMPLETED)
        assert now().attempt == 1
        server.stop()
    finally:
        services.close()


def wait_for_fewer(count, goal):
    """Wait as long as there are ever fewer: how long a thousand jobs take depends on what else the machine does."""
    deadline, least = time.monotonic() + 150, count()
    while least > goal:
        assert time.monotonic() < deadline, f"{least} are left, and no more of them ended"
        time.sleep(0.1 + least / 1000)
        now = count()
        if now < least:
            deadline, least = time.monotonic() + 150, now


def wait_until(condition):
    deadline = time.monotonic() + 150
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
