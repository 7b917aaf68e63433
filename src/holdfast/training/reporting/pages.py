"""The report as one HTML file without anything from elsewhere."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any

from holdfast.training.domain.exhibits import Exhibit, Mistake
from holdfast.training.domain.reports import Report
from holdfast.training.reporting.cards import chosen_as, judged_by, name_of
from holdfast.training.reporting.drawing import picture
from holdfast.training.reporting.exhibits import exhibits_of
from holdfast.training.reporting.records import clean

_STYLE = (
    "<style>:root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}section{margin:2.5rem 0}.wide{overflow-x:auto}"
    "th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8888;vertical-align:top}"
    "svg{max-width:100%;height:auto}</style>"
)


def page(report: Report, *, own: bool = False) -> str:
    """The report's page.

    Args:
        report: what to show.
        own: for those who own the run: with the rows that it got wrong. Without, for whoever may read the repo.
    """
    parts = [
        f"<h1>{_text(name_of(report))}</h1><p>{_text(report.artefact.family)}, {_text(chosen_as(report))}"
        f"{_judged(report)}.</p>",
        _section("Scores", _table(("metric", "value", "95 % from", "to", "simplest rule"), _scores(report))),
        *(_exhibit(exhibit) for exhibit in exhibits_of(report)),
        f"<section><h2>More rows</h2><p>{_text(report.curve.left_out)}</p></section>" if report.curve.left_out else "",
        _section("The rows it got most wrong", _mistakes(report.judgement.mistakes)) if own else "",
        _section(
            "Trials",
            _table(("trial", "family", "status", "score", "seconds", "parameters, or why not"), _trials(report)),
        ),
        _section("Columns", _table(("column", "kind", "role"), [(c.name, c.kind, c.role) for c in report.columns])),
        f"<section><h2>Data</h2><ul>{_findings(report)}</ul></section>",
    ]
    title = _text(name_of(report))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{title}</title>{_STYLE}</head><body><main>{"".join(parts)}</main></body>'
        "</html>\n"
    )


def _judged(report: Report) -> str:
    by = judged_by(report)
    return f"; judged by {by}" if by else ""


def _exhibit(exhibit: Exhibit) -> str:
    drawn = picture(exhibit)
    table = _table(exhibit.columns, exhibit.rows)
    below = f"{drawn}<details><summary>As a table</summary>{table}</details>" if drawn else table
    return _section(exhibit.title, f"<p>{_text(exhibit.sentence.replace('`', ''))}</p>{below}")


def _section(title: str, content: str) -> str:
    return f"<section><h2>{_text(title)}</h2>{content}</section>" if content else ""


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{_value(value)}</td>' for value in row)}</tr>" for row in rows)
    if not lines:
        return ""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _scores(report: Report) -> list[tuple[Any, ...]]:
    judged = report.judgement
    return [
        (name, value, *judged.intervals.get(name, (None, None)), judged.baseline.get(name))
        for name, value in judged.scores.items()
    ]


def _trials(report: Report) -> list[tuple[Any, ...]]:
    return [
        (
            trial.number,
            trial.plan.family,
            trial.status.value,
            trial.outcome.score if trial.outcome else None,
            round(trial.seconds, 1),
            trial.reason or json.dumps(clean(trial.plan.parameters)),
        )
        for trial in report.board.trials
    ]


def _mistakes(mistakes: Sequence[Mistake]) -> str:
    names = list(dict.fromkeys(name for mistake in mistakes for name in mistake.shown))
    is_sure = any(one.confidence is not None for one in mistakes)
    columns = ("row", "it is", "the model says", *(("how sure it was",) if is_sure else ()), *names)
    rows = [
        (
            one.row,
            one.truth,
            one.answer,
            *((one.confidence,) if is_sure else ()),
            *(one.shown.get(name, "") for name in names),
        )
        for one in mistakes
    ]
    return _table(columns, rows)


def _findings(report: Report) -> str:
    found = (f"<li>{_text(f'{finding.sentence} {finding.advice}'.strip())}</li>" for finding in report.findings)
    return "".join(found) or "<li>Nothing to remark.</li>"


def _value(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else _text(value)


def _text(value: Any) -> str:
    return html.escape(str(value).replace("`", ""))
