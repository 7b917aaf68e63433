import struct

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import CorruptObject
from holdfast.hub.repos.metadata.safetensors_header import (
    count_parameters,
    parse_header,
    read_header,
    shards_of_index,
)


def encode(header, tail=b""):
    data = orjson.dumps(header)
    return struct.pack("<Q", len(data)) + data + tail


def tensor(dtype, *shape):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [0, 1]}


def test_counts_by_dtype_over_shards():
    one = {"__metadata__": {"format": "pt"}, "a": tensor("F32", 2, 3), "scalar": tensor("I64")}
    two = {"b": tensor("F32", 10), "empty": tensor("BF16", 0, 5)}
    counted = count_parameters([one, two])
    assert counted.parameters == {"BF16": 0, "F32": 16, "I64": 1}
    assert counted.total == 17


def test_a_long_header_takes_two_reads_and_no_data():
    content = encode({f"layer.{n}.weight": tensor("F16", 8, 8) for n in range(3000)}, tail=bytes(1000))
    reads = []

    def read(path, start, length):
        reads.append((start, length))
        return content[start : start + length]

    header = read_header(read, "model.safetensors", len(content))
    assert count_parameters([header]).total == 3000 * 64
    assert len(reads) == 2
    assert max(start + length for start, length in reads) <= len(content) - 1000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 2**40),
        struct.pack("<Q", 0),
        struct.pack("<Q", 50) + b"{}",
        struct.pack("<Q", 3) + b"{{{",
        struct.pack("<Q", 2) + b"[]",
    ],
)
def test_broken_files_are_refused(content):
    with pytest.raises(CorruptObject):
        parse_header(content)
    with pytest.raises(CorruptObject):
        read_header(lambda _path, start, length: content[start : start + length], "x", len(content))


@pytest.mark.parametrize(
    "broken",
    [
        7,
        {},
        {"dtype": "F32"},
        tensor("F32", -1),
        tensor("F32", 1.5),
        tensor("F32", True),
        tensor(9, 1),
        tensor("F32", *[2**30] * 4),
    ],
)
def test_broken_tensors_are_refused(broken):
    with pytest.raises(CorruptObject):
        count_parameters([{"w": broken}])


@pytest.mark.parametrize(
    "header",
    [
        {f"t{n}": tensor("F32", 2**53) for n in range(2)},
        {f"t{n}": tensor(f"D{n}", 1) for n in range(100)},
    ],
)
def test_tensors_that_no_database_can_count_are_refused(header):
    with pytest.raises(CorruptObject):
        count_parameters([header])


def test_index_lists_shards_beside_itself():
    index = {"weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors", "c": "m-2.safetensors"}}
    assert shards_of_index(index, "unet/m.safetensors.index.json") == ["unet/m-1.safetensors", "unet/m-2.safetensors"]


@pytest.mark.parametrize("index", [{}, {"weight_map": []}, {"weight_map": {"a": 1}}, {"weight_map": {"a": "../b"}}])
def test_broken_indexes_are_refused(index):
    with pytest.raises(CorruptObject):
        shards_of_index(index, "model.safetensors.index.json")


@given(st.binary(max_size=40))
def test_any_bytes_are_a_header_or_refused(data):
    for content in (data, struct.pack("<Q", len(data)) + data):
        try:
            count_parameters([parse_header(content)])
        except CorruptObject:
            continue
