import hashlib
import random

import hf_xet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import InvalidInput
from holdfast.hub.xet.formats import hashes
from holdfast.hub.xet.formats.hashes import (
    MerkleTree,
    chunk_hash,
    file_hash,
    hash_from_text,
    hash_to_text,
    xorb_hash,
)

ONE = "cfc5d07f6f03c29bbf424132963fe08d19a37d5757aaf520bf08119f05cd56d6"
TWO = "c3e67584b5c4fc2a89837ec39e40f2c8a6bb0b2987ac94cd4b31e5fbdd210a72"
THREE = "0d2beb91b9196929a5ddec9f6e306924ddf4a24268e3e59fd8464738d525af37"
FOUR = "adf8773496a9b7319b2e50dc98093f344053b17d8ad37100b9c07d9805988784"
FIVE = "4ac202caf347fc1e9c874b1ef6a1c5e619141eb775a6f43f0f0124ccd0060d9e"
ZERO = "0" * 64
LENGTHS = {ZERO: 0, ONE: 100, TWO: 200, THREE: 300, FOUR: 400, FIVE: 500}

# Reference values of xet-core's merklehash/aggregated_hashes.rs: leaves, xorb hash, file hash.
VECTORS = [
    ([], ZERO, ZERO),
    ([ZERO], ZERO, "638a6bc391964a85939d48f008e8bdbae6a7975e7ca2d87a3ce2492f4e4d8a4c"),
    ([ONE], ONE, "8e16257caa3fe079d484d872a8975264b2ff683b0d6db9028cc7c0f968a45661"),
    (
        [ONE, TWO, THREE],
        "71ec1275fca074724e2dd666921b3277c7cee603e4d025bcab2d4050015be2bc",
        "54e55dccc6653c612bdb5576c5d3cb34bb31bc4e100248abccf4c908b3ef7715",
    ),
    (
        [ONE] * 4,
        "89f2ada89ff8c96763c6b25010e6dd76a4c05b1466207633ea559acf2093211b",
        "2cdba690d0e09563596e0cda626d43eb4c96ef1e994fe72d9b2f5a83cfcd36dd",
    ),
    (
        [ONE, TWO, ONE, TWO, THREE, FOUR],
        "52c826f99507aa05d0b45e9837fa1709e0485425cfbcb1e80db3905cf98b3ee9",
        "91d21684db364c8883ab8209fa5eb2e781cf07f37e1fa43e731c30839afe422f",
    ),
    (
        [ZERO, ONE, ZERO, ONE, ZERO],
        "f36c6a6374a567efd36ed087aeb680b57e3af4e0b5b8e7be2593df4cb647a2de",
        "ab2f46d31855e1133b3b5b70e78f841394a648710a208923b221c1a8a0572a1f",
    ),
    (
        [THREE, FOUR, FIVE, THREE],
        "73b9dc802ab03a0855c66823a18d95c2a785af594535756abf405038b6270cb8",
        "c7d5be75ef5ec12888027ad305141e4109e599494477661177475c84e12de48b",
    ),
]


def test_text_form_reverses_each_group_of_eight():
    raw = bytes(range(32))
    text = "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918"
    assert hash_to_text(raw) == text
    assert hash_from_text(text) == raw
    assert hash_from_text(text.upper()) == raw


@given(st.binary(min_size=32, max_size=32))
def test_text_form_round_trips(raw):
    assert hash_from_text(hash_to_text(raw)) == raw


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "g" * 64, "0" * 63 + "\n", "٠" * 64])
def test_other_text_is_refused(text):
    with pytest.raises(InvalidInput):
        hash_from_text(text)


def test_sha256_field_has_the_plain_hex_as_its_text_form():
    digest = hashlib.sha256(b"x").hexdigest()
    assert hashes.sha256_from_field(hashes.sha256_to_field(digest)) == digest
    assert hash_to_text(hashes.sha256_to_field(digest)) == digest


def test_chunk_hash_vector():
    assert chunk_hash(b"Hello World!").hex() == "a29cfb08e608d4d8726dd8659a90b9134b3240d5d8e42d5fcb28e2a6e763a3e8"


