"""Clients that work on a server until it dies, and know afterwards what it must and what it may show.

Each worker has a `World`: what its repo looks like according to the answers it got. While a request is on its way there
are two worlds, before and after it, and a server that was killed meanwhile must show exactly one of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.end_to_end.raw_client import GONE, RawClient, Refused, delete_file, put_file, put_large

MAIN = "refs/heads/main"
UPLOAD_SCRIPT = Path(__file__).parent / "scripts" / "upload_on_demand.py"


@dataclass(frozen=True)
class World:
    """What one worker's repo looks like. None, as a commit or hash, means: whatever the server says.

    Args:
        repo: the repo's id; None while there is none.
        history: the commits of main, newest first.
        files: SHA-256 by path.
        refs: all refs but main, with their commits.
    """

    repo: str | None = None
    history: tuple[str | None, ...] = ()
    files: dict[str, str | None] = field(default_factory=dict)
    refs: dict[str, str | None] = field(default_factory=dict)

    def with_head(self, oid: str | None, files: dict[str, str | None]) -> World:
        return replace(self, history=(oid, *self.history), files=files)


def observe(client: RawClient, repo: str | None) -> World:
    """What the server shows of a repo: every file of main is read, every other ref listed."""
    refs = None if repo is None else client.refs(repo)
    if repo is None or refs is None:
        return World()
    history = client.history(repo)
    head = refs.pop(MAIN)
    assert history[0] == head, f"{repo}: main is at {head}, its history begins with {history[0]}"
    info = client.get(f"/api/models/{repo}").json()
    assert info["sha"] == head, f"{repo}: the index says {info['sha']}, git {head}"
    files = client.files(repo)
    assert {item["rfilename"] for item in info["siblings"]} == set(files), repo
    for name in refs:
        client.paths(repo, name)
    return World(repo, tuple(history), dict(files), dict(refs))


def agrees(expected: World, seen: World) -> bool:
    """Whether what is seen is the expected world, which may leave some things open."""
    return (
        expected.repo == seen.repo
        and len(expected.history) == len(seen.history)
        and all(want in (None, got) for want, got in zip(expected.history, seen.history, strict=True))
        and _fits(expected.files, seen.files)
        and _fits(expected.refs, seen.refs)
    )


def _fits(expected: dict[str, str | None], seen: dict[str, str | None]) -> bool:
    return expected.keys() == seen.keys() and all(want in (None, seen[key]) for key, want in expected.items())


class Worker:
    """Does one thing after the other to a repo of its own, through the API."""

    def __init__(self, user: str, name: str, client: RawClient, dice: random.Random) -> None:
        self.client = client
        self.dice = dice
        self.world = World()
        self.in_flight: World | None = None
        self.acknowledged = 0
        self.refusals: list[str] = []
        self._prefix = f"{user}/{name}"
        self._names = 0
        self._gone: set[str] = set()

    def step(self) -> None:
        """One use case. Raises one of GONE when the server dies meanwhile."""
        if self.world.repo is None:
            self._create()
            return
        choices: list[tuple[int, Callable[[], None]]] = [
            (10, self._commit_files),
            (2, self._commit_many),
            (5, lambda: self._commit_large(self.client.upload_lfs)),
            (4, lambda: self._commit_large(self.client.upload_xet)),
            (3, self._open_pull_request),
            (3, self._tag),
            (2, self._squash),
            (3, self._move),
            (1, self._delete),
        ]
        weights, actions = zip(*choices, strict=True)
        self.dice.choices(actions, weights)[0]()

    def settle(self) -> None:
        """Compare the server, back after its death, with what it must show; then go on from there."""
        seen = {name: observe(self.client, name) for name in self._repo_names()}
        for name in self._gone - seen.keys():
            assert self.client.refs(name) is None, f"{name} was deleted, and is there again"
        shown = [world for world in seen.values() if world.repo is not None]
        assert len(shown) <= 1, f"{self._prefix}: two repos where one was moved: {shown}"
        found = shown[0] if shown else World()
        possible = [world for world in (self.world, self.in_flight) if world is not None]
        assert any(agrees(world, found) for world in possible), (
            f"neither before nor after the broken-off request:\n  seen   {found}\n  before {self.world}\n"
            f"  after  {self.in_flight}"
        )
        self.world, self.in_flight = found, None

    def _repo_names(self) -> set[str]:
        return {world.repo for world in (self.world, self.in_flight) if world is not None and world.repo is not None}

    def _attempt(self, after: World, send: Callable[[], World]) -> None:
        self.in_flight = after
        try:
            self.world = send()
        except Refused as refused:
            self._refused(refused)
        else:
            self.acknowledged += 1
        self.in_flight = None

    def _refused(self, refused: Refused) -> None:
        self.refusals.append(str(refused))

    def _create(self) -> None:
        self._names += 1
        repo = f"{self._prefix}-{self._names}"

        def send() -> World:
            self.client.create_repo(repo)
            return observe(self.client, repo)

        self._attempt(World(repo, (None,), {".gitattributes": None}), send)

    def _commit_files(self) -> None:
        contents = {
            self._path(): self.dice.randbytes(self.dice.randrange(3000)) for _ in range(self.dice.randint(1, 4))
        }
        removable = [path for path in self.world.files if path not in contents and path != ".gitattributes"]
        removed = self.dice.sample(removable, min(len(removable), self.dice.randrange(2)))
        lines = [put_file(path, content) for path, content in contents.items()] + [delete_file(p) for p in removed]
        self._commit(lines, {path: _hex(content) for path, content in contents.items()}, removed)

    def _commit_many(self) -> None:
        contents = {f"many/{number}": self.dice.randbytes(50) for number in range(40)}
        self._commit([put_file(*item) for item in contents.items()], {p: _hex(c) for p, c in contents.items()})

    def _commit_large(self, upload: Callable[[str, bytes], str]) -> None:
        assert self.world.repo is not None
        content = self.dice.randbytes(self.dice.randint(10_000, 400_000))
        path = f"large/{self.dice.randrange(6)}.bin"
        sha256 = upload(self.world.repo, content)
        self.acknowledged += 1
        self._commit([put_large(path, sha256, len(content))], {path: sha256})

    def _commit(self, lines: list[dict], changed: dict[str, str], removed: list[str] | None = None) -> None:
        world, repo = self.world, self.world.repo
        assert repo is not None
        kept = {path: sha256 for path, sha256 in world.files.items() if path not in (removed or ())}
        files = kept | changed
        parent = world.history[0] if self.dice.random() < 0.5 else None
        self._attempt(
            world.with_head(None, files),
            lambda: world.with_head(self.client.commit(repo, *lines, parent=parent), files),
        )

    def _open_pull_request(self) -> None:
        world, repo = self.world, self.world.repo
        assert repo is not None
        ref = f"refs/pr/{1 + sum(name.startswith('refs/pr/') for name in world.refs)}"
        lines = [put_file(self._path(), self.dice.randbytes(100))]

        def send() -> World:
            answer = self.client.commit_answer(repo, *lines, query="?create_pr=1").json()
            assert answer["pullRequestUrl"].endswith(f"/{ref.rpartition('/')[2]}")
            return replace(world, refs=world.refs | {ref: answer["commitOid"]})

        self._attempt(replace(world, refs=world.refs | {ref: None}), send)

    def _tag(self) -> None:
        world, repo = self.world, self.world.repo
        tag = f"v{len(world.refs)}"
        message = self.dice.choice([{}, {"message": "annotated"}])
        after = replace(world, refs=world.refs | {f"refs/tags/{tag}": world.history[0]})

        def send() -> World:
            self.client.post_json(f"/api/models/{repo}/tag/main", {"tag": tag, **message})
            return after

        self._attempt(after, send)

    def _squash(self) -> None:
        world, repo = self.world, self.world.repo

        def send() -> World:
            self.client.post_json(f"/api/models/{repo}/super-squash/main", {})
            return observe(self.client, repo)

        self._attempt(replace(world, history=(None,)), send)

    def _move(self) -> None:
        world, old = self.world, self.world.repo
        assert old is not None
        self._names += 1
        after = replace(world, repo=f"{self._prefix}-{self._names}")

        def send() -> World:
            self.client.move_repo(old, after.repo or "")
            return after

        self._attempt(after, send)

    def _delete(self) -> None:
        repo = self.world.repo
        assert repo is not None

        def send() -> World:
            self.client.delete_repo(repo)
            self._gone.add(repo)
            return World()

        self._attempt(World(), send)

    def _path(self) -> str:
        return f"{self.dice.choice('abc')}/{self.dice.randrange(8)}.txt"


class Pusher(Worker):
    """Pushes commits with git."""

    def __init__(self, user: str, name: str, client: RawClient, dice: random.Random, clone: Path) -> None:
        super().__init__(user, name, client, dice)
        self._clone = clone

    def step(self) -> None:
        if self.world.repo is None:
            self._create()
        elif not self._clone.exists():
            self._git("clone", "-q", f"{self.client.url}/{self.world.repo}", str(self._clone), inside=False)
            self._git("config", "user.name", "Alice")
            self._git("config", "user.email", "alice@example.org")
        else:
            self._push()

    def settle(self) -> None:
        super().settle()
        if self._clone.exists() and self.world.history:
            self._git("reset", "-q", "--hard", str(self.world.history[0]))

    def _push(self) -> None:
        world = self.world
        many = self.dice.random() < 0.2  # more than receive-pack unpacks to loose objects
        paths = [f"pushed/{number}" for number in range(120)] if many else [self._path()]
        contents = {path: self.dice.randbytes(self.dice.randrange(2000)) for path in paths}
        for path, content in contents.items():
            (self._clone / path).parent.mkdir(exist_ok=True)
            (self._clone / path).write_bytes(content)
        self._git("add", "--all")
        self._git("commit", "-q", "--allow-empty", "-m", "pushed")
        oid = self._git("rev-parse", "HEAD").strip()
        after = world.with_head(oid, world.files | {path: _hex(content) for path, content in contents.items()})

        def send() -> World:
            self._git("push", "-q", "origin", "main")
            return after

        self._attempt(after, send)

    def _git(self, *arguments: str, inside: bool = True) -> str:
        where = ["-C", str(self._clone)] if inside else []
        header = f"http.extraHeader=Authorization: Bearer {self.client.token}"
        command = ["git", *where, "-c", header, "-c", "maintenance.auto=false", "-c", "gc.auto=0", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise ConnectionError(f"git {arguments[0]}: {done.stderr}")
        return done.stdout


class RealClient(Worker):
    """Uploads with huggingface_hub and hf_xet, in a process that dies with the server: it would try again for long."""

    def __init__(self, user: str, name: str, client: RawClient, dice: random.Random, home: Path) -> None:
        super().__init__(user, name, client, dice)
        self._home = home
        self._process: subprocess.Popen[str] | None = None

    def step(self) -> None:
        if self.world.repo is None:
            self._create()
        else:
            self._upload()

    def kill(self) -> None:
        """End the process, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _upload(self) -> None:
        world, repo = self.world, self.world.repo
        job = {"repo": repo, "path": f"real/{self.dice.randrange(5)}.bin", "seed": self.dice.randrange(10**9)}
        job["size"] = self.dice.randint(1, 1_500_000)
        content = random.Random(job["seed"]).randbytes(job["size"])
        files = world.files | {job["path"]: _hex(content)}

        def send() -> World:
            return world.with_head(self._ask(job)["oid"], files)

        self._attempt(world.with_head(None, files), send)

    def _ask(self, job: dict[str, object]) -> dict[str, str]:
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise ConnectionError("the client gave up: " + (self._home / "stderr").read_text()[-3000:])
        answer: dict[str, str] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[str]:
        self._home.mkdir(exist_ok=True)
        settings = {"HF_ENDPOINT": self.client.url, "HF_TOKEN": str(self.client.token), "HF_HOME": str(self._home)}
        quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        with (self._home / "stderr").open("w") as errors:
            return subprocess.Popen(
                [sys.executable, str(UPLOAD_SCRIPT)],
                env={**os.environ, **settings, **quiet},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )


