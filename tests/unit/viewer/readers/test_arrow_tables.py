"""Parquet and Arrow, read as they are in production: in a process of their own."""

import io
import threading

import pyarrow
import pytest
from pyarrow import ipc, parquet

from holdfast.base.errors import Overloaded
from holdfast.viewer import isolation
from holdfast.viewer.domain import Column, Unreadable
from holdfast.viewer.heads import read_table_head
from tests.unit.viewer.readers.test_text_tables import Bytes, read

TABLE = pyarrow.table({"n": list(range(500)), "t": ["x"] * 500, "raw": [b"abc"] * 500, "list": [[1, 2]] * 500})


def parquet_file(table=TABLE, **options) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink, **options)
    return sink.getvalue()


def arrow_file(opener) -> bytes:
    sink = io.BytesIO()
    with opener(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


def test_parquet():
    found = read("a.parquet", parquet_file(), max_rows=2)
    assert found.columns[0] == Column("n", "int64")
    assert found.rows == ((0, "x", "3 bytes", "[1,2]"), (1, "x", "3 bytes", "[1,2]"))
    assert (found.total_rows, found.total_columns) == (500, 4)


@pytest.mark.parametrize("opener", [ipc.new_file, ipc.new_stream])
def test_arrow(opener):
    found = read("a.arrow", arrow_file(opener), max_rows=1)
    assert found.rows == ((0, "x", "3 bytes", "[1,2]"),)


def test_of_a_large_parquet_file_little_is_read():
    source = Bytes(
        parquet_file(pyarrow.table({"n": list(range(2_000_000))}), row_group_size=10_000, compression="none")
    )
    read_table_head("a.parquet", source, 10)
    assert source.read_bytes < source.size_bytes / 4


def test_no_rows():
    found = read("a.parquet", parquet_file(TABLE.slice(0, 0)))
    assert found.rows == ()
    assert found.total_rows == 0


def test_a_bomb_gets_no_more_memory_than_it_may():
    bomb = pyarrow.table({"t": pyarrow.array(["x" * 100_000_000] * 20)})
    content = parquet_file(bomb, compression="zstd", use_dictionary=False)
    assert len(content) < 1_000_000
    assert isinstance(read("a.parquet", content), Unreadable)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"\xff" * 100, b"PAR1" + b"\xff" * 100 + b"\x40\0\0\0PAR1", b"ARROW1\0\0x"]
)
def test_what_is_no_table(name, content):
    assert isinstance(read(name, content), Unreadable)


def test_flipped_bytes_are_survived():
    content = bytearray(parquet_file(TABLE.slice(0, 50)))
    for at in range(10, len(content), len(content) // 6):
        broken = bytes(content[:at]) + b"\xff\xff" + bytes(content[at + 2 :])
        read("a.parquet", broken)


def test_a_child_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(isolation, "MAX_SECONDS", 0.01)
    assert isinstance(read("a.parquet", parquet_file()), Unreadable)


def test_a_child_that_asks_for_too_much_is_ended(monkeypatch):
    monkeypatch.setattr(isolation, "MAX_READ_BYTES", 100)
    assert isinstance(read("a.parquet", parquet_file()), Unreadable)


def test_only_so_many_files_are_read_at_once(monkeypatch):
    monkeypatch.setattr(isolation, "MAX_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(isolation, "_children", threading.BoundedSemaphore(1))
    isolation._children.acquire()
    with pytest.raises(Overloaded):
        read("a.parquet", parquet_file())
