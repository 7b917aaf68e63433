"""Who may mount what, and what the command and its companion are given for it."""

import json

import pytest

from holdfast.backends.runners.protocol import Mount
from holdfast.base.errors import Forbidden, InvalidInput, RepoNotFound
from holdfast.base.ids import RepoId
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.buckets.service.lifecycle import BucketLifecycle
from holdfast.jobs.domain.jobs import Stage, Volume


def bucket(shop, name, *, private=False, by="alice"):
    accounts = shop.accounts.accounts
    lifecycle = BucketLifecycle(shop.database, accounts, BucketGate(shop.database, accounts), None, shop.clock)
    lifecycle.create_bucket(shop.actor(by), RepoId.parse(name), private=private)


def started(shop, job):
    """The task of a job that a worker has begun."""
    shop.dispatcher.tick()
    (run,) = [run for run in shop.runner.tasks if run.folder == job.id]
    return shop.runner.tasks[run]


def test_the_command_finds_it_and_the_companion_fills_it(shop):
    bucket(shop, "alice/b", private=True)
    volume = Volume("bucket", "alice/b", "/data", path="in", read_only=False)
    job = shop.run(volumes=(volume,), environment={"HF_TOKEN": "mine"})
    assert shop.now(job).spec.volumes == (volume,)
    task = started(shop, job)
    assert task.mounts == [Mount("/data", "volume-0", read_only=False)]
    (told,) = json.loads(task.companion.environment["HOLDFAST_VOLUMES"])
    assert (told["name"], told["source"], told["path"]) == ("volume-0", "alice/b", "in")
    assert task.companion.secrets["HF_TOKEN"].startswith("hf_")
    assert task.companion.environment["HF_ENDPOINT"] == "http://hub.example"


def test_nothing_is_mounted_where_nothing_is_asked(shop):
    task = started(shop, shop.run())
    assert (list(task.mounts), task.companion) == ([], None)


def test_the_creator_needs_the_right(shop):
    bucket(shop, "bob/secret", private=True, by="bob")
    bucket(shop, "bob/shown", by="bob")
    with pytest.raises(RepoNotFound):
        shop.run(volumes=(Volume("bucket", "bob/secret", "/data"),))
    with pytest.raises(Forbidden):
        shop.run(volumes=(Volume("bucket", "bob/shown", "/data", read_only=False),))
    with pytest.raises(RepoNotFound):
        shop.run(volumes=(Volume("dataset", "bob/absent", "/data"),))
    assert shop.run(volumes=(Volume("bucket", "bob/shown", "/data"),)).stage is Stage.SCHEDULING


def test_and_has_it_still_when_the_job_starts(shop):
    bucket(shop, "bob/shown", by="bob")
    job = shop.run(volumes=(Volume("bucket", "bob/shown", "/data"),))
    accounts = shop.accounts.accounts
    lifecycle = BucketLifecycle(shop.database, accounts, BucketGate(shop.database, accounts), None, shop.clock)
    lifecycle.update_settings(shop.actor("bob"), RepoId("bob", "shown"), private=True)
    shop.dispatcher.tick()
    assert shop.now(job).stage is Stage.ERROR
    assert not shop.runner.tasks


def test_where_nothing_can_be_mounted(shop):
    bucket(shop, "alice/b")
    shop.volume_problem = "need a sandbox"
    with pytest.raises(InvalidInput) as refused:
        shop.run(volumes=(Volume("bucket", "alice/b", "/data"),))
    assert refused.value.status == 422
    shop.run()
