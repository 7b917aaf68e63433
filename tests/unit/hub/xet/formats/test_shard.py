import dataclasses
import random
import struct

import pytest

from holdfast.base.errors import CorruptObject, TooLarge
from holdfast.hub.xet.formats import shard
from holdfast.hub.xet.formats.hashes import ZERO_HASH
from holdfast.hub.xet.formats.shard import check_file, read_shard
from holdfast.hub.xet.formats.terms import Term
from holdfast.hub.xet.formats.xorb import read_xorb

SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
RECORD = 48
FIRST_FILE = RECORD


@pytest.fixture
def two_xorbs(index_chunks):
    _, one = index_chunks([b"a" * 10, b"b" * 20, b"c" * 30])
    _, two = index_chunks([b"d" * 40, b"e" * 50])
    return one, two


@pytest.fixture
def index_of(two_xorbs):
    return {index.hash: index for index in two_xorbs}.get


@pytest.fixture
def example(two_xorbs, claim_file, write_shard) -> bytes:
    """Two files, the first of two terms with a SHA-256, and both xorbs in the second section."""
    one, two = two_xorbs
    first = claim_file((one, 0, 3), (two, 1, 2), sha256=SHA256)
    return write_shard(first, claim_file((two, 0, 2)), xorbs=two_xorbs)


def edit(data: bytes, at: int, form: str, value: int) -> bytes:
    edited = bytearray(data)
    struct.pack_into(form, edited, at, value)
    return bytes(edited)


def test_files_round_trip(two_xorbs, claim_file, write_shard, index_of):
    one, two = two_xorbs
    files = (
        claim_file((one, 0, 3), (two, 1, 2), (one, 1, 2), sha256=SHA256),
        claim_file((two, 0, 2)),
        claim_file(sha256=SHA256),
    )
    read = read_shard(write_shard(*files, xorbs=two_xorbs))
    assert read == files
    assert [file.size for file in read] == [130, 90, 0]
    for file in read:
        check_file(file, index_of)


def test_real_shards_hold_true_files(capture):
    index = read_xorb(capture.xorb, capture.xorb_hash)
    for file in read_shard(capture.shard):
        check_file(file, {index.hash: index}.get)
        assert file.sha256


def test_a_shard_may_hold_nothing(write_shard):
    assert read_shard(write_shard()) == ()


def test_equal_xorb_hashes_are_one_object(two_xorbs, claim_file, write_shard):
    one, _ = two_xorbs
    (file,) = read_shard(write_shard(claim_file((one, 0, 1), (one, 2, 3))))
    assert file.terms[0].xorb is file.terms[1].xorb


def test_every_truncation_and_trailing_bytes_are_refused(example, capture):
    for data in (example, capture.shard):
        # hf-xet 1.2 announces a footer, as 1.1 does, and sends nothing behind the sections.
        footer_is_announced = data[40:48] != bytes(8)
        accepted = [cut for cut in range(len(data)) if _is_accepted(data[:cut])]
        assert len(accepted) == footer_is_announced
        assert all(read_shard(data[:cut]) == read_shard(data) for cut in accepted)
        assert not _is_accepted(data + b"\0")


def _is_accepted(data):
    try:
        read_shard(data)
    except CorruptObject:
        return False
    return True


@pytest.mark.parametrize(
    ("at", "form", "value", "field"),
    [
        (0, "B", 0, "header.tag"),
        (32, "<Q", 3, "header.version"),
        (40, "<Q", 1, "header.footer_size"),
        (FIRST_FILE + 32, "<I", 1 << 30, "files\\[0\\].verification"),
        (FIRST_FILE + 32, "<I", 1 << 31 | 1, "files\\[0\\].flags"),
        (FIRST_FILE + 36, "<I", 0, "files\\[0\\].terms"),
        (FIRST_FILE + 36, "<I", 0xFFFFFFFF, "files\\[0\\].terms"),
        (FIRST_FILE + RECORD + 36, "<I", 0, "files\\[0\\].terms\\[0\\].raw_length"),
        (FIRST_FILE + RECORD + 36, "<I", (64 << 20) + 1, "files\\[0\\].terms\\[0\\].raw_length"),
        (FIRST_FILE + RECORD + 40, "<I", 3, "files\\[0\\].terms\\[0\\].range"),
        (FIRST_FILE + 2 * RECORD + 44, "<I", 8193, "files\\[0\\].terms\\[1\\].range"),
        (FIRST_FILE + 10 * RECORD + 36, "<I", 0, "xorbs\\[0\\].chunks"),
        (FIRST_FILE + 10 * RECORD + 36, "<I", 8193, "xorbs\\[0\\].chunks"),
        (FIRST_FILE + 10 * RECORD + 36, "<I", 4, "xorbs"),
    ],
)
def test_violations_name_the_field(example, at, form, value, field):
    with pytest.raises(CorruptObject, match=field):
        read_shard(edit(example, at, form, value))


