"""Broken and hostile files are refused by name, before anything large is unpacked."""

import io
import struct
import zlib

import numpy as np
import pytest
import soundfile
from PIL import Image

from holdfast.base.errors import HoldfastError, InvalidInput, TooLarge
from holdfast.inference.runtime.images import decode_image
from holdfast.inference.runtime.sounds import decode_sound
from tests.factories import tiny_models

PICTURE, SOUND = tiny_models.picture(), tiny_models.sound()


def png_of(width, height):
    """A PNG whose header claims a size; its pixels would be a few bytes of zeros."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def named_or(check):
    """What a check says, or that the error it met names the field; any other error goes on."""
    try:
        return check()
    except HoldfastError as error:
        return "inputs" in error.message


@pytest.mark.parametrize("size", [(100_000, 100_000), (20_000, 20_000), (9_000, 9_000)])
def test_a_picture_that_would_fill_the_memory(size):
    with pytest.raises((TooLarge, InvalidInput), match="`inputs`"):
        decode_image(png_of(*size), "inputs")


@pytest.mark.parametrize(
    "data", [b"x", b"GIF89a", PICTURE[:60], PICTURE[: len(PICTURE) // 2], b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture(data):
    with pytest.raises(InvalidInput, match="`inputs` is not a picture"):
        decode_image(data, "inputs")


def test_bits_of_pictures_turned_over():
    random = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        good = np.frombuffer(tiny_models.picture(kind=kind), np.uint8)
        for _ in range(60):
            bad = good.copy()
            bad[random.integers(0, len(bad), 6)] = random.integers(0, 256, 6)
            assert named_or(lambda: decode_image(bad.tobytes(), "inputs").mode == "RGB")  # noqa: B023 - called at once


def test_a_picture_with_transparency_and_one_that_lies_on_its_side():
    buffer = io.BytesIO()
    Image.new("LA", (4, 6)).save(buffer, "PNG")
    assert decode_image(buffer.getvalue(), "inputs").mode == "RGB"
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (4, 6)).save(turned, "JPEG", exif=exif)
    assert decode_image(turned.getvalue(), "inputs").size == (6, 4)


@pytest.mark.parametrize("data", [b"x", b"RIFF", SOUND[:30], b"ID3" + bytes(100), PICTURE])
def test_what_is_no_sound(data):
    with pytest.raises(InvalidInput, match="`inputs`"):
        decode_sound(data, 16_000, "inputs")


def test_a_sound_without_end():
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(2_000_000, np.float32), 1_000, format="FLAC")
    assert len(buffer.getvalue()) < 100_000
    with pytest.raises(TooLarge, match="2000 seconds"):
        decode_sound(buffer.getvalue(), 16_000, "inputs")


def test_sounds_that_are_no_numbers():
    buffer = io.BytesIO()
    soundfile.write(buffer, np.array([0.0, np.nan], np.float32), 16_000, format="WAV", subtype="FLOAT")
    with pytest.raises(InvalidInput, match="numbers that are none"):
        decode_sound(buffer.getvalue(), 16_000, "inputs")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_sounds_are_brought_to_one_channel_and_rate(kind):
    found = decode_sound(tiny_models.sound(0.5, 8_000, kind), 16_000, "inputs")
    assert found.ndim == 1
    assert len(found) == pytest.approx(8_000, abs=1_500)
    spectrum = np.abs(np.fft.rfft(found))
    assert np.argmax(spectrum) * 16_000 / len(found) == pytest.approx(440, abs=5)


def test_bits_of_sounds_turned_over():
    random = np.random.default_rng(0)
    for kind in ("WAV", "FLAC", "OGG", "MP3"):
        good = np.frombuffer(tiny_models.sound(0.1, 8_000, kind), np.uint8)
        for _ in range(40):
            bad = good.copy()
            bad[random.integers(0, len(bad), 6)] = random.integers(0, 256, 6)
            assert named_or(lambda: decode_sound(bad.tobytes(), 16_000, "inputs").ndim == 1)  # noqa: B023 - called at once
