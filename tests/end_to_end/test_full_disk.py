"""A full disk: 507, nothing half-written, everything readable; and with some space everything works again at once."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.end_to_end.raw_client import Answer, RawClient, Refused, put_file, put_large
from tests.end_to_end.test_nothing_lost import leftovers
from tests.end_to_end.workload import World, agrees, observe
from tests.live_server import LiveServer, User, holdfast, live_server

ALICE = User("alice", admin=True)
BOB = User("bob")
REPO = "alice/kept"
DISK_BYTES = 40 * 1024 * 1024
ROOM_BYTES = (0, 8192, 65_536, 600_000)
"""How much is left in each round: failures come at another moment each time."""


@dataclass
class SmallDisk:
    """A file system of its own that can be filled up."""

    folder: Path

    def fill(self, room_bytes: int) -> None:
        """Leave about `room_bytes`."""
        self.free()
        self._grow("filler", 65_536)
        self._grow("filler", 4096)
        self._grow("filler", 1)
        os.truncate(self.folder / "filler", max(0, (self.folder / "filler").stat().st_size - room_bytes))

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)

    @property
    def used_bytes(self) -> int:
        disk = os.statvfs(self.folder)
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize

    def _grow(self, name: str, step: int) -> None:
        with (self.folder / name).open("ab", buffering=0) as file:
            try:
                while file.write(b"\xff" * step) == step:
                    pass
            except OSError:
                return


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    folder = tmp_path_factory.mktemp("small") / "disk"
    folder.mkdir()
    size = f"size={DISK_BYTES}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "holdfast-test", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def server(disk: SmallDisk) -> Iterator[LiveServer]:
    with live_server(disk.folder / "data", users=[ALICE, BOB]) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Iterator[RawClient]:
    client = RawClient(server.url, ALICE.token)
    client.create_repo(REPO)
    client.commit(REPO, put_file("a.txt", b"a" * 1000))
    for upload in (client.upload_lfs, client.upload_xet):
        content = os.urandom(300_000)
        client.commit(REPO, put_large(f"{upload.__name__}.bin", upload(REPO, content), len(content)))
    yield client
    client.close()


@dataclass(frozen=True)
class Session:
    """Somebody who has logged in with a password."""

    client: RawClient
    headers: dict[str, str]

    def request(self, method: str, target: str, body: bytes | None = None) -> Answer:
        anonymous = RawClient(self.client.url, None)
        try:
            return anonymous.request(method, target, body, self.headers)
        finally:
            anonymous.close()


def log_in(client: RawClient) -> Session:
    answer = client.post_json("/api/login", {"username": BOB.name, "password": BOB.password})
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return Session(client, {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrfToken"]})


@dataclass(frozen=True)
class Deed:
    """Something that needs room: how it is asked for, and what the repo looks like once it is done."""

    name: str
    send: Callable[[RawClient], object]
    changes_repo: bool = True


def _small_commit(client: RawClient) -> str:
    return client.commit(REPO, put_file("small.txt", os.urandom(900)))


def _large_commit(client: RawClient) -> str:
    return client.commit(REPO, *(put_file(f"large/{number}.bin", os.urandom(100_000)) for number in range(12)))


def _many_files(client: RawClient) -> str:
    return client.commit(REPO, *(put_file(f"many/{number}.txt", os.urandom(500)) for number in range(300)))


def _readme(client: RawClient) -> str:
    tags = "\n".join(f"- tag-{os.urandom(4).hex()}" for _ in range(300))
    return client.commit(REPO, put_file("README.md", f"---\ntags:\n{tags}\n---\n".encode()))


def _lfs(client: RawClient) -> str:
    content = os.urandom(1_200_000)
    return client.commit(REPO, put_large("new-lfs.bin", client.upload_lfs(REPO, content), len(content)))


def _xet(client: RawClient) -> str:
    content = os.urandom(1_200_000)
    return client.commit(REPO, put_large("new-xet.bin", client.upload_xet(REPO, content), len(content)))


def _pull_request(client: RawClient) -> Answer:
    return client.commit_answer(REPO, put_file("pr.txt", os.urandom(2000)), query="?create_pr=1")


def _branch(client: RawClient) -> Answer:
    return client.post_json(f"/api/models/{REPO}/branch/b{os.urandom(4).hex()}", {})


def _tag(client: RawClient) -> Answer:
    return client.post_json(f"/api/models/{REPO}/tag/main", {"tag": f"t{os.urandom(4).hex()}", "message": "m" * 5000})


def _create(client: RawClient) -> None:
    name = f"alice/new-{os.urandom(4).hex()}"
    try:
        client.create_repo(name)
    except Refused:
        assert client.refs(name) is None
        raise
    assert observe(client, name).files.keys() == {".gitattributes"}


def _duplicate(client: RawClient) -> None:
    name = f"alice/copy-{os.urandom(4).hex()}"
    try:
        client.post_json(f"/api/models/{REPO}/duplicate", {"repository": name})
    except Refused:
        assert client.refs(name) is None
        raise
    assert observe(client, name).files == observe(client, REPO).files


def _login(client: RawClient) -> Session:
    return log_in(client)


def _access_token(client: RawClient) -> Answer:
    session = log_in(client)
    body = f'{{"displayName":"{os.urandom(4).hex()}","role":"read"}}'.encode()
    return session.request("POST", "/api/settings/tokens", body).expect()


def _organization(client: RawClient) -> Answer:
    return client.post_json("/api/organizations/create", {"name": f"org-{os.urandom(4).hex()}"})


DEEDS = [
    Deed("small commit", _small_commit),
    Deed("large commit", _large_commit),
    Deed("commit of many files", _many_files),
    Deed("card", _readme),
    Deed("LFS upload", _lfs),
    Deed("Xet upload", _xet),
    Deed("pull request", _pull_request),
    Deed("branch", _branch),
    Deed("tag", _tag),
    Deed("repo", _create, changes_repo=False),
    Deed("copy of a repo", _duplicate, changes_repo=False),
    Deed("login", _login, changes_repo=False),
    Deed("access token", _access_token, changes_repo=False),
    Deed("organization", _organization, changes_repo=False),
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_a_full_disk_is_507_and_leaves_everything_as_it_was(
    deed: Deed, disk: SmallDisk, server: LiveServer, client: RawClient
):
    before = observe(client, REPO)
    refusals = 0
    for room_bytes in ROOM_BYTES:
        disk.fill(room_bytes)
        is_done = _try(deed, client, server)
        refusals += not is_done
        seen = observe(client, REPO)
        if is_done and deed.changes_repo:
            assert not agrees(before, seen), f"{deed.name} was acknowledged but is not there"
            before = seen
        else:
            assert agrees(before, seen), f"{deed.name} was refused, yet something is there:\n{before}\n{seen}"
        assert leftovers(server.data_dir) == []
    disk.free()
    assert _try(deed, client, server), "with space again it must work, without a restart"
    assert refusals > 0 or not deed.changes_repo, "the disk was never full for this: the test proves nothing"


def _try(deed: Deed, client: RawClient, server: LiveServer) -> bool:
    """Whether it was done; else it must have been refused as one refuses for want of room."""
    try:
        deed.send(client)
    except Refused as refused:
        log = server.log.read_text(errors="replace")[-3000:]
        if refused.answer.status != 507 or refused.answer.headers["x-error-code"] != "StorageFull":
            pytest.fail(f"{deed.name}: {refused}\n{log}")
        return False
    except ConnectionError:
        # Refused in the middle of a long body: the answer came before the end, and the connection was closed.
        client.close()
        assert client.get("/healthz").body == b"ok"
        return False
    return True


def test_a_push_is_refused_with_a_sentence(disk: SmallDisk, server: LiveServer, client: RawClient, tmp_path: Path):
    clone = tmp_path / "clone"
    url = f"http://alice:{ALICE.token}@{server.url.removeprefix('http://')}/{REPO}"
    git("clone", "-q", url, str(clone), folder=tmp_path)
    git("config", "user.name", "Alice", folder=clone)
    git("config", "user.email", "alice@example.org", folder=clone)
    before = observe(client, REPO)
    refusals = 0
    for number, room_bytes in enumerate((*ROOM_BYTES, 1_500_000)):
        for name in range(12):
            (clone / f"pushed-{name}.dat").write_bytes(os.urandom(100_000))
        git("add", "--all", folder=clone)
        git("commit", "-q", "-m", f"number {number}", folder=clone)
        disk.fill(room_bytes)
        pushed = git("push", "-q", "origin", "main", folder=clone, check=False)
        disk.free()
        seen = observe(client, REPO)
        if pushed.returncode == 0:
            assert seen.history[0] == git("rev-parse", "HEAD", folder=clone).stdout.strip()
            before = seen
            continue
        refusals += 1
        assert agrees(before, seen), "refused, and yet something is there"
        said = pushed.stderr.lower()
        assert "space" in said or "full" in said or "507" in said, pushed.stderr
        assert leftovers(server.data_dir) == []
    assert refusals > 0
    git("push", "-q", "origin", "main", folder=clone)
    assert holdfast("fsck", data_dir=server.data_dir)


def test_the_database_grows_into_a_full_disk_and_comes_back(disk: SmallDisk, client: RawClient):
    # Many small transactions: the write-ahead log fills up, and cannot be moved into the database any more.
    session = log_in(client)
    disk.fill(200_000)
    issued, refused = [], 0
    for number in range(1500):
        answer = session.request(
            "POST", "/api/settings/tokens", f'{{"displayName":"n{number}","role":"read"}}'.encode()
        )
        assert answer.status in (200, 201, 507), answer
        refused += answer.status == 507
        if answer.status != 507:
            issued.append(f"n{number}")
        if refused > 20:
            break
    disk.free()
    assert refused > 0, "the disk was never full: the test proves nothing"
    listed = session.request("GET", "/api/settings/tokens").json()
    names = {token["displayName"] for token in listed}
    assert set(issued) <= names
    assert names.isdisjoint({f"n{number}" for number in range(1500)} - set(issued))


def test_what_was_there_before_is_whole(disk: SmallDisk, server: LiveServer, client: RawClient):
    disk.free()
    seen = observe(client, REPO)
    assert {"a.txt", "upload_lfs.bin", "upload_xet.bin"} <= seen.files.keys()
    assert "No problems" in holdfast("fsck", data_dir=server.data_dir)
    assert shutil.disk_usage(disk.folder).free > 0
    assert isinstance(replace(seen), World)


def git(*arguments: str, folder: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    # Without anybody's settings, so that git-lfs, where it is installed, stays out: it tries again for a minute.
    alone = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    environment = {**os.environ, **alone}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=check, timeout=60
    )
