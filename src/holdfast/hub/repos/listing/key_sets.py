"""Sets of repo keys as blocks of bits: what counting among very many repos needs, and nothing else.

A hundred thousand keys are seven blocks of 2 KB; meeting two such sets and counting the result takes microseconds.
It knows no tables; blocks travel as bytes, little-endian, without the zeros at their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BLOCK_KEYS = 16_384
_ONE = ord("1")


@dataclass(frozen=True)
class KeySet:
    """An immutable set of keys. `blocks`: number of the block → its bits, lowest key first, never zero."""

    blocks: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Iterable[int]) -> KeySet:
        """The set of these keys, in whatever order, repeats allowed."""
        kept = list(keys)
        # One digit per key, then whole blocks read as binary numbers: three times as fast as setting bits.
        digits = bytearray(b"0") * (max(kept, default=-1) + 1)
        for key in kept:
            digits[key] = _ONE
        blocks = {}
        for start in range(0, len(digits), BLOCK_KEYS):
            some = digits[start : start + BLOCK_KEYS]
            if _ONE in some:
                some.reverse()
                blocks[start // BLOCK_KEYS] = int(some, 2)
        return cls(blocks)

    @classmethod
    def from_bytes(cls, blocks: Iterable[tuple[int, bytes]]) -> KeySet:
        """The set as it was stored."""
        return cls({block: int.from_bytes(bits, "little") for block, bits in blocks if bits})

    def to_bytes(self) -> Iterator[tuple[int, bytes]]:
        """Each block for storing."""
        for block, bits in self.blocks.items():
            yield block, bits.to_bytes((bits.bit_length() + 7) // 8, "little")

    def __and__(self, other: KeySet) -> KeySet:
        met = ((block, bits & other.blocks.get(block, 0)) for block, bits in self.blocks.items())
        return KeySet({block: bits for block, bits in met if bits})

    def __or__(self, other: KeySet) -> KeySet:
        joined = {block: bits | other.blocks.get(block, 0) for block, bits in self.blocks.items()}
        return KeySet({**other.blocks, **joined})

    def __sub__(self, other: KeySet) -> KeySet:
        left = ((block, bits & ~other.blocks.get(block, 0)) for block, bits in self.blocks.items())
        return KeySet({block: bits for block, bits in left if bits})

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self.blocks.values())

    def __contains__(self, key: int) -> bool:
        block, bit = divmod(key, BLOCK_KEYS)
        return bool(self.blocks.get(block, 0) >> bit & 1)

    def __iter__(self) -> Iterator[int]:
        for block, bits in sorted(self.blocks.items()):
            start = block * BLOCK_KEYS
            digits = bin(bits)[:1:-1]
            at = digits.find("1")
            while at >= 0:
                yield start + at
                at = digits.find("1", at + 1)

    def count_with(self, other: KeySet) -> int:
        """How many keys are in both."""
        theirs = other.blocks
        return sum((bits & theirs[block]).bit_count() for block, bits in self.blocks.items() if block in theirs)
