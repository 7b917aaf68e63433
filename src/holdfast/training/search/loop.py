"""The loop: take a plan, try it apart, note it, tell it; until time, trials or ideas run out. Then make the model."""

from __future__ import annotations

import math
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.training.domain.events import Event, Listener, Stage
from holdfast.training.domain.trials import Board, Outcome, Plan, Status, Trial
from holdfast.training.search.clock import FinishClock, SearchClock
from holdfast.training.search.isolation import Limits, Meter, Stopped, run_apart
from holdfast.training.search.journal import Journal
from holdfast.training.search.pruning import MedianRule
from holdfast.training.trainers.interface import Artefact, Place, Pruned, Trainer, TrialFailed

_PATIENCE = 3.0
_GRACE_SECONDS = 5.0
_FIRST_MODEL_SECONDS = 30.0
_MOST_LOSSES = 2
"""A trial that takes its machine with it so often (most likely by its memory) would do so again."""
_LOG = "log.txt"


@dataclass(frozen=True)
class Frame:
    """What a search goes by.

    Args:
        folder: of the run.
        clock: its budget.
        memory_mb: of one trial.
        trials: at most; None means as many as there is time for.
        seed: of everything random.
        listener: hears of every trial.
        stop: says when to stop and keep the best.
        meter: of memory.
        first: number of the first trial.
    """

    folder: Path
    clock: SearchClock
    memory_mb: int
    trials: int | None
    seed: int
    listener: Listener
    stop: Callable[[], bool]
    meter: Meter
    first: int = 0


