from __future__ import annotations

import asyncio

import pytest

from holdfast.backends.runners.protocol import Run, RunState, RunStatus, Stream
from holdfast.base.errors import Forbidden, HoldfastError, InvalidInput, LoginRequired, NoSandbox, NotFound
from holdfast.base.identity import ANONYMOUS, Actor, Grant, Permission, TokenRole
from holdfast.jobs.domain.jobs import Stage
from tests.factories.jobs import spec


def with_token(actor, role, *grants):
    return Actor(actor.user_id, actor.username, actor.is_site_admin, role, 1, grants)


def grant(scope, permission):
    return Grant(scope, frozenset({permission}))


class TestRun:
    def test_what_was_left_open_is_filled_in(self, shop):
        job = shop.run()
        assert (job.stage, job.attempt, job.creator, job.namespace) == (Stage.SCHEDULING, 0, "alice", "alice")
        assert (job.spec.cpus, job.spec.memory_mb, job.spec.timeout_seconds) == (2, 4096, 24 * 3600)
        assert len(job.id) == 24
        int(job.id, 16)

    def test_no_more_processors_than_there_are(self, shop):
        assert shop.run(cpus=64).spec.cpus == 4

    def test_secrets_are_named_and_never_shown(self, shop):
        job = shop.run(secrets={"KEY": "hunter22"})
        assert job.spec.secret_names == ("KEY",)
        assert job.spec.secrets == {}
        with shop.database.read() as connection:
            for table in ("job", "job_secret"):
                assert "hunter22" not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())

    def test_the_same_key_is_the_same_job(self, shop):
        first = shop.run(idempotency_key="k")
        assert shop.run(idempotency_key="k", command=("false",)) == first
        assert shop.run("lab", idempotency_key="k").id != first.id

    def test_a_machine_that_cannot_confine_refuses_peoples_commands_only(self, shop):
        shop.sandbox_problem = "install bubblewrap"
        with pytest.raises(NoSandbox, match="install bubblewrap"):
            shop.run(kind="command")
        assert shop.run(kind="training").stage is Stage.SCHEDULING

    def test_uv_is_asked_for_where_there_is_none(self, shop):
        image = "ghcr.io/astral-sh/uv:python3.12-bookworm"
        with pytest.raises(HoldfastError, match="uv") as raised:
            shop.run(image=image)
        assert raised.value.status == 422
        shop.programs.add("uv")
        assert shop.run(image=image).spec.image == image

    def test_another_letter_case_is_the_same_namespace(self, shop):
        job = shop.jobs.run_job(shop.actor("alice"), "ALICE", spec())
        assert job.namespace == "alice"


