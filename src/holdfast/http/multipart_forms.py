"""Receives forms with files, `multipart/form-data`: all files go to one nameless file on disk as they come.

However many there are, they take one file descriptor and no memory.

It knows nothing of what the files are for. Source: RFC 7578; WHATWG HTML, "multipart/form-data encoding algorithm".
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from holdfast.backends.blobs.local import translated_disk_errors
from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.http.call import Call, FormFields
from holdfast.http.uploads import declared_length, receive_body

_WRITE_BYTES = 256 * 1024
_READ_BYTES = 512
"""Larger reads pass it by; there may be thousands of files."""
_MAX_FIELD_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FormLimits:
    """What a form may send. `max_bytes` is for everything together, `max_field_bytes` for all that is no file."""

    max_bytes: int
    max_files: int = 1_000
    max_fields: int = 100
    max_field_bytes: int = _MAX_FIELD_BYTES


@dataclass(frozen=True)
class FormFile:
    """A file that was sent. `name` is what the browser calls it: for a folder's, its path within."""

    field: str
    name: str
    size_bytes: int
    content: IO[bytes]


@dataclass
class ReceivedForm:
    """What a form sent; its files last until `close`, and are read one at a time: they share `storage`."""

    storage: IO[bytes]
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
        with suppress(OSError):  # a full disk: what could not be written is not wanted any more
            self.storage.close()


class _Part(io.RawIOBase):
    """A stretch of a file, as a file of its own."""

    def __init__(self, storage: IO[bytes], start: int, size_bytes: int) -> None:
        super().__init__()
        self._storage = storage
        self._start = start
        self._size = size_bytes
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise ValueError("a position before the start of the file")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the protocol's word for any buffer
        wanted = max(0, min(len(buffer), self._size - self._position))
        self._storage.seek(self._start + self._position)
        data = self._storage.read(wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


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
    boundary = _boundary(call)
    receiver = await call.run(_Receiver, boundary, folder, limits)
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
        self._limits = limits
        with translated_disk_errors():
            storage = tempfile.TemporaryFile(buffering=_WRITE_BYTES, dir=folder)  # noqa: SIM115 - closed with the form
        self._form = ReceivedForm(storage)
        self._received_bytes = 0
        self._field_bytes = 0
        self._field_count = 0
        self._is_over = False
        self._header: list[bytes] = [b"", b""]
        self._options: dict[bytes, bytes] = {}
        self._disposition = b""
        self._field: bytearray | None = None
        self._start = 0
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
        with _parse_errors(), translated_disk_errors():
            self._parser.finalize()
            self._form.storage.flush()
        if not self._is_over:
            raise InvalidInput(field="body", problem="ends before the form does")
        return self._form

    def discard(self) -> None:
        self._form.close()

    def _begin(self) -> None:
        self._disposition = b""
        self._header = [b"", b""]

    def _note_header(self, index: int, piece: bytes) -> None:
        self._header[index] += piece  # the parser limits how long they are

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = [b"", b""]

    def _open(self) -> None:
        _, self._options = parse_options_header(self._disposition)
        self._field = None if b"filename" in self._options else bytearray()
        self._start = self._form.storage.tell()

    def _keep(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._form.storage.write(data[start:end])
            return
        self._field_bytes += end - start
        if self._field_bytes > self._limits.max_field_bytes:
            raise TooLarge(what=f"The field {self._name[:40]!r}", limit=f"{self._limits.max_field_bytes} bytes")
        self._field += data[start:end]

    @property
    def _name(self) -> str:
        return self._options.get(b"name", b"").decode("utf-8", "replace")

    def _end(self) -> None:
        if self._field is None:
            self._add_file(self._options[b"filename"].decode("utf-8", "replace"))
        else:
            self._add_field(self._field.decode("utf-8", "replace"))

    def _add_file(self, name: str) -> None:
        size_bytes = self._form.storage.tell() - self._start
        if not name and size_bytes == 0:
            return  # a file field that was left empty
        content = io.BufferedReader(_Part(self._form.storage, self._start, size_bytes), _READ_BYTES)
        self._form.files.append(FormFile(self._name, name, size_bytes, content))
        if len(self._form.files) > self._limits.max_files:
            raise TooLarge(what="The number of files in a form", limit=f"{self._limits.max_files}")

    def _add_field(self, text: str) -> None:
        self._field_count += 1
        if self._field_count > self._limits.max_fields:
            raise TooLarge(what="The number of fields in a form", limit=f"{self._limits.max_fields}")
        self._form.values.setdefault(self._name, []).append(text)

    def _note_end(self) -> None:
        self._is_over = True


@contextmanager
def _parse_errors() -> Iterator[None]:
    try:
        yield
    except MultipartParseError as error:
        raise InvalidInput(field="body", problem=f"is not a form: {error}") from error
