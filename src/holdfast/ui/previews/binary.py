"""Everything else: its first bytes, and a way to download it."""

from __future__ import annotations

from holdfast.ui.previews.preview import Preview, PreviewedFile

_SHOWN_BYTES = 256
_ROW = 16


def preview(file: PreviewedFile) -> Preview:
    """The first bytes in hexadecimal digits, sixteen a row."""
    start = file.start(_SHOWN_BYTES)
    rows = [(offset, start[offset : offset + _ROW]) for offset in range(0, len(start), _ROW)]
    return Preview("binary", html={"rows": [(f"{offset:04x}", row.hex(" "), _letters(row)) for offset, row in rows]})


def _letters(row: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
