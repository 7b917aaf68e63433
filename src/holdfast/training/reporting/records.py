"""A report as JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from holdfast.training.domain.findings import Finding
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.spec_files import mapping_of
from holdfast.training.search.journal import line_of

_MOST_LABELS = 30


def record_of(report: Report) -> dict[str, Any]:
    """Everything of a report that is no array and no picture."""
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
            "importance": dict(judgement.importance),
            "confusion": _confusion(judgement),
            "model": _model(report),
            "explanation": dict(report.artefact.explanation),
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


def _confusion(judgement: Judgement) -> dict[str, Any] | None:
    """How often each label was taken for each: rows are the truth; None where there are no labels, or very many."""
    labels = list(judgement.labels) or sorted({str(one) for one in (*judgement.truth, *judgement.answers)})
    if not judgement.truth or len(labels) > _MOST_LABELS or not all(isinstance(one, str) for one in judgement.truth):
        return None
    counts = Counter(zip(judgement.truth, map(str, judgement.answers), strict=True))
    return {"labels": labels, "counts": [[counts[truth, said] for said in labels] for truth in labels]}


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
