"""Numbers, sizes and times as people read them; the filters of the templates."""

from __future__ import annotations

from datetime import UTC, datetime

_STEPS = ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))
_AGES = ((365 * 86_400, "year"), (30 * 86_400, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


def size(byte_count: int) -> str:
    """`1.4 MB`: decimal units, as the Hub and its clients show them."""
    for step, unit in ((1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if byte_count >= step:
            return f"{_three_digits(byte_count / step)} {unit}"
    return f"{byte_count} bytes" if byte_count != 1 else "1 byte"


def count(number: int) -> str:
    """`1.4k`, `22.7M`: for likes, downloads, parameters."""
    for step, unit in _STEPS:
        if number >= step:
            return _three_digits(number / step) + unit
    return str(number)


def grouped(number: int) -> str:
    """`12,345`."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ago(milliseconds: int, now: int) -> str:
    """`3 days ago`; times are milliseconds since 1970."""
    seconds = max(0, (now - milliseconds) // 1000)
    for length, unit in _AGES:
        if seconds >= length:
            return f"{plural(seconds // length, unit)} ago"
    return "just now"


def day(milliseconds: int) -> str:
    """`22 Nov 2026`, in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment.day} {moment:%b %Y}"


def moment(milliseconds: int) -> str:
    """`22 Nov 2026, 14:05 UTC`."""
    return f"{day(milliseconds)}, {datetime.fromtimestamp(milliseconds / 1000, UTC):%H:%M} UTC"


def duration(milliseconds: int) -> str:
    """`8 s`, `2 min 5 s`, `1 h 4 min`, `3 days 2 h`: the two greatest units."""
    seconds = max(0, milliseconds) // 1000
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return _two(seconds // 60, "min", seconds % 60, "s")
    if seconds < 86_400:
        return _two(seconds // 3_600, "h", seconds % 3_600 // 60, "min")
    days = seconds // 86_400
    return _two(days, "day" if days == 1 else "days", seconds % 86_400 // 3_600, "h")


def _two(great: int, great_unit: str, small: int, small_unit: str) -> str:
    return f"{great} {great_unit} {small} {small_unit}" if small else f"{great} {great_unit}"


def _three_digits(number: float) -> str:
    text = f"{number:.0f}" if number >= 99.95 else f"{number:.1f}"
    return text.removesuffix(".0")
