import base64
import struct

import pytest

from holdfast.ui.picture_sizes import PictureFile, read_picture


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(width: int, height: int, orientation: int | None = None, order: str = "<") -> bytes:
    """The beginning of one: a note on how it was held, a table, the frame."""
    exif = b""
    if orientation:
        tag = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
        other = struct.pack(f"{order}HHIHH", 0x0100, 3, 1, 7, 0)
        head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, 2)
        exif = segment(0xE1, b"Exif\0\0" + head + other + tag)
    frame = segment(0xC2, struct.pack(">BHHB", 8, height, width, 3))
    return b"\xff\xd8\xff" + segment(0xE0, b"JFIF\0")[1:] + exif + segment(0xC4, b"\0" * 30) + frame


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def webp(kind: bytes, content: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + struct.pack("<I", len(content)) + content


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (png(300, 200), ("image/png", 300, 200)),
        (b"GIF89a" + struct.pack("<HH", 30, 20), ("image/gif", 30, 20)),
        (b"BM" + b"\0" * 16 + struct.pack("<ii", 30, -20), ("image/bmp", 30, 20)),
        (webp(b"VP8X", b"\0" * 4 + b"\x2b\x01\0" + b"\xc7\0\0"), ("image/webp", 300, 200)),
        (webp(b"VP8L", b"\x2f" + struct.pack("<I", 299 | 199 << 14)), ("image/webp", 300, 200)),
        (webp(b"VP8 ", b"\0" * 6 + struct.pack("<HH", 300 | 1 << 14, 200)), ("image/webp", 300, 200)),
        (jpeg(300, 200), ("image/jpeg", 300, 200)),
        (jpeg(300, 200, 3), ("image/jpeg", 300, 200)),
        (jpeg(300, 200, 6), ("image/jpeg", 200, 300)),
        (jpeg(300, 200, 8, ">"), ("image/jpeg", 200, 300)),
    ],
)
def test_sizes_are_those_of_the_upright_picture(content, found):
    assert read_picture(content) == PictureFile(*found)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"II*\0",
        png(0, 5),
        webp(b"VP9 ", b"\0" * 30),
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\xff\xd8\xff\xe1\0\x0fExif\0\0MM\0*\xff\xff\xff\xff",
        b"\xff\xd8\xff" + b"\xff" * 200,
        base64.b64encode(png(3, 3)),
    ],
)
def test_what_is_no_picture_for_browsers_has_no_size(content):
    assert read_picture(content) is None


@pytest.mark.parametrize("content", [png(300, 200), jpeg(300, 200, 6), webp(b"VP8X", b"\0" * 10)])
def test_files_that_break_off_have_none_either(content):
    assert all(read_picture(content[:length]) is None for length in range(len(content) - 4))
