"""How exactly to compute while searching: in bfloat16 where this processor is made for it, else in float32.

Processors with matrix units for bfloat16 encode texts two to three times as fast by it; cosines of their vectors differ
from the third digit on. What is served stays in float32.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

from holdfast.inference.runtime.libraries import need

_CLEARLY_FASTER = 1.5
_REPEATS = 3


@lru_cache(maxsize=1)
def fast_dtype() -> str:
    """`bfloat16` where it is clearly faster on this CPU, else `float32`; `auto` on a GPU, which knows for itself.

    Computes: not for a process that will fork.
    """
    torch = need("torch")
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        return "auto"
    exact, short = (_seconds(torch, getattr(torch, name)) for name in ("float32", "bfloat16"))
    return chosen(exact, short)


def chosen(exact_seconds: float, short_seconds: float) -> str:
    """The dtype for what the same work took in float32 and in bfloat16."""
    return "bfloat16" if short_seconds * _CLEARLY_FASTER <= exact_seconds else "float32"


def fast_steps() -> AbstractContextManager[Any]:
    """Steps of training in what `fast_dtype` says: weights stay float32, products are bfloat16."""
    if fast_dtype() != "bfloat16":
        return nullcontext()
    torch = need("torch")
    made: AbstractContextManager[Any] = torch.autocast("cpu", torch.bfloat16)
    return made


def _seconds(torch: Any, dtype: Any) -> float:
    """CPU seconds of one product of the size that encoders make."""
    left, right = torch.ones((256, 384), dtype=dtype), torch.ones((384, 1536), dtype=dtype)
    return min(_timed(lambda: left @ right) for _ in range(_REPEATS + 1))


def _timed(work: Callable[[], Any]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began
