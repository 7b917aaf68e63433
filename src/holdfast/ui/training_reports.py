"""A run's report in the words and pictures of its page. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from markupsafe import Markup

from holdfast.training.domain.exhibits import Exhibit, exhibit_of
from holdfast.training.reporting.drawing import picture
from holdfast.ui.training_runs import family_word, metric_word, number

_MOST_SHOWN = 6
_MOST_ROWS = 200


@dataclass(frozen=True)
class Table:
    """Rows of cells, all text; `cut` is how many more rows there are."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cut: int = 0


@dataclass(frozen=True)
class Shown:
    """An exhibit: `svg` is None where the table is all there is."""

    name: str
    title: str
    sentence: str
    table: Table
    svg: Markup | None


@dataclass(frozen=True)
class ReportView:
    """What the page shows.

    Args:
        family: of the model, in words.
        rows: that it was judged by.
        scores: metrics, with intervals and the simplest rule.
        gain: whether it beats the simplest rule, in words; empty where there is none.
        exhibits: pictures with their tables.
        left_out: why there is no learning curve; empty where there is one.
        mistakes: rows that it got most wrong; None where it got none wrong, or where rows have no single answer.
        columns: of the data.
        environment: versions.
    """

    family: str
    rows: int
    scores: Table
    gain: str
    exhibits: tuple[Shown, ...]
    left_out: str
    mistakes: Table | None
    columns: Table
    environment: Table


def report_view(report: Mapping[str, Any]) -> ReportView:
    """The view of a report, also of one that an earlier version wrote."""
    model, rows = report.get("model") or {}, report.get("rows") or {}
    return ReportView(
        family=family_word(str(model.get("family", ""))),
        rows=int(rows.get("judged") or 0),
        scores=_scores(report),
        gain=_gain(report),
        exhibits=tuple(_shown(exhibit_of(fields)) for fields in report.get("exhibits") or ()),
        left_out=str((report.get("learning_curve") or {}).get("left_out") or ""),
        mistakes=_mistakes(report.get("mistakes") or ()),
        columns=_columns(report.get("columns") or ()),
        environment=_table(("what", "version"), list((report.get("environment") or {}).items())),
    )


def _shown(exhibit: Exhibit) -> Shown:
    drawn = picture(exhibit)
    svg = None if drawn is None else Markup(drawn)  # noqa: S704 - drawn here, with every text escaped
    sentence = exhibit.sentence.replace("`", "")
    return Shown(exhibit.name, exhibit.title, sentence, _table(exhibit.columns, exhibit.rows), svg)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    lines = tuple(tuple(_cell(value) for value in row) for row in rows[:_MOST_ROWS])
    return Table(tuple(name.replace("`", "") for name in columns), lines, max(0, len(rows) - _MOST_ROWS))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return number(value) if isinstance(value, float) else str(value).replace("`", "")


def _scores(report: Mapping[str, Any]) -> Table:
    scores, intervals = report.get("scores") or {}, report.get("intervals") or {}
    rule = report.get("baseline_scores") or {}
    rows = [(metric_word(name), value, *_span(intervals.get(name)), rule.get(name)) for name, value in scores.items()]
    columns = ("metric", "value", "95 % from", "to", "simplest rule")
    shown = [True, True, bool(intervals), bool(intervals), bool(rule)]
    return _table(list(compress(columns, shown)), [list(compress(row, shown)) for row in rows])


def _span(pair: Any) -> tuple[Any, Any]:
    return (pair[0], pair[1]) if pair else (None, None)


def _gain(report: Mapping[str, Any]) -> str:
    gain = report.get("gain")
    if not gain or any(gain.get(name) is None for name in ("value", "low", "high")):
        return ""
    metric = metric_word((report.get("metric") or {}).get("name"))
    span = f"{number(gain['value'])} (95 %: {number(gain['low'])} to {number(gain['high'])})"
    if gain["low"] > 0:
        return f"Better than the simplest rule by {span} in {metric}."
    return f"It is not certain that it beats the simplest rule: {span} in {metric}."


def _mistakes(found: Sequence[Mapping[str, Any]]) -> Table | None:
    if not found:
        return None
    names = list(dict.fromkeys(name for one in found for name in one.get("shown") or {}))[:_MOST_SHOWN]
    is_sure = any(one.get("confidence") is not None for one in found)
    rows = [
        (
            *(one.get(name) for name in ("row", "truth", "answer")),
            *((_percent(one.get("confidence")),) if is_sure else ()),
            *((one.get("shown") or {}).get(name, "") for name in names),
        )
        for one in found
    ]
    return _table(("row", "it is", "the model says", *(("how sure",) if is_sure else ()), *names), rows)


def _percent(share: Any) -> str:
    return f"{100 * share:.0f} %" if isinstance(share, int | float) else ""


def _columns(found: Sequence[Mapping[str, Any]]) -> Table:
    return _table(("column", "what it holds", "what it was for"), [(c["name"], c["kind"], c["role"]) for c in found])
