import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import RangeNotSatisfiable
from holdfast.http.ranges import ByteRange, if_none_match, if_range, parse_ranges

TAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-99", [(0, 100)]),
        ("bytes=0-9999", [(0, 100)]),
        ("bytes=99-", [(99, 100)]),
        ("bytes=-1", [(99, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("Bytes = 5-6", [(5, 7)]),
        ("bytes=0-1,4-5", [(0, 2), (4, 6)]),
        ("bytes= 0-1 ,\t, 4-5,", [(0, 2), (4, 6)]),
        ("bytes=50-60, 0-1", [(50, 61), (0, 2)]),
        ("bytes=0-1,200-300", [(0, 2)]),
        ("bytes=0-1,1-2,2-3", [(0, 2), (1, 3), (2, 4)]),
        ("bytes=" + "0" * 5000 + "5-6", [(5, 7)]),
        ("bytes=0-" + "9" * 5000, [(0, 100)]),
    ],
)
def test_ranges(header, expected):
    assert parse_ranges(header, 100) == tuple(ByteRange(*bounds) for bounds in expected)


@pytest.mark.parametrize(
    "header",
    [
        "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,x", "bytes=--1",
        "bytes=1-2-3", "items=0-1", "bytes 0-1", "bytes=+1-2", "bytes=1.0-2", "bytes=0-1;4-5", "bytes=٣-٤",
    ],
)  # fmt: skip
def test_malformed_headers_are_ignored(header):
    assert parse_ranges(header, 100) is None


@pytest.mark.parametrize(
    "header",
    [
        "bytes=100-",
        "bytes=100-200",
        "bytes=-0",
        "bytes=200-,300-",
        "bytes=" + "9" * 5000 + "-",
        "bytes=" + ",".join(f"{start}-{start}" for start in range(101)),
        "bytes=0-,0-,0-,0-",
    ],
)
def test_nothing_to_send_and_floods(header):
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_ranges(header, 100)
    assert caught.value.size_bytes == 100


def test_hundred_ranges_are_served():
    header = "bytes=" + ",".join(f"{start}-{start}" for start in range(100))
    assert len(parse_ranges(header, 100) or ()) == 100


def test_empty_file():
    assert parse_ranges("bytes=-5", 0) is None
    for header in ("bytes=0-", "bytes=0-0", "bytes=-0"):
        with pytest.raises(RangeNotSatisfiable):
            parse_ranges(header, 0)


@given(st.one_of(st.text(), st.text("bytes=0123456789-, ").map("bytes={}".format)), st.integers(0, 50))
def test_any_header_gives_ranges_within_the_file(header, size):
    try:
        ranges = parse_ranges(header, size)
    except RangeNotSatisfiable:
        return
    assert ranges is None or ranges
    assert all(0 <= asked.start < asked.end <= size for asked in ranges or ())


def test_content_range():
    assert ByteRange(0, 10).content_range(100) == "bytes 0-9/100"


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ("*", True),
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", W/"abc" , "y"', True),
        ("abc", True),
        ('"abcd"', False),
        ('"x","y"', False),
        ("", False),
        ('"a,b"', False),
    ],
)
def test_if_none_match_compares_weakly(header, matches):
    assert if_none_match(header, TAG) is matches
    assert if_none_match(header, "W/" + TAG) is matches


def test_if_none_match_with_a_comma_inside_a_tag():
    assert if_none_match('"x", "a,b"', '"a,b"')


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        ('"abc"', True),
        (' "abc" ', True),
        ('W/"abc"', False),
        ('"x"', False),
        ("Sat, 21 Nov 2026 10:00:00 GMT", True),
        ("Sat, 21 Nov 2026 10:00:01 GMT", False),
        ("nonsense", False),
    ],
)
def test_if_range_compares_strongly(header, holds):
    assert if_range(header, TAG, "Sat, 21 Nov 2026 10:00:00 GMT") is holds


def test_if_range_with_a_date_and_no_date_to_compare():
    assert not if_range("Sat, 21 Nov 2026 10:00:00 GMT", TAG)
