"""Questions that nobody well-meaning asks: wrong types, wrong shapes, huge, deep, not Unicode, no media at all."""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

TASKS = ("text-generation", "text-classification", "feature-extraction", "fill-mask", "image-classification")
FIELDS = ("inputs", "parameters", "options", "stream", "model", "messages", "prompt", "input", "query", "texts")
PARAMETERS = (
    "max_new_tokens",
    "temperature",
    "top_k",
    "top_p",
    "truncation",
    "normalize",
    "stop",
    "seed",
    "n",
    "x" * 999,
)
PATHS = ("/embed", "/rerank", "/predict", "/generate", "/generate_stream", "/v1/completions", "/v1/embeddings",
         "/v1/chat/completions", "/v1/responses", "/v1/audio/speech", "/v1/audio/transcriptions")  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """One request to a model's address."""

    path: str
    content_type: str
    body: bytes


def hostile_questions(models: list[str], count: int, seed: int) -> Iterator[Hostile]:
    """So many of them, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        model = chance.choice(models)
        tail = chance.choice(("", f"/pipeline/{chance.choice(TASKS)}", *PATHS))
        kind = chance.choice(("application/json", "application/json", "image/png", "audio/wav", "", "text/html;" * 9))
        yield Hostile(f"/models/{model}{tail}", kind, _body(chance, model))


def _body(chance: random.Random, model: str) -> bytes:
    match chance.randrange(10):
        case 0:
            return chance.randbytes(chance.randrange(2_000))
        case 1:
            return b"[" * chance.choice((1, 500, 100_000))
        case 2:
            return chance.choice((b"", b"null", b"0", b'"\\ud800"', b"{}", b"\xef\xbb\xbf{}", b'{"inputs":NaN}'))
        case 3:
            return chance.choice((bomb(), b"RIFF\xff\xff\xff\xffWAVEfmt ", b"GIF89a" + b"\xff" * 50, b"%PDF-1.4"))
    whole = {name: _value(chance, 3) for name in chance.sample(FIELDS, chance.randrange(1, 5))}
    if chance.random() < 0.5:
        whole["model"] = model
    if chance.random() < 0.5:
        whole["parameters"] = {name: _value(chance, 2) for name in chance.sample(PARAMETERS, 3)}
    return json.dumps(whole).encode()


def _value(chance: random.Random, depth: int) -> object:
    plain: list[object] = [
        None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), "", "\0", "\ud800", "é" * 50, "a " * 500_000,
        "[MASK]", base64.b64encode(bomb()).decode(), "data:image/png;base64,////", "http://127.0.0.1:1/x.png",
        "../../../etc/passwd", "hello",
    ]  # fmt: skip
    choice = chance.randrange(len(plain) + 2 * bool(depth))
    if choice < len(plain):
        return plain[choice] if choice != 12 or chance.random() < 0.1 else "hello"
    if choice == len(plain):
        return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice((*FIELDS, "role", "content", "text")): _value(chance, depth - 1) for _ in range(3)}


@cache
def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 60,000 × 60,000 pixels, and has many of them."""
    rows = zlib.compress(b"\0" * 3_000_000, 9)
    head = struct.pack("!IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    parts = (
        struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
