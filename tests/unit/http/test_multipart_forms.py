from __future__ import annotations

import asyncio
import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.base.identity import ANONYMOUS
from holdfast.http.call import Call
from holdfast.http.multipart_forms import FormLimits, receive_form
from holdfast.http.urls import Urls

LIMITS = FormLimits(max_bytes=4_000_000, max_files=3, max_fields=3)


def part(name, content, filename=None):
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'--border\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--border--\r\n"


def receive(folder, body, *, limits=LIMITS, piece_bytes=7, content_type="multipart/form-data; boundary=border"):
    pieces = [body[start : start + piece_bytes] for start in range(0, len(body), piece_bytes)]
    messages = iter([{"type": "http.request", "body": piece, "more_body": True} for piece in pieces])

    async def incoming():
        return next(messages, {"type": "http.request", "body": b"", "more_body": False})

    async def main():
        headers = [(b"content-type", content_type.encode())]
        scope = {"type": "http", "method": "POST", "headers": headers, "path": "/", "query_string": b""}
        with ThreadPoolExecutor(2) as executor:
            call = Call(scope, incoming, actor=ANONYMOUS, words={}, urls=Urls(""), executor=executor)
            return await receive_form(call, folder, limits)

    return asyncio.run(main())


def test_fields_and_files_come_as_they_were_sent(tmp_path):
    body = part("summary", "grüße\r\nzwei".encode()) + part("files", b"\0\r\n--borde", "folder/ä.bin") + END
    form = receive(tmp_path, body)
    assert form.fields.text("summary") == "grüße\nzwei"
    [file] = form.files
    assert (file.field, file.name, file.size_bytes) == ("files", "folder/ä.bin", 10)
    assert file.content.read() == b"\0\r\n--borde"
    form.close()
    assert file.content.closed


def test_large_files_go_to_disk_without_a_name(tmp_path):
    content = bytes(range(256)) * 8_000
    form = receive(tmp_path, part("files", content, "large.bin") + END, piece_bytes=65_536)
    assert form.files[0].content.read() == content
    assert list(tmp_path.iterdir()) == []
    form.close()


def test_an_empty_file_field_sends_nothing(tmp_path):
    form = receive(tmp_path, part("files", b"", "") + END)
    assert form.files == []
    form.close()


@pytest.mark.parametrize(
    "body",
    [
        part("files", b"x" * 5_000_000, "a"),
        part("files", b"x", "a") * 4,
        b"".join(part(f"field{number}", b"x") for number in range(4)),
        part("text", b"x" * 1_100_000),
        part("text", b"x" * 400_000) * 3,
        part("text", b"x") * 4,
    ],
)
def test_too_much_is_refused(tmp_path, body):
    with pytest.raises(TooLarge):
        receive(tmp_path, body + END, piece_bytes=65_536)
    assert list(tmp_path.iterdir()) == []


def test_many_files_take_one_descriptor_and_hardly_any_memory(tmp_path):
    names = [f"{number}.bin" for number in range(300)]
    body = b"".join(part("files", name.encode() * 10_000, name) for name in names) + END
    before = len(os.listdir("/proc/self/fd"))
    tracemalloc.start()
    form = receive(tmp_path, body, limits=FormLimits(max_bytes=30_000_000), piece_bytes=1_000_000)
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(os.listdir("/proc/self/fd")) == before + 1
    assert kept_bytes < 3_000_000
    for file in reversed(form.files):
        assert file.content.read(3) == file.name.encode()[:3]
        file.content.seek(0)
        assert file.content.read() == file.name.encode() * 10_000
    form.close()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("body", [b"", b"nonsense", part("a", b"x"), part("files", b"x", "a")[:-5]])
def test_what_breaks_off_is_no_form(tmp_path, body):
    with pytest.raises(InvalidInput):
        receive(tmp_path, body)


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "multipart/form-data; boundary="])
def test_other_bodies_are_no_forms(tmp_path, content_type):
    with pytest.raises(InvalidInput, match="multipart"):
        receive(tmp_path, END, content_type=content_type)