class TestPermissions:
    """Who may see and who may run in the organization lab, where dave has a job."""

    @pytest.mark.parametrize(
        ("name", "sees", "runs", "changes"),
        [
            ("alice", True, True, True),
            ("carol", True, False, False),
            ("dave", True, True, True),
            ("erin", True, True, True),
            ("root", True, True, True),
            ("bob", False, False, False),
        ],
    )
    def test_members(self, shop, name, sees, runs, changes):
        job = shop.run("lab", by="dave")
        actor = shop.actor(name)
        assert self._allowed(lambda: shop.jobs.get_job(actor, "lab", job.id)) is sees
        assert self._allowed(lambda: shop.jobs.list_jobs(actor, "lab")) is sees
        assert self._allowed(lambda: shop.jobs.read_log(actor, "lab", job.id)) is sees
        assert self._allowed(lambda: shop.jobs.list_artefacts(actor, "lab", job.id)) is sees
        assert self._allowed(lambda: shop.jobs.run_job(actor, "lab", spec())) is runs
        assert self._allowed(lambda: shop.jobs.update_labels(actor, "lab", job.id, {})) is changes
        assert self._allowed(lambda: shop.jobs.duplicate_job(actor, "lab", job.id)) is changes
        assert self._allowed(lambda: shop.jobs.cancel_job(actor, "lab", job.id)) is changes

    def test_contributors_change_only_their_own(self, shop):
        job = shop.run("lab", by="alice", secrets={"KEY": "hunter22"})
        for change in (shop.jobs.cancel_job, shop.jobs.duplicate_job):
            with pytest.raises(Forbidden):
                change(shop.actor("dave"), "lab", job.id)

    def test_what_a_stranger_may_not_see_looks_absent(self, shop):
        job, bob = shop.run("lab"), shop.actor("bob")
        answers = set()
        for namespace, job_id in (("lab", job.id), ("lab", "0" * 24), ("nobody", job.id), ("alice", job.id)):
            for call, *arguments in (
                (shop.jobs.get_job, job_id),
                (shop.jobs.list_jobs,),
                (shop.jobs.cancel_job, job_id),
                (shop.jobs.run_job, spec()),
            ):
                with pytest.raises(NotFound) as raised:
                    call(bob, namespace, *arguments)
                answers.add((type(raised.value), raised.value.message, raised.value.status))
        assert len(answers) == 1

    def test_a_job_is_found_in_its_namespace_only(self, shop):
        job = shop.run("lab")
        with pytest.raises(NotFound):
            shop.jobs.get_job(shop.actor("alice"), "alice", job.id)

    def test_nobody(self, shop):
        for namespace in ("lab", "nobody"):
            with pytest.raises(LoginRequired):
                shop.jobs.list_jobs(ANONYMOUS, namespace)
            with pytest.raises(LoginRequired):
                shop.jobs.run_job(ANONYMOUS, namespace, spec())

    @pytest.mark.parametrize(
        ("role", "grants", "sees", "runs"),
        [
            (TokenRole.WRITE, (), True, True),
            (TokenRole.READ, (), True, False),
            (TokenRole.FINE_GRAINED, (grant("lab", Permission.WRITE_REPO),), True, True),
            (TokenRole.FINE_GRAINED, (grant("lab", Permission.READ_REPO),), True, False),
            (TokenRole.FINE_GRAINED, (grant("alice", Permission.WRITE_REPO),), False, False),
            (TokenRole.FINE_GRAINED, (grant("model:lab/bert", Permission.WRITE_REPO),), False, False),
        ],
    )
    def test_credentials(self, shop, role, grants, sees, runs):
        actor = with_token(shop.actor("alice"), role, *grants)
        assert self._allowed(lambda: shop.jobs.list_jobs(actor, "lab")) is sees
        assert self._allowed(lambda: shop.jobs.run_job(actor, "lab", spec())) is runs

    def test_everybodys_jobs_are_for_administrators(self, shop):
        jobs = [shop.run("lab"), shop.run()]
        assert [job.id for job in shop.jobs.list_all(shop.actor("root")).jobs] == [job.id for job in reversed(jobs)]
        with pytest.raises(Forbidden):
            shop.jobs.list_all(shop.actor("alice"))

    def test_a_namesake_of_a_deleted_organization_inherits_nothing(self, shop):
        job = shop.run("lab")
        shop.clock.advance(1)
        with shop.database.write() as connection:  # the number comes again
            connection.exec_driver_sql(f"UPDATE namespace SET created_at = {shop.clock()} WHERE name = 'lab'")
        assert shop.jobs.list_jobs(shop.actor("alice"), "lab").jobs == []
        with pytest.raises(NotFound):
            shop.jobs.get_job(shop.actor("alice"), "lab", job.id)

    def _allowed(self, call):
        try:
            call()
        except (NotFound, Forbidden):
            return False
        return True


class TestLists:
    def test_filters(self, shop):
        a = shop.run(labels={"team": "x", "run": "1"})
        b = shop.run(labels={"team": "x"})
        c = shop.run()
        shop.jobs.cancel_job(shop.actor("alice"), "alice", b.id)

        def ids(**filters):
            return [job.id for job in shop.jobs.list_jobs(shop.actor("alice"), "alice", **filters).jobs]

        assert ids() == [c.id, b.id, a.id]
        assert ids(labels=[("team", "x")]) == [b.id, a.id]
        assert ids(labels=[("team", "x"), ("run", "1")]) == [a.id]
        assert ids(labels=[("team", "y")]) == []
        assert ids(stages=[Stage.CANCELED]) == [b.id]
        assert ids(stages=[Stage.SCHEDULING, Stage.CANCELED], labels=[("team", "x")]) == [b.id, a.id]

    def test_pages(self, shop):
        ids = [shop.run().id for _ in range(5)]
        found, cursor = [], None
        while True:
            page = shop.jobs.list_jobs(shop.actor("alice"), "alice", limit=2, cursor=cursor)
            found += [job.id for job in page.jobs]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == ids[::-1]

    @pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 30])
    def test_bad_cursors(self, shop, cursor):
        with pytest.raises(InvalidInput):
            shop.jobs.list_jobs(shop.actor("alice"), "alice", cursor=cursor)

    def test_labels_are_replaced(self, shop):
        job = shop.run(labels={"a": "1", "b": "2"})
        assert shop.jobs.update_labels(shop.actor("alice"), "alice", job.id, {"c": "3"}).spec.labels == {"c": "3"}


