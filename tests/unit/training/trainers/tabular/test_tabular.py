"""Tables from rows to a folder that the Inference API's predictor loads."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.training.domain.data import ColumnKind, TrainingData
from holdfast.training.domain.specification import DataSource, TrainingSpec
from holdfast.training.domain.trials import Board, Plan, Status, Trial
from holdfast.training.trainers import registry, tabular
from holdfast.training.trainers.interface import Place
from tests.factories.training_runs import Hours

KINDS = {
    "size": ColumnKind.NUMBER,
    "colour": ColumnKind.CATEGORY,
    "floor": ColumnKind.CATEGORY,
    "new": ColumnKind.BOOLEAN,
    "note": ColumnKind.TEXT,
    "bought": ColumnKind.DATE,
}


def houses(rows: int = 160) -> pd.DataFrame:
    """A table with every kind of column, holes in each, and a price that follows from some."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": random.gamma(3, 30, rows),
            "colour": random.choice(["red", "blue", "green"], rows),
            "floor": random.choice([1.0, 2.0, 3.0], rows),
            "new": random.random(rows) < 0.5,
            "note": random.choice(["by the sea", "near the station", "quiet garden"], rows),
            "bought": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, rows), unit="D"),
        }
    )
    sea = frame["note"].str.contains("sea")
    frame["price"] = np.exp(10 + frame["size"] / 100 + sea * 0.4 + random.normal(size=rows) / 10)
    frame["class"] = np.where(frame["price"] > frame["price"].median(), "dear", "cheap")
    for place, name in enumerate(KINDS):
        if name != "new":
            frame.loc[place * 5 : place * 5 + 3, name] = None
    return frame


def data(target: str, rows: int = 160) -> TrainingData:
    frame = houses(rows)
    labels = ("cheap", "dear") if target == "class" else None
    train, test = frame.iloc[: rows - 40].reset_index(drop=True), frame.iloc[rows - 40 :].reset_index(drop=True)
    return TrainingData(train, test, {"target": target}, tuple(KINDS), KINDS, labels)


def spec(target: str, **more: Any) -> TrainingSpec:
    task = "tabular-classification" if target == "class" else "tabular-regression"
    return TrainingSpec(task, DataSource(path="houses.csv"), **more)


def run(trainer: Any, board: Board, plans: list[Plan]) -> None:
    for plan in plans:
        number = len(board.trials)
        place = Place(board.folder / f"{number:04d}", lambda _figures: None, seed=number)
        outcome = trainer.fit(plan, place)
        board.trials.append(Trial(number, plan, Status.OK, 1.0, outcome))


def board_of(rows: TrainingData, wanted: TrainingSpec, folder: Path) -> Board:
    return Board(registry.metric_of(wanted, rows), folder=folder / "trials")


FAMILIES_OF_LABELS = [
    Plan("dummy"),
    Plan("logistic-regression", {"C": 1.0, "scaler": "minmax"}),
    Plan("decision-tree", {"max_depth": 3}),
    Plan("k-nearest-neighbours", {"n_neighbors": 5}),
    Plan("linear-svm", {"C": 0.1}),
    Plan("svm", {"C": 1.0}),
    Plan("random-forest", {"n_estimators": 10}),
    Plan("extra-trees", {"n_estimators": 10}),
    Plan("hist-gradient-boosting", {"max_iter": 10}),
    Plan("lightgbm", {"num_leaves": 7}),
    Plan("xgboost", {"max_depth": 2}),
    Plan("neural-network", {"width": 8, "depth": 2}),
]
FAMILIES_OF_NUMBERS = [
    Plan("linear-regression"),
    Plan("ridge", {"alpha": 1.0, "log_target": True}),
    Plan("lasso", {"alpha": 0.1}),
    Plan("svm", {"C": 1.0}),
    Plan("xgboost", {"max_depth": 2, "log_target": True}),
    Plan("lightgbm", {"num_leaves": 7}),
]


