import hashlib
import random
from contextlib import suppress
from dataclasses import replace

import pytest

from holdfast.base.errors import CorruptObject, DamagedObject, Overloaded, TooLarge
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.xet import store as tables
from holdfast.hub.xet.domain import XetLimits, sidecar_key, xorb_key
from holdfast.hub.xet.formats.hashes import ZERO_HASH, XetHash, hash_to_text
from holdfast.hub.xet.formats.shard import ShardFile
from holdfast.hub.xet.service.shards import Progress
from tests.factories.xet import FOREIGNER, REPO, WRITER, claim_file, index_chunks, open_store, write_shard

CONTENT = random.Random(3).randbytes(200_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def linked(store, repo_key=REPO, sha256=SHA256):
    with store.database.read() as connection:
        return store.objects.linked(connection, repo_key, [sha256])


def recorded(store, name):
    with store.database.read() as connection:
        return tables.find_file(connection, name)


def test_a_file_is_recorded_verified_linked_and_readable(store):
    file = store.store_file(CONTENT)
    assert linked(store) == {SHA256: len(CONTENT)}
    with store.database.read() as connection:
        assert store.objects.kinds(connection, [SHA256]) == {SHA256: frozenset({ObjectKind.XET})}
        assert store.objects.known(connection, [SHA256]) == {SHA256: len(CONTENT)}
    assert store.xet.files.find_hash(SHA256) == hash_to_text(file.hash)
    assert store.read(SHA256) == CONTENT


def test_files_over_several_xorbs_and_repeated_runs(store):
    first, second = store.store_xorb(CONTENT[:100_000]), store.store_xorb(CONTENT[100_000:])
    whole = CONTENT[8192:16384] + CONTENT + CONTENT[:8192]
    runs = [(first, 1, 2), (first, 0, len(first)), (second, 0, len(second)), (first, 0, 1)]
    sha256 = hashlib.sha256(whole).hexdigest()
    store.send_shard(write_shard(claim_file(*runs, sha256=sha256)))
    assert store.read(sha256) == whole
    for start, end in [(0, 1), (8191, 8193), (100_000, 150_000), (len(whole) - 1, len(whole)), (5, 5)]:
        assert store.read(sha256, start, end) == whole[start:end]


def test_a_shard_without_sha256_gets_one(store):
    index = store.store_xorb(CONTENT)
    store.send_shard(write_shard(claim_file((index, 0, len(index)))))
    assert store.read(SHA256) == CONTENT


def test_the_empty_file(store):
    empty = hashlib.sha256().hexdigest()
    store.send_shard(write_shard(ShardFile(ZERO_HASH, (), b"", empty)))
    assert store.read(empty) == b""


def test_many_files_in_one_shard_and_one_of_them_twice(store):
    index = store.store_xorb(CONTENT)
    files = [
        claim_file((index, at, at + 2), sha256=_sha256(CONTENT[at * 8192 : at * 8192 + 16384])) for at in range(20)
    ]
    progress = store.send_shard(write_shard(*files, files[0]))
    assert progress.verified == progress.total == sum(file.size for file in files)
    for at, file in enumerate(files):
        assert store.read(file.sha256) == CONTENT[at * 8192 : at * 8192 + 16384]


def test_a_recorded_file_is_not_read_again_but_linked(store):
    file = store.store_file(CONTENT)
    progress = store.send_shard(write_shard(file), FOREIGNER)
    assert progress.total == 0
    assert linked(store, FOREIGNER.repo_key) == {SHA256: len(CONTENT)}


def test_two_ways_of_cutting_give_one_object_with_the_newer_hash(store):
    store.store_file(CONTENT, size=8192)
    store.now[0] += 10
    newer = store.store_file(CONTENT, size=10_000)
    assert store.xet.files.find_hash(SHA256) == hash_to_text(newer.hash)
    assert store.read(SHA256) == CONTENT


class TestRefused:
    @pytest.fixture
    def index(self, store):
        return store.store_xorb(CONTENT)

    @pytest.fixture
    def file(self, index):
        return claim_file((index, 0, len(index)), sha256=SHA256)

    def refuse(self, store, *files, match):
        with pytest.raises(CorruptObject, match=match):
            store.send_shard(write_shard(*files))
        assert recorded(store, files[0].hash) is None
        assert linked(store) == {}

    def test_unknown_xorb(self, store, file):
        _, unknown = index_chunks([b"never sent", b"at all"])
        self.refuse(store, claim_file((unknown, 0, 2), sha256=SHA256), file, match="is not stored here")

    def test_forged_sha256(self, store, file):
        self.refuse(store, replace(file, sha256="0" * 64), match="is not 0000")

    def test_forged_sha256_does_not_tell_the_true_one(self, store, file):
        with pytest.raises(CorruptObject) as caught:
            store.send_shard(write_shard(replace(file, sha256="0" * 64)))
        assert SHA256 not in caught.value.message

    def test_two_claims_of_which_one_is_forged(self, store, file):
        self.refuse(store, file, replace(file, sha256="1" * 64), match="is not 1111")

    def test_forged_sha256_of_a_file_that_is_recorded(self, store, file):
        store.send_shard(write_shard(file), FOREIGNER)
        with pytest.raises(CorruptObject):
            store.send_shard(write_shard(replace(file, sha256="2" * 64)))
        assert linked(store) == {}

    def test_no_knowledge_of_the_chunks(self, store, file):
        self.refuse(store, replace(file, proofs=bytes(32)), match="verification")

    def test_another_file_hash(self, store, file):
        self.refuse(store, replace(file, hash=XetHash(bytes([7] * 32))), match="its terms make")

    def test_wrong_length(self, store, file):
        terms = (replace(file.terms[0], raw_length=len(CONTENT) - 1),)
        self.refuse(store, replace(file, terms=terms), match="length")

    def test_chunks_beyond_the_xorb(self, store, file, index):
        terms = (replace(file.terms[0], end=len(index) + 1),)
        self.refuse(store, replace(file, terms=terms), match="range")

    def test_limits(self, tmp_path, file, index):
        (tmp_path / "small").mkdir()
        small = open_store(tmp_path / "small", XetLimits(max_file_bytes=len(CONTENT) - 1))
        with pytest.raises(TooLarge, match="A file"):
            small.xet.shards.check(write_shard(file))
        small.close()
        (tmp_path / "few").mkdir()
        few = open_store(tmp_path / "few", XetLimits(max_shard_chunks=len(index)))
        with pytest.raises(TooLarge, match="chunks"):
            few.xet.shards.check(write_shard(file, file))
        few.close()

    def test_mutated_shards_are_refused_politely_or_change_nothing(self, store, file, index):
        shard = write_shard(file, xorbs=(index,))
        rng = random.Random(4)
        for _ in range(400):
            body = bytearray(shard)
            at = rng.randrange(len(body))
            if rng.random() < 0.7:
                body[at] ^= 1 << rng.randrange(8)
            elif rng.random() < 0.5:
                del body[at:]
            else:
                body[at:at] = rng.randbytes(48)
            with suppress(CorruptObject, TooLarge):
                store.send_shard(bytes(body))
        with store.database.read() as connection:
            files = tables.scan_files(connection, "", 100)
        assert [found.hash for found in files] == [file.hash] * len(files)
        assert all(found.sha256 == SHA256 for found in files)


def test_a_xorb_collected_between_check_and_record_makes_the_client_try_again(store):
    index = store.store_xorb(CONTENT)
    checked = store.xet.shards.check(write_shard(claim_file((index, 0, len(index)), sha256=SHA256)))
    with store.database.write() as connection:
        (seen,) = tables.find_xorbs(connection, [index.hash]).values()
        assert tables.remove_xorb(connection, seen)
    with pytest.raises(Overloaded):
        store.xet.shards.register(WRITER, checked, Progress())
    assert linked(store) == {}


def test_a_server_that_stops_does_not_finish_long_reads(store):
    index = store.store_xorb(CONTENT)
    store.xet.shards.closing.set()
    with pytest.raises(Overloaded):
        store.send_shard(write_shard(claim_file((index, 0, len(index)), sha256=SHA256)))
    assert linked(store) == {}


class TestDamage:
    def test_a_lost_index_is_made_again(self, store):
        file = store.store_file(CONTENT)
        xorb = file.terms[0].xorb
        path = store.blobs.path(sidecar_key(xorb))
        expected = path.read_bytes()
        for damaged in (None, b"", expected[:-1], expected[:50] + b"\0" + expected[51:]):
            path.unlink() if damaged is None else path.write_bytes(damaged)
            store.xet.source.files.cache.drop(xorb)
            assert store.read(SHA256) == CONTENT
            assert path.read_bytes() == expected

    @pytest.mark.parametrize("change", ["flip", "cut", "gone"])
    def test_damaged_bytes_are_our_fault(self, store, change):
        content = bytes(200_000)
        file = store.store_file(content)
        path = store.blobs.path(xorb_key(file.terms[0].xorb))
        data = bytearray(path.read_bytes())
        if change == "flip":
            data[9] ^= 0xFF
            path.write_bytes(data)
        elif change == "cut":
            path.write_bytes(data[:-5])
        else:
            path.unlink()
        with pytest.raises(DamagedObject) as caught:
            store.read(file.sha256)
        assert caught.value.status == 500

    def test_damaged_terms_are_our_fault(self, store):
        file = store.store_file(CONTENT)
        with store.database.write() as connection:
            connection.execute(tables.XET_FILE.update().values(packed_terms=b"x" * 43))
        with pytest.raises(DamagedObject):
            store.xet.reconstructions.plan(WRITER, file.hash)
        with pytest.raises(DamagedObject):
            store.read(SHA256)


def _sha256(content):
    return hashlib.sha256(content).hexdigest()
