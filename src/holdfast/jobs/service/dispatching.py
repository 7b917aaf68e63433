"""The worker: claims jobs, starts them, watches them, writes how they ended. One for each process that runs jobs.

Everything it knows is in the table and in the runner's records, so that it may die at any moment:

* before a claim is written, nothing happened; after it, the lease runs out, and whoever takes over asks the runner how
  the attempt is: a living one goes on being watched, an ended one is written down, one that was never started is made
  unstartable (`Runner.stop`) before the job waits for its next attempt;
* a worker that comes back too late changes nothing: every change names its worker and the attempt.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.backends.runners.protocol import EndReason, Run, Runner, RunState, RunStatus, Stream
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, Forbidden, HoldfastError, NotFound, Overloaded, StorageFull
from holdfast.base.identity import Actor
from holdfast.jobs.domain.jobs import Progress, Stage
from holdfast.jobs.service.access_tokens import JobTokens
from holdfast.jobs.service.acting import Creators
from holdfast.jobs.service.events import progress_in, read_event, refusal_in
from holdfast.jobs.service.outcomes import Outcome, outcome_of
from holdfast.jobs.service.scheduling import Schedules
from holdfast.jobs.service.submitting import Submitter
from holdfast.jobs.service.tasks import task_of
from holdfast.jobs.store import claims as store
from holdfast.jobs.store.claims import Claim, Holder

logger = logging.getLogger("holdfast.jobs")

IDLE_SECONDS = 0.5
BUSY_SECONDS = 0.1
"""Between rounds: nothing runs here, or something does."""
EVENTS_AT_ONCE = 1000
STARTS_AT_ONCE = 8
"""Before looking again at what runs."""


@dataclass(frozen=True)
class DispatchRules:
    """How a worker works.

    Args:
        slots: processors that running jobs may take together, at the runner's place.
        lease_seconds: how long a claim holds without being renewed; it is renewed three times as often.
        orphan_seconds: as the runner's: what nobody renewed for so long lives no more, also elsewhere.
    """

    slots: int
    lease_seconds: float = 30.0
    orphan_seconds: float = 300.0


@dataclass
class _Heard:
    """What a job has told, as far as it was read; whoever takes a job over reads from the beginning."""

    next_line: int = 0
    refusal: str | None = None


class Dispatcher:
    """Runs jobs in a thread of its own, between `start` and `stop`.

    Args:
        endpoint: the address of the server, for commands; asked when a job starts.
    """

    def __init__(
        self,
        database: Database,
        runner: Runner,
        submitter: Submitter,
        creators: Creators,
        tokens: JobTokens,
        schedules: Schedules,
        clock: Clock,
        rules: DispatchRules,
        endpoint: Callable[[], str],
    ) -> None:
        self._database = database
        self._runner = runner
        self._submitter = submitter
        self._creators = creators
        self._tokens = tokens
        self._schedules = schedules
        self._clock = clock
        self._rules = rules
        self._endpoint = endpoint
        self.worker = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(6)}"
        self._heard: dict[str, _Heard] = {}
        self._renewed = float("-inf")
        self._pause_seconds = IDLE_SECONDS
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Claim and watch no more. What runs goes on for a while: another worker, or the next start, takes over."""
        self._stopping.set()
        self._woken.set()
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        try:
            with self._database.write() as connection:
                left = store.release(connection, self.worker, self._clock())
        except HoldfastError as error:  # the leases will run out by themselves
            logger.warning("could not let go of jobs: %s", error)
            return
        if left:
            minutes = self._rules.orphan_seconds / 60
            logger.warning("Jobs that go on for %.3g minutes, until the next start finds them: %d", minutes, left)

    def wake(self) -> None:
        """Look soon: there is something new."""
        self._woken.set()

    def tick(self) -> None:
        """One round: schedules, leases, what runs, what may begin."""
        self._schedules.make_due_jobs()
        held = self._held()
        for claim in held:
            self._guard(claim, self._look)
        self._pause_seconds = BUSY_SECONDS if held else IDLE_SECONDS
        self._begin_some()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.tick()
            except HoldfastError as error:  # a full disk, for as long as it is full
                logger.warning("jobs: %s", error)
            except Exception:
                logger.exception("jobs: a round failed; going on")
            self._woken.wait(self._pause_seconds)
            self._woken.clear()

    def _guard(self, claim: Claim, deed: Callable[[Claim], None]) -> None:
        """One job that makes trouble must not keep the others waiting."""
        try:
            deed(claim)
        except HoldfastError as error:
            logger.warning("job %s: %s", claim.job_id, error)
        except Exception:
            logger.exception("job %s: trying again", claim.job_id)

    def _held(self) -> list[Claim]:
        if time.monotonic() - self._renewed < self._rules.lease_seconds / 3:
            with self._database.read() as connection:
                return store.held_by(connection, self.worker)
        now = self._clock()
        with self._database.write() as connection:
            store.adopt(connection, self._holder(now), now)
            store.adopt_lost(connection, self._holder(now), now - int(self._rules.orphan_seconds * 2000))
            held = store.renew(connection, self._holder(now))
        self._renewed = time.monotonic()
        self._runner.renew([run_of(claim) for claim in held if claim.place == self._runner.place])
        return held

    def _holder(self, now: int) -> Holder:
        return Holder(self.worker, self._runner.place, now + int(self._rules.lease_seconds * 1000))

    def _look(self, claim: Claim) -> None:
        status = self._runner.status(run_of(claim))
        if status.state is RunState.ENDED:
            self._tell_progress(claim)
            self._settle(claim, status)
        elif status.state is not RunState.RUNNING or claim.cancel_requested:
            self._runner.stop(run_of(claim))
        if status.state is RunState.RUNNING:
            self._tell_progress(claim)

    def _tell_progress(self, claim: Claim) -> None:
        told: tuple[int, Progress] | None = None
        heard = self._heard.setdefault(claim.job_id, _Heard())
        while lines := self._runner.read_lines(claim.job_id, Stream.EVENTS, heard.next_line, EVENTS_AT_ONCE):
            heard.next_line = lines[-1].number + 1
            for line in lines:
                event = read_event(line.text)
                heard.refusal = refusal_in(event) or heard.refusal
                if progress := progress_in(event):
                    told = line.at, progress
        if told:
            at, progress = told
            with self._database.write() as connection:
                store.save_progress(connection, claim, progress, at)

    def _settle(self, claim: Claim, status: RunStatus) -> None:
        outcome = outcome_of(
            status.reason or EndReason.EXITED,
            status.exit_code,
            status.problem,
            canceled=claim.cancel_requested,
            failures=claim.failures,
            losses=claim.losses,
            max_attempts=claim.spec.max_attempts,
            refusal=self._heard[claim.job_id].refusal,
        )
        self._write(claim, outcome, status.exit_code, status.finished_at or self._clock())

    def _write(self, claim: Claim, outcome: Outcome, exit_code: int | None, at: int) -> None:
        self._tokens.revoke(claim)
        if outcome.stage.is_terminal and self._runner.status(run_of(claim)).state is RunState.ENDED:
            self._runner.forget(claim.job_id, work_only=True)
        with self._database.write() as connection:
            if outcome.stage is Stage.SCHEDULING:
                run_at = self._clock() + int(outcome.pause_seconds * 1000)
                message = outcome.message or ""
                store.requeue(
                    connection, claim, message=message, run_at=run_at, is_loss=outcome.is_loss, exit_code=exit_code
                )
            else:
                store.finish(connection, claim, outcome.stage, message=outcome.message, exit_code=exit_code, at=at)
                self._heard.pop(claim.job_id, None)
        self._woken.set()

    def _begin_some(self) -> None:
        for _ in range(STARTS_AT_ONCE):
            claim = None if self._stopping.is_set() else self._claim()
            if claim is None:
                return
            self._guard(claim, self._begin)
        self._woken.set()

    def _claim(self) -> Claim | None:
        now = self._clock()
        with self._database.read() as connection:  # most often there is nothing to do, and nothing to write
            if not store.has_work(connection, now) or self._room(connection).free <= 0:
                return None
        with self._database.write() as connection:
            room = self._room(connection)
            return store.claim_next(connection, self._holder(now), room, now) if room.free > 0 else None

    def _room(self, connection: Connection) -> store.Room:
        slots = self._rules.slots
        return store.Room(slots, slots - store.cpus_at_work(connection, self._runner.place))

    def _begin(self, claim: Claim) -> None:
        try:
            self._start(claim)
        except Conflict:
            return  # somebody took over meanwhile: the next look tells
        except (StorageFull, Overloaded) as error:
            self._runner.stop(run_of(claim))
            self._write(claim, Outcome(Stage.SCHEDULING, error.message, pause_seconds=60, is_loss=True), None, 0)
        except HoldfastError as error:
            self._runner.stop(run_of(claim))
            self._write(claim, Outcome(Stage.ERROR, error.message), None, self._clock())

    def _start(self, claim: Claim) -> None:
        creator = self._creator(claim)
        grants = self._submitter.volumes.check(creator, claim.spec.volumes)
        with self._database.read() as connection:
            own = self._submitter.secrets_of(connection, claim.job_id)
        issued = self._tokens.issue(claim, grants)
        word = None if issued is None else issued.secret
        task = task_of(claim, secrets=own, access_token=word, endpoint=self._endpoint(), now=self._clock())
        self._runner.start(run_of(claim), task)

    def _creator(self, claim: Claim) -> Actor:
        with self._database.read() as connection:
            try:
                return self._creators.check(connection, claim.creator, claim.namespace)[0]
            except NotFound as error:
                raise Forbidden(reason=f"{claim.creator}, who made it, has no account any more.") from error


def run_of(claim: Claim) -> Run:
    """The runner's name of an attempt."""
    return Run(claim.job_id, claim.attempt)
