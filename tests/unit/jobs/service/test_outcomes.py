from __future__ import annotations

import pytest

from holdfast.backends.runners.protocol import EndReason
from holdfast.jobs.domain.jobs import Stage
from holdfast.jobs.service.outcomes import MAX_LOSSES, outcome_of


def judge(reason=EndReason.EXITED, exit_code=None, problem="", **more):
    known = {"canceled": False, "failures": 0, "losses": 0, "max_attempts": 1}
    return outcome_of(reason, exit_code, problem, **{**known, **more})


@pytest.mark.parametrize(
    ("exit_code", "sentence"),
    [
        (3, "Its command ended with exit code 3."),
        (127, "Its command was not found (exit code 127)."),
        (-9, "Its command was ended by SIGKILL."),
        (-77, "Its command was ended by signal 77."),
        (None, "It could not be started."),
    ],
)
def test_failures_in_words(exit_code, sentence):
    outcome = judge(exit_code=exit_code)
    assert (outcome.stage, outcome.message) == (Stage.ERROR, sentence)


def test_success():
    assert judge(exit_code=0).stage is Stage.COMPLETED
    assert judge(exit_code=0, canceled=True).stage is Stage.COMPLETED, "it was over before anybody could cancel it"


def test_canceled():
    assert judge(EndReason.STOPPED, -15).stage is Stage.CANCELED
    assert judge(EndReason.INTERRUPTED, canceled=True).stage is Stage.CANCELED
    assert judge(exit_code=1, canceled=True, max_attempts=5).stage is Stage.CANCELED


@pytest.mark.parametrize("reason", [EndReason.TIMED_OUT, EndReason.OUT_OF_MEMORY, EndReason.UNSTARTABLE])
def test_what_the_runner_says(reason):
    assert judge(reason, -15, "It took too much.").message == "It took too much."


def test_attempts():
    first = judge(exit_code=1, max_attempts=3)
    assert (first.stage, first.is_loss, first.pause_seconds) == (Stage.SCHEDULING, False, 1)
    assert first.message == "Attempt 1 of 3 failed: Its command ended with exit code 1."
    assert judge(exit_code=1, failures=1, max_attempts=3).pause_seconds == 2
    assert judge(exit_code=1, failures=90, max_attempts=100).pause_seconds == 60
    assert judge(exit_code=1, failures=2, max_attempts=3).stage is Stage.ERROR


def test_a_refusal_is_the_end_whatever_attempts_are_left():
    refused = judge(exit_code=1, max_attempts=3, refusal="There is nothing to learn from.")
    assert (refused.stage, refused.message) == (Stage.ERROR, "There is nothing to learn from.")
    assert judge(exit_code=0, refusal="Never mind.").stage is Stage.COMPLETED
    assert judge(EndReason.STOPPED, -15, refusal="Never mind.").stage is Stage.CANCELED
    assert judge(EndReason.INTERRUPTED, problem="The machine went down.", refusal="x").stage is Stage.SCHEDULING


def test_losses_do_not_count_as_failures_but_not_for_ever():
    lost = judge(EndReason.INTERRUPTED, problem="The machine went down.")
    assert (lost.stage, lost.is_loss) == (Stage.SCHEDULING, True)
    assert judge(EndReason.INTERRUPTED, losses=MAX_LOSSES).stage is Stage.ERROR
