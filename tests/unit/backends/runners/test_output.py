from __future__ import annotations

import random

import pytest

from holdfast.backends.runners.local.output import MAX_LINE_BYTES, LineSplitter

TEXT = b"one\r\ntwo hunter22\n\nthree\rfour hunter22hunter22\nhalf hunter22"
LINES = [b"one", b"two ***", b"", b"three", b"four ******", b"half ***"]


def split(pieces, secrets=("hunter22",)):
    splitter = LineSplitter(secrets)
    return [line for piece in pieces for line in splitter.feed(piece)] + splitter.finish()


def test_wherever_the_bytes_are_cut():
    for first in range(len(TEXT)):
        for second in range(first, len(TEXT)):
            assert split([TEXT[:first], TEXT[first:second], TEXT[second:]]) == LINES


@pytest.mark.parametrize("seed", range(20))
def test_secrets_in_lines_without_end(seed):
    dice = random.Random(seed)
    words = [dice.choice([b"hunter22", b"x" * dice.randint(0, 50_000), b"hunter"]) for _ in range(40)]
    text = b"".join(words)
    pieces, start = [], 0
    while start < len(text):
        length = dice.randint(1, 70_000)
        pieces.append(text[start : start + length])
        start += length
    lines = split(pieces)
    assert b"".join(lines) == text.replace(b"hunter22", b"***")
    assert max(map(len, lines)) <= MAX_LINE_BYTES


def test_what_is_too_short_is_no_secret():
    assert split([b"a b c\n"], ("b", "")) == [b"a b c"]


def test_the_longest_secret_first():
    assert split([b"key-and-more\n"], ("key-and", "key-and-more")) == [b"***"]