class Committer:
    """Adds files to a repo that others commit to as well."""

    def __init__(self, repo: str, name: str, client: RawClient, dice: random.Random) -> None:
        self.client = client
        self.dice = dice
        self.commits: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.in_flight: dict[str, str] = {}
        self.acknowledged = 0
        self.refusals: list[str] = []
        self._repo = repo
        self._name = name
        self._count = 0

    def step(self) -> None:
        self._count += 1
        path = f"{self._name}/{self._count}.txt"
        content = self.dice.randbytes(200)
        self.in_flight = {path: _hex(content)}
        try:
            oid = self.client.commit(self._repo, put_file(path, content))
        except Refused as refused:
            self.refusals.append(str(refused))
        else:
            self.commits[oid] = path
            self.files |= self.in_flight
            self.acknowledged += 1
        self.in_flight = {}

    def settle(self) -> None:
        """Compare; the other committers' files are theirs to check."""
        history = self.client.history(self._repo)
        lost = self.commits.keys() - set(history)
        assert not lost, f"acknowledged commits are gone from {self._repo}: {lost}"
        seen = {path: sha256 for path, sha256 in self._seen().items() if path.startswith(f"{self._name}/")}
        assert seen in (self.files, self.files | self.in_flight), (seen, self.files, self.in_flight)
        self.files, self.in_flight = seen, {}

    def _seen(self) -> dict[str, str]:
        # Only what is new is read again: the repo grows with every round.
        page = self.client.get(f"/api/models/{self._repo}/tree/main/{self._name}", 200, 404)
        if page.status == 404:
            return {}
        entries = self.client.pages(f"/api/models/{self._repo}/tree/main/{self._name}")
        newest = sorted((entry["path"] for entry in entries), key=lambda path: int(path.split("/")[1][:-4]))
        fresh = {path: self.client.sha256(self._repo, path) for path in newest[-20:]}
        return {path: fresh.get(path, self.files.get(path, "unknown")) for path in newest}


def work_until_gone(worker: Worker | Committer, is_over: Callable[[], bool]) -> str | None:
    """Step after step. Returns what broke the last one off, None if it ended in time."""
    try:
        while not is_over():
            worker.step()
    except GONE as error:
        worker.client.close()
        return repr(error)
    return None


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
