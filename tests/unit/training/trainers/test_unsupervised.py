"""Tables without answers: groups, odd rows and maps are found, told in words, and served as they lie there."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.training.checking.check import check_data
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import DataSource, TrainingSpec
from holdfast.training.domain.trials import Board, Plan, Status, Trial
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import Place, TrialFailed
from holdfast.training.trainers.unsupervised.anomalies import anomalies_of
from holdfast.training.trainers.unsupervised.clustering import around_centres


class Plenty:
    seconds = 1000.0

    def left(self) -> float:
        return self.seconds

    def elapsed(self) -> float:
        return 0.0

    def keep_back(self, seconds: float) -> None:
        pass


class Hurried(Plenty):
    seconds = 1.0


def customers() -> pd.DataFrame:
    """Three kinds of customers, in words and numbers."""
    random = np.random.default_rng(0)
    kinds = [(25, 1200, "student"), (45, 5200, "family"), (70, 2400, "retired")]
    parts = [
        pd.DataFrame(
            {
                "age": random.normal(age, 3, rows).round(1),
                "spend": random.normal(spend, 200, rows).round(2),
                "plan": plan,
            }
        )
        for (age, spend, plan), rows in zip(kinds, (90, 60, 40), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def payments() -> pd.DataFrame:
    """Payments of which 12 are odd."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "amount": random.lognormal(3, 0.4, 240).round(2),
            "hour": random.normal(14, 2, 240).round(2),
            "shop": random.choice(["bakery", "books", "fuel"], 240),
            "fraud": 0,
        }
    )
    frame.loc[:11, "amount"] = random.uniform(400, 900, 12).round(2)
    frame.loc[:11, "fraud"] = 1
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def prepared(frame: pd.DataFrame, task: str, **spec):
    made = TrainingSpec(task, DataSource(path="data.csv"), **spec)
    checked = check_data(frame, made)
    checked.require()
    rows = checked.frame
    data: TrainingData = checked.training_data(
        rows.iloc[::2].reset_index(drop=True), rows.iloc[1::2].reset_index(drop=True)
    )
    return data, made, registry.module_of(task).prepare(data, made)


def finished(trainer, data, spec, plans: list[Plan], folder: Path, clock: Plenty | None = None):
    board = Board(registry.metric_of(spec, data))
    for number, plan in enumerate(plans):
        outcome = trainer.fit(plan, Place(folder, lambda _figures: None))
        board.trials.append(Trial(number, plan, Status.OK, 0.1, outcome))
    return board, trainer.finish(board, folder, clock or Hurried())


def test_three_kinds_of_customers_are_found_and_described(tmp_path: Path):
    data, spec, trainer = prepared(customers(), "clustering")
    plans = [
        plan for plan in trainer.plans(Board(registry.metric_of(spec, data)), Plenty()) if plan.family == "k-means"
    ]
    board, artefact = finished(trainer, data, spec, plans[:4], tmp_path)
    assert board.best is not None
    assert board.best.plan.parameters == {"n_clusters": 3}
    segments = artefact.explanation["segments"]
    assert [segment["rows"] for segment in segments] == sorted((segment["rows"] for segment in segments), reverse=True)
    assert "`plan` is `student`" in segments[0]["sentence"]
    assert "`age` is" in segments[0]["sentence"]
    assert set(artefact.explanation["map"]["columns"]) == {"age", "spend", "plan"}
    served = tasks.load(artefact.task, tmp_path, device="cpu")
    answers = served.predict(artefact.example, {})
    assert {answer["cluster"] for answer in answers} <= {0, 1, 2}
    judged = registry.module_of("clustering").judge(data, served, spec)
    assert judged.scores["silhouette"] > 0.5
    assert judged.rows == len(data.test)


@pytest.mark.parametrize("family", ["gaussian-mixture", "agglomerative", "hdbscan"])
def test_other_ways_to_find_groups_are_served_too(family: str, tmp_path: Path):
    data, spec, trainer = prepared(customers(), "clustering")
    named = {"gaussian-mixture": "n_components", "agglomerative": "n_clusters", "hdbscan": "min_cluster_size"}
    plan = Plan(family, {named[family]: 8 if family == "hdbscan" else 3})
    _board, artefact = finished(trainer, data, spec, [plan], tmp_path)
    served = tasks.load("clustering", tmp_path, device="cpu")
    told = [answer["cluster"] for answer in served.predict(artefact.example, {})]
    assert len(told) == 3
    assert artefact.explanation["segments"][0]["segment"] == 0


