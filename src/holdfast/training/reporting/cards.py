"""The model card, and the evaluation results beside it.

Source: huggingface_hub 2.4.0, repocard_data.eval_results_to_model_index (model-index) and _eval_results.py
(.eval_results/*.yaml).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import yaml

from holdfast.training.domain.exhibits import Exhibit
from holdfast.training.domain.reports import Report
from holdfast.training.domain.trials import Trial
from holdfast.training.reporting.card_examples import example_code, widget
from holdfast.training.reporting.exhibits import gain_sentence
from holdfast.training.reporting.records import clean
from holdfast.training.reporting.wording import counted, number_of

_TOP = 10
_CHAT = "chat-completion"
_ALSO = {_CHAT: ("conversational",)}


def card(report: Report, figures: Sequence[Exhibit]) -> str:
    """README.md with its front matter; `figures` are drawn in `autotrain/`, by their names."""
    front = yaml.safe_dump(clean(_metadata(report)), sort_keys=False, allow_unicode=True)
    parts = [_opening(report), _use(report), _episode(report), _results(report), _weak(report), _pictures(figures)]
    parts += [_trials(report), _making(report)]
    return f"---\n{front}---\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def _metadata(report: Report) -> dict[str, Any]:
    artefact = report.artefact
    dataset = report.spec.data.repo_id
    found: dict[str, Any] = {"library_name": artefact.library, "pipeline_tag": _known_as(artefact.task)}
    tags = {"autotrain", artefact.library, report.spec.task, *_ALSO.get(artefact.task, ())}
    found["tags"] = sorted(tags | ({"skops"} if artefact.library == "sklearn" else set()))
    if artefact.base_model:
        found["base_model"] = artefact.base_model
    if dataset:
        found["datasets"] = [dataset]
    found["metrics"] = sorted(report.judgement.scores)
    if examples := widget(artefact.example):
        found["widget"] = examples
    found["model-index"] = [{"name": name_of(report), "results": [_result(report)]}]
    return found


def _known_as(task: str) -> str:
    """The task by the name that Hubs know: a model that chats is one that writes texts, with a tag that says so."""
    return "text-generation" if task == _CHAT else task


def name_of(report: Report) -> str:
    """The model's name for people."""
    return report.spec.output.repo_id or f"{report.spec.task} of {report.data[0]}"


def _dataset(report: Report) -> dict[str, Any]:
    """What it was judged on. An environment has no rows, and is known by its name."""
    if "environment" in report.artefact.explanation:
        return {"name": report.data[0], "type": report.data[0]}
    dataset = {"name": report.data[0], "type": report.spec.data.repo_id or "local", "split": "sealed test"}
    return {**dataset, "revision": report.data[1]} if report.spec.data.repo_id else dataset


def _result(report: Report) -> dict[str, Any]:
    metrics = [{"type": name, "name": name, "value": value} for name, value in report.judgement.scores.items()]
    return {"task": {"type": _known_as(report.artefact.task)}, "dataset": _dataset(report), "metrics": metrics}


def eval_results(report: Report, when: datetime | None = None) -> str | None:
    """`.eval_results/autotrain.yaml`; None where the data is no dataset of the Hub."""
    data = report.spec.data
    if data.repo_id is None:
        return None
    metric = report.board.metric.name
    low, high = report.judgement.intervals.get(metric, (None, None))
    span = "" if low is None else f", 95 % interval {low:.4g} to {high:.4g}"
    entry = {
        "dataset": {"id": data.repo_id, "task_id": f"{report.spec.task}/{metric}", "revision": report.data[1]},
        "value": report.judgement.scores.get(metric),
        "date": (when or datetime.now(UTC)).date().isoformat(),
        **({"source": {"url": report.page, "name": "Holdfast AutoTrain"}} if report.page else {}),
        "notes": f"Holdfast AutoTrain: sealed test of {report.judgement.rows} rows, seed {report.spec.seed}{span}",
    }
    return str(yaml.safe_dump([clean(entry)], sort_keys=False, allow_unicode=True))


def _opening(report: Report) -> str:
    metric = report.board.metric.name
    score = report.judgement.scores.get(metric)
    judged = report.judgement.rows
    episodes = report.artefact.explanation.get("episodes")
    where = f"On {counted(judged, 'row')} that it never saw, its" if judged else "Its"
    where = f"In {counted(episodes, 'new episode')} its" if episodes else where
    worth = "" if score is None else f" {where} {metric} is **{score:.4g}**."
    return (
        f"# {name_of(report)}\n\nTrained by Holdfast AutoTrain for {report.spec.task} on {report.data[0]}: "
        f"{report.artefact.family}, {chosen_as(report)}.{worth}"
    )