@pytest.mark.parametrize(
    ("target", "plan"),
    [*(("class", plan) for plan in FAMILIES_OF_LABELS), *(("price", plan) for plan in FAMILIES_OF_NUMBERS)],
    ids=lambda value: value if isinstance(value, str) else value.family,
)
def test_each_family_is_fitted_kept_and_served(tmp_path: Path, target: str, plan: Plan) -> None:
    rows, wanted = data(target), spec(target)
    trainer = tabular.prepare(rows, wanted)
    board = board_of(rows, wanted, tmp_path)
    run(trainer, board, [plan])
    artefact = trainer.finish(board, tmp_path, Hours())
    predictor = tasks.load(artefact.task, tmp_path)
    answers = predictor.predict(artefact.example)
    assert len(answers) == 3
    assert (
        all(answer in ("cheap", "dear") for answer in answers)
        if target == "class"
        else all(isinstance(answer, float) for answer in answers)
    )


def test_words_and_numbers_come_as_clients_send_them(tmp_path: Path) -> None:
    rows, wanted = data("class"), spec("class")
    trainer = tabular.prepare(rows, wanted)
    board = board_of(rows, wanted, tmp_path)
    run(trainer, board, [Plan("logistic-regression", {"C": 1.0})])
    predictor = tasks.load(trainer.finish(board, tmp_path, Hours()).task, tmp_path)
    typed = {"size": 90.0, "colour": "red", "floor": 2, "new": True, "note": "by the sea", "bought": "2021-05-01"}
    as_text = {name: str(value) for name, value in typed.items()}
    empty = dict.fromkeys(typed, None)

    def ask(row: dict[str, Any]) -> Any:
        return predictor.predict({"table": {name: [value] for name, value in row.items()}}, {"return_scores": True})

    assert ask(typed) == ask(as_text)
    assert ask(empty) == ask(dict.fromkeys(typed, ""))
    assert ask(typed) != ask(empty)
    assert ask({**typed, "floor": 2.0}) == ask(typed)
    assert ask({**typed, "colour": "never seen"})


def test_mixing_is_kept_where_it_gains_and_is_one_model(tmp_path: Path) -> None:
    rows, wanted = data("price"), spec("price")
    trainer = tabular.prepare(rows, wanted)
    board = board_of(rows, wanted, tmp_path)
    run(trainer, board, FAMILIES_OF_NUMBERS)
    artefact = trainer.finish(board, tmp_path, Hours())
    members = artefact.explanation["members"]
    assert sum(member["weight"] for member in members) == pytest.approx(1.0, abs=0.01)
    assert (len(members) > 1) == (artefact.family == "ensemble")
    answers = tasks.load(artefact.task, tmp_path).predict(artefact.example)
    assert np.isfinite(answers).all()


def test_what_knows_nothing_is_never_mixed_in(tmp_path: Path) -> None:
    rows, wanted = data("class"), spec("class")
    trainer = tabular.prepare(rows, wanted)
    board = board_of(rows, wanted, tmp_path)
    run(
        trainer,
        board,
        [Plan("dummy"), Plan("logistic-regression", {"C": 1.0}), Plan("decision-tree", {"max_depth": 3})],
    )
    artefact = trainer.finish(board, tmp_path, Hours())
    assert "dummy" not in [member["family"] for member in artefact.explanation["members"]]


