from __future__ import annotations

import os
import threading
import time

import pytest

from holdfast.app.daily import DAY_SECONDS, DailyRound


class Work:
    def __init__(self):
        self.rounds = 0
        self.done = threading.Event()

    def __call__(self):
        self.rounds += 1
        self.done.set()


@pytest.fixture
def work():
    return Work()


def test_runs_once_a_day(tmp_path, work):
    daily = DailyRound(tmp_path, work)
    assert [daily.run_if_due(), daily.run_if_due()] == [True, False]
    then = time.time() - DAY_SECONDS - 60
    os.utime(tmp_path / "last-maintenance", (then, then))
    assert [daily.run_if_due(), daily.run_if_due()] == [True, False]
    assert work.rounds == 2


def test_a_restart_does_not_bring_the_day_forward(tmp_path, work):
    DailyRound(tmp_path, work).run_if_due()
    assert not DailyRound(tmp_path, work).run_if_due()


def test_only_one_process_is_at_it(tmp_path):
    other = DailyRound(tmp_path, Work())
    answers = []

    def work():
        then = time.time() - DAY_SECONDS - 60
        os.utime(tmp_path / "last-maintenance", (then, then))
        answers.append(other.run_if_due())

    assert DailyRound(tmp_path, work).run_if_due()
    assert answers == [False]


def test_the_thread_looks_and_outlives_a_failure(tmp_path, caplog):
    rounds, second = [], threading.Event()

    def work():
        rounds.append(1)
        then = time.time() - DAY_SECONDS - 60
        os.utime(tmp_path / "last-maintenance", (then, then))
        if len(rounds) == 1:
            raise RuntimeError("the first round fails")
        second.set()

    daily = DailyRound(tmp_path, work, look_seconds=0.01)
    daily.start()
    assert second.wait(10)
    daily.stop()
    assert "the daily round of maintenance failed" in caplog.text


def test_stops_before_the_first_look(tmp_path, work):
    daily = DailyRound(tmp_path, work)
    daily.start()
    daily.stop()
    assert work.rounds == 0
