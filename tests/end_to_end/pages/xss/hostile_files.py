"""Data files of every kind that is previewed, with the corpus in each place where a text can stand."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile

import pyarrow
from pyarrow import parquet

from tests.end_to_end.pages.xss.vectors import PLAIN

TEXTS = list(PLAIN.values())


def csv_file() -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(TEXTS)
    writer.writerow(reversed(TEXTS))
    return sink.getvalue().encode()


def json_file() -> bytes:
    return json.dumps(
        [dict(zip(TEXTS, reversed(TEXTS), strict=True)), {text: {text: [text]} for text in TEXTS}]
    ).encode()


def json_lines() -> bytes:
    return b"\n".join(json.dumps({text: text}).encode() for text in TEXTS)


def parquet_file() -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pyarrow.table({text: [text, "<b>x</b>"] for text in TEXTS}), sink)
    return sink.getvalue()


def safetensors_file() -> bytes:
    tensors = {text: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for text in TEXTS}
    header = json.dumps({"__metadata__": dict(zip(TEXTS, TEXTS, strict=True)), **tensors}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


def gguf_file() -> bytes:
    names = ("general.architecture", "general.name", "general.type", "tokenizer.chat_template")
    pairs = b"".join(_text(name) + struct.pack("<I", 8) + _text(text) for name, text in zip(names, TEXTS, strict=False))
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(names)) + pairs


def pickle_file() -> bytes:
    imports = b"".join(b"c" + f"x{text}".encode() + b"\n" + text.encode() + b"\n0" for text in TEXTS)
    return b"\x80\x02" + imports + b"N."


def zip_file() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for text in TEXTS:
            archive.writestr(text, text)
    return sink.getvalue()


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()
