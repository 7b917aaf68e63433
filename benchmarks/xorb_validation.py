"""How fast a xorb is checked, beside BLAKE3 alone on the same bytes, in one interleaved run.

    python -m benchmarks.xorb_validation

Prints, for each kind of data, raw bytes per CPU-second of `read_xorb` and of plain downloads (`decode_chunks`), and
the share of what hashing the decoded chunks would cost if nothing else had to be done. CPU time, medians of the rounds.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # or its idle threads count as our CPU time

import numpy as np

from holdfast.hub.xet.formats.compression import Scheme
from holdfast.hub.xet.formats.hashes import chunk_hash, xorb_hash
from holdfast.hub.xet.formats.xorb import build_xorb, decode_chunks, read_xorb

RAW_BYTES = 16 << 20
ROUNDS = 7


def kinds_of_data() -> Iterator[tuple[str, Scheme, bytes]]:
    """Name, the scheme that clients choose, and content."""
    normal = np.random.default_rng(1).standard_normal(RAW_BYTES // 4).astype("<f4")
    bf16 = (np.random.default_rng(2).standard_normal(RAW_BYTES // 2) * 0.02).astype("<f4")
    yield "incompressible", Scheme.NONE, random.Random(1).randbytes(RAW_BYTES)
    yield "f32 weights", Scheme.BG4_LZ4, normal.tobytes()
    yield "bf16 weights", Scheme.BG4_LZ4, (bf16.view("<u4") >> 16).astype("<u2").tobytes()
    words = [f"word{number}" for number in range(5000)]
    yield "text", Scheme.LZ4, " ".join(random.Random(2).choices(words, k=RAW_BYTES // 8)).encode()


def cut(content: bytes) -> list[bytes]:
    """Chunks of 8 to 128 KiB, 64 KiB in the mean."""
    source, chunks, at = random.Random(3), [], 0
    while at < len(content):
        length = min(128 << 10, int(source.expovariate(1 / (56 << 10))) + (8 << 10))
        chunks.append(content[at : at + length])
        at += length
    return chunks


def cpu_seconds(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def main() -> None:
    print(f"{'':15} {'check':>8} {'decode':>8} {'BLAKE3':>8}   MB per CPU-second;  check : BLAKE3")
    for name, scheme, content in kinds_of_data():
        chunks = cut(content)
        claimed = xorb_hash((chunk_hash(chunk), len(chunk)) for chunk in chunks)
        data = memoryview(build_xorb(chunks, scheme))
        index = read_xorb(data, claimed)
        acts: list[Callable[[], object]] = [
            lambda d=data, h=claimed: read_xorb(d, h),
            lambda d=data, i=index: [len(batch) for batch in decode_chunks(d, i, 0, len(i))],
            lambda c=chunks: [chunk_hash(chunk) for chunk in c],
        ]
        rounds = [[cpu_seconds(act) for act in acts] for _ in range(ROUNDS)]
        check, decode, blake3 = (len(content) / statistics.median(column) / 1e6 for column in zip(*rounds, strict=True))
        print(f"{name:15} {check:8.0f} {decode:8.0f} {blake3:8.0f}   {check / blake3:.2f}")


if __name__ == "__main__":
    main()
