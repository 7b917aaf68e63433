import os
import random

import pytest

from holdfast.base.errors import ObjectNotFound
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.fsck import Fault
from holdfast.hub.objects.garbage import DAY_MS, BlobCollector, GarbageCollector, GarbageRules
from holdfast.hub.xet import store as tables
from holdfast.hub.xet.domain import sidecar_key, xorb_key
from holdfast.hub.xet.formats.hashes import XetHash
from tests.factories.xet import claim_file, cut, index_chunks, write_shard

CONTENT = random.Random(6).randbytes(100_000)
USUAL = GarbageRules()
AT_ONCE = GarbageRules(0, 0)


class Live:
    def __init__(self, *sha256s):
        self.sha256s = set(sha256s)

    def reachable(self):
        return [(1, self.sha256s)]


def collect(store, *live, rules=USUAL, dry_run=False):
    collectors = {ObjectKind.BLOB: BlobCollector(store.database, store.blobs), ObjectKind.XET: store.xet.collector}
    collector = GarbageCollector(store.database, Live(*live), collectors, rules, lambda: store.now[0])
    return collector.run(dry_run=dry_run)


def xorbs(store):
    with store.database.read() as connection:
        return {xorb.hash: xorb for xorb in tables.scan_xorbs(connection, "", 100)}


def chunk_of(store, file):
    return XetHash(store.xet.source.files.index(file.terms[0].xorb).chunk_hashes(0, 1))


class TestGarbage:
    def test_live_files_keep_their_xorbs_for_ever(self, store):
        file = store.store_file(CONTENT)
        for _ in range(4):
            store.now[0] += 30 * DAY_MS
            assert collect(store, file.sha256).removals == ()
        assert store.read(file.sha256) == CONTENT

    def test_an_unreachable_file_goes_and_then_its_xorb_long_after_the_last_answer_about_it(self, store):
        file = store.store_file(CONTENT)
        xorb, chunk = file.terms[0].xorb, chunk_of(store, file)
        epoch = store.xet.epochs.current()
        store.now[0] += 23 * DAY_MS
        collect(store)
        store.xet.dedup.find(chunk)
        store.now[0] += 2 * DAY_MS
        collect(store)
        assert store.xet.files.find_hash(file.sha256) is None
        assert xorbs(store)[xorb].condemned_at == store.now[0]
        with pytest.raises(ObjectNotFound):
            store.xet.dedup.find(chunk)
        store.now[0] += 7 * DAY_MS
        assert collect(store).removals == ()
        store.now[0] += 2 * DAY_MS
        (removal,) = collect(store).removals
        assert removal.key == xorb_key(xorb)
        assert xorbs(store) == {}
        assert store.blobs.stat(xorb_key(xorb)) is None
        assert store.blobs.stat(sidecar_key(xorb)) is None
        assert store.xet.epochs.current() == epoch
        with store.database.read() as connection:
            assert tables.find_chunk(connection, chunk) is None

    def test_a_xorb_of_two_files_stays_while_one_is_live(self, store):
        index = store.store_xorb(CONTENT)
        both = [claim_file((index, 0, 5)), claim_file((index, 5, len(index)))]
        store.send_shard(write_shard(*both))
        with store.database.read() as connection:
            names = {file.hash: file.sha256 for file in tables.scan_files(connection, "", 10)}
        report = collect(store, names[both[0].hash], rules=AT_ONCE)
        assert report.removals == ()
        assert store.read(names[both[0].hash]) == CONTENT[: 5 * 8192]

    def test_early_deletion_begins_a_new_epoch(self, store):
        store.store_file(CONTENT)
        epoch = store.xet.epochs.current()
        store.now[0] += 1
        report = collect(store, rules=AT_ONCE)
        assert len(report.removals) == 1
        assert xorbs(store) == {}
        assert store.xet.epochs.current() != epoch

    def test_dry_run_tells_the_same_and_changes_nothing(self, store):
        file = store.store_file(CONTENT)
        index = store.store_xorb(CONTENT[:50_000])
        store.now[0] += 1
        told = collect(store, rules=AT_ONCE, dry_run=True)
        assert {removal.key for removal in told.removals} == {xorb_key(file.terms[0].xorb), xorb_key(index.hash)}
        assert store.read(file.sha256) == CONTENT
        assert set(collect(store, rules=AT_ONCE).removals) == set(told.removals)

    @pytest.mark.parametrize("how", ["xorb", "shard"])
    def test_offering_again_saves_a_condemned_xorb(self, store, how):
        index = store.store_xorb(CONTENT)
        store.now[0] += 23 * DAY_MS
        collect(store)
        assert xorbs(store)[index.hash].condemned_at is not None
        if how == "xorb":
            assert store.xet.uploads.offer(index.hash)
        else:
            store.send_shard(write_shard(claim_file((index, 0, len(index)))))
        assert xorbs(store)[index.hash].condemned_at is None
        store.now[0] += 10 * DAY_MS
        collect(store)
        assert index.hash in xorbs(store)

    def test_what_an_interrupted_upload_left_goes_after_the_grace(self, store):
        data, index = index_chunks(cut(CONTENT))
        _leave_behind(store, data, index)
        assert collect(store).removals == ()
        store.now[0] += 23 * DAY_MS
        assert {removal.key for removal in collect(store).removals} == {xorb_key(index.hash), sidecar_key(index.hash)}
        assert store.blobs.stat(xorb_key(index.hash)) is None


