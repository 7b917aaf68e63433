import random

import pytest

from holdfast.base.errors import CorruptObject, Overloaded, TooLarge
from holdfast.hub.xet import store as tables
from holdfast.hub.xet.domain import sidecar_key, xorb_key
from holdfast.hub.xet.formats.hashes import XetHash
from holdfast.hub.xet.service import uploads as uploads_module
from tests.factories.xet import cut, index_chunks

CONTENT = random.Random(1).randbytes(100_000)


def row(store, name):
    with store.database.read() as connection:
        return tables.find_xorbs(connection, [name]).get(name)


def test_a_xorb_is_stored_with_its_index_and_recorded(store):
    data, index = index_chunks(cut(CONTENT))
    assert store.send_xorb(data, index.hash) is True
    found = row(store, index.hash)
    assert (found.raw_bytes, found.stored_bytes, found.chunks) == (len(CONTENT), len(data), len(index))
    assert store.blobs.path(xorb_key(index.hash)).read_bytes() == data
    assert store.blobs.path(sidecar_key(index.hash)).read_bytes() == index.to_sidecar()


def test_an_old_clients_footer_is_not_kept(store):
    data, index = index_chunks(cut(CONTENT))
    footer = b"XETBLOB" + bytes(50)
    store.send_xorb(data + footer + len(footer).to_bytes(4, "little"), index.hash)
    assert store.blobs.path(xorb_key(index.hash)).read_bytes() == data


def test_offering_again_counts_and_cancels_condemnation(store):
    index = store.store_xorb(CONTENT)
    with store.database.write() as connection:
        tables.condemn_xorbs(connection, [row(store, index.hash)], store.now[0])
    assert row(store, index.hash).condemned_at is not None
    store.now[0] += 5000
    assert store.xet.uploads.offer(index.hash) is True
    assert (row(store, index.hash).offered_at, row(store, index.hash).condemned_at) == (store.now[0], None)


def test_what_is_not_here_must_be_sent(store):
    assert store.xet.uploads.offer(XetHash(bytes(32))) is False


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_a_xorb_whose_bytes_were_lost_is_taken_again(store, damage):
    data, index = index_chunks(cut(CONTENT))
    store.send_xorb(data, index.hash)
    path = store.blobs.path(xorb_key(index.hash))
    path.unlink() if damage == "missing" else path.write_bytes(data[:-1])
    assert store.xet.uploads.offer(index.hash) is False
    assert store.send_xorb(data, index.hash) is False
    assert path.read_bytes() == data


def test_refused_bodies_leave_nothing(store, tmp_path):
    data, index = index_chunks(cut(CONTENT))
    for body in (b"", data[:-1], data + b"x", data[:100] + b"\x00" + data[101:]):
        with pytest.raises(CorruptObject):
            store.send_xorb(body, index.hash)
    with pytest.raises(CorruptObject, match="is the xorb"):
        store.send_xorb(data, XetHash(bytes(32)))
    assert row(store, index.hash) is None
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_too_many_bytes_are_refused_while_they_come(store, monkeypatch):
    monkeypatch.setattr(uploads_module, "MAX_XORB_BYTES", 1000)
    with store.xet.uploads.begin(XetHash(bytes(32))) as receiver, pytest.raises(TooLarge):
        receiver.write(bytes(1001))


def test_bytes_collected_before_they_are_recorded_make_the_client_try_again(store, monkeypatch):
    data, index = index_chunks(cut(CONTENT))
    receiver = store.xet.uploads.begin(index.hash)
    receiver.write(data)
    publish = receiver.writer.publish

    def publish_and_lose(key):
        publish(key)
        store.blobs.delete(key)

    monkeypatch.setattr(receiver.writer, "publish", publish_and_lose)
    with receiver, pytest.raises(Overloaded):
        store.xet.uploads.finish(receiver)
    assert row(store, index.hash) is None


def test_mutated_xorbs_are_refused_politely(store):
    """400-class for anything a client may send: no other error, no acceptance of changed content."""
    data, index = index_chunks(cut(CONTENT[:30_000]))
    rng = random.Random(2)
    for _ in range(300):
        body = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(body))
            kind = rng.randrange(3)
            if kind == 0:
                body[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                del body[at:]
                body += b"\0"
            else:
                body[at:at] = rng.randbytes(rng.randint(1, 9))
        if body == data:
            continue
        with pytest.raises((CorruptObject, TooLarge)):
            store.send_xorb(bytes(body), index.hash)
    assert row(store, index.hash) is None