def chosen_as(report: Report) -> str:
    """Why it is this model: the best of so many trials, or chosen by hand."""
    chosen = report.spec.trial
    if chosen is not None:
        return f"trial {chosen.number}{f' of run {chosen.run}' if chosen.run else ''}, chosen by hand from the board"
    rules = report.artefact.explanation.get("rules", {})
    noun, beside = ("agent", f", beside {counted(len(rules), 'simple rule')}") if rules else ("trial", "")
    rivals = [trial for trial in report.board.trials if trial.plan.family not in rules]
    if rules and report.artefact.family not in {trial.plan.family for trial in rivals}:
        return "a simple rule, for no agent came to the end of a lesson"
    if len(rivals) == 1:
        return f"the only {noun}{beside}"
    return f"the best of {counted(len(rivals), noun)} by {report.board.metric.name}{beside}"


def judged_by(report: Report) -> str:
    """What its scores come from; empty where that is the rows that it was made from."""
    if episodes := report.artefact.explanation.get("episodes"):
        return counted(episodes, "new episode")
    return f"{counted(report.judgement.rows, 'row')} that no trial saw" if report.judgement.rows else ""


def _use(report: Report) -> str:
    model = report.spec.output.repo_id or "FOLDER"
    example = example_code(report.artefact.task, report.artefact.example)
    if example is None:
        return ""
    return (
        "## Use\n\n```python\nfrom holdfast import pipeline\n\n"
        f'ask = pipeline("{report.artefact.task}", "{model}")\nprint(ask({example}))\n```'
    )


def _episode(report: Report) -> str:
    """The policy at work, where it is one."""
    replay = report.artefact.explanation.get("replay")
    return "" if replay is None else f"## An episode\n\n![One episode, played by the policy]({replay})"


def _results(report: Report) -> str:
    judged = report.judgement
    columns = [("value", {name: f"{value:.5g}" for name, value in judged.scores.items()})]
    columns += [("95 % interval", {name: f"{low:.5g} to {high:.5g}" for name, (low, high) in judged.intervals.items()})]
    columns += [("simplest rule", {name: f"{value:.5g}" for name, value in judged.baseline.items()})]
    shown = [(title, values) for title, values in columns if values]
    lines = [f"| metric | {' | '.join(title for title, _ in shown)} |", "|---" * (len(shown) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(values.get(name, '') for _, values in shown)} |" for name in judged.scores]
    title = "## Results on the sealed test" if judged.rows else "## Results"
    return "\n".join([title, "", *lines, "", gain_sentence(report)]).rstrip()


def _weak(report: Report) -> str:
    """Groups of rows for which it does clearly worse."""
    if not report.judgement.slices:
        return ""
    lines = [
        f"* {one.words}: {number_of(one.value)} in {one.rows} rows ({number_of(one.whole)} in all)"
        for one in report.judgement.slices
    ]
    measure = "mean absolute error" if isinstance(report.judgement.truth[0], float) else "share of right answers"
    return "\n".join([f"## Where it is weak\n\nGroups of rows, with the {measure}:\n", *lines])


def _pictures(figures: Sequence[Exhibit]) -> str:
    """Each below its title, with what is to be seen in words."""
    shown = [f"### {one.title}\n\n{one.sentence}\n\n![{one.title}](autotrain/{one.name}.svg)" for one in figures]
    return "\n\n".join(["## Figures", *shown]) if shown else ""


def _trials(report: Report) -> str:
    lines = ["## Trials", "", f"| trial | family | {report.board.metric.name} | seconds |", "|---|---|---|---|"]
    lines += [_line(trial) for trial in report.board.finished()[:_TOP]]
    return "\n".join(lines)


def _line(trial: Trial) -> str:
    score = trial.outcome.score if trial.outcome else float("nan")
    return f"| {trial.number} | {trial.plan.family} | {score:.5g} | {trial.seconds:.1f} |"


def _making(report: Report) -> str:
    findings = "\n".join(f"* {finding.sentence} {finding.advice}".rstrip() for finding in report.findings)
    said = f"\n\nWhat the data check said:\n\n{findings}" if findings else ""
    split = f"{counted(report.rows[0], 'row')} to search on, {report.rows[1]} sealed. " if any(report.rows) else ""
    return (
        f"## How it was made\n\n{split}Budget {report.spec.budget.seconds:.0f} s, seed {report.spec.seed}. "
        f"`autotrain/job.yaml` has the whole spec.{said}"
    )
