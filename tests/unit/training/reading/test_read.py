"""Rows come out of every kind of file that people bring."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.specification import DataSource
from holdfast.training.reading.read import Rows, fingerprint, read

CSV = "name;height;kind\nAda;1,70;a\nBö;1,82;b\nCé;1,65;a\n"


def _read(path: Path) -> Rows:
    return read(DataSource(path=str(path)))


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_table_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    rows = _read(_file(tmp_path, "people.csv", CSV.encode(encoding)))
    assert list(rows.frame.columns) == ["name", "height", "kind"]
    assert rows.frame["name"].tolist() == ["Ada", "Bö", "Cé"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (["a", "b", "c"], ["1", "x y", "2"], ["3", "z", "4"]))
    assert _read(_file(tmp_path, "t.csv", text)).frame.shape == (2, 3)


def test_a_file_without_a_header_gets_names(tmp_path: Path) -> None:
    frame = _read(_file(tmp_path, "t.csv", "5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,3.3,virginica\n")).frame
    assert list(frame.columns) == ["column_0", "column_1", "column_2"]
    assert len(frame) == 3


def test_years_as_column_names_are_no_rows(tmp_path: Path) -> None:
    frame = _read(_file(tmp_path, "t.csv", "country,2019,2020\nA,x,y\nB,z,w\n")).frame
    assert list(frame.columns) == ["country", "2019", "2020"]


def test_json_in_its_shapes(tmp_path: Path) -> None:
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    shapes = {
        "lines.jsonl": "\n".join(json.dumps(row) for row in rows),
        "list.json": json.dumps(rows),
        "under.json": json.dumps({"version": 1, "data": rows}),
        "columns.json": json.dumps({"a": [1, 2], "b": ["x", "y"]}),
    }
    for name, text in shapes.items():
        frame = _read(_file(tmp_path, name, text)).frame
        assert frame[["a", "b"]].to_dict("records") == rows, name


def test_a_bad_line_of_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"line 2 of t\.jsonl"):
        _read(_file(tmp_path, "t.jsonl", '{"a": 1}\n{"a": \n'))


def test_parquet_and_excel(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    assert _read(tmp_path / "t.parquet").frame.to_dict() == frame.to_dict()
    assert _read(tmp_path / "t.xlsx").frame.to_dict() == frame.to_dict()


def test_tokens_with_tags(tmp_path: Path) -> None:
    frame = _read(_file(tmp_path, "t.conll", "-DOCSTART- O\n\nAda NNP B-PER\nlaughs VBZ O\n\nHi UH O\n")).frame
    assert frame["tokens"].tolist() == [["Ada", "laughs"], ["Hi"]]
    assert frame["tags"].tolist() == [["B-PER", "O"], ["O"]]


def test_nested_questions(tmp_path: Path) -> None:
    asked = {"id": "1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]}
    nested = {"data": [{"title": "t", "paragraphs": [{"context": "Ada came.", "qas": [asked]}]}]}
    frame = _read(_file(tmp_path, "t.json", json.dumps(nested))).frame
    assert frame.to_dict("records") == [
        {"id": "1", "context": "Ada came.", "question": "Who?", "answers": {"text": ["Ada"], "answer_start": [0]}}
    ]


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_pictures_by_class_with_a_test_part(tmp_path: Path) -> None:
    content = _zip({"pets/train/cat/1.png": b"c1", "pets/train/dog/1.png": b"d1", "pets/test/cat/2.png": b"c2"})
    rows = _read(_file(tmp_path, "pets.zip", content))
    assert rows.frame.to_dict("records") == [{"image": b"c1", "label": "cat"}, {"image": b"d1", "label": "dog"}]
    assert rows.test is not None
    assert rows.test["label"].tolist() == ["cat"]


def test_pictures_with_metadata(tmp_path: Path) -> None:
    lines = '{"file_name": "a.png", "caption": "one"}\n{"file_name": "b.png", "caption": "two"}\n'
    rows = _read(_file(tmp_path, "m.zip", _zip({"metadata.jsonl": lines.encode(), "a.png": b"1", "b.png": b"2"})))
    assert rows.frame.to_dict("records") == [{"caption": "one", "image": b"1"}, {"caption": "two", "image": b"2"}]


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv"])
def test_an_archive_never_writes_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="unsafe name"):
        _read(_file(tmp_path, "bad.zip", _zip({name: b"a,b\n1,2\n"})))


def test_metadata_never_reads_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    _file(tmp_path, "set/metadata.jsonl", '{"file_name": "../secret.png"}\n')
    with pytest.raises(InvalidInput, match="lacks the file"):
        _read(tmp_path / "set")


def test_a_folder_of_tables_by_parts(tmp_path: Path) -> None:
    _file(tmp_path, "d/train.csv", "a,b\n1,x\n")
    _file(tmp_path, "d/test.csv", "a,b\n2,y\n")
    rows = _read(tmp_path / "d")
    assert rows.test is not None
    assert (rows.frame["a"].tolist(), rows.test["a"].tolist()) == ([1], [2])


def test_a_card_says_which_files_are_which(tmp_path: Path) -> None:
    files = "  - split: train\n    path: one.csv\n  - split: test\n    path: two.csv\n"
    card = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n"
    for name, text in (("README.md", card), ("one.csv", "a,b\n1,x\n"), ("two.csv", "a,b\n2,y\n")):
        _file(tmp_path, f"d/{name}", text)
    rows = _read(tmp_path / "d")
    assert rows.test is not None
    assert (rows.frame["a"].tolist(), rows.test["a"].tolist()) == ([1], [2])


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b""), ("a.csv", b"\x00\x01\x02" * 50), ("a.parquet", b"PAR1xx")]
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="`data`"):
        _read(_file(tmp_path, name, content))


def test_nothing_there() -> None:
    with pytest.raises(InvalidInput, match="is not there"):
        read(DataSource(path="/nowhere/at/all.csv"))


def test_the_same_bytes_have_the_same_fingerprint(tmp_path: Path) -> None:
    one, two = _file(tmp_path, "1.csv", CSV), _file(tmp_path, "2.csv", CSV)
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(one) != fingerprint(_file(tmp_path, "3.csv", CSV + "x"))


def _zip_of(path: Path, names: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)


def test_a_folder_with_a_packed_folder_of_pictures(tmp_path: Path) -> None:
    names = {f"shapes/{label}/{n}.png": b"\x89PNG" for label in ("round", "square") for n in range(2)}
    _zip_of(tmp_path / "d" / "shapes.zip", names | {"__MACOSX/shapes/round/._0.png": b"?"})
    _file(tmp_path, "d/README.md", "about")
    rows = _read(tmp_path / "d")
    assert rows.frame["label"].tolist() == ["round", "round", "square", "square"]


def test_parts_may_be_packed_apart(tmp_path: Path) -> None:
    for part, label in (("train", "a"), ("test", "b")):
        _zip_of(tmp_path / "d" / f"{part}.zip", {f"{label}/1.wav": b"RIFF"})
    rows = _read(tmp_path / "d")
    assert rows.test is not None
    assert (rows.frame["label"].tolist(), rows.test["label"].tolist()) == (["a"], ["b"])
    asked = read(DataSource(path=str(tmp_path / "d"), split="test"))
    assert asked.frame["label"].tolist() == ["b"]


def test_pictures_beside_a_table_belong_to_the_card(tmp_path: Path) -> None:
    _file(tmp_path, "d/train.csv", "a,b\n1,x\n")
    _file(tmp_path, "d/assets/plot.png", b"\x89PNG")
    assert list(_read(tmp_path / "d").frame.columns) == ["a", "b"]
