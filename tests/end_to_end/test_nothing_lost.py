"""A server that is killed again and again in the middle of work loses nothing that it acknowledged.

The seed is printed; `HOLDFAST_TEST_SEED` repeats the same work (its timing is the machine's own).
"""

# ruff: noqa: T201 - the seed and the figures are for whoever reads the output
from __future__ import annotations

import os
import random
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.raw_client import RawClient
from tests.end_to_end.workload import Committer, Pusher, RealClient, Worker, work_until_gone
from tests.live_server import COMMAND, LiveServer, User, free_port, holdfast, seed, start

ALICE = User("alice")
SHARED = "alice/shared"
LONGEST_WAIT_SECONDS = 20.0
"""By how much a start may take longer than the first one did, three times over: it must not wait for anything."""
GC_ENVIRONMENT = {"HOLDFAST_GC_GRACE_SECONDS": "3"}


@dataclass
class Stage:
    """One data directory and those who work on it, over many deaths of its server."""

    data_dir: Path
    port: int
    dice: random.Random
    workers: list[Worker | Committer]
    real_client: RealClient
    first_start_seconds: float | None = None

    def start(self) -> LiveServer:
        began = time.monotonic()
        server = start(self.data_dir, port=self.port)
        took = time.monotonic() - began
        self.first_start_seconds = self.first_start_seconds or took
        most = LONGEST_WAIT_SECONDS + 3 * self.first_start_seconds
        assert took < most, f"the start after a kill took {took:.1f} s, the first one {self.first_start_seconds:.1f} s"
        return server

    def work_and_kill(self, server: LiveServer, seconds: float, *, collecting: bool, with_real_client: bool) -> None:
        """Let everybody work, and kill the server, and garbage collection if it runs, at a random moment."""
        workers = [*self.workers, self.real_client] if with_real_client else self.workers
        is_dead = False
        collector = self._start_collector() if collecting else None
        with ThreadPoolExecutor(len(workers)) as pool:
            running = [pool.submit(work_until_gone, worker, lambda: is_dead) for worker in workers]
            time.sleep(seconds)
            early = [task.result() for task in running if task.done()]
            server.kill()
            is_dead = True
            self.real_client.kill()
            if collector is not None:
                collector.kill()
                collector.communicate()
        assert early == [], f"the server failed before it was killed: {early}\n{tail(server)}"
        for task in running:
            task.result()

    def settle(self, server: LiveServer) -> None:
        for worker in (*self.workers, self.real_client):
            worker.client.close()  # its connection was to the server that died
            worker.settle()
            refused = [text for text in worker.refusals if "upload" not in text]  # gc took what was not committed yet
            assert refused == [], f"{refused}\n{tail(server)}"
        assert leftovers(self.data_dir) == []

    def check(self) -> None:
        print(holdfast("fsck", data_dir=self.data_dir))

    def _start_collector(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **GC_ENVIRONMENT, "HOLDFAST_DATA_DIR": str(self.data_dir)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen([*COMMAND, "gc"], env=environment, **pipes)


def tail(server: LiveServer) -> str:
    return server.log.read_text(errors="replace")[-3000:]


def leftovers(data_dir: Path) -> list[str]:
    """Files of broken-off work.

    Not looked at: what lies in `objects/` of repos, for `gc` goes by its age; a creation that was cut short, which has
    neither description nor row, and makes way for the next; a description's successor, whose name is always the same.
    """
    found = [*(data_dir / "objects/tmp").iterdir(), *(data_dir / "repos/tmp").iterdir()]
    found += (data_dir / "repos/trash").iterdir()
    for description in (data_dir / "repos").glob("??/*.git/holdfast.json"):
        locks = description.parent.rglob("*.lock")
        found += (path for path in locks if not path.name.startswith("holdfast"))
    return [str(path.relative_to(data_dir)) for path in found]


def open_stage(tmp_path: Path) -> Stage:
    number = int(os.environ.get("HOLDFAST_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"HOLDFAST_TEST_SEED={number}")
    dice = random.Random(number)

    def own() -> random.Random:
        return random.Random(dice.random())

    def client() -> RawClient:
        return RawClient(f"http://127.0.0.1:{port}", ALICE.token)

    port = free_port()
    real_client = RealClient("alice", "real", client(), own(), tmp_path / "home")
    stage = Stage(tmp_path / "data", port, dice, [], real_client)
    seed(stage.data_dir, [ALICE])
    stage.workers += [Worker("alice", f"w{number}", client(), own()) for number in range(4)]
    stage.workers += [Pusher("alice", "pushed", client(), own(), tmp_path / "clone")]
    stage.workers += [Committer(SHARED, f"c{number}", client(), own()) for number in range(2)]
    return stage


def kill_again_and_again(tmp_path: Path, rounds: int, check_every: int) -> None:
    stage = open_stage(tmp_path)
    server = stage.start()
    stage.workers[-1].client.create_repo(SHARED)
    try:
        for number in range(rounds):
            is_real = number % 5 == 2  # it takes a while until it does anything at all
            seconds = stage.dice.uniform(0.1, 1.2) + 3.0 * is_real
            stage.work_and_kill(server, seconds, collecting=number % 4 == 1, with_real_client=is_real)
            began = time.monotonic()
            server = stage.start()
            started = time.monotonic()
            stage.settle(server)
            print(f"kill {number}: start {started - began:.1f} s, check {time.monotonic() - started:.1f} s")
            if number % check_every == check_every - 1:
                stage.check()
    finally:
        server.stop()
        for worker in (*stage.workers, stage.real_client):
            worker.client.close()
    stage.check()
    acknowledged = sum(worker.acknowledged for worker in (*stage.workers, stage.real_client))
    print(f"{stage.real_client.acknowledged} of them by huggingface_hub")
    print(f"{rounds} kills, {acknowledged} acknowledged writes, none lost")
    assert acknowledged > rounds


@pytest.mark.timeout(300)
def test_what_was_acknowledged_survives_kills(tmp_path: Path):
    kill_again_and_again(tmp_path, 3, 4)  # one with nothing beside it, one with a collection, one with a real client


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_what_was_acknowledged_survives_200_kills(tmp_path: Path):
    kill_again_and_again(tmp_path, 200, 25)
