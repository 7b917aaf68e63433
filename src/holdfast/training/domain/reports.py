"""What a run comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.exhibits import ColumnUse, LearningCurve
from holdfast.training.domain.findings import Finding
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board


@dataclass(frozen=True)
class Report:
    """A finished run.

    Args:
        spec: with everything filled in that it left open.
        folder: the model's, as it is served and pushed.
        artefact: the model.
        board: every trial.
        judgement: of the sealed test.
        baseline: score of the simplest trial on the same rows as the others; None where there is none.
        findings: of the data check.
        rows: to search on, and sealed.
        data: name of the source, and what pins it.
        seconds: of wall time, by stage and in all.
        peak_memory_mb: of the run and its trials; None where it can't be told.
        columns: of the data, in their order.
        curve: how the score grows with the rows.
        environment: versions of what made it.
        page: address of the run on its server; None for a run of no server.
        published: where it was pushed and what it answered; None where it stays here.
    """

    spec: TrainingSpec
    folder: Path
    artefact: Artefact
    board: Board
    judgement: Judgement
    baseline: float | None
    findings: tuple[Finding, ...]
    rows: tuple[int, int]
    data: tuple[str, str]
    seconds: Mapping[str, float]
    peak_memory_mb: int | None
    columns: tuple[ColumnUse, ...] = ()
    curve: LearningCurve = field(default_factory=LearningCurve)
    environment: Mapping[str, str] = field(default_factory=dict)
    page: str | None = None
    published: Mapping[str, Any] | None = None
