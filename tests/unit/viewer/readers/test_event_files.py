"""TensorBoard's files: scalars come out as they went in; whatever else a file holds never does harm."""

import random
import struct
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.viewer.readers import event_files
from holdfast.viewer.readers.event_files import MAX_RECORD_BYTES, masked_crc32c, read_scalars
from tests.factories.event_files import event, event_file, field, record, tensor_event, varint


@dataclass
class Bytes:
    content: bytes

    @property
    def size_bytes(self):
        return len(self.content)

    def read(self, start, length):
        return self.content[start : start + length]


def test_the_checksum_is_that_of_the_format():
    # RFC 3720, B.4: CRC-32C of 32 zeros is 0x8A9136AA
    crc = 0x8A9136AA
    assert masked_crc32c(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_scalars_come_out_by_tag_and_step():
    content = event_file(
        ("train/loss", 20, 0.5), ("train/loss", 10, 2.0), ("eval/loss", 10, 1.5), ("train/loss", 20, 0.25)
    )
    found = read_scalars(Bytes(content))
    assert found.points == {"train/loss": ((10, 2.0), (20, 0.25)), "eval/loss": ((10, 1.5),)}
    assert found.is_whole


@pytest.mark.parametrize(
    "tensor",
    [
        varint(1 << 3) + varint(1) + field(4, struct.pack("<f", 0.5)),
        varint(1 << 3) + varint(2) + field(4, struct.pack("<d", 0.5)),
        varint(1 << 3) + varint(1) + field(5, struct.pack("<f", 0.5)),
        varint(1 << 3) + varint(1) + varint(5 << 3 | 5) + struct.pack("<f", 0.5),
        varint(1 << 3) + varint(2) + varint(6 << 3 | 1) + struct.pack("<d", 0.5),
    ],
)
def test_tensors_of_one_number_count_too(tensor):
    found = read_scalars(Bytes(record(tensor_event("loss", 3, tensor))))
    assert found.points == {"loss": ((3, 0.5),)}


@pytest.mark.parametrize(
    "message",
    [
        tensor_event("picture", 1, varint(1 << 3) + varint(7) + field(4, b"12345678")),
        tensor_event("several", 1, varint(1 << 3) + varint(1) + field(5, bytes(8))),
        event("nan", 1, float("nan")),
        event("infinite", 1, float("inf")),
        event("", 1, 1.0),
        varint(2 << 3) + varint(2**63) + event("far", 1, 1.0)[9:],
        b"\xff" * 30,
        field(5, b"\x0a\xff\xff\xff\xff\x0f"),
    ],
)
def test_what_is_no_scalar_is_left_out(message):
    found = read_scalars(Bytes(record(message) + record(event("loss", 1, 1.0))))
    assert found.points["loss"] == ((1, 1.0),)
    assert not {"nan", "infinite", "picture", "several", ""} & set(found.points)


def test_a_file_that_breaks_off_is_read_up_to_there():
    whole = event_file(("loss", 1, 1.0), ("loss", 2, 0.5))
    for cut in (1, 5, 20):
        found = read_scalars(Bytes(whole[:-cut]))
        assert found.points == {"loss": ((1, 1.0),)}
        assert not found.is_whole


def test_records_that_are_too_long_are_passed_over():
    large = record(field(9, bytes(MAX_RECORD_BYTES + 1)))
    found = read_scalars(Bytes(record(event("a", 1, 1.0)) + large + record(event("b", 1, 1.0))))
    assert set(found.points) == {"a", "b"}
    assert not found.is_whole


def test_points_and_tags_have_limits(monkeypatch):
    monkeypatch.setattr(event_files, "MAX_TAGS", 3)
    monkeypatch.setattr(event_files, "MAX_POINTS", 5)
    found = read_scalars(Bytes(event_file(*((f"tag{i}", 1, 1.0) for i in range(5)))))
    assert len(found.points) == 3
    assert not found.is_whole
    found = read_scalars(Bytes(event_file(*(("tag", i, 1.0) for i in range(9)))))
    assert len(found.points["tag"]) == 5


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_harm(content):
    assert isinstance(read_scalars(Bytes(content)).points, dict)
    assert isinstance(read_scalars(Bytes(record(content))).points, dict)


def test_flipped_bytes_of_real_files_do_no_harm():
    draw = random.Random(0)
    whole = event_file(*(("loss", step, 1 / (step + 1)) for step in range(20)))
    for _ in range(400):
        broken = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        for points in read_scalars(Bytes(bytes(broken))).points.values():
            assert all(isinstance(step, int) and isinstance(value, float) for step, value in points)
