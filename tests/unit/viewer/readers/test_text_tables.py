import json
import tracemalloc
from dataclasses import dataclass

import pytest

from holdfast.viewer.domain import Column, TableHead, Unreadable, cell, head_of_json
from holdfast.viewer.heads import read_table_head


@dataclass
class Bytes:
    content: bytes
    read_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def read(self, start: int, length: int) -> bytes:
        self.read_bytes += length
        return self.content[start : start + length]


def read(name: str, content: bytes, max_rows: int = 100) -> TableHead | Unreadable:
    return read_table_head(name, Bytes(content), max_rows)


def test_csv():
    found = read("a.csv", b'name,score\n"Smith, J",1.5\nJo,\n', max_rows=1)
    assert found.columns == (Column("name", "text"), Column("score", "number"))
    assert found.rows == (("Smith, J", "1.5"),)
    assert (found.total_rows, found.total_columns) == (2, 2)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(separator):
    found = read("a.csv", f"a{separator}b\r\n1{separator}2\r\n".encode())
    assert [column.name for column in found.columns] == ["a", "b"]
    assert found.rows == (("1", "2"),)


@pytest.mark.parametrize("letter", ["\u2028", "\x85", "\x0c", "\x1c"])
def test_letters_that_only_some_programs_end_lines_at(letter):
    found = read("a.csv", f"a,b\nx{letter}y,2\n".encode())
    assert found.rows == ((f"x{letter}y", "2"),)
    assert found.total_rows == 1


def test_rows_of_unequal_length_are_filled():
    found = read("a.csv", b"a,b\n1\n1,2,3\n")
    assert found.rows == (("1", None, None), ("1", "2", "3"))
    assert found.total_columns == 3


def test_of_a_large_file_only_the_beginning_is_read():
    source = Bytes(b"a,b\n" + b"1,2\n" * 3_000_000)
    found = read_table_head("a.csv", source, 5)
    assert len(found.rows) == 5
    assert found.total_rows is None
    assert source.read_bytes <= 1024 * 1024


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\0\1", b"x" * 3_000_000, b'"' + b"x" * 500_000])
def test_what_is_no_table(content):
    assert isinstance(read("a.csv", content), Unreadable)


def test_wide_tables_are_counted_and_cut():
    found = read("a.csv", ",".join(f"c{n}" for n in range(5_000)).encode() + b"\n" + b"1," * 5_000)
    assert found.total_columns >= 5_000
    assert len(found.columns) == len(found.rows[0]) == 200


def test_of_many_json_rows_only_those_shown_are_made():
    content = json.dumps({"a": [1] * 300_000, "b": [2] * 300_000}).encode()
    tracemalloc.start()
    found = read("a.json", content)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.total_rows == 300_000
    assert len(found.rows) == 100
    assert peak_bytes < 40_000_000


def test_json_lines():
    found = read("a.jsonl", b'{"a": 1, "b": {"c": [1]}}\n\n{"a": null, "d": true}\n')
    assert found.columns == (Column("a", "number"), Column("b", "text"), Column("d", "true or false"))
    assert found.rows == ((1, '{"c":[1]}', None), (None, None, True))
    assert found.total_rows == 2


def test_json_lines_of_other_values():
    assert read("a.ndjson", b'1\n"x"\n').rows == ((1,), ("x",))


@pytest.mark.parametrize("content", [b"", b"{", b"x" * 6_000_000, b"[" * 5_000 + b"]" * 5_000])
def test_what_are_no_json_lines(content):
    assert isinstance(read("a.jsonl", content), Unreadable)


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
        {"a": [1, 3], "b": [2, 4]},
        {"version": "1", "data": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
    ],
)
def test_json_in_the_shapes_that_people_keep_tables_in(value):
    assert read("a.json", json.dumps(value).encode()).rows == ((1, 2), (3, 4))


@pytest.mark.parametrize(
    "content", [b"", b"[1", b"[]", b"{}", b"5", b"[1, 2]", b'{"a": 1}', b"[" * 5_000 + b"]" * 5_000]
)
def test_json_that_is_no_table(content):
    assert isinstance(read("a.json", content), Unreadable)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), "nan"),
        (2**70, str(2**70)),
        (b"abc", "3 bytes"),
        ({"bytes": b"abc"}, '{"bytes":"3 bytes"}'),
        ("x" * 5_000, "x" * 1_000 + "…"),
        ("\ud800", "?"),
        ([2**70], "list"),
    ],
)
def test_cells_can_always_be_shown_and_sent(value, shown):
    assert cell(value) == shown


def test_heads_survive_the_way_between_processes():
    found = read("a.csv", b"a,b\n1,2\n")
    assert head_of_json(json.loads(json.dumps(found.as_json()))) == found


def test_other_kinds_of_files():
    assert isinstance(read("a.exe", b"x"), Unreadable)
