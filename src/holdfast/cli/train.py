"""`holdfast train`: bring data, get the best model."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from holdfast.training.domain.reports import Report
    from holdfast.training.domain.specification import TrainingSpec

_HELP = "A file, a folder, or a dataset of the Hub that HF_ENDPOINT names: owner/name@revision:config:split."


def train(
    data: Annotated[str | None, typer.Option(help=_HELP)] = None,
    task: Annotated[str | None, typer.Option(help="Such as tabular-classification; auto looks at the data.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="Role and column, such as text=review; repeatable.")] = None,
    test: Annotated[str | None, typer.Option(help="Rows to judge by; without it a fifth of the data is sealed.")] = None,
    metric: Annotated[str | None, typer.Option(help="What the search goes by, such as roc_auc.")] = None,
    base_model: Annotated[str | None, typer.Option(help="A model of the Hub, or a folder, to start from.")] = None,
    candidates: Annotated[str | None, typer.Option(help="Families to try, with commas between them.")] = None,
    budget: Annotated[str | None, typer.Option(help="Time for everything: 60s, 10m (the default), 1h.")] = None,
    trials: Annotated[int | None, typer.Option(help="At most so many trials.", min=1)] = None,
    memory_mb: Annotated[int | None, typer.Option(help="Of one trial.", min=64)] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    spec: Annotated[Path | None, typer.Option(help="A YAML file with all of this; options come on top.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Of the run; one that was interrupted goes on where it was.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where the model goes.")] = None,
    push: Annotated[str | None, typer.Option(metavar="NS/NAME", help="Push it to the Hub, and see it answer.")] = None,
    private: Annotated[bool, typer.Option(help="A new repo is seen by its owner only.")] = False,
    access_token: Annotated[str | None, typer.Option("--token", help="Access token of the Hub.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Where to write the report as JSON.")] = None,
    quiet: Annotated[bool, typer.Option(help="Print the result only.")] = False,
) -> None:
    """Look at the data, try models within the budget, keep the best, judge it by rows that nothing has seen.

    Ctrl-C stops the search and keeps the best so far.

    Example: holdfast train --data penguins.csv --target species --budget 60s
    """
    from holdfast.cli.train_board import LiveBoard  # noqa: PLC0415 - keeps help fast
    from holdfast.training.reporting.records import record_of  # noqa: PLC0415
    from holdfast.training.running import train as run  # noqa: PLC0415
    from holdfast.training.specifications import seconds_of  # noqa: PLC0415

    given: dict[str, Any] = {"task": task, "metric": metric, "base_model": base_model, "seed": seed}
    given |= {"data": data, "test": test, "columns": _columns(target, column)}
    given |= {"candidates": [name.strip() for name in candidates.split(",")] if candidates else None}
    given["budget"] = {"seconds": seconds_of(budget) if budget else None, "trials": trials, "memory_mb": memory_mb}
    given["output"] = {"folder": None if output is None else str(output), "repo_id": push, "private": private or None}
    board = LiveBoard(sys.stderr, quiet=quiet)
    report = run(_spec(spec, given), board.hear, folder, stop=_on_interrupt(board.say), access_token=access_token)
    if as_json is not None:
        as_json.write_text(json.dumps(record_of(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _print(report)


def _columns(target: str | None, more: list[str] | None) -> dict[str, str]:
    from holdfast.base.errors import InvalidInput  # noqa: PLC0415

    found = {"target": target} if target else {}
    for pair in more or ():
        role, mark, name = pair.partition("=")
        if not mark:
            raise InvalidInput(field="--column", problem="must be role=column, such as text=review")
        found[role] = name
    return found


def _spec(path: Path | None, given: dict[str, Any]) -> TrainingSpec:
    """The file's spec, and options on top of it."""
    from holdfast.training.specifications import read_spec, read_spec_file, spec_fields  # noqa: PLC0415

    fields = spec_fields(read_spec_file(path)) if path else {"task": "auto"}
    for name, value in given.items():
        if isinstance(value, dict):
            known = {part: one for part, one in value.items() if one is not None}
            if known:
                fields[name] = {**fields.get(name, {}), **known}
        elif value is not None:
            fields[name] = value
    return read_spec(fields)


def _on_interrupt(say: Callable[[str], None]) -> Callable[[], bool]:
    """The first Ctrl-C stops the search; the second ends the program."""
    asked = []

    def note(_number: int, _frame: object) -> None:
        asked.append(True)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        say("Stopping: the best so far is kept.")

    signal.signal(signal.SIGINT, note)
    return lambda: bool(asked)


def _print(report: Report) -> None:
    name = report.board.metric.name
    low, high = report.judgement.intervals.get(name, (None, None))
    span = "" if low is None or high is None else f" (95 %: {low:.4g} to {high:.4g})"
    print(f"{report.artefact.family}: {name} {report.judgement.scores.get(name, float('nan')):.4g}{span}")
    print(f"judged by {report.judgement.rows} rows that the search never saw; it took {report.seconds['all']:.0f} s")
    for finding in report.findings:
        print(f"{finding.severity.value}: {finding.sentence} {finding.advice}".rstrip())
    print(f"model: {report.folder}")
    if report.published:
        print(f"pushed: {report.published['url']}")
        print(f"it answers: {json.dumps(report.published['answer'], ensure_ascii=False)[:200]}")