class TestInspection:
    def faults(self, store, *, deep=False):
        return [(finding.fault, finding.subject) for finding in store.xet.inspector.check(deep=deep)]

    def test_a_sound_store(self, store):
        store.store_file(CONTENT)
        assert self.faults(store, deep=True) == []

    def test_missing_and_short_bytes(self, store):
        file = store.store_file(CONTENT)
        path = store.blobs.path(xorb_key(file.terms[0].xorb))
        os.truncate(path, 100)
        assert [fault for fault, _ in self.faults(store)] == [Fault.WRONG_SIZE]
        path.unlink()
        assert [fault for fault, _ in self.faults(store)] == [Fault.MISSING]

    def test_flipped_bits_are_found_by_a_deep_check_only(self, store):
        file = store.store_file(CONTENT)
        path = store.blobs.path(xorb_key(file.terms[0].xorb))
        data = bytearray(path.read_bytes())
        data[1000] ^= 1
        path.write_bytes(data)
        assert self.faults(store) == []
        assert [fault for fault, _ in self.faults(store, deep=True)] == [Fault.CORRUPT]

    def test_a_damaged_index(self, store):
        index = store.store_xorb(CONTENT)
        store.blobs.path(sidecar_key(index.hash)).write_bytes(b"x")
        assert [fault for fault, _ in self.faults(store)] == [Fault.CORRUPT]

    def test_an_index_that_is_sound_but_of_another_xorb(self, store):
        index, other = store.store_xorb(CONTENT), store.store_xorb(CONTENT[:90_000])
        store.blobs.path(sidecar_key(index.hash)).write_bytes(other.to_sidecar())
        assert [fault for fault, _ in self.faults(store)] == [Fault.CORRUPT]

    def test_terms_that_make_another_file(self, store):
        file = store.store_file(CONTENT)
        with store.database.write() as connection:
            found = tables.find_file(connection, file.hash)
            broken = found.packed_terms[:-12] + (1).to_bytes(4, "little") + found.packed_terms[-8:]
            connection.execute(tables.XET_FILE.update().values(packed_terms=broken))
        assert [fault for fault, _ in self.faults(store)] == [Fault.CORRUPT]

    def test_xorbs_without_rows_are_adopted_if_they_are_sound(self, store):
        data, index = index_chunks(cut(CONTENT))
        _leave_behind(store, data, index)
        bad_data, bad = index_chunks(cut(CONTENT[:50_000]))
        _leave_behind(store, bad_data[:-1] + b"\0\0", bad)
        assert {fault for fault, _ in self.faults(store)} == {Fault.ORPHAN}
        assert store.xet.inspector.adopt() == 1
        assert set(xorbs(store)) == {index.hash}
        store.send_shard(write_shard(claim_file((index, 0, len(index)))))


def _leave_behind(store, data, index):
    for key, content in ((xorb_key(index.hash), data), (sidecar_key(index.hash), index.to_sidecar())):
        writer = store.blobs.create()
        writer.write(content)
        writer.publish(key)
