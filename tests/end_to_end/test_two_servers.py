"""Two server processes on one data directory: what one does the other knows, and nobody's commit is lost."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path

import pytest

from tests.end_to_end.raw_client import RawClient, Refused, put_file
from tests.live_server import LiveServer, User, holdfast, seed, start

ALICE = User("alice")
REPO = "alice/both"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[LiveServer, LiveServer]]:
    seed(tmp_path / "data", [ALICE])
    with ExitStack() as running:
        pair = []
        for _ in range(2):
            server = start(tmp_path / "data")
            running.callback(server.stop)
            pair.append(server)
        yield pair[0], pair[1]


def test_two_processes_committing_to_one_branch_lose_nothing(servers: tuple[LiveServer, LiveServer]):
    with closing(RawClient(servers[0].url, ALICE.token)) as client:
        client.create_repo(REPO)
        first = client.history(REPO)
        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(_commit_often, servers[number % 2], number, 15) for number in range(6)]
            made = {oid: path for task in done for oid, path in task.result().items()}
        assert len(made) == 6 * 15
        for server in servers:
            with closing(RawClient(server.url, ALICE.token)) as reader:
                history = reader.history(REPO)
                assert set(history) == {*made, *first}
                assert len(history) == len(made) + len(first)
                assert set(reader.paths(REPO)) == {".gitattributes", *made.values()}
        _check_linear(servers[0].data_dir, made | dict.fromkeys(first, ""))


def test_of_two_commits_on_the_same_parent_one_is_refused(servers: tuple[LiveServer, LiveServer]):
    with ExitStack() as connections:
        clients = [connections.enter_context(closing(RawClient(server.url, ALICE.token))) for server in servers]
        clients[0].create_repo(REPO)
        with ThreadPoolExecutor(2) as pool:
            for number in range(12):
                parent = clients[number % 2].history(REPO)[0]
                tasks = [pool.submit(_try, client, f"{number}-{at}", parent) for at, client in enumerate(clients)]
                assert sorted(task.result() for task in tasks) == [200, 412]
        assert len(clients[0].history(REPO)) == 13


def test_a_repo_that_one_process_deletes_or_moves_is_gone_for_the_other(servers: tuple[LiveServer, LiveServer]):
    with ExitStack() as connections:
        one, other = (connections.enter_context(closing(RawClient(server.url, ALICE.token))) for server in servers)
        for number in range(4):
            name = f"alice/passing-{number}"
            one.create_repo(name)
            other.commit(name, put_file("a.txt", b"a"))
            assert one.paths(name) == other.paths(name)
            one.move_repo(name, f"{name}-moved")
            assert other.refs(name) is None
            assert other.paths(f"{name}-moved") == [".gitattributes", "a.txt"]
            other.delete_repo(f"{name}-moved")
            assert one.refs(f"{name}-moved") is None
        assert "No problems" in holdfast("fsck", data_dir=servers[0].data_dir)


def test_a_server_that_starts_leaves_alone_what_another_one_is_doing(tmp_path: Path):
    seed(tmp_path / "data", [ALICE])
    first = start(tmp_path / "data")
    try:
        with ThreadPoolExecutor(3) as pool:
            working = [pool.submit(_create_often, first, number, 25) for number in range(3)]
            for _ in range(2):
                start(tmp_path / "data").stop()
            names = [name for task in working for name in task.result()]
        with closing(RawClient(first.url, ALICE.token)) as client:
            assert all(client.paths(name) == [".gitattributes", "a.bin"] for name in names)
    finally:
        first.stop()


def _commit_often(server: LiveServer, number: int, count: int) -> dict[str, str]:
    with closing(RawClient(server.url, ALICE.token)) as client:
        paths = [f"{number}/{at}.txt" for at in range(count)]
        return {client.commit(REPO, put_file(path, path.encode())): path for path in paths}


def _create_often(server: LiveServer, number: int, count: int) -> list[str]:
    names = [f"alice/n{number}-{at}" for at in range(count)]
    dice = random.Random(number)
    with closing(RawClient(server.url, ALICE.token)) as client:
        for name in names:
            client.create_repo(name)
            content = dice.randbytes(50_000)
            sha256 = client.upload_lfs(name, content)
            large = {"path": "a.bin", "algo": "sha256", "oid": sha256, "size": len(content)}
            client.commit(name, {"key": "lfsFile", "value": large})
    return names


def _try(client: RawClient, name: str, parent: str) -> int:
    try:
        client.commit(REPO, put_file(f"{name}.txt", name.encode()), parent=parent)
    except Refused as refused:
        return refused.answer.status
    return 200


def _check_linear(data_dir: Path, expected: dict[str, str]) -> None:
    """Each commit has the one before it as its only parent."""
    (folder,) = data_dir.glob("repos/??/*.git")
    command = ["git", f"--git-dir={folder}", "-c", "safe.directory=*", "rev-list", "--parents", "main"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    lines = [line.split() for line in listed]
    assert {line[0] for line in lines} == expected.keys()
    for (_, *parents), (below, *_) in pairwise(lines):
        assert parents == [below]
    assert lines[-1][1:] == []
