"""Things that no honest client sends, for every place of a request where a stranger can put something."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

WORDS = (
    "", ".", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "a%2fb", "%2f", "%00", "a%00b", "%ff%fe", "%ed%a0%80", "%",
    "%zz",
    "%e2%80%ae", "%f0%9f%92%a9", "e%cc%81", "%ef%bb%bf", "%c0%ae%c0%ae", "-", "--upload-pack=x", "-c%20core.x=y",
    "HEAD", "@%7b0%7d", "main~1", "main%5e", "%3arefs", "refs%2fheads%2f..", "refs%2fheads%2fmain%2flock", "a.lock",
    ".git", "%0a", "%0d%0aX-Evil:%20y", "%20", "%5c", "%5c..%5c..", "con", "*", "%3f", "%23", "%27%20or%201=1--",
    "0", "-1", "00", "1e9", "nan", "9" * 30, "0x10", "%d9%a1", "null", "undefined", "x" * 4096, "%61" * 1000,
    "a/" * 300, "f" * 40, "F" * 64, "0" * 64, "0" * 63, "refs%2fpr%2f" + "9" * 20, "main..main", "..main", "main...",
)  # fmt: skip
"""For a word of the path, percent-encoded already."""

TEXTS = (
    "", " ", "\0", "a\0b", "..", "/", "//", "a/../b", "-", "\n", "\r\nX: y", "\u202e", "é", "e\u0301", "💩" * 50,
    "\ud800", "x" * 5000, "x" * 200_000, "' or 1=1 --", "<script>", "%s%n", "{}", "null", "9" * 400, "-1", "\ufeff",
    "refs/heads/..", ".lock", "alice/../x", "alice/x/y", "ALICE/TARGET", ".git", "datasets/x", "a b", "\\..\\..",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**63, 2**64, 10**300, 0.5, 1e308, -0.0)
OTHERS: tuple[Any, ...] = (None, True, False, [], [[]], {}, {"a": {"b": [1]}}, [None], [{}], ["x"] * 5, [["x"]] * 3)

QUERY_NAMES = (
    "cursor", "limit", "expand", "expand[]", "recursive", "search", "sort", "direction", "filter", "author", "full",
    "config", "create_pr", "service", "path", "id", "raw", "p", "revision", "gated", "page", "q", "num_parameters",
)  # fmt: skip
QUERY_VALUES = (
    "", "-1", "0", "1e9", "9" * 400, "%00", "%ff", "%ed%a0%80", "x" * 3000, "..%2f..", "null", "[]", "%7b%7d",
    "a,b," * 300, "%d9%a1", "true", "%2520", "eyJhIjoxfQ==", "AAAA", "a%0ab", "&&==&", "%f0%9f%92%a9", "~!*()'",
)  # fmt: skip

BODIES = (
    b"", b" ", b"null", b"true", b"1", b'"x"', b"[]", b"[{}]", b"{", b"}", b"{}", b"{}{}", b"{}\n{}", b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}", b'{"a":NaN}', b'{"a":1e999}', b'{"a":-Infinity}', b'{"\\ud800":1}', b'{"name":"\\ud800"}',
    b'{"name":"\xed\xa0\x80"}', b"[" * 100_000, b'{"a":' * 100_000, b"[" * 500 + b"]" * 500, b'{"a":1,"a":2}',
    b'{"n":' + b"9" * 5000 + b"}", b'"' + b"x" * 1_000_000 + b'"', b"a=b&c=%ff", b"--x\r\n\r\n", b"\x1f\x8b\x08\x00",
    b"0000", b"0001", b"fffe", b"0004" * 1000, bytes(range(256)) * 20, b"PK\x03\x04", b"\r\n" * 1000,
)  # fmt: skip

AUTHORIZATIONS = (
    "", " ", "Bearer", "Bearer ", "Bearer  x", "Bearer \xff\xfe", "Bearer " + "x" * 20_000, "bearer\thf_x", "Basic",
    "Basic !!!", "Basic " + "A" * 9999, "Basic Og==", "Basic OjA=", "Basic YTpi", "Basic /////w==", "Digest a=b",
    "Token x", "Bearer hf_" + "0" * 34, "Bearer null", "Negotiate YII=", "Basic YWxpY2U6aGZfAAA=",
)  # fmt: skip

RANGES = (
    "bytes=", "bytes=-", "bytes=--1", "bytes=0-", "bytes=-0", "bytes=-1", "bytes=5-1", "bytes=0-0,0-0,0-0,0-0",
    "bytes=" + "0-1," * 5000, "bytes=" + "9" * 400 + "-", "bytes=0-" + "9" * 400, "bytes=a-b", "lines=0-1", "bytes",
    "bytes=0-1,2-3,5-4", "bytes=\xb9-\xb2", "bytes=999999999-", "bytes = 0-1", "BYTES=0-1", "bytes=0x1-0x2", ",",
)  # fmt: skip


def mutated_values(value: Any) -> Iterator[tuple[str, Any]]:
    """Each field of a JSON value in turn, replaced by each wrong thing: (the field's name, the whole value)."""
    for path in _paths(value):
        for wrong in (*TEXTS, *NUMBERS, *OTHERS):
            changed = copy.deepcopy(value)
            inner = changed
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = wrong
            names = [str(step) for step in path if isinstance(step, str)]
            yield names[-1] if names else "body", changed


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (key,)
        yield from ((key, *rest) for rest in _paths(inner))


def encode(value: Any) -> bytes:
    """JSON as a careless client writes it: lone surrogates stay escaped."""
    return json.dumps(value).encode()


def hostile_targets(pattern: str, words: dict[str, str], dice: random.Random, rounds: int) -> Iterator[str]:
    """Paths of a route with one hostile word, or a hostile query."""
    names = re.findall(r"\{(\w+)\}", pattern)
    honest = {name: words.get(name, "x") for name in names}
    for name in names:
        for word in dice.sample(WORDS, min(rounds, len(WORDS))):
            yield fill(pattern, honest | {name: word})
    for _ in range(rounds):
        chosen = [f"{dice.choice(QUERY_NAMES)}={dice.choice(QUERY_VALUES)}" for _ in range(dice.randint(1, 3))]
        yield fill(pattern, honest) + "?" + "&".join(chosen)
    if "{prefix}" in pattern:
        yield fill(pattern, honest | {"prefix": "spaces/"})


def fill(pattern: str, words: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: words[match[1]], pattern)


def mutate_bytes(content: bytes, dice: random.Random) -> bytes:
    """Flip, cut, repeat, insert: as a broken disk or a malicious client does."""
    data = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << dice.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = dice.randbytes(dice.randint(1, 40))
            case 3:
                del data[at : at + dice.randint(1, 40)]
            case 4:
                data[at : at + 4] = dice.choice([b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\x01\0\0\0"])
            case _:
                data += data[at : at + 200]
    return bytes(data)
