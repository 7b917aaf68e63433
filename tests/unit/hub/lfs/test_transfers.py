import errno
import os
from dataclasses import replace

import pytest

from holdfast.base.errors import CorruptObject, InvalidInput, ObjectNotFound, Overloaded, StorageFull, TooLarge
from holdfast.hub.lfs.domain import ObjectSpec
from holdfast.hub.lfs.tickets import Upload
from holdfast.hub.objects.blobs import blob_key
from holdfast.hub.objects.domain import ObjectKind, Usage
from tests.factories.lfs import ALICE, BOB, spec_of

DATA = bytes(range(256))[:110]
SPEC = spec_of(DATA)


def receive(lfs, upload, data):
    with lfs.transfers.begin(upload) as receiver:
        receiver.write(data)
        lfs.transfers.finish(upload, receiver)


@pytest.mark.parametrize(
    ("data", "error"), [(DATA[:-1], CorruptObject), (DATA + b"x", TooLarge), (DATA[::-1], CorruptObject)]
)
def test_bytes_that_differ_leave_no_trace(lfs, leftovers, data, error):
    with pytest.raises(error):
        receive(lfs, Upload(1, SPEC), data)
    assert leftovers() == []
    assert not lfs.linked(1, SPEC)
    assert lfs.blobs.stat(blob_key(SPEC.oid)) is None


def test_sending_again_stores_once_and_links_each_repo(lfs, leftovers):
    for repo_key in (1, 1, 2):
        receive(lfs, Upload(repo_key, SPEC), DATA)
    assert lfs.linked(1, SPEC)
    assert lfs.linked(2, SPEC)
    assert leftovers() == []
    with lfs.database.read() as connection:
        assert lfs.objects.usage(connection)[ObjectKind.BLOB] == Usage(1, len(DATA))


def test_possession_is_checked_also_for_known_objects(lfs):
    receive(lfs, Upload(1, SPEC), DATA)
    with pytest.raises(CorruptObject):
        receive(lfs, Upload(2, SPEC), DATA[::-1])
    assert not lfs.linked(2, SPEC)


def test_what_is_stored_as_xet_file_is_not_stored_again(lfs, leftovers):
    with lfs.database.write() as connection:
        lfs.objects.record(connection, SPEC.oid, SPEC.size_bytes, ObjectKind.XET)
    receive(lfs, Upload(1, SPEC), DATA)
    assert lfs.linked(1, SPEC)
    assert lfs.blobs.stat(blob_key(SPEC.oid)) is None
    assert leftovers() == []


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_full_disk_leaves_no_trace(lfs, leftovers, monkeypatch, call):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StorageFull):
        receive(lfs, Upload(1, SPEC), DATA)
    monkeypatch.undo()
    assert leftovers() == []
    assert not lfs.linked(1, SPEC)


def test_a_collection_between_publish_and_record_asks_for_another_try(lfs, monkeypatch):
    upload = Upload(1, SPEC)
    with lfs.transfers.begin(upload) as receiver:
        receiver.write(DATA)
        real = receiver.finish

        def finish_and_lose():
            real()
            lfs.blobs.delete(blob_key(SPEC.oid))

        monkeypatch.setattr(receiver, "finish", finish_and_lose)
        with pytest.raises(Overloaded):
            lfs.transfers.finish(upload, receiver)
    assert not lfs.linked(1, SPEC)
    receive(lfs, upload, DATA)
    assert lfs.linked(1, SPEC)


def test_verify(lfs):
    upload = Upload(1, SPEC)
    with pytest.raises(ObjectNotFound):
        lfs.transfers.verify(upload, SPEC)
    receive(lfs, upload, DATA)
    lfs.transfers.verify(upload, SPEC)
    with pytest.raises(CorruptObject):
        lfs.transfers.verify(upload, ObjectSpec(SPEC.oid, 1))


