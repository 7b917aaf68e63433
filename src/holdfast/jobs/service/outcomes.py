"""What becomes of a job when an attempt ends. Pure rules."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from holdfast.backends.runners.protocol import EndReason
from holdfast.jobs.domain.jobs import Stage

MAX_LOSSES = 25
"""A job whose attempts vanish so often is likely to be why."""
_LONGEST_PAUSE_SECONDS = 60.0
_COMMAND_NOT_FOUND = 127


@dataclass(frozen=True)
class Outcome:
    """The stage that follows; SCHEDULING means another attempt, after a pause.

    Args:
        message: why, for people; None when the stage says it all.
        is_loss: the machine's fault, which does not count against the attempts that a job has.
    """

    stage: Stage
    message: str | None = None
    pause_seconds: float = 0.0
    is_loss: bool = False


def outcome_of(
    reason: EndReason,
    exit_code: int | None,
    problem: str,
    *,
    canceled: bool,
    failures: int,
    losses: int,
    max_attempts: int,
    refusal: str | None = None,
) -> Outcome:
    """Judge the end of an attempt.

    Args:
        reason: why it ended.
        exit_code: of its command; None when it never ran.
        problem: what the runner says of it.
        canceled: somebody wanted it to end.
        failures: attempts that failed before this one.
        losses: attempts that the machine lost before this one.
        max_attempts: how many may fail.
        refusal: why no attempt can succeed, where the command said so.
    """
    if reason is EndReason.EXITED and exit_code == 0:
        return Outcome(Stage.COMPLETED)
    if canceled or reason is EndReason.STOPPED:
        return Outcome(Stage.CANCELED)
    if reason is EndReason.INTERRUPTED:
        if losses + 1 > MAX_LOSSES:
            return Outcome(Stage.ERROR, f"It was interrupted {losses + 1} times. Last: {problem}")
        return Outcome(Stage.SCHEDULING, f"Interrupted: {problem} It starts again.", is_loss=True)
    if refusal is not None:
        return Outcome(Stage.ERROR, refusal)
    sentence = problem or _in_words(exit_code)
    if failures + 1 < max_attempts:
        pause = min(2.0**failures, _LONGEST_PAUSE_SECONDS)
        return Outcome(Stage.SCHEDULING, f"Attempt {failures + 1} of {max_attempts} failed: {sentence}", pause)
    return Outcome(Stage.ERROR, sentence)


def _in_words(exit_code: int | None) -> str:
    if exit_code is None:
        return "It could not be started."
    if exit_code < 0:
        return f"Its command was ended by {_signal_name(-exit_code)}."
    if exit_code == _COMMAND_NOT_FOUND:
        return "Its command was not found (exit code 127)."
    return f"Its command ended with exit code {exit_code}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
