"""Bytes of a text file as text, whatever encoding it came in."""

from __future__ import annotations

import codecs

from holdfast.base.errors import InvalidInput

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WITHOUT_MARK = ("utf-8", "cp1252", "latin-1")
_SAMPLE = 4096
_MOSTLY = 0.5


def decode(content: bytes, name: str) -> str:
    """UTF-8, UTF-16 or UTF-32 by its mark or its zeros, else UTF-8, else what Windows wrote in the west.

    Raises:
        InvalidInput: it is no text.
    """
    encoding = encoding_of(content)
    if encoding is None:
        raise InvalidInput(field="data", problem=f"cannot be read: {name} is no text")
    return content.decode(encoding)


def encoding_of(content: bytes) -> str | None:
    """The encoding of a text file; None where it is no text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _that_fits(content, (encoding,))
    sample = content[:_SAMPLE]
    for wide, zeros, letters in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        if zeros.count(0) > _MOSTLY * len(zeros) and letters.count(0) == 0 and letters:
            return _that_fits(content, (wide,))
    return None if b"\0" in sample else _that_fits(content, _WITHOUT_MARK)


def _that_fits(content: bytes, encodings: tuple[str, ...]) -> str | None:
    for encoding in encodings:
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None
