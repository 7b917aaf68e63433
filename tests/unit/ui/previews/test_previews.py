import io
import json
import os
import pickle
import struct
import zipfile
from collections import OrderedDict

import pytest

from holdfast.base.errors import ObjectNotFound
from holdfast.ui.previews.choosing import preview_file
from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.ui.rendering import NOWHERE
from tests.unit.viewer.readers.test_text_tables import Bytes

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


class Evil:
    def __reduce__(self):
        return os.system, ("id",)


def show(path: str, content: bytes) -> Preview:
    return preview_file(PreviewedFile(path, Bytes(content), NOWHERE, "/a/b/resolve/main/x"))


def safetensors(header: object) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


def archive(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name.replace("__", "/"), content)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("README.md", b"# x", "prose"),
        ("train.py", b"x = 1", "text"),
        ("LICENSE", b"free", "text"),
        ("a.csv", b"a,b\n1,2", "table"),
        ("a.json", b'[{"a": 1}]', "table"),
        ("config.json", b'{"a": 1}', "text"),
        ("a.png", PNG, "picture"),
        ("a.webp", b"RIFF0000WEBPVP8 ", "picture"),
        ("a.svg", b"<svg/>", "picture"),
        ("a.mp3", b"ID3", "audio"),
        ("a.mp4", b"\0\0\0 ftyp", "video"),
        ("a.pdf", b"%PDF-1.7", "document"),
        ("a.ipynb", b'{"cells": []}', "notebook"),
        ("a.zip", archive(x=b"1"), "archive"),
        ("a.pkl", pickle.dumps({}), "pickle"),
        ("a.unknown", bytes(range(256)), "binary"),
        ("empty.png", b"", "empty"),
    ],
)
def test_the_kind_follows_from_name_and_content(path, content, kind):
    assert show(path, content).kind == kind


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("a.png", b"<script>x</script>", "text"),
        ("a.svg", b"<script>x</script>", "text"),
        ("a.pdf", b"MZ\0\1", "binary"),
        ("README.md", b"\0\1\2", "binary"),
        ("a.csv", b"\xff\xfe\0\0\1", "text"),
        ("a.parquet", b"x", "unreadable"),
        ("a.safetensors", b"x", "unreadable"),
        ("a.gguf", b"x", "unreadable"),
        ("a.ipynb", b"x", "unreadable"),
        ("a.zip", b"x", "text"),
        ("a.bin", b"\0\1", "binary"),
    ],
)
def test_what_is_not_what_its_name_says(path, content, kind):
    assert show(path, content).kind == kind


def test_texts_are_shown_line_by_line():
    found = show("a.py", b"x = 1\r\ny = 2\n")
    assert found.data["text"] == "x = 1\ny = 2"
    assert len(found.html["lines"]) == 2
    assert found.data["language"] == "python"


def test_long_texts_are_cut_and_say_so():
    found = show("a.txt", b"line\n" * 500_000)
    assert len(found.html["lines"]) == 10_000
    assert "first 10,000 lines" in found.notices[0]
    found = show("a.json", b'"' + b"x" * 100_000 + b'"')
    assert len(found.data["text"]) < 21_000
    assert "are cut" in found.notices[0]


def test_the_front_matter_of_a_document_is_not_its_text():
    found = show("README.md", b"---\nlicense: mit\n---\n# Title")
    assert "mit" in found.html["front_matter"]
    assert "license" not in found.html["body"]


def test_broken_tables_are_shown_as_texts_with_the_reason():
    found = show("a.jsonl", b"not json\n")
    assert found.kind == "text"
    assert found.notices == ("This file is not JSON Lines: line 1 is not JSON.",)


