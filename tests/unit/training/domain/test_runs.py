"""Runs as a server has them: what is admitted, and the board of what was told."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.runs import Request, RunBoard, admitted, board_of

DATA = {"data": {"repo_id": "alice/churn"}}


def _spec(**more: Any) -> Request:
    return Request({"task": "tabular-classification", **DATA, **more})


class TestWhatIsAdmitted:
    def test_the_model_goes_to_the_namespace(self) -> None:
        assert admitted(_spec(), "alice").output.repo_id == "alice/churn-tabular-classification"
        assert admitted(_spec(output={"repo_id": "mine"}), "alice").output.repo_id == "alice/mine"
        assert admitted(_spec(output={"repo_id": "Alice/mine"}), "alice").output.repo_id == "Alice/mine"

    def test_an_uploaded_file_is_the_data(self) -> None:
        assert admitted(Request({"task": "auto"}, "alice/upload"), "alice").data.repo_id == "alice/upload"

    def test_agents_have_an_environment_instead_of_rows(self) -> None:
        wanted = admitted(Request({"task": "reinforcement-learning", "data": "CartPole-v1"}), "alice")
        assert (wanted.data.path, wanted.output.repo_id) == ("CartPole-v1", "alice/CartPole-v1-reinforcement-learning")

    def test_no_task_means_that_the_data_tell(self) -> None:
        assert admitted(Request(DATA), "alice").task == "auto"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"data": "/etc/passwd"}, "data"),
            ({"data": {"path": "../secret.csv"}}, "data"),
            ({"data": {"repo_id": "../../etc"}}, "data.repo_id"),
            ({"test": {"path": "/etc/passwd"}}, "test"),
            ({"base_model": "/var/models/bert"}, "base_model"),
            ({"base_model": "./here/there"}, "base_model"),
            ({"params": {"rewards": [{"kind": "reward-model", "model": "/var/models/bert"}]}}, "params.rewards.model"),
            ({"output": {"folder": "/tmp/x"}}, "output.folder"),
            ({"output": {"repo_id": "bob/model"}}, "output.repo_id"),
            ({"budget": {"seconds": 10**9}}, "budget.seconds"),
            ({"colour": "red"}, "colour"),
            ({"data": "CartPole-v1"}, "data"),
            ({"task": "reinforcement-learning", "data": "/etc/passwd"}, "data"),
            ({"task": "reinforcement-learning", "data": "os:system"}, "data"),
        ],
    )
    def test_a_server_refuses(self, fields: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            admitted(_spec(**fields), "alice")
        assert caught.value.field == field


def told(**fields: Any) -> dict[str, Any]:
    return {"training": fields}


class TestTheBoard:
    def test_grows_with_what_is_told(self) -> None:
        board = board_of(
            [
                {"progress": 0.1},
                told(stage="searching", metric={"name": "rmse", "greater_is_better": False}),
                told(running={"number": 0, "family": "dummy"}),
                told(trial={"number": 0, "family": "dummy", "score": 4.0}),
                told(running={"number": 1, "family": "ridge"}),
                told(figures={"step": 1, "score": 3.0}),
                told(trial={"number": 2, "family": "svm", "score": None, "reason": "ran out of memory"}),
                told(trial={"number": 1, "family": "ridge", "score": 2.0}),
                told(running={"number": 3, "family": "xgboost"}),
                told(figures={"step": 1}, message="halfway"),
            ]
        )
        assert (board.stage, board.metric, board.messages) == ("searching", "rmse", ("halfway",))
        assert [trial["number"] for trial in board.best] == [1, 0]
        assert board.running == {"number": 3, "family": "xgboost"}
        assert board.figures == ({"step": 1},)

    def test_a_second_attempt_tells_again_what_it_took_up(self) -> None:
        trial = told(trial={"number": 0, "score": 0.5})
        assert len(board_of([trial, trial, told(trial={"number": 1, "score": 0.7})]).trials) == 2

    def test_nothing_told_is_an_empty_board(self) -> None:
        assert board_of([]) == RunBoard()

    @pytest.mark.parametrize(
        "odd", [{"training": []}, {"training": {"trial": 5}}, {"training": {"trial": {}}}, {"x": 1}]
    )
    def test_odd_events_are_passed_over(self, odd: dict[str, Any]) -> None:
        assert board_of([odd]) == RunBoard()
