"""What the wizard shows of the data check: remarks beside their column, labels in proportion, minutes worth giving."""

import pytest

from holdfast.ui.training_previews import preview_lines, time_advice


def _profile(name, kind="number", role="input"):
    return {"name": name, "kind": kind, "role": role}


def _finding(column):
    return {"code": "x", "severity": "note", "sentence": f"About {column}.", "advice": "", "column": column}


def test_remarks_stand_beside_their_column():
    found = {
        "profiles": [_profile("a"), _profile("b", "image")],
        "findings": [_finding("a"), _finding(None), _finding("gone")],
        "counts": [["yes", 40], ["no", 10]],
    }
    seen = preview_lines(found)
    assert [len(line.findings) for line in seen.columns] == [1, 0]
    assert [line.may_differ for line in seen.columns] == [True, False]
    assert [finding["column"] for finding in seen.general] == [None, "gone"]
    assert [(label.name, label.share) for label in seen.labels] == [("yes", 100), ("no", 25)]


def test_nothing_could_be_looked_at():
    seen = preview_lines({})
    assert (seen.columns, seen.general, seen.labels, seen.pictures) == ((), (), (), ())
    assert time_advice({}) is None


@pytest.mark.parametrize(
    ("rows", "kind", "minutes"),
    [(500, "number", 1), (100_000, "number", 10), (9_000_000, "number", 60), (50, "text", 10)],
)
def test_minutes_that_are_worth_it(rows, kind, minutes):
    advice = time_advice({"rows": rows, "profiles": [_profile("a", kind), _profile("b", "text", role="")]})
    assert advice is not None
    assert advice.minutes == minutes
    assert advice.words.startswith(f"{rows:,} rows of 1 column")
