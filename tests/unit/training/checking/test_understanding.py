"""Texts that mean numbers, dates or the same label."""

import math

import pytest

from holdfast.training.checking.dates import read_dates
from holdfast.training.checking.encodings import mend
from holdfast.training.checking.numbers import read_numbers
from holdfast.training.checking.targets import is_typo


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1,234.50 €", "12.00 €"], [1234.5, 12]),
        (["1.234,50", "12,00"], [1234.5, 12]),
        (["$ 1,000", "$ 20"], [1000, 20]),
        (["12 %", "-3 %"], [12, -3]),
        (["3 kg", "4.5 kg"], [3, 4.5]),
        (["1 234 567", "12"], [1234567, 12]),
        (["1'000.5", "2"], [1000.5, 2]),
        (["1e-3", "2.5E6"], [0.001, 2500000]),
        (["−5", "+7"], [-5, 7]),
        (["1.5", "abc"], [1.5, math.nan]),
    ],
)
def test_numbers(texts, values):
    found = read_numbers(texts)
    assert found is not None
    assert [None if math.isnan(value) else value for value in found.values] == [
        None if math.isnan(value) else value for value in values
    ]


@pytest.mark.parametrize("texts", [["00123", "04567"], ["A11", "A12"], ["3 kg", "4 lb"], ["red", "blue"]])
def test_what_is_no_number(texts):
    assert read_numbers(texts) is None


@pytest.mark.parametrize(
    ("texts", "first", "guessed"),
    [
        (["2025-03-09", "2025-12-31"], "2025-03-09T00:00:00", False),
        (["09.03.2025", "31.12.2025"], "2025-03-09T00:00:00", False),
        (["03/09/2025", "12/31/2025"], "2025-03-09T00:00:00", False),
        (["09/03/2025", "31/12/2025"], "2025-03-09T00:00:00", False),
        (["03/09/2025", "04/05/2025"], "2025-03-09T00:00:00", True),
        (["9 March 2025", "Dec 31, 2025"], "2025-03-09T00:00:00", False),
        (["2025-03-09T10:30:00Z", "2025-03-10T11:00:00Z"], "2025-03-09T10:30:00", False),
        (["2025/03/09", "2025/12/31"], "2025-03-09T00:00:00", False),
    ],
)
def test_dates(texts, first, guessed):
    found = read_dates(texts)
    assert found is not None
    assert str(found.values[0].astype("datetime64[s]")) == first
    assert found.guessed_order is guessed


@pytest.mark.parametrize("texts", [["12", "13"], ["hello", "world"], ["1.5", "2.25"], ["10.2.1", "10.2.2"]])
def test_what_is_no_date(texts):
    assert read_dates(texts) is None


@pytest.mark.parametrize(
    ("word", "meant", "typo"),
    [
        ("postive", "positive", True),
        ("posiitve", "positive", True),
        ("positivee", "positive", True),
        ("pusitive", "positive", True),
        ("class1", "class2", False),
        ("male", "female", False),
        ("cat", "car", False),
        ("negative", "positive", False),
    ],
)
def test_typos(word, meant, typo):
    assert is_typo(word, meant) is typo


@pytest.mark.parametrize(
    ("garbled", "meant"), [("MÃ¼ller", "Müller"), ("itâ€™s", "it’s"), ("10 Â£", "10 £"), ("fine", "fine")]
)
def test_letters_are_mended(garbled, meant):
    assert mend(garbled) == meant