class TestParts:
    @pytest.fixture
    def parted(self, lfs):
        ticket = lfs.ask_upload(ALICE, "alice/a", SPEC, transfers=("multipart",)).objects[0].result
        return lfs.tickets.read_parted_upload(ticket.word)

    @staticmethod
    def send(lfs, parted, number, data):
        receiver = lfs.multipart.begin(parted, number)
        try:
            receiver.write(data)
            return receiver.finish()
        finally:
            receiver.discard()

    def send_all(self, lfs, parted, data=DATA):
        for number in (3, 1, 2):
            assert self.send(lfs, parted, number, data[(number - 1) * 40 : number * 40])

    @staticmethod
    def parts(lfs):
        return list(lfs.blobs.list("parts"))

    def test_in_any_order(self, lfs, parted, leftovers):
        self.send_all(lfs, parted)
        lfs.multipart.complete(parted, [1, 2, 3])
        assert lfs.linked(1, SPEC)
        reader = lfs.objects.open(SPEC.oid)
        assert b"".join(reader.read(0, reader.size_bytes)) == DATA
        reader.close()
        assert self.parts(lfs) == []
        assert leftovers() == []

    def test_completing_twice_is_no_error(self, lfs, parted):
        self.send_all(lfs, parted)
        lfs.multipart.complete(parted, [1, 2, 3])
        lfs.multipart.complete(parted, [1, 2, 3])

    @pytest.mark.parametrize("numbers", [[], [1, 2], [1, 3, 2], [1, 2, 3, 4]])
    def test_all_parts_must_be_named_in_order(self, lfs, parted, numbers):
        self.send_all(lfs, parted)
        with pytest.raises(InvalidInput):
            lfs.multipart.complete(parted, numbers)

    def test_a_part_that_was_not_sent(self, lfs, parted, leftovers):
        self.send(lfs, parted, 1, DATA[:40])
        with pytest.raises(InvalidInput, match="lacks part 2"):
            lfs.multipart.complete(parted, [1, 2, 3])
        assert leftovers() == []

    @pytest.mark.parametrize(
        ("number", "data", "error"),
        [
            (0, b"", InvalidInput),
            (4, b"", InvalidInput),
            (1, DATA[:39], CorruptObject),
            (1, DATA[:41], TooLarge),
            (3, DATA[:31], TooLarge),
        ],
    )
    def test_wrong_parts(self, lfs, parted, leftovers, number, data, error):
        with pytest.raises(error):
            self.send(lfs, parted, number, data)
        assert leftovers() == []
        assert self.parts(lfs) == []

    def test_wrong_bytes_are_found_at_the_end(self, lfs, parted, leftovers):
        self.send_all(lfs, parted, DATA[::-1])
        with pytest.raises(CorruptObject):
            lfs.multipart.complete(parted, [1, 2, 3])
        assert not lfs.linked(1, SPEC)
        assert leftovers() == []
        assert self.parts(lfs) == []

    def test_resumable_parts_count_for_the_next_batch_of_the_same_user(self, lfs):
        def batch(actor):
            answer = lfs.ask_upload(actor, "alice/a", SPEC, transfers=("basic", "resumable"))
            assert answer.transfer == "resumable"
            return lfs.tickets.read_parted_upload(answer.objects[0].result.word)

        first = batch(ALICE)
        assert first.parts.count == 3
        self.send(lfs, first, 3, DATA[80:])
        self.send(lfs, first, 1, DATA[:40])
        assert lfs.multipart.received(batch(ALICE)) == [1, 3]
        assert lfs.multipart.received(batch(BOB)) == []
        self.send(lfs, batch(ALICE), 2, DATA[40:80])
        lfs.multipart.complete(batch(ALICE), [1, 2, 3])
        assert lfs.linked(1, SPEC)

    def test_stale_parts_go(self, lfs, parted):
        self.send_all(lfs, parted)
        assert lfs.multipart.remove_stale() == 0
        later = replace(lfs.multipart, clock=lambda: lfs.now[0] + 13 * 3600 * 1000)
        assert later.remove_stale() == 3
        assert self.parts(lfs) == []