def test_no_label_is_ever_impossible(tmp_path: Path) -> None:
    """One neighbour is always sure; a single mistake would cost endlessly much."""
    rows, wanted = data("class"), spec("class", metric="log_loss")
    trainer = tabular.prepare(rows, wanted)
    board = board_of(rows, wanted, tmp_path)
    run(trainer, board, [Plan("k-nearest-neighbours", {"n_neighbors": 1})])
    predictor = tasks.load(trainer.finish(board, tmp_path, Hours()).task, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    answers = predictor.predict({"table": config["sklearn"]["example_input"]}, {"return_scores": True})
    assert all(label["score"] > 1e-3 for row in answers for label in row)


class TestTheLadder:
    def test_simple_models_come_first_and_each_family_has_its_turn(self, tmp_path: Path) -> None:
        rows, wanted = data("class"), spec("class")
        plans = tabular.prepare(rows, wanted).plans(board_of(rows, wanted, tmp_path), Hours())
        families = [next(plans).family for _ in range(12)]
        assert families[:2] == ["dummy", "logistic-regression"]
        assert sorted(families) == sorted(plan.family for plan in FAMILIES_OF_LABELS)

    def test_the_search_goes_on_where_it_is_best(self, tmp_path: Path) -> None:
        rows, wanted = data("class"), spec("class")
        board = board_of(rows, wanted, tmp_path)
        seen = []
        for plan in tabular.prepare(rows, wanted).plans(board, Hours()):
            score = {"svm": 0.9, "xgboost": 0.8, "logistic-regression": 0.7}.get(plan.family, 0.5)
            outcome = SimpleNamespace(score=score, metrics={}, predictions=None, size_bytes=None)
            board.trials.append(Trial(len(board.trials), plan, Status.OK, 0.1, outcome))  # type: ignore[arg-type]
            seen.append(plan)
            if len(seen) == 24:
                break
        searched = [plan.family for plan in seen if plan.rung == 2]
        assert set(searched) == {"svm", "xgboost", "logistic-regression"}
        assert searched.count("svm") == len(searched) / 2

    def test_a_family_that_would_eat_the_budget_is_passed_over(self, tmp_path: Path) -> None:
        rows, wanted = data("class"), spec("class")
        board = board_of(rows, wanted, tmp_path)
        seen = {}
        for plan in tabular.prepare(rows, wanted).plans(board, Hours(seconds=9.0)):
            outcome = SimpleNamespace(score=0.5, metrics={}, predictions=None, size_bytes=None)
            status = Status.SKIPPED if plan.expected_seconds == math.inf else Status.OK
            board.trials.append(Trial(len(board.trials), plan, status, 0.5, outcome))  # type: ignore[arg-type]
            if plan.family in seen:
                break
            seen[plan.family] = status
        assert seen["random-forest"] is Status.SKIPPED
        assert seen["decision-tree"] is Status.OK
        (passed,) = (trial for trial in board.trials if trial.plan.family == "random-forest")
        assert "a search of the others is worth more" in passed.plan.reason

    def test_a_grid_is_tried_exactly(self, tmp_path: Path) -> None:
        grid = {"max_depth": (2, 4), "min_samples_leaf": (1, 5, 9)}
        rows, wanted = data("class"), spec("class", candidates=("decision-tree",), param_grid=grid)
        plans = list(tabular.prepare(rows, wanted).plans(board_of(rows, wanted, tmp_path), Hours()))
        assert plans[0].family == "dummy"
        tried = [(plan.parameters["max_depth"], plan.parameters["min_samples_leaf"]) for plan in plans[1:]]
        assert tried == [(2, 1), (2, 5), (2, 9), (4, 1), (4, 5), (4, 9)]

    def test_settings_are_where_one_family_begins(self, tmp_path: Path) -> None:
        rows, wanted = data("class"), spec("class", candidates=("decision-tree",), params={"max_depth": 3})
        plans = tabular.prepare(rows, wanted).plans(board_of(rows, wanted, tmp_path), Hours())
        assert [next(plans).family, next(plans).parameters["max_depth"]] == ["dummy", 3]
        with pytest.raises(InvalidInput, match="exactly one"):
            tabular.prepare(rows, spec("class", params={"max_depth": 3}))

    def test_unknown_families_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="magic"):
            tabular.prepare(data("class"), spec("class", candidates=("magic",)))

    def test_the_metric_follows_the_labels(self) -> None:
        rows = data("class")
        assert registry.metric_of(spec("class"), rows).name == "roc_auc"
        assert registry.metric_of(spec("class", metric="macro_f1"), rows).name == "macro_f1"
        with pytest.raises(InvalidInput, match="must be one of"):
            registry.metric_of(spec("class", metric="beauty"), rows)
