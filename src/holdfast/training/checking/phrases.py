"""How the check says numbers and lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 row`, `2,345 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def share(part: int, whole: int) -> str:
    """A part in percent, never rounded to nothing or to all."""
    percent = 100 * part / max(whole, 1)
    if 0 < percent < 1:
        return "less than 1 %"
    if 99 < percent < 100:
        return "more than 99 %"
    return f"{percent:.0f} %"


def code(name: Any) -> str:
    """A column's name or a value as the data has it, shortened."""
    text = " ".join(str(name).split())
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def several(names: Iterable[Any], most: int = 3) -> str:
    """``a`, `b` and 4 more`."""
    given = list(names)
    shown: Sequence[str] = [code(name) for name in given[:most]]
    if len(given) > most:
        return f"{', '.join(shown)} and {len(given) - most:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""
