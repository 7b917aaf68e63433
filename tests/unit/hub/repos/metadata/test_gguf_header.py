import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import CorruptObject
from holdfast.hub.repos.metadata.gguf_header import read_gguf_header


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf(pairs, tensors, version=3, counts=None):
    numbers = counts or (len(tensors), len(pairs))
    return b"GGUF" + struct.pack("<IQQ", version, *numbers) + b"".join(pairs) + b"".join(tensors)


def tensor(name, *shape):
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return string(name) + dimensions + struct.pack("<IQ", 0, 0)


PAIRS = [
    string("general.architecture") + struct.pack("<I", 8) + string("llama"),
    string("tokenizer.ggml.tokens")
    + struct.pack("<IIQ", 9, 8, 50_000)
    + b"".join(map(string, map(str, range(50_000)))),
    string("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, 400_000) + bytes(1_600_000),
    string("llama.rope.freq_base") + struct.pack("<If", 6, 10000.0),
    string("llama.context_length") + struct.pack("<II", 4, 4096),
    string("tokenizer.chat_template") + struct.pack("<I", 8) + string("{{ messages }}"),
]


def read(content):
    return read_gguf_header(lambda start, length: content[start : start + length], len(content))


def test_facts_behind_a_large_vocabulary():
    header = read(gguf(PAIRS, [tensor("a", 4096, 32), tensor("b", 10)]) + bytes(500))
    assert header.as_info() == {
        "total": 4096 * 32 + 10,
        "architecture": "llama",
        "context_length": 4096,
        "chat_template": "{{ messages }}",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"GGML" + bytes(100),
        gguf([], [], version=1),
        gguf([], [], counts=(2**60, 0)),
        gguf([], [], counts=(0, 2**60)),
        gguf([string("k") + struct.pack("<I", 99)], []),
        gguf([string("k") + struct.pack("<IIQ", 9, 8, 2**62)], []),
        gguf([string("k") + struct.pack("<IIQ", 9, 4, 2**62)], []),
        gguf([string("k") + struct.pack("<IQ", 8, 2**62)], []),
        gguf([], [tensor("t", *[1] * 9)]),
        gguf([], [tensor("t", 2**62, 2**62)]),
        gguf([], [tensor("t", 2**47)] * 3),
        gguf(PAIRS[:1], [])[:-2],
    ],
)
def test_broken_files_are_refused(content):
    with pytest.raises(CorruptObject):
        read(content)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_header_or_refused(data):
    for content in (data, b"GGUF" + data, b"GGUF\x03\0\0\0" + data):
        try:
            read(content)
        except CorruptObject:
            continue
