from __future__ import annotations

import pytest

from holdfast.backends.runners.protocol import Run
from holdfast.base.errors import Forbidden, InvalidInput, LoginRequired, NotFound
from holdfast.base.identity import ANONYMOUS
from holdfast.jobs.domain.jobs import Stage
from tests.factories.jobs import START, spec

MINUTE = 60_000
FIRST = START - START % MINUTE + MINUTE


def every_minute(shop, namespace="alice", by="alice", **options):
    return shop.schedules.create_schedule(shop.actor(by), namespace, "* * * * *", spec(cpus=1), **options)


def jobs_of(shop, namespace="alice"):
    return shop.jobs.list_jobs(shop.actor("root"), namespace).jobs


def pass_minutes(shop, count=1):
    for _ in range(count):
        shop.clock.advance(60)
        shop.dispatcher.tick()


def test_jobs_come_at_their_moments(shop):
    made = shop.schedules.create_schedule(
        shop.actor("alice"), "lab", "* * * * *", spec(secrets={"KEY": "hunter22"}, labels={"a": "b"}), concurrency=True
    )
    assert (made.next_run_at, made.last_job_id, made.suspended) == (FIRST, None, False)
    assert made.spec.secret_names == ("KEY",)
    shop.dispatcher.tick()
    assert jobs_of(shop, "lab") == []
    pass_minutes(shop, 2)
    second, first = jobs_of(shop, "lab")
    assert (first.spec.initiator, first.spec.initiator_id) == ("scheduled-job", made.id)
    assert first.spec.labels == {"a": "b"}
    assert shop.runner.tasks[Run(first.id, 1)].secrets["KEY"] == "hunter22"
    now = shop.schedules.get_schedule(shop.actor("alice"), "lab", made.id)
    assert (now.last_job_id, now.last_job_at, now.next_run_at) == (second.id, shop.clock(), FIRST + 2 * MINUTE)


def test_one_at_a_time_unless_wanted(shop):
    every_minute(shop)
    pass_minutes(shop, 3)
    [job] = jobs_of(shop)
    shop.runner.end(Run(job.id, 1))
    pass_minutes(shop, 2)
    assert len(jobs_of(shop)) == 2


def test_what_was_missed_is_made_up_for_once(shop):
    made = every_minute(shop)
    shop.clock.advance(3600)
    shop.dispatcher.tick()
    assert len(jobs_of(shop)) == 1
    assert shop.schedules.get_schedule(shop.actor("alice"), "alice", made.id).next_run_at > shop.clock()


def test_two_workers_make_one_job(shop):
    every_minute(shop, concurrency=True)
    other = shop.add_worker()
    shop.clock.advance(60)
    shop.dispatcher.tick()
    other.tick()
    assert len(jobs_of(shop)) == 1


def test_suspended_and_resumed(shop):
    made = every_minute(shop, suspended=True)
    alice = shop.actor("alice")
    assert made.next_run_at is None
    pass_minutes(shop)
    assert jobs_of(shop) == []
    assert shop.schedules.resume_schedule(alice, "alice", made.id).next_run_at > shop.clock()
    pass_minutes(shop)
    assert len(jobs_of(shop)) == 1
    suspended = shop.schedules.suspend_schedule(alice, "alice", made.id)
    assert (suspended.suspended, suspended.next_run_at) == (True, None)
    pass_minutes(shop, 2)
    assert len(jobs_of(shop)) == 1


def test_changed(shop):
    made, alice = every_minute(shop), shop.actor("alice")
    hourly = shop.schedules.change_cron(alice, "alice", made.id, "@hourly")
    assert (hourly.cron, hourly.next_run_at % (60 * MINUTE)) == ("@hourly", 0)
    assert shop.schedules.update_labels(alice, "alice", made.id, {"x": "y"}).spec.labels == {"x": "y"}
    with pytest.raises(InvalidInput):
        shop.schedules.change_cron(alice, "alice", made.id, "soon")


def test_triggered_by_hand(shop):
    made = every_minute(shop, suspended=True)
    job = shop.schedules.trigger_schedule(shop.actor("alice"), "alice", made.id)
    assert (job.stage, job.spec.initiator_id) == (Stage.SCHEDULING, made.id)
    assert shop.schedules.get_schedule(shop.actor("alice"), "alice", made.id).last_job_id == job.id


def test_deleted(shop):
    made, alice = every_minute(shop), shop.actor("alice")
    pass_minutes(shop)
    shop.schedules.delete_schedule(alice, "alice", made.id)
    pass_minutes(shop, 2)
    assert len(jobs_of(shop)) == 1
    with pytest.raises(NotFound):
        shop.schedules.get_schedule(alice, "alice", made.id)
    with pytest.raises(NotFound):
        shop.schedules.delete_schedule(alice, "alice", made.id)


def test_lists(shop):
    ids = [every_minute(shop).id for _ in range(3)]
    alice = shop.actor("alice")
    page = shop.schedules.list_schedules(alice, "alice", limit=2)
    rest = shop.schedules.list_schedules(alice, "alice", limit=2, cursor=page.next_cursor)
    assert [item.id for item in (*page.schedules, *rest.schedules)] == ids[::-1]
    assert rest.next_cursor is None


def test_who_made_it_has_left(shop, caplog):
    made = every_minute(shop, "lab", "dave")
    shop.accounts.accounts.remove_member(shop.actor("alice"), "lab", "dave")
    pass_minutes(shop)
    assert jobs_of(shop, "lab") == []
    assert shop.schedules.get_schedule(shop.actor("alice"), "lab", made.id).suspended
    assert "dave" in caplog.text


def test_permissions(shop):
    made = every_minute(shop, "lab")
    schedules = shop.schedules
    for name, error in (("carol", Forbidden), ("bob", NotFound)):
        actor = shop.actor(name)
        with pytest.raises(error):
            schedules.create_schedule(actor, "lab", "@daily", spec())
        for change in (schedules.suspend_schedule, schedules.delete_schedule, schedules.trigger_schedule):
            with pytest.raises(error):
                change(actor, "lab", made.id)
    with pytest.raises(Forbidden):
        schedules.suspend_schedule(shop.actor("dave"), "lab", made.id)
    with pytest.raises(NotFound):
        schedules.list_schedules(shop.actor("bob"), "lab")
    with pytest.raises(LoginRequired):
        schedules.list_schedules(ANONYMOUS, "lab")
    assert schedules.get_schedule(shop.actor("carol"), "lab", made.id) == made


def test_a_spec_that_cannot_run_is_refused_at_once(shop):
    with pytest.raises(InvalidInput):
        shop.schedules.create_schedule(shop.actor("alice"), "alice", "@daily", spec(()))
    with pytest.raises(InvalidInput):
        shop.schedules.create_schedule(shop.actor("alice"), "alice", "never", spec())
