"""Writes a report into the model's folder: card, figures, spec, trials, environment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from holdfast.training.domain.exhibits import Exhibit
from holdfast.training.domain.reports import Report
from holdfast.training.domain.spec_files import mapping_of
from holdfast.training.reporting.cards import card, eval_results
from holdfast.training.reporting.closer import confidence
from holdfast.training.reporting.drawing import picture
from holdfast.training.reporting.event_files import write_events
from holdfast.training.reporting.exhibits import exhibits_of
from holdfast.training.reporting.pages import page
from holdfast.training.reporting.records import clean, record_of
from holdfast.training.search.journal import line_of


def write_report(report: Report) -> None:
    """Write README.md, `.eval_results/` and `autotrain/` beside the model's own files."""
    shown = exhibits_of(report)
    drawn = pictures(shown)
    place = report.folder / "autotrain"
    place.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        _write(place / f"{name}.svg", svg)
    _write(report.folder / "README.md", card(report, [one for one in shown if one.name in drawn]))
    _write(place / "job.yaml", yaml.safe_dump(clean(mapping_of(report.spec)), sort_keys=False, allow_unicode=True))
    _write(place / "env.txt", "".join(f"{name}=={value}\n" for name, value in report.environment.items()))
    _write(place / "report.json", json.dumps(record_of(report), indent=1, ensure_ascii=False))
    _write(place / "report.html", page(report))
    _trials(report).to_parquet(place / "trials.parquet", index=False)
    if (answers := predictions(report)) is not None:
        answers.to_parquet(place / "predictions.parquet", index=False)
    write_events(report.board, report.folder)
    results = eval_results(report)
    if results is not None:
        _write(report.folder / ".eval_results" / "autotrain.yaml", results)


def pictures(shown: Sequence[Exhibit]) -> dict[str, str]:
    """SVG files by name."""
    drawn = {exhibit.name: picture(exhibit, standalone=True) for exhibit in shown}
    return {name: svg for name, svg in drawn.items() if svg is not None}


def predictions(report: Report) -> pd.DataFrame | None:
    """Answers to the sealed rows, by their place among them, and never the rows themselves; None where there are none.

    `probabilities` has one number for each label of `autotrain/report.json`; what is no plain value is JSON.
    """
    judged = report.judgement
    if not judged.truth or len(judged.truth) != len(judged.answers):
        return None
    places = judged.positions if judged.positions is not None else range(len(judged.truth))
    found = {"row": list(places), "truth": _plain(judged.truth), "prediction": _plain(judged.answers)}
    sure = confidence(judged)
    if sure is not None:
        found["confidence"] = list(sure)
    if judged.probabilities is not None:
        found["probabilities"] = [[float(one) for one in row] for row in judged.probabilities]
    return pd.DataFrame(found)


def _plain(values: Sequence[Any]) -> list[Any]:
    """Values of one type each: text, or numbers."""
    if all(isinstance(value, str) for value in values):
        return list(values)
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values]
    return [value if isinstance(value, str) else json.dumps(clean(value), ensure_ascii=False) for value in values]


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
