"""`holdfast train`: bring data, get the best model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def train(
    data: Annotated[str, typer.Option(help="A file, a folder, or a dataset of the Hub that HF_ENDPOINT names.")],
    task: Annotated[str, typer.Option(help="tabular-classification, text-classification …; auto looks at the data.")] = "auto",
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    budget: Annotated[str, typer.Option(help="Time for everything: 60s, 10m, 1h.")] = "10m",
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Where to write the report as JSON.")] = None,
) -> None:
    """Train."""
    from holdfast.training.domain.specification import Budget, DataSource, TrainingSpec
    from holdfast.training.running import train as run

    columns = {"target": target} if target else {}
    seconds = float(budget.removesuffix("s"))
    def show(event):
        if event.ended:
            t=event.ended
            print(t.number, t.plan.family, dict(t.plan.parameters), t.status.value, t.outcome and round(t.outcome.score,4), t.reason, f"{t.seconds:.1f}s exp {t.plan.expected_seconds}")
        elif not event.started and not event.figures: print(f"{event.seconds:.1f}", event.stage.value, event.message)
    report = run(TrainingSpec(task, DataSource(path=data), columns=columns, budget=Budget(seconds), seed=seed), show)
    print(report.judgement.scores, report.artefact.family, report.seconds, report.folder, report.artefact.explanation)
