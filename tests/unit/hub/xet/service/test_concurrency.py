"""Uploads of the same data by several threads while garbage collection deletes whatever it can."""

import hashlib
import random
import time
from concurrent.futures import ThreadPoolExecutor

from holdfast.base.clock import now_milliseconds
from holdfast.base.errors import CorruptObject, DamagedObject, Overloaded
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.fsck import Fault
from holdfast.hub.objects.garbage import GarbageCollector, GarbageRules
from holdfast.hub.xet import store as tables
from holdfast.hub.xet.domain import xorb_key
from holdfast.hub.xet.formats.terms import unpack_terms
from tests.factories.xet import claim_file, cut, index_chunks, write_shard

SECONDS = 2.0
CONTENTS = [random.Random(seed).randbytes(60_000) for seed in range(3)]


class NothingIsLive:
    def reachable(self):
        return []


def test_whatever_is_recorded_can_be_read(store):
    end = time.monotonic() + SECONDS
    done, refused, collected = [], [], []

    def upload(number):
        rng = random.Random(number)
        while time.monotonic() < end:
            content = rng.choice(CONTENTS)
            data, index = index_chunks(cut(content))
            try:
                if not store.xet.uploads.offer(index.hash):
                    store.send_xorb(data, index.hash)
                sha256 = hashlib.sha256(content).hexdigest()
                store.send_shard(write_shard(claim_file((index, 0, len(index)), sha256=sha256)))
                done.append(sha256)
            except (CorruptObject, DamagedObject, Overloaded) as error:
                refused.append(error)  # collected in between: a client is told so, and sends again

    def collect():
        # The clock of the store stands still, so all that was offered is older than no grace at all.
        collector = GarbageCollector(
            store.database,
            NothingIsLive(),
            {ObjectKind.XET: store.xet.collector},
            GarbageRules(0, 0),
            lambda: now_milliseconds() + 1000,
        )
        while time.monotonic() < end:
            collected.extend(collector.run().removals)
            _check_everything(store)

    with ThreadPoolExecutor(4) as threads:
        for work in [threads.submit(upload, number) for number in range(3)] + [threads.submit(collect)]:
            work.result()
    assert done
    assert collected
    _check_everything(store)
    # An upload that was told to send again may have left bytes without a row; the next collection takes them.
    assert [found for found in store.xet.inspector.check(deep=True) if found.fault is not Fault.ORPHAN] == []


def _check_everything(store):
    """Rows never name bytes that are not there, at any moment between two transactions."""
    with store.database.write() as connection:
        for file in tables.scan_files(connection, "", 100):
            for xorb in {term.xorb for term in unpack_terms(file.packed_terms)}:
                assert tables.find_xorbs(connection, [xorb])
                assert store.blobs.stat(xorb_key(xorb)) is not None
