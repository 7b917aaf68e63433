"""The search: budget, journal, resuming, and a model whatever happens."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.events import Event
from holdfast.training.domain.trials import Board, Metric, Outcome, Plan, Status
from holdfast.training.learning import loop
from holdfast.training.search.clock import SearchClock
from holdfast.training.search.isolation import Meter
from holdfast.training.search.journal import JOURNAL, Journal
from holdfast.training.search.loop import Frame, Search
from holdfast.training.search.memory import MEBIBYTE, resident_bytes
from holdfast.training.trainers.interface import TrialFailed

ACCURACY = Metric("accuracy", greater_is_better=True)


@dataclass
class Scripted:
    """A trainer whose trials do what they are told."""

    script: list[Plan]
    broken: tuple[str, ...] = ()
    seen: list[int] = field(default_factory=list)

    def plans(self, board: Board, _clock: Any) -> Iterator[Plan]:
        for plan in self.script:
            self.seen.append(len(board.trials))
            yield plan

    def fit(self, plan: Plan, place: Any) -> Outcome:
        place.folder.joinpath("kept").write_text(plan.family)
        if plan.family == "bad":
            raise ValueError("it broke")
        if plan.family == "greedy":
            _take_ever_more()
        if plan.family == "wild":
            _diverge()
        time.sleep(plan.parameters.get("sleep", 0))
        for step, score in enumerate(plan.parameters.get("steps", ()), start=1):
            place.tell({"step": step, "score": score})
        steps = tuple(enumerate(plan.parameters.get("steps", ()), start=1))
        return Outcome(plan.parameters["score"], predictions=np.ones(3), curve={"score": steps}, kept="kept")

    def finish(self, board: Board, folder: Path, _clock: Any) -> Artefact:
        best = board.best
        assert best is not None
        if best.plan.family in self.broken:
            raise MemoryError
        (folder / "model").write_text((board.folder_of(best) / "kept").read_text())
        return Artefact("text-classification", best.plan.family, best.plan.parameters, "sklearn", None)


def _take_ever_more() -> None:
    held = []
    while True:
        held.append(np.ones(1_000_000))  # 8 MB, touched
        time.sleep(0.005)


def _diverge() -> None:
    """A network whose numbers grow out of bounds at the first step."""
    import torch  # noqa: PLC0415 - the other tests need none

    layer = torch.nn.Linear(1, 1)
    layer.forward = lambda x: SimpleNamespace(loss=(1e3 * x * layer.weight**2).exp().sum())
    batch = {"x": torch.full((1, 1), 1e3)}
    loop.learn(layer, lambda _epoch: iter([batch]), loop.Schedule(1, 1, 0.1), lambda _figures: None)


def plan(family: str, score: float, **more: Any) -> Plan:
    return Plan(family, {"score": score, **more.pop("parameters", {})}, **more)


@dataclass
class Made:
    search: Search
    board: Board
    trainer: Scripted
    events: list[Event]


def search(folder: Path, script: list[Plan], *, seconds: float = 1_000.0, **more: Any) -> Made:
    stop: Callable[[], bool] = more.pop("stop", lambda: False)
    events: list[Event] = []
    trials, memory_mb = more.pop("trials", None), more.pop("memory_mb", 4096)
    trainer = Scripted(script, **more)
    board = Board(ACCURACY, folder=folder / "trials")
    journal = Journal(folder, {"spec": "one"})
    clock = SearchClock(seconds, journal.elapsed)
    frame = Frame(folder, clock, memory_mb, trials, 0, events.append, stop, Meter())
    return Made(Search(trainer, board, journal, frame), board, trainer, events)


def statuses(board: Board) -> list[str]:
    return [trial.status.value for trial in board.trials]


def test_each_plan_becomes_a_trial_that_the_next_can_see(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("a", 0.5), plan("b", 0.9), plan("c", 0.7)])
    made.search.run()
    assert made.trainer.seen == [0, 1, 2]
    assert [trial.plan.family for trial in made.board.finished()] == ["b", "c", "a"]
    ended = [event.ended.number for event in made.events if event.ended]
    assert ended == [0, 1, 2]


def test_failures_stand_on_the_board_and_the_search_goes_on(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("bad", 0), plan("a", math.nan), plan("b", 0.5)])
    made.search.run()
    assert statuses(made.board) == ["failed", "failed", "ok"]
    assert made.board.trials[0].reason == "ValueError: it broke"
    assert "not a number" in made.board.trials[1].reason


def test_what_cannot_pay_is_skipped_with_its_reason(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("a", 0.5), plan("b", 0.9, rung=1, expected_seconds=10_000.0)])
    made.search.run()
    assert statuses(made.board) == ["ok", "skipped"]
    assert made.board.trials[1].reason.startswith("would take about 10000 s, and ")


def test_never_without_a_model_even_when_there_is_no_time(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("bad", 0), plan("a", 0.5), plan("b", 0.9)], seconds=0.0)
    made.search.run()
    assert statuses(made.board) == ["failed", "ok"]
    assert made.search.finish(tmp_path / "model").family == "a"


def test_no_more_trials_than_asked_for(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("a", n / 10) for n in range(9)], trials=3)
    made.search.run()
    assert len(made.board.trials) == 3


def test_stopping_keeps_the_best(tmp_path: Path) -> None:
    asked: list[bool] = []
    made = search(tmp_path, [plan("a", 0.5), plan("b", 0.9)], stop=lambda: bool(asked))
    ended = made.search._note

    def note(trial, *, fresh: bool) -> None:
        ended(trial, fresh=fresh)
        asked.append(True)

    made.search._note = note
    made.search.run()
    assert len(made.board.trials) == 1
    assert made.search.finish(tmp_path / "model").family == "a"


def test_hopeless_trials_of_the_search_are_pruned(tmp_path: Path) -> None:
    good = [plan(f"good{n}", 0.9, parameters={"steps": [0.9, 0.9]}) for n in range(4)]
    poor = {"steps": [0.1, 0.1]}
    made = search(
        tmp_path, [*good, plan("poor", 0.1, rung=2, parameters=poor), plan("poor", 0.1, rung=1, parameters=poor)]
    )
    made.search.run()
    assert statuses(made.board)[-2:] == ["pruned", "ok"], "what is tried once for each family is never pruned"
    assert "half of the others had 0.9" in made.board.trials[-2].reason


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    script = [plan("a", 0.5), plan("bad", 0), plan("c", 0.7), plan("d", 0.6)]
    first = search(tmp_path, script, trials=2)
    first.search.run()
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"number": 2, "family": "c", "par')  # killed while it wrote
    second = search(tmp_path, script)
    second.search.run()
    assert statuses(second.board) == ["ok", "failed", "ok", "ok"]
    assert [trial.number for trial in second.board.trials] == [0, 1, 2, 3]
    began = [event.started[0] for event in second.events if event.started]
    assert began == [2, 3], "what had ended is not done again"
    taken = second.board.trials[0]
    assert taken.outcome is not None
    assert taken.outcome.predictions.tolist() == [1, 1, 1]
    lines = [json.loads(line) for line in (tmp_path / JOURNAL).read_text().splitlines()]
    assert [line["number"] for line in lines] == [0, 1, 2, 3]


def test_trials_that_nobody_plans_any_more_still_count(tmp_path: Path) -> None:
    search(tmp_path, [plan("a", 0.5), plan("b", 0.9)]).search.run()
    later = search(tmp_path, [plan("c", 0.1)])
    later.search.run()
    assert [trial.plan.family for trial in later.board.finished()] == ["b", "a", "c"]


def test_a_trial_is_known_again_though_less_time_is_left_for_it(tmp_path: Path) -> None:
    def lesson(epochs: int, reason: str) -> Plan:
        return plan("cnn", 0.5, rung=2, parameters={"epochs": epochs}, reason=reason)

    search(tmp_path, [lesson(3, "briefly"), lesson(40, "longer")]).search.run()
    later = search(tmp_path, [lesson(3, "briefly"), lesson(12, "longer"), lesson(12, "mirrored")])
    later.search.run()
    assert [trial.plan.parameters["epochs"] for trial in later.board.trials] == [3, 40, 12]
    assert [event.started[0] for event in later.events if event.started] == [2]


def test_what_a_killed_attempt_used_is_used(tmp_path: Path) -> None:
    journal = Journal(tmp_path, {"spec": "one"})
    journal.keep_time(40.0)
    journal.keep_time(40.5)  # too soon to be written again
    assert Journal(tmp_path, {"spec": "one"}).elapsed == 40.0
    (tmp_path / "spent.json").write_text("")
    assert Journal(tmp_path, {"spec": "one"}).elapsed == 0.0, "the machine stopped while it was written"


def test_time_is_noted_while_a_trial_runs(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("a", 0.5, parameters={"sleep": 1.5})])
    made.search.run()
    assert 0 < float((tmp_path / "spent.json").read_text()) < made.search._frame.clock.elapsed()


def test_what_takes_the_machine_with_it_is_not_tried_for_ever(tmp_path: Path) -> None:
    for _ in range(2):
        Journal(tmp_path, {"spec": "one"}).begin(plan("greedy", 0.9))  # and that is the last that was heard of it
    made = search(tmp_path, [plan("greedy", 0.9), plan("a", 0.5)])
    made.search.run()
    assert statuses(made.board) == ["failed", "ok"]
    assert "stopped 2 times" in made.board.trials[0].reason


def test_no_memory_or_no_number_ends_one_trial_with_its_reason(tmp_path: Path) -> None:
    pytest.importorskip("torch")  # and it is imported before memory is measured
    held = resident_bytes(os.getpid()) // MEBIBYTE
    made = search(tmp_path, [plan("greedy", 0.9), plan("wild", 0.9), plan("a", 0.5)], memory_mb=held + 200)
    made.search.run()
    assert statuses(made.board) == ["failed", "failed", "ok"]
    assert made.board.trials[0].reason == f"needed more memory than the {held + 200} MB that it had"
    assert made.board.trials[1].reason == "the loss was no number any more; a lower learning rate may help"
    assert made.search.finish(tmp_path / "model").family == "a"


def test_the_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    search(tmp_path, [])
    with pytest.raises(InvalidInput, match="holds another run"):
        Journal(tmp_path, {"spec": "two"})


def test_a_model_that_cannot_be_made_gives_way_to_the_next_best(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("a", 0.5), plan("b", 0.9)], broken=("b",))
    made.search.run()
    assert made.search.finish(tmp_path / "model").family == "a"
    assert (tmp_path / "model" / "model").read_text() == "a"
    assert any("could not be made from b" in event.message for event in made.events)


def test_without_any_trial_there_is_no_model(tmp_path: Path) -> None:
    made = search(tmp_path, [plan("bad", 0)])
    made.search.run()
    with pytest.raises(TrialFailed, match="no trial gave a model"):
        made.search.finish(tmp_path / "model")
    assert made.board.trials[0].status is Status.FAILED


class TestTheClock:
    def test_what_the_end_needs_is_kept_back(self) -> None:
        now = [0.0]
        clock = SearchClock(100.0, now=lambda: now[0])
        assert clock.left() == pytest.approx(100 - 18 - 4)
        clock.keep_back(4)
        assert clock.left() == pytest.approx(92)
        now[0] = 97.0
        assert (clock.left(), clock.remaining(), clock.share) == (0.0, 0.0, 0.97)

    def test_an_earlier_attempt_counts(self) -> None:
        assert SearchClock(100.0, spent=60.0, now=lambda: 5.0).elapsed() == 60.0


def test_what_can_not_be_made_is_skipped_with_the_trainers_reason(tmp_path):
    made = search(tmp_path, [Plan("tuned", expected_seconds=math.inf, reason="no base model"), plan("a", 0.5)])
    made.search.run()
    first = made.board.trials[0]
    assert (first.status, first.reason) == (Status.SKIPPED, "no base model")
    assert "Infinity" not in (tmp_path / JOURNAL).read_text(), "which is no JSON"
