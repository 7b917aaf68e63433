"""A run as a job, seen from outside: what it was asked for, how far it is, its board, its report. Pure rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.spec_files import spec_of
from holdfast.training.domain.specification import ChosenTrial, DataSource, Output, TrainingSpec

KIND = "training"
LABEL = ("autotrain", "1")
STOP_LABEL = "autotrain-stop"
OF_LABEL = "autotrain-run"
TRIAL_LABEL = "autotrain-trial"
SPEC_FILE = "job.yaml"
REPORT_FILE = "report.json"
PAGE_FILE = "report.html"

_MOST_SECONDS = 7 * 24 * 3600
_OF_AGENTS = "reinforcement-learning"
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_BRANCH = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w.-]{0,95}")
_REPO_ID = re.compile(r"[\w][\w.-]{0,95}/[\w][\w.-]{0,95}")


@dataclass(frozen=True)
class RunBoard:
    """What a run has told so far.

    Args:
        stage: where it is, in words; empty before it began.
        metric: that trials are compared by; None before the search.
        greater_is_better: of the metric.
        trials: as JSON, in the order in which they ended; see `search.journal.line_of`.
        running: number and family of the trial that runs; None between trials.
        figures: of the running trial's steps, oldest first.
        messages: for people, oldest first.
    """

    stage: str = ""
    metric: str | None = None
    greater_is_better: bool = True
    trials: tuple[Mapping[str, Any], ...] = ()
    running: Mapping[str, Any] | None = None
    figures: tuple[Mapping[str, Any], ...] = ()
    messages: tuple[str, ...] = ()

    @property
    def best(self) -> tuple[Mapping[str, Any], ...]:
        """Trials with a score, best first."""
        known = [trial for trial in self.trials if isinstance(trial.get("score"), (int, float))]
        return tuple(sorted(known, key=lambda trial: trial["score"], reverse=self.greater_is_better))


def board_of(events: Iterable[Mapping[str, Any]]) -> RunBoard:
    """The board of what a run's command told, event by event; see `training.jobs`."""
    board = RunBoard()
    trials: dict[int, Mapping[str, Any]] = {}
    for event in events:
        told = event.get("training")
        if not isinstance(told, Mapping):
            continue
        if isinstance(trial := told.get("trial"), Mapping) and isinstance(trial.get("number"), int):
            trials[trial["number"]] = trial  # a resumed run tells again what it took up
            board = replace(board, running=None, figures=())
        board = _told(board, told)
    return replace(board, trials=tuple(trials.values()))


def _told(board: RunBoard, told: Mapping[str, Any]) -> RunBoard:
    if isinstance(stage := told.get("stage"), str):
        board = replace(board, stage=stage)
    if isinstance(metric := told.get("metric"), Mapping) and isinstance(metric.get("name"), str):
        greater = metric.get("greater_is_better") is not False
        board = replace(board, metric=metric["name"], greater_is_better=greater)
    if isinstance(running := told.get("running"), Mapping):
        board = replace(board, running=running, figures=())
    if isinstance(figures := told.get("figures"), Mapping):
        board = replace(board, figures=(*board.figures, figures))
    if isinstance(message := told.get("message"), str):
        board = replace(board, messages=(*board.messages, message))
    return board


@dataclass(frozen=True)
class Request:
    """What somebody asks of a server.

    Args:
        spec: as people write it.
        uploaded: dataset that was made of an uploaded file; None where the spec names its data.
    """

    spec: Mapping[str, Any]
    uploaded: str | None = field(default=None)


def admitted(request: Request, namespace: str) -> TrainingSpec:
    """The spec as a server runs it: data and models come from the Hub, the model goes to the namespace.

    Raises:
        InvalidInput: it names files of the server, another namespace, or more time than there is.
    """
    fields = dict(request.spec)
    if request.uploaded is not None:
        fields["data"] = {"repo_id": request.uploaded}
    fields.setdefault("task", "auto")
    spec = spec_of(fields)
    for name, source in (("data", spec.data), ("test", spec.test)):
        if source is not None and not _is_environment(spec, source):
            _check_source(name, source)
    if spec.base_model is not None:
        _check_repo_id("base_model", spec.base_model)
    rewards = spec.params.get("rewards")
    for reward in rewards if isinstance(rewards, list) else [rewards]:
        if isinstance(reward, Mapping) and "model" in reward:
            _check_repo_id("params.rewards.model", str(reward["model"]))
    if spec.trial is not None:
        raise InvalidInput(field="trial", problem="is for your own machine; here, deploy the trial of a finished run")
    if not 1 <= spec.budget.seconds <= _MOST_SECONDS:
        raise InvalidInput(field="budget.seconds", problem=f"must be from 1 to {_MOST_SECONDS}")
    return replace(spec, output=_output(spec, namespace))


@dataclass(frozen=True)
class Target:
    """Where a chosen trial goes.

    Args:
        repo_id: of the namespace; None means the repo of the run.
        branch: of that repo; None means the main branch, which is the one that is served.
    """

    repo_id: str | None = None
    branch: str | None = None


def redeployed(done: TrainingSpec, chosen: ChosenTrial, namespace: str, target: Target) -> TrainingSpec:
    """The spec that makes one trial of a run the model.

    Args:
        done: the run's, with everything filled in.
        chosen: the trial.
        namespace: that the run belongs to.
        target: where the model goes.

    Raises:
        InvalidInput: a repo of another namespace, or no name for a repo or a branch.
    """
    output = replace(done.output, repo_id=target.repo_id or done.output.repo_id, branch=target.branch, folder=None)
    if target.branch is not None and not _BRANCH.fullmatch(target.branch):
        raise InvalidInput(field="branch", problem="must be the name of a branch, such as trial-3")
    return replace(done, trial=chosen, output=_output(replace(done, output=output), namespace))


def _is_environment(spec: TrainingSpec, source: DataSource) -> bool:
    """Agents learn in an environment of a plain name: no path, and no `module:name`, which would import a module."""
    return spec.task == _OF_AGENTS and source.path is not None and _ENVIRONMENT.fullmatch(source.path) is not None


def _check_source(name: str, source: DataSource) -> None:
    if source.path is not None or source.repo_id is None:
        raise InvalidInput(field=name, problem="must be a dataset of this Hub (repo_id); upload files first")
    _check_repo_id(f"{name}.repo_id", source.repo_id)


def _check_repo_id(name: str, value: str) -> None:
    if not _REPO_ID.fullmatch(value) or ".." in value:
        raise InvalidInput(field=name, problem="must be a repo id such as owner/name")


def _output(spec: TrainingSpec, namespace: str) -> Output:
    asked = spec.output
    if asked.folder is not None:
        raise InvalidInput(field="output.folder", problem="is for runs on your own machine")
    name = asked.repo_id or f"{(spec.data.repo_id or spec.data.path or 'model').split('/')[-1]}-{spec.task}"
    repo_id = name if "/" in name else f"{namespace}/{name}"
    _check_repo_id("output.repo_id", repo_id)
    if repo_id.split("/")[0].lower() != namespace.lower():
        raise InvalidInput(field="output.repo_id", problem=f"must be under {namespace}, where the run belongs")
    return replace(asked, repo_id=repo_id)
