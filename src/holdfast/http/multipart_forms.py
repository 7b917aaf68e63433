"""Receives forms with files, `multipart/form-data`: files go to nameless files on disk as they come, bounded in all.

It knows nothing of what the files are for. Source: RFC 7578; WHATWG HTML, "multipart/form-data encoding algorithm".
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from holdfast.backends.blobs.local import translated_disk_errors
from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.http.call import Call, FormFields
from holdfast.http.uploads import declared_length, receive_body

_IN_MEMORY_BYTES = 1024 * 1024
_MAX_FIELD_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FormLimits:
    """What a form may send. `max_bytes` is for everything together."""

    max_bytes: int
    max_files: int = 1_000
    max_fields: int = 100


@dataclass(frozen=True)
class FormFile:
    """A file that was sent. `name` is what the browser calls it: for a folder's, its path within."""

    field: str
    name: str
    size_bytes: int
    content: IO[bytes]


@dataclass
class ReceivedForm:
    """What a form sent; its files last until `close`."""

    values: dict[str, list[str]] = field(default_factory=dict)
    files: list[FormFile] = field(default_factory=list)

    @property
    def fields(self) -> FormFields:
        """The texts."""
        return FormFields(self.values)

    def close(self) -> None:
        """Forget the files."""
        for file in self.files:
            file.content.close()


async def receive_form(call: Call, folder: Path, limits: FormLimits) -> ReceivedForm:
    """Read the whole form; the caller closes it.

    Args:
        call: the request.
        folder: on the disk that takes files too large for memory.
        limits: what is too much.

    Raises:
        InvalidInput: no such form, or broken off.
        TooLarge: beyond the limits; a declared length is refused before anything is read.
        StorageFull: no room.
    """
    length = declared_length(call)
    if length is not None and length > limits.max_bytes:
        raise _too_large(limits)
    receiver = _Receiver(_boundary(call), folder, limits)
    try:
        await receive_body(call, receiver.write)
        return await call.run(receiver.finish)
    except BaseException:
        receiver.discard()
        raise


def _boundary(call: Call) -> bytes:
    kind, options = parse_options_header(call.header(b"content-type") or "")
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 200:
        raise InvalidInput(field="Content-Type", problem="must be multipart/form-data")
    return boundary


def _too_large(limits: FormLimits) -> TooLarge:
    return TooLarge(what="What the form sends", limit=f"{limits.max_bytes} bytes")


class _Receiver:
    """Turns the parser's callbacks into fields and files."""

    def __init__(self, boundary: bytes, folder: Path, limits: FormLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._form = ReceivedForm()
        self._received_bytes = 0
        self._is_over = False
        self._header: list[bytes] = [b"", b""]
        self._disposition = b""
        self._part: IO[bytes] | None = None
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._note_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._note_header(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._keep,
                "on_part_end": self._end,
                "on_end": self._note_end,
            },
        )

    def write(self, batch: memoryview) -> None:
        self._received_bytes += batch.nbytes
        if self._received_bytes > self._limits.max_bytes:
            raise _too_large(self._limits)
        with _parse_errors(), translated_disk_errors():
            self._parser.write(bytes(batch))

    def finish(self) -> ReceivedForm:
        with _parse_errors():
            self._parser.finalize()
        if not self._is_over:
            raise InvalidInput(field="body", problem="ends before the form does")
        return self._form

    def discard(self) -> None:
        if self._part is not None:
            self._part.close()
        self._form.close()

    def _begin(self) -> None:
        self._disposition = b""
        self._header = [b"", b""]

    def _note_header(self, index: int, piece: bytes) -> None:
        self._header[index] += piece

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = [b"", b""]

    def _open(self) -> None:
        self._part = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(self._folder))  # noqa: SIM115 - closed by `_end` or `discard`

    def _keep(self, data: bytes, start: int, end: int) -> None:
        assert self._part is not None
        self._part.write(data[start:end])

    def _end(self) -> None:
        assert self._part is not None
        part, self._part = self._part, None
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self._add_file(name, options[b"filename"].decode("utf-8", "replace"), part)
        else:
            self._add_field(name, part)

    def _add_file(self, field_name: str, name: str, part: IO[bytes]) -> None:
        size_bytes = part.tell()
        part.seek(0)
        if not name and size_bytes == 0:
            part.close()  # a file field that was left empty
            return
        self._form.files.append(FormFile(field_name, name, size_bytes, part))
        if len(self._form.files) > self._limits.max_files:
            raise TooLarge(what="The number of files in a form", limit=f"{self._limits.max_files}")

    def _add_field(self, name: str, part: IO[bytes]) -> None:
        if part.tell() > _MAX_FIELD_BYTES or len(self._form.values) >= self._limits.max_fields:
            part.close()
            raise TooLarge(what=f"The field {name[:40]!r}", limit=f"{_MAX_FIELD_BYTES} bytes")
        part.seek(0)
        self._form.values.setdefault(name, []).append(part.read().decode("utf-8", "replace"))
        part.close()

    def _note_end(self) -> None:
        self._is_over = True


@contextmanager
def _parse_errors() -> Iterator[None]:
    try:
        yield
    except MultipartParseError as error:
        raise InvalidInput(field="body", problem=f"is not a form: {error}") from error
