"""`holdfast train`: bring data, get the best model."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from holdfast.training.domain.reports import Report
    from holdfast.training.domain.specification import TrainingSpec

app = typer.Typer(help="Bring data, get the best model.", rich_markup_mode=None)
_HELP = "A file, a folder, or a dataset of the Hub that HF_ENDPOINT names: owner/name@revision:config:split."


@app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    data: Annotated[str | None, typer.Option(help=_HELP)] = None,
    task: Annotated[str | None, typer.Option(help="Such as tabular-classification; auto looks at the data.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="Role and column, such as text=review; repeatable.")] = None,
    test: Annotated[
        str | None, typer.Option(help="Rows to judge by; without it a fifth of the data is sealed.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="What the search goes by, such as roc_auc.")] = None,
    base_model: Annotated[str | None, typer.Option(help="A model of the Hub, or a folder, to start from.")] = None,
    candidates: Annotated[str | None, typer.Option(help="Families to try, with commas between them.")] = None,
    budget: Annotated[str | None, typer.Option(help="Time for everything: 60s, 10m (the default), 1h.")] = None,
    trials: Annotated[int | None, typer.Option(help="At most so many trials.", min=1)] = None,
    memory_mb: Annotated[int | None, typer.Option(help="Of one trial.", min=64)] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    spec: Annotated[Path | None, typer.Option(help="A YAML file with all of this; options come on top.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Of the run; one that was interrupted goes on where it was.")
    ] = None,
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
    if context.invoked_subcommand is not None:
        return
    from holdfast.cli.train_board import LiveBoard  # noqa: PLC0415 - keeps help fast
    from holdfast.training.domain.spec_files import seconds_of  # noqa: PLC0415
    from holdfast.training.reporting.records import record_of  # noqa: PLC0415
    from holdfast.training.running import train as run  # noqa: PLC0415

    given: dict[str, Any] = {"task": task, "metric": metric, "base_model": base_model, "seed": seed}
    given |= {"data": _source(data), "test": _source(test), "columns": _columns(target, column)}
    given |= {"candidates": [name.strip() for name in candidates.split(",")] if candidates else None}
    given["budget"] = {"seconds": seconds_of(budget) if budget else None, "trials": trials, "memory_mb": memory_mb}
    given["output"] = {"folder": None if output is None else str(output), "repo_id": push, "private": private or None}
    board = LiveBoard(sys.stderr, quiet=quiet)
    _without_bars()
    report = run(
        _spec(spec, given, board.say), board.hear, folder, stop=_on_interrupt(board.say), access_token=access_token
    )
    if as_json is not None:
        as_json.write_text(
            json.dumps(record_of(report, own=True), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    _print(report)


@app.command(short_help="Make another trial of a finished run the model.")
def deploy(
    run: Annotated[str, typer.Argument(help="The folder of a run, or namespace/id of one of a server.")],
    trial: Annotated[int, typer.Option(help="Its number on the board.", min=0)],
    push: Annotated[str | None, typer.Option(metavar="NS/NAME", help="A repo; else that of the run.")] = None,
    branch: Annotated[str | None, typer.Option(help="Of the repo; the main branch is the one that is served.")] = None,
    access_token: Annotated[str | None, typer.Option("--token", help="Access token of the Hub.")] = None,
    quiet: Annotated[bool, typer.Option(help="Print the result only.")] = False,
) -> None:
    """Make another trial of a finished run the model: fit it again, judge it, push it, see it answer.

    Example: holdfast train deploy alice/65a1b2c3d4e5f60718293a4b --trial 3
    """
    from holdfast.cli.train_board import LiveBoard  # noqa: PLC0415
    from holdfast.training.deploying import deploy_trial  # noqa: PLC0415

    board = LiveBoard(sys.stderr, quiet=quiet)
    found = deploy_trial(
        run, trial, push=push, branch=branch, listener=board.hear, access_token=access_token, say=board.say
    )
    print(", ".join(f"{name} {value:.4g}" for name, value in found.scores.items()))
    print(f"model: {found.model}{f' (branch {branch})' if branch else ''}")
    if found.published and "answer" in found.published:
        print(f"it answers: {json.dumps(found.published['answer'], ensure_ascii=False)[:200]}")


def _without_bars() -> None:
    """The Hub's client draws none: they would be drawn into the board."""
    from holdfast.inference.runtime.libraries import need  # noqa: PLC0415

    need("huggingface_hub.utils", "Training", "training").disable_progress_bars()


def _columns(target: str | None, more: list[str] | None) -> dict[str, str]:
    from holdfast.base.errors import InvalidInput  # noqa: PLC0415

    found = {"target": target} if target else {}
    for pair in more or ():
        role, mark, name = pair.partition("=")
        if not mark:
            raise InvalidInput(field="--column", problem="must be role=column, such as text=review")
        found[role] = name
    return found


_DATASET = re.compile(r"(?:datasets/)?([\w.-]+/[\w.-]+)(?:@([\w./-]+))?(?::([\w.-]*))?(?::([\w.-]+))?")
_FILES = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx", ".zip", ".txt", ".conll")


def _source(text: str | None) -> dict[str, str] | None:
    """A file or folder, or a dataset as owner/name@revision:config:split."""
    if text is None:
        return None
    found = _DATASET.fullmatch(text)
    if found is None or Path(text).exists() or Path(text).suffix.lower() in _FILES:
        return {"path": text}
    values = dict(zip(("repo_id", "revision", "config", "split"), found.groups(), strict=True))
    return {name: value for name, value in values.items() if value}


def _spec(path: Path | None, given: dict[str, Any], say: Callable[[str], None]) -> TrainingSpec:
    """The file's spec, and options on top of it."""
    from holdfast.training.domain.spec_files import mapping_of, spec_of  # noqa: PLC0415

    fields: dict[str, Any] = mapping_of(_of_file(path, say)) if path else {"task": "auto"}
    for name, value in given.items():
        known = {part: one for part, one in value.items() if one is not None} if isinstance(value, dict) else value
        if name in ("data", "test") and known:
            fields[name] = known
        elif isinstance(known, dict) and known:
            fields[name] = {**fields.get(name, {}), **known}
        elif known is not None and not isinstance(known, dict):
            fields[name] = known
    return spec_of(fields)


def _of_file(path: Path, say: Callable[[str], None]) -> TrainingSpec:
    """A spec of ours, or a config of the old AutoTrain."""
    from holdfast.base.errors import InvalidInput  # noqa: PLC0415
    from holdfast.training import old_autotrain  # noqa: PLC0415
    from holdfast.training.domain.spec_files import parse, spec_of  # noqa: PLC0415

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(field="--spec", problem=f"cannot be read: {error}") from None
    if not old_autotrain.is_old(parse(text)):
        return spec_of(parse(text))
    converted = old_autotrain.convert(text, os.environ)
    for sentence in converted.warnings:
        say(sentence)
    return converted.spec


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
    if report.artefact.explanation.get("note"):
        print(report.artefact.explanation["note"])
    for finding in report.findings:
        print(f"{finding.severity.value}: {finding.sentence} {finding.advice}".rstrip())
    print(f"model: {report.folder}")
    if report.published:
        print(f"pushed: {report.published['url']}")
        if "answer" in report.published:
            print(f"it answers: {json.dumps(report.published['answer'], ensure_ascii=False)[:200]}")
