"""What people do with jobs and schedules is in the audit log, in the transaction that does it."""

from __future__ import annotations

import pytest

from holdfast.accounts.auditing import AuditQuery
from holdfast.base.errors import Forbidden
from tests.factories.jobs import spec


def told(shop, query: AuditQuery | None = None) -> list[tuple[str, str, str, dict[str, str]]]:
    events = shop.accounts.audit.list_events(shop.actor("root"), query or AuditQuery(), 100).events[::-1]
    found = [(event.actor, event.action.value, event.target, dict(event.details)) for event in events]
    return [line for line in found if line[1].split(".")[0] in ("job", "schedule")]


def test_jobs(shop):
    job = shop.run(labels={"autotrain": "1"}, secrets={"KEY": "hunter22"}, by="erin", namespace="lab")
    shop.jobs.cancel_job(shop.actor("alice"), "lab", job.id)
    assert told(shop) == [
        ("erin", "job.created", f"lab/{job.id}", {"kind": "training", "labels": "autotrain=1"}),
        ("alice", "job.cancelled", f"lab/{job.id}", {}),
    ]


def test_a_job_that_there_is_already_was_not_made_twice(shop):
    for _ in range(2):
        shop.run(idempotency_key="once")
    assert [line[1] for line in told(shop)] == ["job.created"]


def test_schedules(shop):
    actor = shop.actor("alice")
    made = shop.schedules.create_schedule(actor, "lab", "@daily", spec(), suspended=True)
    shop.schedules.change_cron(actor, "lab", made.id, "@hourly")
    shop.schedules.resume_schedule(actor, "lab", made.id)
    shop.schedules.suspend_schedule(actor, "lab", made.id)
    shop.schedules.update_labels(actor, "lab", made.id, {"a": "b"})
    shop.schedules.trigger_schedule(actor, "lab", made.id)
    shop.schedules.delete_schedule(actor, "lab", made.id)
    assert {line[2] for line in told(shop)} == {f"lab/{made.id}"}
    assert [(line[1], line[3]) for line in told(shop)] == [
        ("schedule.created", {"cron": "@daily"}),
        ("schedule.changed", {"change": "cron", "cron": "@hourly"}),
        ("schedule.changed", {"change": "resumed"}),
        ("schedule.changed", {"change": "suspended"}),
        ("schedule.changed", {"change": "labels"}),
        ("schedule.triggered", {}),
        ("schedule.deleted", {}),
    ]


def test_what_was_refused_did_not_happen(shop):
    job = shop.run(namespace="lab")
    with pytest.raises(Forbidden):
        shop.jobs.cancel_job(shop.actor("dave"), "lab", job.id)
    assert [line[1] for line in told(shop)] == ["job.created"]
