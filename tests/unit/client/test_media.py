import struct

import numpy as np
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.client.media import as_file, wav_of, with_bytes
from holdfast.inference.domain.kinds import Binary, Either, Field, ListOf, Record, Text


def test_a_path_is_read(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"pixels")
    assert as_file(path, "inputs") == as_file(str(path), "inputs") == b"pixels"


def test_bytes_and_data_urls_stay():
    assert as_file(b"pixels", "inputs") == b"pixels"
    assert as_file("data:image/png;base64,eHg=", "inputs") == "data:image/png;base64,eHg="


def test_an_address_that_nobody_answers_is_named():
    with pytest.raises(InvalidInput, match=r"^`inputs.image` cannot be read from http://127.0.0.1:9"):
        as_file("http://127.0.0.1:9/x.png", "inputs.image")


def test_only_media_fields_of_a_record_are_read(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"pixels")
    kind = Record({"image": Field(Binary("image")), "question": Field(Text())})
    assert with_bytes({"image": path, "question": str(path)}, kind) == {"image": b"pixels", "question": str(path)}


def test_media_are_read_in_lists_and_where_an_input_has_two_forms(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"pixels")
    record = Record({"images": Field(ListOf(Binary("image"))), "text": Field(Text())})
    kind = Either((ListOf(Text()), record), "messages, or a question")
    assert with_bytes({"images": [path, b"x"], "text": "?"}, kind) == {"images": [b"pixels", b"x"], "text": "?"}
    assert with_bytes("words", kind) == "words"


def test_samples_become_a_wav_file_of_floats():
    samples = np.array([0.0, 0.25, -1.0], np.float32)
    data = wav_of(samples, 8_000)
    assert struct.unpack("<4sI4s", data[:12]) == (b"RIFF", len(data) - 8, b"WAVE")
    assert struct.unpack("<HHI", data[20:28]) == (3, 1, 8_000)
    assert np.frombuffer(data[-12:], "<f4").tolist() == samples.tolist()