class Search:
    """A trainer's search."""

    def __init__(self, trainer: Trainer, board: Board, journal: Journal, frame: Frame) -> None:
        self._trainer = trainer
        self._board = board
        self._journal = journal
        self._frame = frame
        self._next = max(journal.number(), frame.first)

    def run(self) -> None:
        """Fill the board."""
        plans = self._trainer.plans(self._board, self._frame.clock)
        while self._goes_on() and (plan := next(plans, None)) is not None:
            if self._is_too_late(plan):
                break
            known = self._journal.take(plan)
            self._note(known or self._try(plan), fresh=known is None)
        for trial in self._journal.rest():
            self._note(trial, fresh=False)

    def _goes_on(self) -> bool:
        frame = self._frame
        if frame.stop() or (frame.trials is not None and self._tried() >= frame.trials):
            return False
        return frame.clock.remaining() > 0 or self._board.best is None

    def _is_too_late(self, plan: Plan) -> bool:
        """The simplest models may take what is kept back for the end: making one of those takes no time."""
        if self._board.best is None:
            return False
        return (self._frame.clock.remaining() if plan.rung == 0 else self._frame.clock.left()) <= 0

    def _left_for(self, plan: Plan) -> float:
        clock = self._frame.clock
        return clock.remaining() / 2 if plan.rung == 0 else clock.left()

    def _tried(self) -> int:
        return sum(trial.status is not Status.SKIPPED for trial in self._board.trials)

    def _note(self, trial: Trial, *, fresh: bool) -> None:
        self._board.trials.append(trial)
        if fresh:
            self._journal.write(trial, self._frame.clock.elapsed())
        self._say(ended=trial)

    def _try(self, plan: Plan) -> Trial:
        number, self._next = self._next, self._next + 1
        left = self._left_for(plan)
        if plan.expected_seconds == math.inf:  # can't be made at all; the trainer says why
            return Trial(number, replace(plan, expected_seconds=None), Status.SKIPPED, 0.0, reason=plan.reason)
        if self._board.best is not None and plan.expected_seconds is not None and plan.expected_seconds > left:
            reason = f"would take about {plan.expected_seconds:.0f} s, and {left:.0f} s are left"
            return Trial(number, plan, Status.SKIPPED, 0.0, reason=reason)
        if self._journal.losses(plan) >= _MOST_LOSSES:
            reason = f"the machine stopped {_MOST_LOSSES} times while it was tried, so it is not tried again"
            return Trial(number, plan, Status.FAILED, 0.0, reason=reason)
        if plan.limit_seconds is not None:  # it ends by itself in time: it must know how much there is
            plan = replace(plan, limit_seconds=self._limit(plan))
        self._journal.begin(plan)
        self._say(started=(number, plan))
        began, used = time.monotonic(), _cpu_of_children()
        status, outcome, reason = self._attempt(number, plan)
        seconds = time.monotonic() - began
        self._frame.clock.notice(seconds, _cpu_of_children() - used)
        return Trial(number, plan, status, seconds, outcome, reason)

    def _attempt(self, number: int, plan: Plan) -> tuple[Status, Outcome | None, str]:
        folder = self._board.folder / f"{number:04d}"
        shutil.rmtree(folder, ignore_errors=True)  # of a trial that was running when the machine stopped
        folder.mkdir(parents=True)
        try:
            outcome = run_apart(
                lambda tell: self._fit(plan, folder, number, tell),
                Limits(self._limit(plan), self._frame.memory_mb),
                folder / _LOG,
                self._heard,
                self._stops,
                self._frame.meter,
            )
        except Pruned as verdict:
            return Status.PRUNED, None, str(verdict)
        except TrialFailed as error:
            return Status.FAILED, None, str(error)
        except Stopped:
            return Status.PRUNED, None, "the search was asked to stop"
        return Status.OK, outcome, ""

    def _fit(self, plan: Plan, folder: Path, number: int, tell: Callable[..., None]) -> Outcome:
        place = Place(folder, MedianRule(self._board, plan.rung, tell), self._frame.seed * 1_000 + number)
        outcome = self._trainer.fit(plan, place)
        if not math.isfinite(outcome.score):
            raise TrialFailed("its score is not a number: the computation ran out of bounds")
        return outcome

    def _stops(self) -> bool:
        """Asked all the time while a trial runs."""
        self._journal.keep_time(self._frame.clock.elapsed())
        return self._frame.stop()

    def _limit(self, plan: Plan) -> float:
        left = self._left_for(plan)
        if self._board.best is None:  # a run never ends without a model, whatever the clock says
            left = max(left, _FIRST_MODEL_SECONDS)
        wanted = [left]
        if plan.limit_seconds is not None:
            wanted.append(plan.limit_seconds)
        if plan.expected_seconds is not None:
            patience = max(_PATIENCE * plan.expected_seconds, plan.expected_seconds + _GRACE_SECONDS)
            wanted.append(max(patience, self._fair_share(left)))
        return min(wanted)

    def _fair_share(self, left: float) -> float:
        """Where trials are counted each may have its share of the time: a busy machine must not decide which end."""
        return 0.0 if self._frame.trials is None else left / max(1, self._frame.trials - self._tried())

    def _heard(self, figures: object) -> None:
        assert isinstance(figures, dict)
        self._say(figures=figures)

    def _say(
        self,
        started: tuple[int, Plan] | None = None,
        ended: Trial | None = None,
        figures: dict[str, object] | None = None,
    ) -> None:
        clock = self._frame.clock
        self._frame.listener(
            Event(Stage.SEARCH, clock.share, clock.elapsed(), "", started, ended, figures or {}, self._board)
        )

    def finish(self, folder: Path) -> Artefact:
        """Make the model from the best trial; where that can't be done, from the next best, down to the simplest.

        Raises:
            TrialFailed: no trial gave a model; the reason of the last.
        """
        failure = TrialFailed("no trial gave a model")
        for board in self._ever_smaller():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            try:
                return self._make(board, folder)
            except TrialFailed as error:
                failure = error
                self._say_of_failure(board, error)
        raise failure

    def _make(self, board: Board, folder: Path) -> Artefact:
        clock = FinishClock(self._frame.clock)
        # What is kept for the report may go into the model: a late report is better than a poorer model.
        limits = Limits(max(self._frame.clock.until_end(), _FIRST_MODEL_SECONDS / 3), self._frame.memory_mb)
        log = self._frame.folder / "finish.txt"
        return run_apart(lambda _tell: self._trainer.finish(board, folder, clock), limits, log, meter=self._frame.meter)

    def _ever_smaller(self) -> Iterator[Board]:
        """The whole board; its best trial alone; no trial of that family; the quickest; the simplest."""
        trials = self._board.finished()
        if not trials:
            return
        yield self._board
        others = [trial for trial in trials if trial.plan.family != trials[0].plan.family]
        simplest = min(trials, key=lambda trial: trial.number)
        quickest = sorted((trial for trial in others if trial is not simplest), key=lambda trial: trial.seconds)
        for kept in (trials[:1], others, quickest[:1], [simplest]):
            if kept and kept != trials:
                yield replace(self._board, trials=kept)

    def _say_of_failure(self, board: Board, error: TrialFailed) -> None:
        clock = self._frame.clock
        best = board.best.plan.family if board.best else "the best trial"
        message = f"The model could not be made from {best}: {error}. The next best is taken."
        self._frame.listener(Event(Stage.FINISH, clock.share, clock.elapsed(), message))


def _cpu_of_children() -> float:
    """CPU seconds of all processes that were waited for: what they got of the machine says how busy it is."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
