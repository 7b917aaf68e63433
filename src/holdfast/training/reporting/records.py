"""A report as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from holdfast.training.domain.exhibits import Exhibit
from holdfast.training.domain.findings import Finding
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.spec_files import mapping_of
from holdfast.training.reporting.exhibits import exhibits_of
from holdfast.training.reporting.of_labels import by_label, confusion
from holdfast.training.search.journal import line_of

_SPAN = ("value", "low", "high")
_LABEL = ("label", "precision", "recall", "f1", "rows", "said")


def record_of(report: Report, *, own: bool = False) -> dict[str, Any]:
    """Everything of a report that is no array and no picture.

    Args:
        report: what to tell.
        own: for those who own the run: with the rows that the model got wrong, and values of rows on maps. Without, for
            whoever may read the repo.
    """
    metric, judgement = report.board.metric, report.judgement
    found: dict[str, Any] = clean(
        {
            "spec": mapping_of(report.spec),
            "task": report.spec.task,
            "metric": {"name": metric.name, "greater_is_better": metric.greater_is_better},
            "score": judgement.scores.get(metric.name),
            "scores": dict(judgement.scores),
            "intervals": {name: list(pair) for name, pair in judgement.intervals.items()},
            "baseline": report.baseline,
            **_looked_into(judgement),
            "learning_curve": _curve(report),
            "columns": [asdict(column) for column in report.columns],
            "exhibits": [_exhibit(exhibit) for exhibit in exhibits_of(report)],
            "model": _model(report),
            "explanation": dict(report.artefact.explanation) if own else without_rows(report.artefact.explanation),
            "trials": [line_of(trial) for trial in report.board.trials],
            "findings": [_finding(finding) for finding in report.findings],
            "rows": {"train": report.rows[0], "test": report.rows[1], "judged": judgement.rows},
            "data": {"name": report.data[0], "fingerprint": report.data[1]},
            "seconds": {name: round(value, 3) for name, value in report.seconds.items()},
            "peak_memory_mb": report.peak_memory_mb,
            "environment": dict(report.environment),
            "published": None if report.published is None else dict(report.published),
        }
    )
    if own:
        found["mistakes"] = [clean(asdict(mistake)) for mistake in judgement.mistakes]
    return found


def _looked_into(judgement: Judgement) -> dict[str, Any]:
    """What the answers to the sealed rows say beside the scores."""
    return {
        "importance": dict(judgement.importance),
        "baseline_scores": dict(judgement.baseline),
        "baseline_intervals": {name: list(pair) for name, pair in judgement.baseline_intervals.items()},
        "gain": None if judgement.gain is None else dict(zip(_SPAN, judgement.gain, strict=True)),
        "confusion": confusion(judgement),
        "labels": [dict(zip(_LABEL, line, strict=True)) for line in by_label(judgement)],
        "slices": {"looked_at": judgement.groups, "worst": [asdict(one) for one in judgement.slices]},
    }


def without_rows(explanation: Mapping[str, Any]) -> dict[str, Any]:
    """What may be told of the data to whoever may read the model: places on maps, but no row's values."""
    found = {name: value for name, value in explanation.items() if name != "unusual"}
    for name in ("map", "tsne"):
        if isinstance(drawn := found.get(name), Mapping):
            points = [{key: value for key, value in point.items() if key != "values"} for point in drawn["points"]]
            found[name] = {**drawn, "points": points, "columns": []}
    return found


def _model(report: Report) -> dict[str, Any]:
    artefact = report.artefact
    return {
        "folder": str(report.folder),
        "task": artefact.task,
        "family": artefact.family,
        "parameters": dict(artefact.parameters),
        "library": artefact.library,
        "base_model": artefact.base_model,
        "size_bytes": sum(path.stat().st_size for path in report.folder.rglob("*") if path.is_file()),
        "example": artefact.example,
    }


def _curve(report: Report) -> dict[str, Any]:
    points = [dict(zip(("rows", "score", "standard_error"), point, strict=True)) for point in report.curve.points]
    return {"family": report.curve.family, "points": points, "left_out": report.curve.left_out}


def _exhibit(exhibit: Exhibit) -> dict[str, Any]:
    return {**asdict(exhibit), "drawing": exhibit.drawing.value}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "sentence": finding.sentence,
        "advice": finding.advice,
        "column": finding.column,
    }


def clean(value: Any) -> Any:
    """A value as JSON has it: no numpy, no NaN, no bytes."""
    if isinstance(value, Mapping):
        return {str(name): clean(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(part) for part in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return clean(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
