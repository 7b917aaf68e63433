"""Cron expressions: five fields (minute, hour, day of the month, month, day of the week) in UTC, or a word.

Source: POSIX.1-2017 crontab; words and steps as in cron(5): when both days are restricted, either suffices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from holdfast.base.errors import InvalidInput

WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:(?P<star>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,4}))?", re.ASCII)
_HORIZON_DAYS = 366 * 9
"""29 February comes after 8 years at most; what has not come by then never does."""


@dataclass(frozen=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()
    first_word: int = 0


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS, 1),
    _Field("day of the week", 0, 7, _DAYS),
)


@dataclass(frozen=True)
class Cron:
    """A parsed expression; `weekdays` count from Sunday, 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def next_after(self, moment: int) -> int:
        """The first moment of the expression after `moment`, both in milliseconds since 1970."""
        start = datetime.fromtimestamp(moment // 1000, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        day = start.replace(hour=0, minute=0)
        for _ in range(_HORIZON_DAYS):
            if self._has_day(day):
                found = self._first_time(day, start)
                if found is not None:
                    return int(found.timestamp()) * 1000
            day += timedelta(days=1)
        raise InvalidInput(field="schedule", problem="never comes: there is no such day")

    def _has_day(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.either_day else in_month and in_week

    def _first_time(self, day: datetime, start: datetime) -> datetime | None:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                moment = day.replace(hour=hour, minute=minute)
                if moment >= start:
                    return moment
        return None


def parse_cron(text: str) -> Cron:
    """Read an expression.

    Raises:
        InvalidInput: not five fields nor one of the words, or a field that is out of its range; or it never comes.
    """
    words = WORDS.get(text.strip().lower(), text).split()
    if len(words) != len(_FIELDS):
        problem = f"must be five fields as in cron, or one of {', '.join(WORDS)}; got {text[:60]!r}"
        raise InvalidInput(field="schedule", problem=problem)
    minutes, hours, days, months, weekdays = (_values(word, about) for word, about in zip(words, _FIELDS, strict=True))
    either_day = not words[2].startswith("*") and not words[4].startswith("*")
    cron = Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either_day)
    cron.next_after(0)
    return cron


def _values(word: str, about: _Field) -> frozenset[int]:
    return frozenset(value for part in word.split(",") for value in _part(part, about))


def _part(text: str, about: _Field) -> range:
    match = _PART.fullmatch(text)
    step = int(match["step"] or 1) if match else 0
    if match is None or step == 0:
        raise _bad(text, about)
    if match["star"]:
        return range(about.least, about.most + 1, step)
    first = _number(match["first"], about)
    last = _number(match["last"], about) if match["last"] else about.most if match["step"] else first
    if last < first:
        raise _bad(text, about)
    return range(first, last + 1, step)


def _number(word: str, about: _Field) -> int:
    if word.lower() in about.words:
        return about.words.index(word.lower()) + about.first_word
    if not word.isdecimal() or not about.least <= int(word) <= about.most:
        raise _bad(word, about)
    return int(word)


def _bad(text: str, about: _Field) -> InvalidInput:
    return InvalidInput(
        field="schedule", problem=f"has {text[:40]!r} for the {about.name}: must be {about.least} to {about.most}"
    )