def test_safetensors():
    header = {
        "__metadata__": {"format": "pt", "odd": 1},
        "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    }
    found = show("a.safetensors", safetensors(header))
    assert found.data["parameters"] == 6
    assert found.data["tensors"] == [{"name": "w", "dtype": "F32", "shape": [2, 3], "parameters": 6}]
    assert found.data["metadata"] == {"format": "pt"}


@pytest.mark.parametrize(
    "header", [[], {"w": 1}, {"w": {"dtype": "F32", "shape": [2**60, 2**60]}}, {"w": {"shape": "x"}}]
)
def test_hostile_safetensors(header):
    assert show("a.safetensors", safetensors(header)).kind == "unreadable"


@pytest.mark.parametrize("protocol", range(6))
def test_imports_of_pickles_are_listed_never_run(protocol, tmp_path):
    found = show("a.pkl", pickle.dumps([OrderedDict(a=1), Evil()], protocol=protocol))
    names = {(item["module"], item["name"]): item["safety"] for item in found.data["imports"]}
    assert names[os.system.__module__, "system"] == "dangerous"
    assert not found.data["problem"]
    if protocol > 1:
        assert names["collections", "OrderedDict"] == "innocuous"


def test_imports_of_pytorch_archives():
    found = show(
        "pytorch_model.bin", archive(archive__data_pkl=b"x", model__data=b"").replace(b"data_pkl", b"data.pkl")
    )
    assert found.kind == "pickle"
    found = show("model.pt", archive(**{"archive__data.pkl": pickle.dumps(Evil())}))
    assert found.data["imports"] == [{"module": os.system.__module__, "name": "system", "safety": "dangerous"}]


def test_one_pickle_behind_the_other_as_in_old_checkpoints():
    found = show("a.pt", pickle.dumps(1) + pickle.dumps(Evil()))
    assert [item["name"] for item in found.data["imports"]] == ["system"]


def test_names_put_together_by_tricks_are_not_believed():
    # Pushes `collections`, `OrderedDict`, `posix`, `system`, pops the last two, and imports what the stack then has.
    push = b"".join(
        b"\x8c" + bytes([len(word)]) + word for word in (b"posix", b"system", b"collections", b"OrderedDict")
    )
    found = show("a.pkl", b"\x80\x04" + push + b"00\x93.")
    assert found.data["imports"] == [{"module": "?", "name": "?", "safety": "suspicious"}]


def test_names_that_are_no_unicode_can_still_be_sent():
    word = "\ud800x".encode("utf-8", "surrogatepass")
    push = b"\x8c" + bytes([len(word)]) + word
    found = show("a.pkl", b"\x80\x04" + push + push + b"\x93.")
    assert found.data["imports"] == [{"module": "?x", "name": "?x", "safety": "suspicious"}]


def test_broken_pickles_say_that_there_may_be_more():
    found = show("a.pkl", pickle.dumps(Evil())[:-10])
    assert "end" in found.data["problem"]


def test_archives_list_what_they_hold():
    found = show("a.zip", archive(a__b=b"x" * 100, c=b""))
    assert [(entry["path"], entry["size"]) for entry in found.data["entries"]] == [("a/b", 100), ("c", 0)]
    assert found.data["totalSize"] == 100


@pytest.mark.parametrize("cut", [1, 10, 22, 40])
def test_broken_archives_are_survived(cut):
    assert show("a.zip", archive(a=b"x", b=b"y")[:-cut]).kind in ("archive", "binary")


def test_an_archive_with_an_enormous_directory_is_not_opened():
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, 500_000_000, 0, 0)
    assert show("a.zip", b"PK\3\4" + bytes(100) + end).kind == "binary"


def test_an_archive_that_claims_more_than_there_can_be_is_none():
    extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    record = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, 0, 1, 2**32 - 1, 1, len(extra), *[0] * 5
    )
    directory = (record + b"x" + extra) * 2
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, len(directory), 4, 0)
    assert show("a.zip", b"PK\3\4" + directory + end).kind == "binary"


def test_pointers_without_content_say_so():
    class Missing(Bytes):
        def read(self, start, length):
            raise ObjectNotFound(oid="x")

    assert preview_file(PreviewedFile("a.bin", Missing(b"x"), NOWHERE, "/x")).kind == "missing"
