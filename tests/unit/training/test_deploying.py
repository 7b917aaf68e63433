"""Making another trial of a run the model: who may, which trials, where it goes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from holdfast.accounts.auditing import AuditQuery
from holdfast.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from holdfast.training.domain import runs
from holdfast.training.domain.runs import Target
from holdfast.training.domain.spec_files import mapping_of, parse, read_spec, spec_of, write_spec
from holdfast.training.domain.specification import Budget, ChosenTrial, DataSource, Output, TrainingSpec
from holdfast.training.search.choosing import chosen_of
from holdfast.training.service import TrainingService
from tests.factories.jobs import open_workshop

SPEC = TrainingSpec(
    "tabular-regression",
    DataSource(repo_id="lab/houses", revision="c" * 40),
    columns={"target": "price"},
    metric="rmse",
    budget=Budget(60.0),
    output=Output(repo_id="lab/prices"),
)
RIDGE = {"number": 1, "family": "ridge", "parameters": {"alpha": 0.5}, "rung": 1, "status": "ok", "score": 3.0}
FAILED = {"number": 2, "family": "svm", "parameters": {}, "rung": 1, "status": "failed", "score": None}
CNN = {"number": 3, "family": "cnn", "parameters": {"epochs": 90}, "metrics": {"epochs": 12.4}, "score": 2.0}


@pytest.fixture
def shop(tmp_path):
    opened = open_workshop(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def training(shop):
    return TrainingService(shop.services, None, None)  # type: ignore[arg-type]  # nothing here touches repos


def finished_run(shop, namespace="lab", by="alice"):
    files = {runs.SPEC_FILE: write_spec(SPEC)}
    job = shop.run(namespace, by, kind=runs.KIND, files=files, labels=dict([runs.LABEL]))
    report = {"spec": mapping_of(SPEC), "trials": [RIDGE, FAILED]}
    shop.runner.files[job.id] = {runs.REPORT_FILE: json.dumps(report).encode()}
    return job


def test_a_trial_becomes_a_run_of_its_own(shop, training):
    run = finished_run(shop)
    job = training.deploy_trial(shop.actor("erin"), "lab", run.id, 1)
    asked = spec_of(parse(job.spec.files[runs.SPEC_FILE]))
    assert asked == replace(SPEC, trial=ChosenTrial(1, "ridge", {"alpha": 0.5}, 1, run.id))
    assert job.spec.labels[runs.OF_LABEL] == run.id
    assert job.spec.labels["model"] == "lab/prices"
    assert [found.id for found in training.list_deployments(shop.actor("carol"), "lab", run.id)] == [job.id]
    assert training.get_run(shop.actor("alice"), "lab", job.id).spec == asked


def test_where_it_goes(shop, training):
    run = finished_run(shop)
    job = training.deploy_trial(shop.actor("alice"), "lab", run.id, 1, Target("lab/others", "trial-1"))
    output = spec_of(parse(job.spec.files[runs.SPEC_FILE])).output
    assert (output.repo_id, output.branch) == ("lab/others", "trial-1")
    for target in (Target("alice/prices"), Target(branch="../main"), Target(branch="a..b"), Target("lab/../x")):
        with pytest.raises(InvalidInput):
            training.deploy_trial(shop.actor("alice"), "lab", run.id, 1, target)


def test_what_can_not_be_deployed(shop, training):
    run = finished_run(shop)
    for number in (2, 7):
        with pytest.raises(InvalidInput, match="trial"):
            training.deploy_trial(shop.actor("alice"), "lab", run.id, number)
    del shop.runner.files[run.id]
    with pytest.raises(Conflict, match="finished"):
        training.deploy_trial(shop.actor("alice"), "lab", run.id, 1)
    with pytest.raises(NotFound):
        training.deploy_trial(shop.actor("alice"), "lab", shop.run("lab", kind="other").id, 1)


def test_who_may(shop, training):
    run = finished_run(shop)
    with pytest.raises(NotFound):
        training.deploy_trial(shop.actor("bob"), "lab", run.id, 1)
    for name in ("carol", "dave"):  # who reads, and who may change but what is their own
        with pytest.raises(Forbidden):
            training.deploy_trial(shop.actor(name), "lab", run.id, 1)
    own = finished_run(shop, by="dave")
    assert training.deploy_trial(shop.actor("dave"), "lab", own.id, 1).creator == "dave"


def test_the_audit_log_has_it(shop, training):
    run = finished_run(shop)
    job = training.deploy_trial(shop.actor("alice"), "lab", run.id, 1)
    event = shop.accounts.audit.list_events(shop.actor("root"), AuditQuery(), 1).events[0]
    assert (event.action.value, event.target) == ("trial.deployed", f"lab/{job.id}")
    assert f"{runs.OF_LABEL}={run.id}" in event.details["labels"]


def test_a_chosen_trial_is_trained_for_as_long_as_it_was():
    assert chosen_of([{**CNN, "status": "ok"}], 3).parameters == {"epochs": 13}


def test_a_spec_with_a_trial_is_read_back_and_refused_by_servers():
    spec = replace(SPEC, trial=ChosenTrial(1, "ridge", {"alpha": 0.5}, 1))
    assert read_spec(write_spec(spec)) == spec
    with pytest.raises(InvalidInput, match="trial"):
        runs.admitted(runs.Request(mapping_of(spec)), "lab")
    with pytest.raises(InvalidInput, match=r"trial\.family"):
        read_spec("{task: auto, data: x.csv, trial: {number: 1}}")
