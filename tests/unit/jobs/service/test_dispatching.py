"""The worker, round by round, over a runner that does what the test says."""

from __future__ import annotations

import time

import pytest

from holdfast.backends.runners.protocol import EndReason, Run, RunState, RunStatus, Stream
from holdfast.base.errors import NoSandbox, StorageFull
from holdfast.base.identity import SYSTEM
from holdfast.jobs.domain.jobs import Progress, Stage
from holdfast.jobs.service.dispatching import IDLE_SECONDS
from holdfast.jobs.store.claims import PATIENCE_MILLISECONDS
from tests.factories.jobs import PretendRunner, spec


def run_of(job, attempt=1):
    return Run(job.id, attempt)


def running(shop):
    return [job.id for job in shop.jobs.list_all(shop.actor("root"), stages=[Stage.RUNNING]).jobs]


def tokens(shop, name="alice"):
    return shop.accounts.tokens.list_access_tokens(SYSTEM, name)


class TestOneJob:
    def test_from_the_beginning_to_the_end(self, shop):
        job = shop.run()
        shop.dispatcher.tick()
        begun = shop.now(job)
        assert (begun.stage, begun.attempt, begun.started_at) == (Stage.RUNNING, 1, shop.clock())
        shop.runner.end(run_of(job))
        shop.dispatcher.tick()
        assert shop.runner.forgotten == [(job.id, True)], "nobody needs the work folder any more"
        ended = shop.now(job)
        assert (ended.stage, ended.message, ended.exit_code) == (Stage.COMPLETED, None, 0)
        assert ended.finished_at == shop.runner.status(run_of(job)).finished_at

    def test_its_world(self, shop):
        job = shop.run(
            "lab",
            command=("python", "-c"),
            arguments=("pass",),
            environment={"A": "b"},
            secrets={"KEY": "hunter22"},
            files={"spec.yaml": "x"},
            image="python:3.12",
            kind="command",
            network=False,
            timeout_seconds=60,
        )
        shop.dispatcher.tick()
        task = shop.runner.tasks[run_of(job)]
        assert task.command == ("python", "-c", "pass")
        assert task.environment["HF_ENDPOINT"] == "http://hub.example"
        assert task.environment["JOB_ID"] == job.id
        assert task.environment["A"] == "b"
        assert task.environment["HF_HUB_DISABLE_TELEMETRY"] == "1"
        assert task.secrets["KEY"] == "hunter22"
        assert task.secrets["HF_TOKEN"].startswith("hf_")
        assert (task.confined, task.network, task.timeout_seconds) == (True, False, 60)
        assert (task.cpus, task.memory_bytes) == (2, 4096 * 1024**2)
        assert task.files == {"spec.yaml": "x"}
        assert task.first_lines[0].startswith(
            "===== Job started at 2023-11-14T22:13:20.000Z; the image python:3.12 means"
        )

    def test_commands_of_ours_are_not_confined(self, shop):
        job = shop.run(kind="training")
        shop.dispatcher.tick()
        assert shop.runner.tasks[run_of(job)].confined is False

    def test_what_people_choose_wins(self, shop):
        job = shop.run(environment={"HF_ENDPOINT": "http://x"}, secrets={"HF_TOKEN": "hf_mine"})
        shop.dispatcher.tick()
        task = shop.runner.tasks[run_of(job)]
        assert (task.environment["HF_ENDPOINT"], task.secrets["HF_TOKEN"]) == ("http://x", "hf_mine")

    def test_progress(self, shop):
        job = shop.run()
        shop.dispatcher.tick()
        shop.runner.tell(job.id, '{"progress": 0.2}', '{"progress": 7, "sentence": "Half", "eta_seconds": 30}', "{}")
        shop.dispatcher.tick()
        assert shop.now(job).progress == Progress(1.0, "Half", 30.0)
        shop.clock.advance(10)
        shop.dispatcher.tick()
        assert shop.now(job).progress.eta_seconds == 20.0
        shop.runner.tell(job.id, '{"progress": "x", "sentence": 5, "eta_seconds": NaN}', '{"progress": null}', "junk")
        shop.runner.end(run_of(job))
        shop.dispatcher.tick()
        assert shop.now(job).progress == Progress(None, None, None)

    def test_the_last_of_many_words_counts(self, shop, monkeypatch):
        monkeypatch.setattr("holdfast.jobs.service.dispatching.EVENTS_AT_ONCE", 2)
        job = shop.run()
        shop.dispatcher.tick()
        shop.runner.tell(job.id, *(f'{{"progress": 0.{number}}}' for number in range(10)))
        shop.runner.end(run_of(job))
        shop.dispatcher.tick()
        assert shop.now(job).progress.fraction == 0.9

    def test_canceled_before_it_began(self, shop):
        job = shop.run()
        assert shop.jobs.cancel_job(shop.actor("alice"), "alice", job.id).stage is Stage.CANCELED
        shop.dispatcher.tick()
        assert shop.runner.tasks == {}
        assert shop.runner.forgotten == [(job.id, True)]

    def test_canceled_while_it_runs(self, shop):
        job = shop.run(max_attempts=5)
        shop.dispatcher.tick()
        asked = shop.jobs.cancel_job(shop.actor("alice"), "alice", job.id)
        assert (asked.stage, asked.cancel_requested) == (Stage.RUNNING, True)
        shop.dispatcher.tick()
        assert run_of(job) in shop.runner.stopped
        shop.runner.end(run_of(job), -15, EndReason.STOPPED)
        shop.dispatcher.tick()
        assert shop.now(job).stage is Stage.CANCELED

    def test_canceled_after_it_ended(self, shop):
        job = shop.run()
        shop.dispatcher.tick()
        shop.runner.end(run_of(job), 1)
        shop.dispatcher.tick()
        assert shop.jobs.cancel_job(shop.actor("alice"), "alice", job.id).stage is Stage.ERROR


