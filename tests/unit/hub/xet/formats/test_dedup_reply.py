import struct

from holdfast.hub.xet.formats.dedup_reply import build_dedup_reply
from holdfast.hub.xet.formats.hashes import keyed_hash
from holdfast.hub.xet.formats.shard import read_shard

KEY = bytes(range(32))
RECORD = 48


def test_reply_is_a_shard_without_files(index_chunks):
    _, index = index_chunks([b"a", b"b"])
    assert read_shard(build_dedup_reply([index], KEY, 1, 2)) == ()
    assert read_shard(build_dedup_reply([], KEY, 1, 2)) == ()


def test_footer_says_where_everything_is(index_chunks):
    data, index = index_chunks([b"a" * 10, b"b" * 20])
    reply = build_dedup_reply([index], KEY, 1_700_000_000, 1_700_600_000)
    footer = reply[-200:]
    version, files_at, xorbs_at = struct.unpack_from("<3Q", footer)
    assert (version, files_at, xorbs_at) == (1, RECORD, 2 * RECORD)
    end = len(reply) - 200
    assert struct.unpack_from("<6Q", footer, 24) == (end, 0, end, 0, end, 0)
    assert footer[72:104] == KEY
    assert struct.unpack_from("<2Q", footer, 104) == (1_700_000_000, 1_700_600_000)
    assert struct.unpack_from("<4Q", footer, 168) == (len(data), 0, 30, end)
    assert reply[files_at:xorbs_at] == b"\xff" * 32 + bytes(16)
    assert reply[end - RECORD : end] == b"\xff" * 32 + bytes(16)


def test_chunk_hashes_are_keyed_and_offsets_are_raw(index_chunks):
    _, index = index_chunks([b"a" * 10, b"b" * 20, b"c"])
    reply = build_dedup_reply([index], KEY, 1, 2)
    at = 2 * RECORD
    name, flags, count, raw, stored = struct.unpack_from("<32sIIII", reply, at)
    assert (name, flags, count, raw, stored) == (index.hash, 0, 3, 31, index.stored_size)
    records = [struct.unpack_from("<32sIIII", reply, at + RECORD * (n + 1)) for n in range(3)]
    hashes = [raw for raw, _ in index.nodes(0, 3)]
    assert [record[0] for record in records] == [keyed_hash(raw, KEY) for raw in hashes]
    assert [record[1:] for record in records] == [(0, 10, 0, 0), (10, 20, 0, 0), (30, 1, 0, 0)]
    assert not any(raw in reply for raw in hashes)
