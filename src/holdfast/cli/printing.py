"""Plain tables on standard output."""

from __future__ import annotations

from collections.abc import Sequence


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings in columns that are as wide as need be."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def moment(milliseconds: int | None) -> str:
    """A date and time for people, UTC; `never` for None."""
    from holdfast.base.clock import iso  # noqa: PLC0415 - keeps help fast

    return "never" if milliseconds is None else iso(milliseconds)[:16].replace("T", " ")


def size(size_bytes: int) -> str:
    """A number of bytes for people, in powers of 1024."""
    amount, units = float(size_bytes), ["B", "KiB", "MiB", "GiB", "TiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"
