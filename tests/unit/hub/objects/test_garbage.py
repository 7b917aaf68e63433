from dataclasses import replace

import pytest

from holdfast.hub.objects import store
from holdfast.hub.objects.blobs import blob_key
from holdfast.hub.objects.domain import ObjectKind, ObjectState, StoredObject
from holdfast.hub.objects.garbage import (
    DAY_MS,
    Action,
    BlobCollector,
    GarbageCollector,
    GarbageRules,
    judge,
)

NOW = 1_800_000_000_000
RULES = GarbageRules()
OLD = StoredObject("a" * 64, 1, ObjectKind.BLOB, ObjectState.VERIFIED, 0, NOW - 30 * DAY_MS, None)


@pytest.mark.parametrize(
    ("target", "live", "action"),
    [
        (OLD, True, Action.KEEP),
        (OLD, False, Action.CONDEMN),
        (replace(OLD, offered_at=NOW - 21 * DAY_MS), False, Action.KEEP),
        (replace(OLD, condemned_at=NOW - DAY_MS // 2), False, Action.KEEP),
        (replace(OLD, condemned_at=NOW - 2 * DAY_MS), False, Action.DELETE),
        (replace(OLD, condemned_at=NOW - 2 * DAY_MS), True, Action.REPRIEVE),
        (replace(OLD, condemned_at=NOW - 2 * DAY_MS, offered_at=NOW), False, Action.KEEP),
    ],
)
def test_rules(target, live, action):
    verdict = judge(target, live=live, now=NOW, rules=RULES)
    assert verdict.action is action
    assert verdict.reason


def test_without_grace_everything_goes_in_one_run():
    assert GarbageRules.with_grace(0) == GarbageRules(0, 0)
    assert judge(OLD, live=False, now=NOW, rules=GarbageRules(0, 0)).action is Action.DELETE
    assert GarbageRules.with_grace(22 * 24 * 3600) == GarbageRules()


class Live:
    def __init__(self):
        self.repos: dict[int, set[str]] = {}
        self.while_scanning = lambda: None

    def reachable(self):
        self.while_scanning()
        return self.repos.items()


@pytest.fixture
def live():
    return Live()


@pytest.fixture
def collector(objects, live):
    blobs = BlobCollector(objects.database, objects.blobs)
    return GarbageCollector(objects.database, live, {ObjectKind.BLOB: blobs}, RULES, lambda: objects.now[0])


def days(objects, count):
    objects.now[0] += count * DAY_MS


def actions(report):
    return {verdict.target.sha256: verdict.action for verdict in report.verdicts}


def stored(objects, sha256):
    with objects.database.read() as connection:
        return bool(store.find(connection, [sha256]))


def test_two_phases_free_what_no_ref_reaches(objects, live, collector):
    kept, lost = objects.put(b"kept", 1), objects.put(b"lost", 1)
    live.repos[1] = {kept}
    assert collector.run().verdicts == ()
    days(objects, 23)
    assert actions(collector.run()) == {lost: Action.CONDEMN}
    assert stored(objects, lost)
    days(objects, 2)
    report = collector.run()
    assert actions(report) == {lost: Action.DELETE}
    assert [removal.key for removal in report.removals] == [blob_key(lost)]
    assert (report.kept, report.freed_bytes) == (1, 4)
    assert not stored(objects, lost)
    assert objects.blobs.stat(blob_key(lost)) is None
    assert objects.blobs.stat(blob_key(kept)) is not None
    with objects.database.read() as connection:
        assert objects.service.holders(connection, [kept, lost]) == {kept: {1}}


def test_dry_run_tells_and_changes_nothing(objects, live, collector):
    lost = objects.put(b"lost", 1)
    days(objects, 23)
    assert actions(collector.run(dry_run=True)) == {lost: Action.CONDEMN}
    collector.run()
    days(objects, 2)
    report = collector.run(dry_run=True)
    assert actions(report) == {lost: Action.DELETE}
    assert [(removal.key, removal.size_bytes) for removal in report.removals] == [(blob_key(lost), 4)]
    assert stored(objects, lost)
    assert objects.blobs.stat(blob_key(lost)) is not None


def test_reachable_again_is_reprieved(objects, live, collector):
    lost = objects.put(b"lost", 1)
    days(objects, 23)
    collector.run()
    live.repos[1] = {lost}
    days(objects, 2)
    assert actions(collector.run()) == {lost: Action.REPRIEVE}
    live.repos[1] = set()
    assert actions(collector.run()) == {lost: Action.CONDEMN}


@pytest.mark.parametrize("condemned", [False, True])
def test_offered_while_the_collector_reads_the_refs(objects, live, collector, condemned):
    lost = objects.put(b"lost", 1)
    days(objects, 23)
    if condemned:
        collector.run()
        days(objects, 2)

    def commit():
        objects.now[0] += 1
        with objects.database.write() as connection:
            objects.service.link(connection, 1, [lost])

    live.while_scanning = commit
    assert collector.run().verdicts == ()
    assert stored(objects, lost)
    assert objects.blobs.stat(blob_key(lost)) is not None


def test_offered_between_judgement_and_act(objects, live, collector, monkeypatch):
    lost = objects.put(b"lost", 1)
    days(objects, 23)
    collector.run()
    days(objects, 2)
    real = GarbageCollector._apply

    def apply(self, verdicts, now):
        with objects.database.write() as connection:
            objects.service.touch(connection, [lost])
        return real(self, verdicts, now)

    monkeypatch.setattr(GarbageCollector, "_apply", apply)
    report = collector.run()
    assert (report.verdicts, report.removals) == ((), ())
    assert stored(objects, lost)


def test_bytes_without_a_row_go_after_the_grace(objects, live, collector):
    one = objects.put(b"one")
    with objects.database.write() as connection:
        connection.execute(store.OBJECT.delete())
    assert collector.run().removals == ()
    days(objects, 3650)
    report = collector.run()
    assert [removal.reason for removal in report.removals] == ["no object was recorded"]
    assert objects.blobs.stat(blob_key(one)) is None


def test_one_form_goes_and_links_stay_with_the_other(objects, live, collector):
    one = objects.put(b"one", 1)
    forgotten, swept = [], []

    class Xet:
        def forget(self, connection, sha256s):
            forgotten.extend(sha256s)

        def sweep(self, rules, now, *, dropping, dry_run):
            swept.append((set(dropping), dry_run))
            return iter(())

    with objects.database.write() as connection:
        objects.now[0] -= 5 * DAY_MS
        objects.service.record(connection, one, 3, ObjectKind.XET)
        objects.now[0] += 5 * DAY_MS
    both = replace(collector, collectors={**collector.collectors, ObjectKind.XET: Xet()})
    days(objects, 18)
    both.run()
    days(objects, 2)
    report = both.run()
    assert [verdict.target.kind for verdict in report.verdicts] == [ObjectKind.XET]
    assert (forgotten, swept[-1]) == ([one], ({one}, False))
    with objects.database.read() as connection:
        assert objects.service.linked(connection, 1, [one]) == {one: 3}
        assert objects.service.kinds(connection, [one]) == {one: frozenset({ObjectKind.BLOB})}


def test_a_repo_that_cannot_be_read_stops_the_run(objects, live, collector):
    lost = objects.put(b"lost", 1)
    days(objects, 100)

    def broken():
        raise OSError("repo 1 is unreadable")

    live.while_scanning = broken
    with pytest.raises(OSError, match="unreadable"):
        collector.run()
    assert stored(objects, lost)


def test_many_objects(objects, live, collector):
    names = [f"{number:064x}" for number in range(4500)]
    with objects.database.write() as connection:
        for name in names:
            objects.service.record(connection, name, 1, ObjectKind.BLOB)
    live.repos[1] = set(names[::2])
    days(objects, 23)
    report = collector.run()
    assert (report.kept, len(report.verdicts)) == (2250, 2250)
