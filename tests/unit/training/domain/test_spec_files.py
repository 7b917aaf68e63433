"""Specs as files: what is written is read back, and what is wrong is named."""

import json

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.spec_files import mapping_of, read_spec, seconds_of, spec_of, write_spec
from holdfast.training.domain.specification import Budget, DataSource, Output, TrainingSpec

FULL = TrainingSpec(
    task="tabular-classification",
    data=DataSource(repo_id="acme/churn", revision="v1", config="plain", split="train"),
    test=DataSource(path="test.csv"),
    columns={"target": "churn", "inputs": "a, b"},
    metric="roc_auc",
    base_model="acme/base",
    candidates=("svm", "knn"),
    param_grid={"C": (0.1, 1.0), "kernel": ("rbf",)},
    params={"learning_rate": 0.001, "nested": {"deep": [1, 2]}},
    labels={"yes": "will go", "no": "will stay"},
    budget=Budget(90.0, trials=5, memory_mb=500),
    seed=7,
    output=Output(folder="out", repo_id="acme/model", private=True, deploy=False),
)
SMALL = TrainingSpec("auto", DataSource(path="data.csv"))


@pytest.mark.parametrize("spec", [FULL, SMALL], ids=["full", "small"])
def test_what_is_written_is_read_back(spec: TrainingSpec):
    assert read_spec(write_spec(spec)) == spec
    assert spec_of(json.loads(json.dumps(mapping_of(spec)))) == spec


def test_what_is_as_usual_is_not_written():
    assert mapping_of(SMALL) == {"task": "auto", "data": {"path": "data.csv"}}


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("10m", 600), ("1.5 h", 5400), (30, 30), ("45", 45)])
def test_times(text, seconds):
    assert seconds_of(text) == seconds
    assert read_spec(f"task: auto\ndata: a.csv\nbudget: {text}").budget.seconds == seconds


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("task: auto", "data", "is missing"),
        ("data: a.csv", "task", "is missing"),
        ("task: auto\ndata: a.csv\nbugdet: 60s", "bugdet", "is no field"),
        ("task: auto\ndata: {path: a.csv, repo: b}", "data.repo", "is no field"),
        ("task: auto\ndata: {path: a.csv, repo_id: a/b}", "data", "either `path`"),
        ("task: auto\ndata: {}", "data", "either `path`"),
        ("task: auto\ndata: a.csv\ncolumns: {target: 3}", "columns.target", "quotes"),
        ("task: auto\ndata: a.csv\ncolumns: [a]", "columns", "mapping"),
        ("task: auto\ndata: a.csv\nbudget: soon", "budget", "60s, 10m or 1h"),
        ("task: auto\ndata: a.csv\nbudget: {trials: 0}", "budget.trials", "1 or more"),
        ("task: auto\ndata: a.csv\nseed: first", "seed", "whole number"),
        ("task: auto\ndata: a.csv\nseed: true", "seed", "whole number"),
        ("task: auto\ndata: a.csv\noutput: {private: yes please}", "output.private", "true or false"),
        ("task: auto\ndata: a.csv\nparam_grid: {C: 1}", "param_grid.C", "list of values"),
        ("task: auto\ndata: a.csv\ncandidates: svm", "candidates", "must be a list"),
        ("- a\n- b", "spec", "must be a mapping"),
        ("task: [", "spec", "neither YAML nor JSON in line"),
        ("!!python/object/apply:os.system [ls]", "spec", "neither YAML nor JSON"),
    ],
)
def test_what_is_wrong_is_named(text: str, field: str, says: str):
    with pytest.raises(InvalidInput) as caught:
        read_spec(text)
    assert caught.value.field == field
    assert says in caught.value.problem


def test_small_numbers_are_numbers():
    """YAML 1.1 takes `2e-5` for text."""
    spec = read_spec("task: auto\ndata: a.csv\nparams: {learning_rate: 2e-5}\nparam_grid: {C: [1e-2, 1]}")
    assert spec.params == {"learning_rate": 0.00002}
    assert spec.param_grid == {"C": (0.01, 1)}
