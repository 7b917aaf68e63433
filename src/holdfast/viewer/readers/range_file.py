"""A source as the kind of file that Python's libraries read from."""

from __future__ import annotations

import io

from holdfast.viewer.domain import Source


class RangeFile(io.RawIOBase):
    """Reads a source on demand; wrap it into a `BufferedReader`."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        """See `io.IOBase`."""
        return True

    def seekable(self) -> bool:
        """See `io.IOBase`."""
        return True

    def tell(self) -> int:
        """See `io.IOBase`."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase`."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size_bytes}[whence]
        if origin + offset < 0:
            raise ValueError("a position before the start of the file")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """See `io.RawIOBase`."""
        wanted = max(0, min(len(buffer), self._source.size_bytes - self._position))
        data = self._source.read(self._position, wanted) if wanted else b""
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
