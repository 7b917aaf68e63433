"""How large a picture file says it is, from its first bytes: for pages that draw over it. Nothing is unpacked.

Sizes are those of the upright picture: cameras turn pictures by a note in EXIF, which browsers and models heed.
Source: PNG third edition, section 11.2.1; ITU-T T.81 annex B (JPEG); Exif 2.32, tag 0x0112; GIF89a; RFC 9649 (WebP);
Microsoft, BITMAPINFOHEADER.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import error as struct_error
from struct import unpack_from

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of JPEG's frame headers, which hold the size."""
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_ORIENTATION = 0x0112
_LYING = range(5, 9)
"""Orientations with the first row at a side: width and height change places."""


@dataclass(frozen=True)
class PictureFile:
    """What a file's beginning says: its media type, and its size in pixels."""

    media_type: str
    width: int
    height: int


def read_picture(content: bytes) -> PictureFile | None:
    """Type and size of a picture that browsers show; None for any other file, or a broken one."""
    for signature, read in _READERS.items():
        if content.startswith(signature):
            try:
                found = read(content)
            except (struct_error, IndexError):
                return None
            return found if found is not None and found.width > 0 and found.height > 0 else None
    return None


def _png(content: bytes) -> PictureFile:
    return PictureFile("image/png", *unpack_from(">II", content, 16))


def _gif(content: bytes) -> PictureFile:
    return PictureFile("image/gif", *unpack_from("<HH", content, 6))


def _bmp(content: bytes) -> PictureFile:
    width, height = unpack_from("<ii", content, 18)
    return PictureFile("image/bmp", width, abs(height))  # a negative one: rows from above


def _webp(content: bytes) -> PictureFile | None:
    kind = content[12:16]
    if content[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        return PictureFile("image/webp", _three(content, 24) + 1, _three(content, 27) + 1)
    if kind == b"VP8L":
        (bits,) = unpack_from("<I", content, 21)
        return PictureFile("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = unpack_from("<HH", content, 26)
        return PictureFile("image/webp", width & 0x3FFF, height & 0x3FFF)
    return None


def _three(content: bytes, place: int) -> int:
    low, high = unpack_from("<HB", content, place)
    return int(low | high << 16)


def _jpeg(content: bytes) -> PictureFile | None:
    place, lies = 2, False
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            place += 1 if marker == 0xFF else 2
            continue
        (length,) = unpack_from(">H", content, place + 2)
        if marker in _FRAMES:
            height, width = unpack_from(">HH", content, place + 5)
            return PictureFile("image/jpeg", *((height, width) if lies else (width, height)))
        if marker == 0xE1 and content[place + 4 : place + 10] == b"Exif\0\0":
            lies = _orientation(content[place + 10 : place + 2 + length]) in _LYING
        place += 2 + length
    return None


def _orientation(exif: bytes) -> int:
    """The note on how a camera was held; 1, upright, without one."""
    order = "<" if exif.startswith(b"II") else ">"
    (start,) = unpack_from(f"{order}I", exif, 4)
    (count,) = unpack_from(f"{order}H", exif, start)
    for index in range(count):
        tag, _kind, _values, value = unpack_from(f"{order}HHIH", exif, start + 2 + index * 12)
        if tag == _ORIENTATION:
            return int(value)
    return 1


_READERS = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8\xff": _jpeg,
    b"GIF8": _gif,
    b"RIFF": _webp,
    b"BM": _bmp,
}
