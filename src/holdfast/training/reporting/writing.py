"""Writes a report into the model's folder: card, figures, spec, trials, environment."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pandas as pd
import yaml

from holdfast.training.domain.reports import Report
from holdfast.training.domain.spec_files import mapping_of
from holdfast.training.reporting.cards import card, eval_results, name_of
from holdfast.training.reporting.event_files import write_events
from holdfast.training.reporting.figures import figures
from holdfast.training.reporting.records import clean, record_of
from holdfast.training.search.journal import line_of


def write_report(report: Report) -> None:
    """Write README.md, `.eval_results/` and `autotrain/` beside the model's own files."""
    drawn = figures(report)
    place = report.folder / "autotrain"
    place.mkdir(parents=True, exist_ok=True)
    for name, picture in drawn.items():
        (place / f"{name}.svg").write_bytes(picture)
    _write(report.folder / "README.md", card(report, sorted(drawn)))
    _write(place / "job.yaml", yaml.safe_dump(clean(mapping_of(report.spec)), sort_keys=False, allow_unicode=True))
    _write(place / "env.txt", "".join(f"{name}=={value}\n" for name, value in report.environment.items()))
    _write(place / "report.json", json.dumps(record_of(report), indent=1, ensure_ascii=False))
    _write(place / "report.html", page(report, drawn))
    _trials(report).to_parquet(place / "trials.parquet", index=False)
    write_events(report.board, report.folder)
    results = eval_results(report)
    if results is not None:
        _write(report.folder / ".eval_results" / "autotrain.yaml", results)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _trials(report: Report) -> pd.DataFrame:
    """One row for each trial; what has no fixed columns is JSON."""
    lines = [line_of(trial) for trial in report.board.trials]
    for line in lines:
        for name in ("parameters", "metrics", "curve"):
            line[name] = json.dumps(clean(line[name]))
    return pd.DataFrame(lines)


def page(report: Report, drawn: dict[str, bytes]) -> str:
    """The report as one file without anything from elsewhere."""
    metric = report.board.metric.name
    rows = "".join(_row(name, value, report) for name, value in report.judgement.scores.items())
    trials = "".join(
        f"<tr><td>{trial.number}<td>{html.escape(trial.plan.family)}<td>{trial.status.value}"
        f"<td>{'' if trial.outcome is None else f'{trial.outcome.score:.5g}'}<td>{trial.seconds:.1f}"
        f"<td>{html.escape(trial.reason or json.dumps(clean(trial.plan.parameters)))}"
        for trial in report.board.trials
    )
    pictures = "".join(_inline(picture) for picture in drawn.values())
    findings = "".join(f"<li>{html.escape(f'{finding.sentence} {finding.advice}')}" for finding in report.findings)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(name_of(report))}</title>{_STYLE}'
        f"<h1>{html.escape(name_of(report))}</h1><p>{html.escape(report.artefact.family)}, the best of "
        f"{len(report.board.trials)} trials by {metric}; judged by {report.judgement.rows} rows that no trial saw."
        f"<table><tr><th>metric<th>value<th>95 %{rows}</table>{pictures}"
        f"<h2>Trials</h2><table><tr><th>trial<th>family<th>status<th>{metric}<th>seconds<th>parameters, or why not"
        f"{trials}</table>"
        f"<h2>Data</h2><ul>{findings or '<li>Nothing to remark.'}</ul></html>\n"
    )


_STYLE = (
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd}"
    "svg{max-width:100%;height:auto}</style>"
)


def _row(name: str, value: float, report: Report) -> str:
    low, high = report.judgement.intervals.get(name, (None, None))
    return f"<tr><td>{html.escape(name)}<td>{value:.5g}<td>{'' if low is None else f'{low:.5g} to {high:.5g}'}"


def _inline(picture: bytes) -> str:
    text = picture.decode()
    return text[text.index("<svg") :]
