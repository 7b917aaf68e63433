"""Blame page by page."""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.hub.repos.git_storage.blame import Blame, BlameSpan
from holdfast.hub.repos.git_storage.commits import CommitInfo
from holdfast.hub.repos.service.history import BlamedFile
from holdfast.ui.pages.history import BLAME_PAGE, _blame_rows


def commit(oid, second):
    return CommitInfo(oid, "t", (), "s", "", "Alice", "a@example.org", datetime.fromtimestamp(second, UTC))


def blamed(lines, spans, commits, path="a.py"):
    return BlamedFile(None, "c", path, 1, lines, Blame(tuple(spans), commits))  # type: ignore[arg-type]


def test_spans_are_cut_at_the_edges_of_a_page():
    lines = [f"x = {number}" for number in range(1, BLAME_PAGE + 501)]
    spans = [BlameSpan(1, 900, "new"), BlameSpan(901, 300, None), BlameSpan(1201, BLAME_PAGE - 700, "old")]
    found = blamed(lines, spans, {"new": commit("new", 2_000), "old": commit("old", 1_000)})
    first = _blame_rows(found, 1)
    assert [(row.lines[0][0], len(row.lines), row.age) for row in first] == [(1, 900, 0), (901, 100, 4)]
    assert first[1].commit is None
    second = _blame_rows(found, BLAME_PAGE + 1)
    assert [(row.lines[0][0], len(row.lines)) for row in second] == [(1001, 200), (1201, 300)]
    assert "1500" in second[-1].lines[-1][1]


def test_odd_line_ends_do_not_shift_lines():
    found = blamed(["a = 1\rb", "<i>", ""], [BlameSpan(1, 3, "c")], {"c": commit("c", 1)})
    (row,) = _blame_rows(found, 1)
    texts = [str(code) for _, code in row.lines]
    assert "\u240d" in texts[0]
    assert "<i>" not in texts[1]
    assert "&lt;" in texts[1]
    assert len(texts) == 3