def test_node_hash_vector():
    children = [
        (hash_from_text("c28f58387a60d4aa200c311cda7c7f77f686614864f5869eadebf765d0a14a69"), 100),
        (hash_from_text("6e4e3263e073ce2c0e78cc770c361e2778db3b054b98ab65e277fc084fa70f22"), 200),
    ]
    expected = "be64c7003ccd3cf4357364750e04c9592b3c36705dee76a71590c011766b6c14"
    assert hash_to_text(xorb_hash(children)) == expected


def test_verification_hash_vector():
    chunks = bytes.fromhex(
        "aad4607a38588fc2777f7cda1c310c209e86f564486186f6694aa1d065f7ebad"
        "2cce73e063324e6e271e360c77cc780e65ab984b053bdb78220fa74f08fc77e2"
    )
    expected = "eb06a8ad81d588ac05d1d9a079232d9c1e7d0b07232fa58091caa7bf333a2768"
    assert hash_to_text(hashes.verification_hash(chunks)) == expected


@pytest.mark.parametrize(("leaves", "xorb", "file"), VECTORS)
def test_tree_vectors(leaves, xorb, file):
    nodes = [(hash_from_text(leaf), LENGTHS[leaf]) for leaf in leaves]
    assert hash_to_text(xorb_hash(nodes)) == xorb
    assert hash_to_text(file_hash(nodes)) == file


def level_by_level_root(nodes):
    """The rule as it is written down, one whole level at a time."""
    while len(nodes) > 1:
        parents, rest = [], nodes
        while rest:
            cuts = [at + 1 for at in range(2, min(9, len(rest))) if int.from_bytes(rest[at][0][24:], "little") % 4 == 0]
            size = min([*cuts, 9, len(rest)])
            group, rest = rest[:size], rest[size:]
            text = "".join(f"{hash_to_text(raw)} : {length}\n" for raw, length in group)
            parent = hashes.blake3(text.encode(), key=hashes.NODE_KEY).digest()
            parents.append((parent, sum(length for _, length in group)))
        nodes = parents
    return nodes[0][0]


@pytest.mark.parametrize("count", [*range(1, 60), 500, 3000])
def test_streaming_tree_equals_the_written_rule(count):
    source = random.Random(count)
    nodes = [(source.randbytes(32), source.randrange(1, 1 << 17)) for _ in range(count)]
    assert xorb_hash(nodes) == level_by_level_root(nodes)


def test_tree_may_be_fed_in_parts():
    nodes = [(chunk_hash(bytes([n])), n) for n in range(100)]
    tree = MerkleTree()
    tree.extend(nodes[:37])
    tree.extend(iter(nodes[37:]))
    assert tree.file_hash() == file_hash(nodes)


def test_global_dedup_eligibility_looks_at_the_last_word():
    assert hashes.is_global_dedup_eligible(bytes(24) + (1024 * 7).to_bytes(8, "little"))
    assert not hashes.is_global_dedup_eligible(bytes(24) + (1024 * 7 + 512).to_bytes(8, "little"))


def hash_by_client(path, content: bytes) -> str:
    path.write_bytes(content)
    (info,) = hf_xet.hash_files([str(path)])
    return info.hash


@pytest.mark.parametrize("content", [b"", b"Hello World!", bytes(range(256)) * 30])
def test_client_agrees_on_files_of_one_chunk(tmp_path, content):
    nodes = [(chunk_hash(content), len(content))] if content else []
    assert hash_to_text(file_hash(nodes)) == hash_by_client(tmp_path / "file", content)


@pytest.mark.parametrize("count", [2, 3, 9, 10, 40])
def test_client_agrees_on_files_of_many_chunks(tmp_path, count):
    # A run of one byte never ends a chunk before the limit of 128 KiB, so this content's chunks are known.
    chunks = [bytes([number]) * (128 << 10) for number in range(count)]
    nodes = [(chunk_hash(chunk), len(chunk)) for chunk in chunks]
    assert hash_to_text(file_hash(nodes)) == hash_by_client(tmp_path / "file", b"".join(chunks))