def test_only_the_empty_file_has_no_terms(claim_file, write_shard, two_xorbs):
    one, _ = two_xorbs
    honest = claim_file((one, 0, 1))
    for file in (dataclasses.replace(honest, terms=(), proofs=b""), dataclasses.replace(honest, hash=ZERO_HASH)):
        with pytest.raises(CorruptObject, match="empty file"):
            read_shard(write_shard(file))


def test_too_large_a_shard_is_not_looked_at():
    with pytest.raises(TooLarge):
        read_shard(bytes(shard.MAX_SHARD_BYTES + 1))


def test_terms_must_be_of_stored_xorbs(two_xorbs, claim_file):
    file = claim_file((two_xorbs[0], 0, 3))
    with pytest.raises(CorruptObject, match=r"file\.terms\[0\]\.xorb.*not stored"):
        check_file(file, lambda _: None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"end": 4}, "range"),
        ({"start": 3, "end": 3}, "range"),
        ({"raw_length": 59}, "raw_length"),
        ({"end": 2, "raw_length": 30}, "verification"),
    ],
)
def test_terms_must_be_true(two_xorbs, claim_file, index_of, changes, field):
    honest = claim_file((two_xorbs[0], 0, 3))
    terms = (dataclasses.replace(honest.terms[0], **changes),)
    with pytest.raises(CorruptObject, match=f"upload.terms\\[0\\].{field}"):
        check_file(dataclasses.replace(honest, terms=terms), index_of, "upload")


def test_proof_of_another_term_or_none_is_refused(two_xorbs, claim_file, index_of):
    one, two = two_xorbs
    honest = claim_file((one, 0, 3), (two, 0, 2))
    for proofs in (honest.proofs[32:] + honest.proofs[:32], honest.proofs[:32], b""):
        with pytest.raises(CorruptObject, match="verification"):
            check_file(dataclasses.replace(honest, proofs=proofs), index_of)


def test_file_hash_must_be_that_of_its_terms(two_xorbs, claim_file, index_of):
    one, two = two_xorbs
    honest, other = claim_file((one, 0, 3), (two, 0, 2)), claim_file((two, 0, 2))
    with pytest.raises(CorruptObject, match=r"file\.hash"):
        check_file(dataclasses.replace(honest, hash=other.hash), index_of)
    swapped = dataclasses.replace(honest, terms=honest.terms[::-1], proofs=honest.proofs[32:] + honest.proofs[:32])
    with pytest.raises(CorruptObject, match=r"file\.hash"):
        check_file(swapped, index_of)


def test_splitting_a_term_does_not_change_the_file(two_xorbs, claim_file, index_of):
    one, _ = two_xorbs
    whole, split = claim_file((one, 0, 3)), claim_file((one, 0, 1), (one, 1, 3))
    assert whole.hash == split.hash
    check_file(split, index_of)


def accepted(data, index_of):
    try:
        files = read_shard(data)
        for file in files:
            check_file(file, index_of)
    except (CorruptObject, TooLarge):
        return None
    return files


def test_bit_flips_are_refused_or_change_nothing(example, index_of):
    honest = read_shard(example)
    refused = 0
    for bit in range(len(example) * 8):
        data = bytearray(example)
        data[bit // 8] ^= 1 << bit % 8
        files = accepted(data, index_of)
        refused += files is None
        # The SHA-256 is a claim that only reading the file can judge; all else must be what it was.
        assert files is None or tuple(dataclasses.replace(f, sha256=None) for f in files) == tuple(
            dataclasses.replace(f, sha256=None) for f in honest
        )
    assert refused > 1000


@pytest.mark.parametrize("seed", range(5))
def test_random_records_never_surprise(example, index_of, seed):
    source = random.Random(seed)
    for _ in range(300):
        data = bytearray(example)
        for _ in range(source.randrange(1, 4)):
            at = source.randrange(len(data) // RECORD) * RECORD
            choice = source.randrange(4)
            if choice == 0:
                data[at : at + RECORD] = source.randbytes(RECORD)
            elif choice == 1:
                data[at:at] = data[:RECORD] if source.random() < 0.5 else source.randbytes(RECORD)
            elif choice == 2 and len(data) > 3 * RECORD:
                del data[at : at + RECORD]
            else:
                struct.pack_into("<I", data, at + 32 + 4 * source.randrange(4), source.getrandbits(32))
        for file in accepted(data, index_of) or ():
            assert all(isinstance(term, Term) for term in file.terms)
