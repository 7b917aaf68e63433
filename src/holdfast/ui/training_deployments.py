"""Trials that can be made the model, and those that were, in the words of the run page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.jobs.domain.jobs import Job, Stage
from holdfast.training.domain.runs import TRIAL_LABEL
from holdfast.training.domain.specification import Output
from holdfast.training.service import TrainingRun
from holdfast.ui.training_runs import family_word, metric_word, number

_MOST = 100


@dataclass(frozen=True)
class Choice:
    """A trial to choose; `words` is `Trial 3: ridge, RMSE 0.52`."""

    number: int
    words: str


@dataclass(frozen=True)
class Deployment:
    """A trial that was chosen.

    Args:
        job: that makes it the model.
        words: which trial it is.
        is_done: whether it was pushed and, on the main branch, has answered through the Inference API.
    """

    job: Job
    words: str
    is_done: bool


def trial_choices(run: TrainingRun) -> list[Choice]:
    """Trials that can be made the model, best first; none before the run has a report."""
    if run.report is None or run.spec.trial is not None:
        return []
    metric = metric_word(run.board.metric)
    done = [trial for trial in run.board.best if trial.get("status") == "ok"]
    return [
        Choice(trial["number"], f"Trial {trial['number']}: {family_word(trial['family'])}, {metric} {number(score)}")
        for trial in done[:_MOST]
        if (score := trial.get("score")) is not None
    ]


def deployment_lines(run: TrainingRun, jobs: Sequence[Job]) -> list[Deployment]:
    """What became of the trials that somebody chose, newest first."""
    words = {str(choice.number): choice.words for choice in trial_choices(run)}
    return [
        Deployment(job, words.get(chosen := job.spec.labels.get(TRIAL_LABEL, ""), f"Trial {chosen}"), _is_done(job))
        for job in jobs
    ]


def place_of(output: Output) -> str:
    """The path of a pushed model: its page, or its branch where it went to one."""
    return f"{output.repo_id}/tree/{output.branch}" if output.branch else str(output.repo_id)


def _is_done(job: Job) -> bool:
    return job.stage is Stage.COMPLETED