class TestAttempts:
    def test_it_fails_until_it_has_no_more(self, shop):
        job = shop.run(max_attempts=2)
        shop.dispatcher.tick()
        shop.runner.end(run_of(job), 1)
        shop.dispatcher.tick()
        waiting = shop.now(job)
        assert (waiting.stage, waiting.message) == (
            Stage.SCHEDULING,
            "Attempt 1 of 2 failed: Its command ended with exit code 1.",
        )
        assert run_of(job, 2) not in shop.runner.tasks, "after a pause"
        assert shop.runner.forgotten == []
        shop.clock.advance(1)
        shop.dispatcher.tick()
        assert shop.now(job).attempt == 2
        shop.runner.end(run_of(job, 2), 1)
        shop.dispatcher.tick()
        assert shop.now(job).stage is Stage.ERROR

    @pytest.mark.parametrize("is_read_before", [True, False])
    def test_what_its_command_refuses_is_not_tried_again(self, shop, is_read_before):
        job = shop.run(max_attempts=3)
        shop.dispatcher.tick()
        shop.runner.tell(job.id, '{"refused": 7}', '{"refused": "There is nothing to learn from."}', '{"progress": 1}')
        if is_read_before:
            shop.dispatcher.tick()
        shop.runner.end(run_of(job), 1)
        shop.dispatcher.tick()
        ended = shop.now(job)
        assert (ended.stage, ended.message) == (Stage.ERROR, "There is nothing to learn from.")
        assert ended.attempt == 1

    def test_what_the_machine_loses_is_not_its_fault(self, shop):
        job = shop.run(max_attempts=1)
        shop.dispatcher.tick()
        shop.runner.lose(run_of(job))
        shop.dispatcher.tick()
        assert run_of(job) in shop.runner.stopped, "first it is made sure that nothing of it lives"
        shop.dispatcher.tick()
        shop.dispatcher.tick()
        assert (shop.now(job).stage, shop.now(job).attempt) == (Stage.RUNNING, 2)

    def test_a_runner_that_refuses(self, shop):
        shop.runner.refusal = NoSandbox(problem="install it")
        job = shop.run(kind="command", max_attempts=9)
        shop.dispatcher.tick()
        assert (shop.now(job).stage, "install it" in shop.now(job).message) == (Stage.ERROR, True)
        assert tokens(shop) == []

    def test_a_full_disk_is_waited_for(self, shop):
        shop.runner.refusal = StorageFull()
        job = shop.run()
        shop.dispatcher.tick()
        assert shop.now(job).stage is Stage.SCHEDULING
        assert tokens(shop) == []
        shop.runner.refusal = None
        shop.clock.advance(61)
        shop.dispatcher.tick()
        assert (shop.now(job).stage, shop.now(job).attempt) == (Stage.RUNNING, 2)