class TestLogs:
    def test_parts(self, shop):
        job = shop.run()
        shop.runner.tell(job.id, *"abcde", stream=Stream.LOG)
        alice = shop.actor("alice")

        def texts(**part):
            return "".join(line.text for line in shop.jobs.read_log(alice, "alice", job.id, **part))

        assert texts() == "abcde"
        assert texts(start=3) == "de"
        assert texts(tail=2) == "de"

    def test_followed_to_the_end(self, shop):
        job, alice = shop.run(), shop.actor("alice")
        shop.dispatcher.tick()
        shop.runner.tell(job.id, "one", stream=Stream.LOG)

        async def follow():
            texts = []
            async for lines in shop.jobs.follow_log(alice, "alice", job.id):
                texts += [line.text for line in lines]
                if len(texts) == 1:
                    shop.runner.tell(job.id, "two", stream=Stream.LOG)
                    shop.runner.end(Run(job.id, 1))
                    shop.dispatcher.tick()
            return texts

        assert asyncio.run(asyncio.wait_for(follow(), 30)) == ["one", "two"]

    def test_what_it_takes(self, shop, monkeypatch):
        monkeypatch.setattr("holdfast.jobs.service.jobs.MEASURE_SECONDS", 0.01)
        job, alice = shop.run(cpus=2, memory_mb=64), shop.actor("alice")
        shop.dispatcher.tick()
        run = Run(job.id, 1)

        async def follow():
            found = []
            async for usage in shop.jobs.follow_metrics(alice, "alice", job.id):
                found.append(usage)
                shop.clock.advance(2)
                shop.runner.states[run] = RunStatus(RunState.RUNNING, cpu_seconds=len(found) * 3.0, memory_bytes=7)
                if len(found) == 2:
                    shop.runner.end(run)
                    shop.dispatcher.tick()
            return found

        first, second = asyncio.run(asyncio.wait_for(follow(), 30))
        assert (first.cpu_percent, first.memory_limit_bytes, first.cpus) == (None, 64 * 1024**2, 2)
        assert (second.cpu_percent, second.memory_bytes) == (150.0, 7)

    def test_events_and_artefacts(self, shop):
        job, alice = shop.run(), shop.actor("alice")
        shop.runner.tell(job.id, '{"metric": {"loss": 1}}', "no json", "[1]", "[" * 1000)
        events = shop.jobs.read_events(alice, "alice", job.id)
        assert [event.fields for event in events[:3]] == [
            {"metric": {"loss": 1}},
            {"text": "no json"},
            {"text": "[1]"},
        ]
        shop.runner.files[job.id] = {"model/weights": b"abc"}
        assert [file.path for file in shop.jobs.list_artefacts(alice, "alice", job.id)] == ["model/weights"]
        assert shop.jobs.open_artefact(alice, "alice", job.id, "model/weights").read() == b"abc"
        with pytest.raises(NotFound):
            shop.jobs.open_artefact(alice, "alice", job.id, "other")


def test_duplicates_have_the_secrets_and_nothing_of_the_key(shop):
    first = shop.run(secrets={"KEY": "hunter22"}, idempotency_key="k", labels={"a": "b"})
    again = shop.jobs.duplicate_job(shop.actor("alice"), "alice", first.id)
    assert again.id != first.id
    assert (again.spec.initiator, again.spec.initiator_id) == ("duplicated-job", first.id)
    assert again.spec.labels == {"a": "b"}
    shop.jobs.cancel_job(shop.actor("alice"), "alice", first.id)
    shop.dispatcher.tick()
    assert shop.runner.tasks[Run(again.id, 1)].secrets["KEY"] == "hunter22"


def test_hardware(shop):
    assert [flavor.name for flavor in shop.jobs.hardware()] == ["cpu-basic", "cpu-upgrade"]
