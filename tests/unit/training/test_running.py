"""A run in this process, from a file to the folder that is pushed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from holdfast import train
from holdfast.base.errors import InvalidInput, TrainingFailed, UnknownTask
from holdfast.inference import tasks
from holdfast.training.domain.events import Event, Stage
from holdfast.training.reporting.records import record_of
from holdfast.training.search.journal import JOURNAL


def flowers(rows: int = 150) -> pd.DataFrame:
    random = np.random.default_rng(0)
    length, width = random.normal(size=rows), random.normal(size=rows)
    large = length + width + random.normal(size=rows) / 4 > 0
    colours = random.choice(["red", "blue"], rows)
    return pd.DataFrame(
        {"length": length, "width": width, "colour": colours, "kind": np.where(large, "large", "small")}
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """One run, looked at from all sides."""
    folder = tmp_path_factory.mktemp("run")
    flowers().to_csv(folder / "flowers.csv", index=False)
    events: list[Event] = []
    spec = {"task": "auto", "data": str(folder / "flowers.csv"), "columns": {"target": "kind"}, "seed": 1}
    (folder / "spec.yaml").write_text(yaml.safe_dump({**spec, "budget": {"seconds": 120, "trials": 3}}))
    report = train(folder / "spec.yaml", folder=folder / "run", listener=events.append)
    return report, events


def test_it_goes_through_all_stages(made) -> None:
    _report, events = made
    stages = list(dict.fromkeys(event.stage for event in events))
    wanted = [Stage.READ, Stage.CHECK, Stage.SEARCH, Stage.FINISH, Stage.JUDGE, Stage.REPORT, Stage.DONE]
    assert stages == wanted
    assert [event.ended.number for event in events if event.ended] == [0, 1, 2]


def test_the_sealed_rows_judge_what_is_served(made) -> None:
    report, _events = made
    assert report.rows == (120, 30)
    assert report.judgement.rows == 30
    assert report.judgement.scores["roc_auc"] > 0.8
    low, high = report.judgement.intervals["roc_auc"]
    assert low <= report.judgement.scores["roc_auc"] <= high
    assert report.baseline == pytest.approx(0.5)
    predictor = tasks.load(report.artefact.task, report.folder)
    assert set(predictor.predict(report.artefact.example)) <= {"large", "small"}


def test_what_matters_is_found(made) -> None:
    importance = made[0].judgement.importance
    assert min(importance["length"], importance["width"]) > importance["colour"]


def test_the_folder_is_what_a_hub_wants(made) -> None:
    folder = made[0].folder
    front = yaml.safe_load((folder / "README.md").read_text().split("---")[1])
    assert (front["pipeline_tag"], front["library_name"]) == ("tabular-classification", "sklearn")
    metrics = {metric["type"]: metric["value"] for metric in front["model-index"][0]["results"][0]["metrics"]}
    assert metrics["roc_auc"] == pytest.approx(made[0].judgement.scores["roc_auc"])
    pictures = {path.stem for path in (folder / "autotrain").glob("*.svg")}
    drawn = {"baseline", "search", "confusion", "roc", "precision-recall", "calibration", "importance"}
    drawn.add("learning-curve")
    assert pictures - {"slices"} == drawn
    assert len(pd.read_parquet(folder / "autotrain" / "trials.parquet")) == 3
    page = (folder / "autotrain" / "report.html").read_text()
    assert page.count("<svg") == len(pictures)
    assert "http" not in page, "one file, with nothing from elsewhere"
    assert not list(folder.rglob("*.pkl")) + list(folder.rglob("*.joblib"))


def test_answers_to_the_sealed_rows_are_pushed_and_the_rows_are_not(made) -> None:
    report, _events = made
    pushed = pd.read_parquet(report.folder / "autotrain" / "predictions.parquet")
    assert list(pushed.columns) == ["row", "truth", "prediction", "confidence", "probabilities"]
    assert len(pushed) == 30
    assert (pushed.truth == pushed.prediction).mean() == pytest.approx(report.judgement.scores["accuracy"])
    mine = json.loads((report.folder.parent / "report.json").read_text())
    wrong = int((pushed.truth != pushed.prediction).sum())
    assert len(mine["mistakes"]) == wrong > 0
    assert set(mine["mistakes"][0]["shown"]) == {"length", "width", "colour"}
    assert mine["mistakes"][0]["confidence"] >= mine["mistakes"][-1]["confidence"]
    assert "mistakes" not in json.loads((report.folder / "autotrain" / "report.json").read_text())
    assert "The rows it got most wrong" in (report.folder.parent / "report.html").read_text()
    assert "The rows it got most wrong" not in (report.folder / "autotrain" / "report.html").read_text()


def test_the_report_compares_with_the_simplest_rule_and_with_fewer_rows(made) -> None:
    record = record_of(made[0])
    assert record["baseline_scores"]["roc_auc"] == pytest.approx(0.5)
    assert record["gain"]["low"] > 0.1, "that the columns tell the kind is certain"
    assert [point["rows"] for point in record["learning_curve"]["points"]] == [60, 120]
    assert record["columns"][0] == {"name": "length", "kind": "number", "role": "input"}
    assert record["columns"][3] == {"name": "kind", "kind": "category", "role": "target"}
    assert {line["label"] for line in record["labels"]} == {"large", "small"}


def test_the_record_is_json(made) -> None:
    record = json.loads(json.dumps(record_of(made[0]), allow_nan=False))
    assert record["metric"] == {"name": "roc_auc", "greater_is_better": True}
    assert record["score"] == record["scores"]["roc_auc"]
    assert record["rows"] == {"train": 120, "test": 30, "judged": 30}
    assert record["seconds"]["all"] > 0
    assert record["model"]["size_bytes"] > 0


def test_the_same_run_again_does_nothing_twice(made) -> None:
    report, _events = made
    run = report.folder.parent
    before = (run / JOURNAL).read_text()
    again = train(run.parent / "spec.yaml", folder=run)
    assert (run / JOURNAL).read_text() == before
    assert again.judgement.scores == report.judgement.scores


def test_what_cannot_be_trained_on_says_why(tmp_path: Path) -> None:
    flowers().assign(kind="same").to_csv(tmp_path / "one.csv", index=False)
    with pytest.raises(InvalidInput, match="can't be trained on"):
        train(tmp_path / "one.csv", "kind", task="tabular-classification", budget="30s", folder=tmp_path / "run")
    with pytest.raises(UnknownTask):
        train(tmp_path / "one.csv", "kind", task="mind-reading", budget="30s", folder=tmp_path / "run")


def test_a_full_disk_ends_the_run_and_says_so(tmp_path: Path) -> None:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "spent.json.new").symlink_to("/dev/full")
    with pytest.raises(TrainingFailed, match="The disk is full"):
        train(tmp_path / "flowers.csv", "kind", folder=tmp_path / "run", output={"folder": str(tmp_path / "made")})
    assert not (tmp_path / "made").exists(), "no half of a model"
