"""What people say of a column comes before what the check would take it for."""

from typing import Any

import pandas as pd
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.checking.check import check_data
from holdfast.training.domain.data import ColumnKind
from holdfast.training.domain.spec_files import mapping_of, spec_of
from holdfast.training.domain.specification import DataSource, TrainingSpec

ROWS = 60
FRAME = pd.DataFrame(
    {
        "postcode": [10_115 + row % 4 for row in range(ROWS)],
        "day": [20_240_101 + row % 28 for row in range(ROWS)],
        "code": [f"c{row % 3}" if row % 10 else str(row) for row in range(ROWS)],
        "size": [f"{row % 7},5" for row in range(ROWS)],
        "kind": [("a", "b")[row * 7 % 11 > 5] for row in range(ROWS)],
    }
)


def _checked(**kinds: str) -> Any:
    spec = TrainingSpec("tabular-classification", DataSource(path="d"), columns={"target": "kind"}, kinds=kinds)
    return check_data(FRAME, spec)


def test_numbers_may_be_categories() -> None:
    found = _checked(postcode="category")
    assert found.kinds["postcode"] is ColumnKind.CATEGORY
    assert set(found.frame["postcode"]) == {"10115", "10116", "10117", "10118"}
    assert _checked().kinds["postcode"] is ColumnKind.NUMBER


def test_numbers_may_be_dates() -> None:
    found = _checked(day="date")
    assert found.kinds["day"] is ColumnKind.DATE
    assert found.frame["day"].iloc[0] == pd.Timestamp("2024-01-01")


def test_what_looks_like_a_number_may_be_words() -> None:
    found = _checked(size="text")
    assert found.kinds["size"] is ColumnKind.TEXT
    assert found.frame["size"].iloc[1] == "1,5"


def test_a_column_may_be_left_out() -> None:
    assert "postcode" not in _checked(postcode="ignore").inputs


def test_what_can_not_be_is_said() -> None:
    found = _checked(code="number")
    assert found.verdict.value == "blocked"
    assert "`code` can't be read as numbers" in found.findings[0].sentence


def test_specs_say_it() -> None:
    spec = spec_of({"task": "auto", "data": "d.csv", "kinds": {"postcode": "category"}})
    assert mapping_of(spec)["kinds"] == {"postcode": "category"}
    with pytest.raises(InvalidInput, match=r"kinds\.postcode"):
        spec_of({"task": "auto", "data": "d.csv", "kinds": {"postcode": "colour"}})
