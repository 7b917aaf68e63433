"""The one object that says what to train, whoever wrote it: YAML, the command line, Python or the web wizard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DataSource:
    """Where rows come from: a file here, or a dataset of the Hub at a revision.

    Args:
        path: of a local file or folder; None where it is a dataset.
        repo_id: of a dataset; None where it is a file.
        revision: of the dataset; None means its main branch, and the run notes the commit that was meant.
        config: of the dataset; None means its only one.
        split: of the dataset; None means the one to train on.
    """

    path: str | None = None
    repo_id: str | None = None
    revision: str | None = None
    config: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class Budget:
    """What a run may use.

    Args:
        seconds: of wall time for everything, from reading to the report.
        trials: at most; None means as many as the time allows.
        memory_mb: of one trial; None means what the machine has to spare.
    """

    seconds: float = 600.0
    trials: int | None = None
    memory_mb: int | None = None


@dataclass(frozen=True)
class Output:
    """Where the model goes.

    Args:
        folder: on this machine; None means one below the run's own.
        repo_id: of the Hub; None keeps the model here.
        branch: of that repo; None means its main branch, which is the one that is served.
        private: whether a new repo is seen by its owner only.
        deploy: whether the model must answer a request through the Inference API before the run counts as done.
    """

    folder: str | None = None
    repo_id: str | None = None
    branch: str | None = None
    private: bool = False
    deploy: bool = True


@dataclass(frozen=True)
class ChosenTrial:
    """A trial of an earlier run that somebody wants as the model: it is made once more, and nothing else is tried.

    Args:
        number: of the trial in that run; what is random in it follows from this and the spec's seed.
        family: of models.
        parameters: as the trial had them.
        rung: of the ladder.
        run: that it comes from, in words for the card; None where nobody said.
    """

    number: int
    family: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rung: int = 0
    run: str | None = None


@dataclass(frozen=True)
class TrainingSpec:
    """Everything that a run depends on: the same spec, data revision and seed give the same model.

    Args:
        task: its id, such as `tabular-classification`; `auto` lets the data check name it.
        data: rows to train on.
        test: rows to judge by; None seals a part of `data`.
        columns: what each column is for, by role: `{"target": "churn"}`, `{"text": "review", "target": "stars"}`.
        kinds: what columns hold, where the check would judge wrongly: `{"postcode": "category"}`; `number`, `category`,
            `text`, `date`, or `ignore` for a column that nothing is to see.
        metric: what the search goes by; None means the task's default.
        base_model: a model of the Hub or a local folder to start from; None lets the trainer choose, or begin anew.
        candidates: families to try; None means all that fit.
        param_grid: exactly these combinations and no others, as for scikit-learn's `GridSearchCV`.
        params: settings of the trainer, by their names in the library that does the work.
        labels: for zero-shot and few-shot: a description of each label in words.
        seed: of everything random.
        trial: to make instead of searching; None searches.
    """

    task: str
    data: DataSource
    test: DataSource | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    metric: str | None = None
    base_model: str | None = None
    candidates: tuple[str, ...] | None = None
    param_grid: Mapping[str, tuple[Any, ...]] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    seed: int = 0
    trial: ChosenTrial | None = None
    output: Output = field(default_factory=Output)