class TestAccessTokens:
    def test_it_reaches_the_namespace_and_ends_with_the_attempt(self, shop):
        job = shop.run("lab", by="dave", timeout_seconds=60)
        shop.dispatcher.tick()
        [token] = tokens(shop, "dave")
        assert [grant.scope for grant in token.grants] == ["lab"]
        assert token.expires_at == shop.clock() + (60 + 3600) * 1000
        word = shop.runner.tasks[run_of(job)].secrets["HF_TOKEN"]
        assert shop.accounts.authentication.authenticate(f"Bearer {word}", None).username == "dave"
        shop.runner.end(run_of(job))
        shop.dispatcher.tick()
        assert tokens(shop, "dave") == []

    def test_also_when_the_worker_died_that_issued_it(self, shop):
        job = shop.run()
        shop.dispatcher.tick()
        shop.runner.end(run_of(job))
        shop.clock.advance(31)
        shop.add_worker().tick()
        assert (shop.now(job).stage, tokens(shop)) == (Stage.COMPLETED, [])

    def test_others_of_the_user_stay(self, shop):
        shop.run()
        second = shop.run(cpus=2)
        shop.dispatcher.tick()
        shop.runner.end(run_of(second))
        shop.dispatcher.tick()
        assert len(tokens(shop)) == 1

    def test_the_servers_own_jobs_have_none(self, shop):
        job = shop.jobs.run_job(SYSTEM, "lab", spec())
        shop.dispatcher.tick()
        assert job.creator is None
        assert "HF_TOKEN" not in shop.runner.tasks[run_of(job)].secrets

    def test_who_lost_the_right_meanwhile(self, shop):
        left, locked = shop.run("lab", by="dave"), shop.run(by="bob", namespace="bob")
        shop.accounts.accounts.remove_member(shop.actor("alice"), "lab", "dave")
        shop.accounts.accounts.set_user_disabled(shop.actor("root"), "bob", disabled=True)
        shop.dispatcher.tick()
        assert shop.now(left).stage is shop.now(locked).stage is Stage.ERROR
        assert "no rights under lab" in shop.now(left).message
        assert "locked" in shop.now(locked).message
        assert shop.runner.tasks == {}


class TestTurns:
    def test_no_more_than_there_are_processors(self, shop):
        jobs = [shop.run(cpus=cpus) for cpus in (2, 1, 2, 1)]
        shop.dispatcher.tick()
        assert running(shop) == [jobs[3].id, jobs[1].id, jobs[0].id], "what fits goes first"
        shop.runner.end(run_of(jobs[0]))
        shop.dispatcher.tick()
        assert jobs[2].id in running(shop)

    def test_priority_then_age(self, shop):
        jobs = [shop.run(cpus=4, priority=priority) for priority in (0, 5, 0, 5)]
        order = []
        for _ in jobs:
            shop.dispatcher.tick()
            [current] = running(shop)
            order.append(current)
            shop.runner.end(Run(current, 1))
            shop.dispatcher.tick()
        assert order == [jobs[1].id, jobs[3].id, jobs[0].id, jobs[2].id]

    def test_namespaces_take_turns(self, shop):
        mine = [shop.run(cpus=1) for _ in range(6)]
        others = [shop.run("bob", by="bob", cpus=1) for _ in range(2)]
        shop.dispatcher.tick()
        assert set(running(shop)) == {mine[0].id, mine[1].id, others[0].id, others[1].id}

    def test_one_of_a_key_at_a_time(self, shop):
        jobs = [shop.run(cpus=1, concurrency_key="deploy") for _ in range(2)]
        elsewhere = shop.run("lab", cpus=1, concurrency_key="deploy")
        shop.dispatcher.tick()
        assert set(running(shop)) == {jobs[0].id, elsewhere.id}
        shop.runner.end(run_of(jobs[0]))
        shop.dispatcher.tick()
        shop.dispatcher.tick()
        assert jobs[1].id in running(shop)

    def test_a_large_job_is_not_passed_for_ever(self, shop):
        small = shop.run(cpus=1)
        shop.dispatcher.tick()
        large = shop.run(cpus=4)
        passing = shop.run(cpus=1)
        shop.dispatcher.tick()
        assert set(running(shop)) == {small.id, passing.id}
        shop.clock.advance(PATIENCE_MILLISECONDS / 1000)
        late = shop.run(cpus=1)
        for _ in range(3):
            shop.dispatcher.tick()
        assert set(running(shop)) == {small.id, passing.id}, "everybody waits until it fits"
        for job in (small, passing):
            shop.runner.end(run_of(job))
        shop.dispatcher.tick()
        assert running(shop) == [large.id]
        assert shop.now(late).stage is Stage.SCHEDULING

    def test_what_waits_for_its_key_holds_up_nobody(self, shop):
        shop.run(cpus=1, concurrency_key="deploy")
        shop.dispatcher.tick()
        shop.run(cpus=4, concurrency_key="deploy")
        shop.clock.advance(PATIENCE_MILLISECONDS / 1000)
        late = shop.run(cpus=1)
        shop.dispatcher.tick()
        assert shop.now(late).stage is Stage.RUNNING

    def test_a_small_worker_runs_large_jobs_alone(self, shop):
        job = shop.run(cpus=4)
        shop.add_worker(slots=1).tick()
        assert running(shop) == [job.id]

    def test_processors_are_counted_for_the_place_not_for_the_worker(self, shop):
        shop.run(cpus=4)
        shop.dispatcher.tick()
        waiting = shop.run(cpus=4)
        shop.add_worker().tick()
        assert shop.now(waiting).stage is Stage.SCHEDULING
        shop.add_worker(PretendRunner("elsewhere")).tick()
        assert shop.now(waiting).stage is Stage.RUNNING