def test_one_group_is_no_group():
    with pytest.raises(TrialFailed, match="1 group only"):
        around_centres(np.zeros((10, 2)), np.array([0] * 8 + [-1] * 2))


@pytest.mark.parametrize(
    "family", ["isolation-forest", "tails", "neighbours", "gaussian-mixture", "pca", "local-outlier-factor"]
)
def test_every_detector_finds_odd_payments_and_is_served(family: str, tmp_path: Path):
    data, spec, trainer = prepared(payments(), "anomaly-detection", columns={"target": "fraud"})
    plan = next(
        plan for plan in trainer.plans(Board(registry.metric_of(spec, data)), Plenty()) if plan.family == family
    )
    board, _artefact = finished(trainer, data, spec, [plan], tmp_path)
    assert board.metric.name == "average_precision"
    served = tasks.load("anomaly-detection", tmp_path, device="cpu")
    odd = {"table": {"amount": [5000.0, 20.0], "hour": [14.0, 14.0], "shop": ["fuel", "books"]}}
    first, second = served.predict(odd, {})
    assert isinstance(first["is_anomaly"], bool)
    if family != "pca":
        assert first["is_anomaly"]
        assert first["score"] > second["score"]
        assert board.best is not None
        assert board.best.outcome.score > 0.5


def test_odd_rows_are_explained_in_words_and_judged(tmp_path: Path):
    data, spec, trainer = prepared(payments(), "anomaly-detection", columns={"target": "fraud"})
    _board, artefact = finished(trainer, data, spec, [Plan("tails")], tmp_path)
    assert "`amount` is" in artefact.explanation["unusual"][0]["sentence"]
    assert "higher than in" in artefact.explanation["unusual"][0]["sentence"]
    assert artefact.explanation["share_because"] == "as many as the data says"
    judged = registry.module_of("anomaly-detection").judge(data, tasks.load(artefact.task, tmp_path), spec)
    assert judged.scores["average_precision"] > 0.3
    assert set(judged.truth) == {"anomaly", "usual"}


def test_without_answers_detectors_are_compared_with_each_other(tmp_path: Path):
    data, spec, trainer = prepared(
        payments().drop(columns="fraud"), "anomaly-detection", params={"contamination": 0.05}
    )
    assert registry.metric_of(spec, data).name == "agreement"
    board, artefact = finished(trainer, data, spec, [Plan("isolation-forest", {"n_estimators": 30})], tmp_path)
    assert board.best is not None
    assert board.best.outcome.score > 0.7
    assert artefact.explanation["share"] == 0.05
    drawn = {point["row"] for point in artefact.explanation["map"]["points"]}
    assert {each["row"] for each in artefact.explanation["unusual"]} <= drawn
    assert "tsne" not in artefact.explanation


def test_the_map_is_served_and_drawn(tmp_path: Path):
    data, spec, trainer = prepared(customers(), "dimensionality-reduction", columns={"target": "plan"})
    plans = list(trainer.plans(Board(registry.metric_of(spec, data)), Plenty()))
    _board, artefact = finished(trainer, data, spec, plans[:1], tmp_path, Plenty())
    served = tasks.load("dimensionality-reduction", tmp_path)
    assert len(served.predict(artefact.example, {})[0]["coordinates"]) == plans[0].parameters["n_components"]
    for drawn in ("map", "tsne"):
        points = artefact.explanation[drawn]["points"]
        assert len(points) == len(data.train)
        assert len({point["group"] for point in points}) == 3
        assert artefact.explanation[drawn]["columns"] == ["age", "spend"]
        assert points[0]["values"] == data.train[["age", "spend"]].iloc[points[0]["row"]].tolist()
    assert artefact.explanation["groups"] == ["family", "retired", "student"]
    judged = registry.module_of(spec.task).judge(data, served, spec)
    assert judged.scores["trustworthiness"] > 0.8


@pytest.mark.parametrize("values", [["fraud", "ok", "ok"], [1, 0, 0], [True, False, False], ["rare", "often", "often"]])
def test_which_rows_are_anomalies(values):
    assert anomalies_of(pd.Series(values)).tolist() == [True, False, False]


def test_families_that_there_are_not():
    with pytest.raises(InvalidInput, match="there are k-means"):
        prepared(customers(), "clustering", candidates=("magic",))
