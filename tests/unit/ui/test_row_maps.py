"""Maps of rows: places, groups told by colour and shape, and the table behind."""

import pytest

from holdfast.ui.row_maps import HEIGHT, WIDTH, row_map

POINTS = [
    {"x": 0.0, "y": 0.0, "row": 4, "group": 0, "values": [1.5, "red"]},
    {"x": 2.0, "y": 1.0, "row": 9, "group": 1, "values": [None, "blue"]},
    {"x": 4.0, "y": 2.0, "row": 11, "group": 1, "values": [3, "blue"]},
]
TOLD = {"map": {"points": POINTS, "columns": ["size", "colour"], "shares": [0.5, 0.25]}}


def test_rows_are_placed_told_and_grouped():
    found = row_map(TOLD)
    assert found is not None
    first, _second, last = found.pictures[0].points
    assert (float(first.x), float(last.x)) == (18.0, WIDTH - 18.0)
    assert float(first.y) > HEIGHT / 2 > float(last.y)
    assert first.label == "Row 4, segment 0, size 1.5, colour red"
    assert first.d.count("a") == 2
    assert "h" in last.d
    assert found.table[1] == ("9", "segment 1", "–", "blue")
    assert [(group.name, group.rows) for group in found.groups] == [("segment 0", "1 row"), ("segment 1", "2 rows")]
    assert found.words == "A map of 3 rows in 2 groups; its two directions hold 75% of all differences between rows."


def test_both_ways_to_draw_share_their_rows():
    found = row_map({**TOLD, "tsne": {"points": POINTS}, "groups": ["usual", "unusual"]})
    assert found is not None
    assert [picture.name for picture in found.pictures] == ["PCA", "t-SNE"]
    assert found.table[0][1] == "usual"


def test_rows_that_are_all_alike_need_no_legend():
    found = row_map({"map": {"points": [{**point, "group": 0} for point in POINTS]}})
    assert found is not None
    assert (found.groups, found.table[0]) == ((), ("4",))


@pytest.mark.parametrize("told", [{}, {"map": {"points": []}}, {"segments": []}])
def test_no_map(told):
    assert row_map(told) is None


@pytest.mark.parametrize("points", [[{"x": "far"}], [{"x": 1, "y": 2, "group": None, "row": 1}], [7]])
def test_what_is_no_map_is_an_error_of_these(points):
    with pytest.raises((KeyError, TypeError, ValueError)):
        row_map({"map": {"points": points}})