class TestLeases:
    def test_who_renews_keeps_its_jobs(self, shop, monkeypatch):
        monkeypatch.setattr("holdfast.jobs.service.dispatching.time.monotonic", lambda: shop.clock() / 1000)
        job = shop.run()
        other = shop.add_worker()
        for _ in range(10):
            shop.dispatcher.tick()
            other.tick()
            shop.clock.advance(12)
        assert (shop.now(job).attempt, len(shop.runner.tasks)) == (1, 1)
        assert run_of(job) in shop.runner.renewed

    def test_a_living_run_is_adopted(self, shop):
        job = shop.run()
        shop.dispatcher.tick()
        shop.clock.advance(31)
        other = shop.add_worker()
        other.tick()
        shop.runner.end(run_of(job))
        shop.dispatcher.tick()
        assert shop.now(job).stage is Stage.RUNNING, "it is no longer the first worker's"
        other.tick()
        assert (shop.now(job).stage, shop.now(job).attempt) == (Stage.COMPLETED, 1)

    def test_claimed_but_never_started(self, shop, monkeypatch):
        """The worker stalls right after its claim; when it comes round, the run cannot start any more."""
        job = shop.run()
        stalled = []
        monkeypatch.setattr(shop.dispatcher, "_begin", stalled.append)
        shop.dispatcher.tick()
        monkeypatch.undo()
        shop.clock.advance(31)
        other = shop.add_worker()
        for _ in range(3):
            other.tick()
        assert (shop.now(job).stage, shop.now(job).attempt) == (Stage.RUNNING, 2)
        shop.dispatcher._begin(stalled[0])
        assert list(shop.runner.tasks) == [run_of(job, 2)]
        assert shop.now(job).stage is Stage.RUNNING

    def test_a_worker_that_stops_lets_go(self, shop):
        job = shop.run()
        shop.dispatcher.start()
        _wait_until(lambda: run_of(job) in shop.runner.tasks)
        shop.dispatcher.stop()
        shop.runner.end(run_of(job))
        shop.clock.advance(0.001)
        shop.add_worker().tick()
        assert shop.now(job).stage is Stage.COMPLETED

    def test_runs_of_other_places_are_waited_for_until_they_cannot_live(self, shop):
        elsewhere = PretendRunner("elsewhere")
        job = shop.run()
        shop.add_worker(elsewhere).tick()
        shop.clock.advance(31)
        shop.add_worker().tick()
        assert list(shop.runner.tasks) == []
        shop.clock.advance(600)
        late = shop.add_worker()
        for _ in range(3):
            late.tick()
        assert list(shop.runner.tasks) == [run_of(job, 2)]

    def test_one_job_that_makes_trouble_keeps_no_other_waiting(self, shop, caplog):
        first, second = shop.run(), shop.run()
        shop.dispatcher.tick()
        status = shop.runner.status

        def broken(run):
            if run.folder == first.id:
                raise OSError("defect")
            return status(run)

        shop.runner.status = broken
        shop.runner.end(run_of(second))
        shop.dispatcher.tick()
        assert shop.now(second).stage is Stage.COMPLETED
        assert first.id in caplog.text


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)  # which counts what others have written
def test_nothing_is_written_while_there_is_nothing_to_do(shop):
    shop.dispatcher.tick()
    before = shop.database.fetch_one("PRAGMA data_version", ())
    for _ in range(3):
        shop.dispatcher.tick()
    assert shop.database.fetch_one("PRAGMA data_version", ()) == before
    assert IDLE_SECONDS <= 1


def test_logs_are_the_runners(shop):
    job = shop.run()
    shop.runner.tell(job.id, "hello", stream=Stream.LOG)
    assert shop.runner.status(run_of(job)) == RunStatus(RunState.UNKNOWN)
    assert [line.text for line in shop.jobs.read_log(shop.actor("alice"), "alice", job.id)] == ["hello"]


def _wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level("WARNING", "holdfast.jobs")
