from __future__ import annotations

from datetime import UTC, datetime

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.jobs.domain.cron import parse_cron


def after(text, moment):
    start = int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)
    return datetime.fromtimestamp(parse_cron(text).next_after(start) / 1000, UTC).strftime("%a %Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("* * * * *", "2026-01-01T00:00:30", "Thu 2026-01-01 00:01"),
        ("* * * * *", "2026-01-01T00:00:00", "Thu 2026-01-01 00:01"),
        ("*/15 * * * *", "2026-01-01T00:16:00", "Thu 2026-01-01 00:30"),
        ("5/20 * * * *", "2026-01-01T00:26:00", "Thu 2026-01-01 00:45"),
        ("0 9-17/4 * * *", "2026-01-01T10:00:00", "Thu 2026-01-01 13:00"),
        ("30 8 * * mon-fri", "2026-01-02T09:00:00", "Mon 2026-01-05 08:30"),
        ("0 0 * * 7", "2026-01-01T00:00:00", "Sun 2026-01-04 00:00"),
        ("0 0 * * 0", "2026-01-01T00:00:00", "Sun 2026-01-04 00:00"),
        ("0 0 1,15 * *", "2026-01-02T00:00:00", "Thu 2026-01-15 00:00"),
        ("0 0 13 * fri", "2026-01-01T00:00:00", "Fri 2026-01-02 00:00"),
        ("0 0 13 * *", "2026-01-01T00:00:00", "Tue 2026-01-13 00:00"),
        ("0 0 31 * *", "2026-02-01T00:00:00", "Tue 2026-03-31 00:00"),
        ("0 0 29 feb *", "2026-01-01T00:00:00", "Tue 2028-02-29 00:00"),
        ("0 12 * JAN,jul *", "2026-02-01T00:00:00", "Wed 2026-07-01 12:00"),
        ("@hourly", "2026-01-01T00:00:00", "Thu 2026-01-01 01:00"),
        ("@daily", "2026-12-31T23:59:59", "Fri 2027-01-01 00:00"),
        ("@midnight", "2026-12-31T00:00:00", "Fri 2027-01-01 00:00"),
        ("@weekly", "2026-01-01T00:00:00", "Sun 2026-01-04 00:00"),
        ("@monthly", "2026-01-01T00:00:00", "Sun 2026-02-01 00:00"),
        ("@yearly", "2026-01-01T00:00:00", "Fri 2027-01-01 00:00"),
        (" @Daily ", "2026-01-01T00:00:00", "Fri 2026-01-02 00:00"),
    ],
)
def test_next_moment(text, start, expected):
    assert after(text, start) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "@never", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 8", "*/0 * * * *", "5-1 * * * *", "a * * * *", "* * * mon *", "1,,2 * * * *", "-1 * * * *",
        "* * * * *\n* * * * *", "0 0 30 2 *", "٣ * * * *",
    ],
)  # fmt: skip
def test_what_is_no_schedule(text):
    with pytest.raises(InvalidInput) as raised:
        parse_cron(text)
    assert raised.value.field == "schedule"
