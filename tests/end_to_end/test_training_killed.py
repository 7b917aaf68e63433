"""The machine stops in the middle of a search: the run goes on from its journal, and its model is served."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
import urllib.request
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.live_server import LiveServer, User, seed, start

ALICE = User("alice")
ENVIRONMENT = {"HOLDFAST_JOBS_LEASE_SECONDS": "2"}
PATIENCE_SECONDS = 400
pytestmark = [
    pytest.mark.skipif(
        not all(find_spec(name) for name in ("skops", "optuna")), reason="trains where the libraries for it are"
    ),
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="finds what belongs to a server by its open files"),
    pytest.mark.timeout(900),
]


def flowers(rows: int) -> str:
    """Small and large ones, by length and width together, but for one row in seven."""
    lines = []
    for row in range(rows):
        length, width = row * 7 % 101, row * 31 % 97
        is_large = (length + width > 98) != (row % 7 == 3)
        lines.append(f"{length},{width},{('red', 'blue')[row % 3 == 0]},{('small', 'large')[is_large]}")
    return "\n".join(["length,width,colour,kind", *lines]) + "\n"


def call(server: LiveServer, path: str, payload: Any = None) -> Any:
    body = None if payload is None else json.dumps(payload).encode()
    headers = {"Authorization": f"Bearer {ALICE.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(server.url + path, body, headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def stop_the_machine(server: LiveServer) -> None:
    """Kill, at once, whatever has files of the server's data open or works there: server, runners, trials."""
    server.kill()
    while found := [process for process in processes() if belongs(process, server.data_dir)]:
        for process in found:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue


def processes() -> list[int]:
    return [
        int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal() and int(path.name) != os.getpid()
    ]


def belongs(process: int, data_dir: Path) -> bool:
    """Whether a process works in a folder, or has a file there open."""
    place = Path(f"/proc/{process}")
    try:
        if "State:\tZ" in (place / "status").read_text():
            return False
        opened = [os.readlink(place / "cwd"), *(os.readlink(file) for file in (place / "fd").iterdir())]
    except OSError:
        return False
    return any(name.startswith(str(data_dir)) for name in opened)


def wait_for(look: Any, wanted: Any, seconds: float = PATIENCE_SECONDS) -> Any:
    until = time.monotonic() + seconds
    while not wanted(found := look()):
        assert time.monotonic() < until, found
        time.sleep(0.3)
    return found


def journal_of(data_dir: Path, job_id: str) -> list[dict[str, Any]]:
    (folder,) = (data_dir / "jobs").glob(f"*/{job_id}")
    return [json.loads(line) for line in (folder / "work" / "run" / "trials.jsonl").read_text().splitlines()]


def is_over(run: dict[str, Any]) -> bool:
    return run["job"]["status"]["stage"] not in ("SCHEDULING", "RUNNING")


def known(trial: dict[str, Any]) -> list[Any]:
    """What must never change of a trial that has ended."""
    return [trial[name] for name in ("number", "family", "parameters", "status", "seconds", "score")]


def tell_the_story(data_dir: Path, budget: dict[str, Any], rows: int, trials_between: list[int]) -> dict[str, Any]:
    """A run whose machine stops each time when so many more trials have ended; gives the run as it ended.

    Each time, what had ended stays as it was, and nothing of it is done again.
    """
    seed(data_dir, [ALICE])
    server = start(data_dir, environment=ENVIRONMENT)
    try:
        content = base64.b64encode(flowers(rows).encode()).decode()
        spec = {"task": "auto", "columns": {"target": "kind"}, "budget": budget, "output": {"repo_id": "alice/kept"}}
        job = call(server, "/api/training/alice", {"spec": spec, "file": {"name": "flowers.csv", "content": content}})
        path = f"/api/training/alice/{job['id']}"
        ended: list[dict[str, Any]] = []
        for more in trials_between:
            goal = len(ended) + more
            run = wait_for(
                partial(call, server, path),
                lambda run, goal=goal: len(run["board"]["trials"]) >= goal or is_over(run),
                3_600,
            )
            assert not is_over(run), "there was no search left to be stopped"
            stop_the_machine(server)
            now = journal_of(data_dir, job["id"])
            assert now[: len(ended)] == ended, "what had ended is as it was"
            ended = now
            server = start(data_dir, environment=ENVIRONMENT)
        run = wait_for(
            partial(call, server, path),
            is_over,
            3_600,
        )
        assert run["job"]["status"]["stage"] == "COMPLETED", (run["job"], run["board"]["messages"])
        last = run["board"]["trials"]
        assert [known(trial) for trial in last[: len(ended)]] == [known(line) for line in ended]
        numbers = [line["number"] for line in last]
        assert len(set(numbers)) == len(numbers)
        tried = [json.dumps([line["family"], line["parameters"]], sort_keys=True) for line in last]
        assert len(set(tried)) == len(tried), "no trial was made twice"
        used = ended[-1]["elapsed"] + sum(trial["seconds"] for trial in last[len(ended) :])
        assert run["report"]["seconds"]["all"] >= used, "what earlier attempts used counts"
        table = {"length": ["20", "85"], "width": ["20", "80"], "colour": ["red", "blue"]}
        answer = call(server, "/models/alice/kept", {"inputs": {"data": table}})
        assert answer == ["small", "large"]
        return run
    finally:
        stop_the_machine(server)


def test_a_run_goes_on_after_its_machine_stopped(tmp_path: Path):
    run = tell_the_story(tmp_path / "data", {"seconds": 120, "trials": 5}, 150, [1])
    assert len(run["board"]["trials"]) == 5


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_ten_minutes_with_three_stops(tmp_path: Path):
    run = tell_the_story(tmp_path / "data", {"seconds": 600}, 4_000, [6, 5, 4])
    assert run["report"]["seconds"]["all"] <= 660, "and no more than a tenth over the budget"
