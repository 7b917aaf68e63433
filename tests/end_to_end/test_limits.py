"""Limits hold on a real server: bombs, floods, endless lists. Each is refused in time, and memory stays bounded."""

from __future__ import annotations

import gzip
import os
import socket
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import lz4.frame
import pytest

from tests.end_to_end import hostile
from tests.end_to_end.raw_client import RawClient, put_file
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
REPO = "alice/limits"
MEBIBYTE = 1024 * 1024
MOST_GROWTH_BYTES = 400 * MEBIBYTE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("hub") / "data", users=[ALICE]) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Iterator[RawClient]:
    client = RawClient(server.url, ALICE.token)
    client.create_repo(REPO)
    client.commit(REPO, put_file("a.txt", b"a"))
    yield client
    client.close()


@pytest.fixture(autouse=True)
def stays_small(server: LiveServer, client: RawClient) -> Iterator[None]:
    before = memory_bytes(server)
    yield
    began = time.monotonic()
    assert client.get("/healthz").body == b"ok"
    assert time.monotonic() - began < 30
    assert memory_bytes(server) - before < MOST_GROWTH_BYTES


def memory_bytes(server: LiveServer) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


# bombs


@pytest.mark.parametrize("program", ["git-upload-pack", "git-receive-pack"])
def test_a_gzip_bomb_is_cut_off(client: RawClient, program: str):
    bomb = gzip.compress(bytes(200 * MEBIBYTE), 9)
    headers = {"Content-Type": f"application/x-{program}-request", "Content-Encoding": "gzip"}
    answer = client.request("POST", f"/{REPO}.git/{program}", bomb, headers)
    assert 400 <= answer.status < 500 or answer.status == 200  # a push answers inside git's protocol
    assert client.history(REPO)


def test_a_pack_bomb_is_refused(client: RawClient):
    # One object that says to be small and unpacks to 300 MB.
    head = client.history(REPO)[0]
    record = bytes([0x30 | 0x0F]) + zlib.compress(bytes(300 * MEBIBYTE), 9)
    pack = b"PACK" + struct.pack(">II", 2, 1) + record + bytes(20)
    command = f"{'0' * 40} {head} refs/heads/bomb\0 report-status".encode()
    body = b"%04x%b0000" % (len(command) + 4, command) + pack
    headers = {"Content-Type": "application/x-git-receive-pack-request"}
    answer = client.request("POST", f"/{REPO}.git/git-receive-pack", body, headers)
    assert answer.status < 500
    assert "refs/heads/bomb" not in (client.refs(REPO) or {})


@pytest.mark.parametrize("claimed_bytes", [100, 128 * 1024, 16 * MEBIBYTE - 1])
def test_a_chunk_that_unpacks_to_more_than_it_says_is_refused(client: RawClient, claimed_bytes: int):
    access = client.get(f"/api/models/{REPO}/xet-write-token/main").json()
    bearer = {"Authorization": f"Bearer {access['accessToken']}"}
    packed = lz4.frame.compress(bytes(14 * MEBIBYTE))
    header = b"\0" + len(packed).to_bytes(3, "little") + b"\x01" + claimed_bytes.to_bytes(3, "little")
    xorb = (header + packed) * 300
    answer = client.request("POST", f"{access['casUrl']}/v1/xorbs/default/{'1' * 64}", xorb, bearer)
    assert answer.status in (400, 413), answer


def test_compressed_json_is_not_unpacked(client: RawClient):
    body = gzip.compress(b'{"content":"' + b"a" * 50 * MEBIBYTE + b'"}')
    answer = client.request("POST", "/api/validate-yaml", body, {"Content-Encoding": "gzip"})
    assert answer.status in (400, 413, 415), answer


# floods


def test_large_bodies_are_refused_by_their_length_or_their_end(client: RawClient, server: LiveServer):
    for token, limit_bytes in ((ALICE.token, 32 * MEBIBYTE), (None, 4 * MEBIBYTE)):
        stranger = RawClient(server.url, token)
        answer = stranger.request("POST", "/api/login", b'"' + b"x" * limit_bytes + b'"')
        assert answer.status == 413, answer
        stranger.close()


def test_many_uploads_at_once_are_told_to_come_back(client: RawClient, server: LiveServer):
    size = 8 * MEBIBYTE
    objects = [{"oid": os.urandom(32).hex(), "size": size} for _ in range(150)]
    batch = {"operation": "upload", "transfers": ["basic"], "objects": objects}
    answered = client.post_json(f"/{REPO}.git/info/lfs/objects/batch", batch).json()["objects"]
    address = urlsplit(server.url)
    connections, busy = [], 0
    try:
        for one in answered:
            connection = socket.create_connection((address.hostname, address.port), timeout=20)
            connections.append(connection)
            path = urlsplit(one["actions"]["upload"]["href"]).path
            head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
            connection.sendall(head.encode() + bytes(1000))
        for connection in connections[-10:]:
            answer = connection.recv(65_536)
            busy += b" 503 " in answer.partition(b"\r\n")[0] and b"retry-after" in answer.lower()
        assert busy == 10
        assert client.paths(REPO)
    finally:
        for connection in connections:
            connection.close()
    deadline = time.monotonic() + 20
    while any((server.data_dir / "objects/tmp").iterdir()):  # broken-off uploads leave nothing
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_thousand_idle_connections_do_no_harm(client: RawClient, server: LiveServer):
    address = urlsplit(server.url)
    connections = []
    try:
        for number in range(1000):
            connection = socket.create_connection((address.hostname, address.port), timeout=20)
            connections.append(connection)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"")
        assert client.history(REPO)
    finally:
        for connection in connections:
            connection.close()


# lists


def test_a_commit_of_too_many_operations_is_refused(client: RawClient):
    head = client.history(REPO)
    lines = [b'{"key":"header","value":{"summary":"s"}}']
    lines += [b'{"key":"file","value":{"path":"n/%d","content":"","encoding":"base64"}}' % n for n in range(100_001)]
    headers = {"Content-Type": "application/x-ndjson"}
    answer = client.request("POST", f"/api/models/{REPO}/commit/main", b"\n".join(lines), headers)
    assert answer.status == 413, answer
    assert b"100000 operations" in answer.body
    assert client.history(REPO) == head


@pytest.mark.heavy
def test_a_commit_of_a_hundred_thousand_paths(client: RawClient):
    operations = [put_file(f"many/{number // 1000}/{number}.txt", b"%d" % number) for number in range(99_999)]
    client.timeout_seconds = 240
    client.commit(REPO, *operations)
    assert len(client.paths(REPO)) > 99_999


@pytest.mark.parametrize(
    ("target", "field", "count"),
    [
        (f"/api/models/{REPO}/paths-info/main", "paths", 200_000),
        (f"/api/models/{REPO}/preupload/main", "files", 20_000),
        (f"/{REPO}.git/info/lfs/objects/batch", "objects", 20_000),
    ],
)
def test_lists_have_limits(client: RawClient, target: str, field: str, count: int):
    item: object = "a.txt" if field == "paths" else {"path": "a", "size": 1, "sample": "", "oid": "0" * 64}
    value = {field: [item] * count, "operation": "upload"}
    answer = client.request("POST", target, hostile.encode(value), {"Content-Type": "application/json"})
    assert answer.status in (400, 413, 422), answer
    assert field.encode() in answer.body


@pytest.mark.parametrize("cursor", [*hostile.QUERY_VALUES, "%2e%2e%2f" * 1000, "a" * 30_000, "MA==", "0" * 40])
def test_forged_cursors(client: RawClient, cursor: str):
    for path in (
        f"/api/models/{REPO}/tree/main",
        f"/api/models/{REPO}/tree/main?recursive=true",
        f"/api/models/{REPO}/commits/main",
        "/api/models",
        f"/{REPO}.git/info/lfs/locks",
    ):
        joint = "&" if "?" in path else "?"
        answer = client.request("GET", f"{path}{joint}cursor={cursor}")
        assert answer.status < 500, answer


# what only git can bring


def test_symlinks_submodules_and_strange_modes_by_push(client: RawClient, server: LiveServer, tmp_path: Path):
    clone = tmp_path / "clone"
    alone = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}

    def git(*arguments: str, text: str = "", check: bool = True) -> str:
        header = f"http.extraHeader=Authorization: Bearer {ALICE.token}"
        where = ["-C", str(clone)] if clone.exists() else []
        command = ["git", *where, "-c", header, "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=alone, check=False, timeout=60)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip() or done.stderr

    git("clone", "-q", f"{server.url}/{REPO}", str(clone))
    blob = git("hash-object", "-w", "--stdin", text="../../../../etc/passwd")
    large = git("hash-object", "-w", "--stdin", text="version https://git-lfs.github.com/spec/v1\noid sha256:"
                + "1" * 64 + "\nsize 5\n")  # fmt: skip
    head = git("rev-parse", "HEAD")
    entries = {
        "symlink": f"120000 blob {blob}\tlink",
        "submodule": f"160000 commit {head}\tsub",
        "executable": f"100755 blob {blob}\trun.sh",
        "unknown large file": f"100644 blob {large}\tmissing.bin",
        "readme link": f"120000 blob {blob}\tREADME.md",
        "config link": f"120000 blob {blob}\tconfig.json",
        "attributes": f"040000 tree {git('mktree', text=f'100644 blob {blob}{chr(9)}x')}\t.gitattributes",
    }
    for name, entry in entries.items():
        tree = git("mktree", text=entry + "\n")
        commit = git("commit-tree", tree, "-m", name, "-p", head)
        branch = name.replace(" ", "-")
        said = git("push", "origin", f"{commit}:refs/heads/{branch}", check=False)
        if f"refs/heads/{branch}" not in (client.refs(REPO) or {}):
            assert "rejected" in said or "declined" in said or "error" in said, said
            assert name in ("unknown large file", "attributes"), said
            continue
        client.paths(REPO, branch)
        for target in (f"/api/models/{REPO}/revision/{branch}", f"/api/models/{REPO}/tree/{branch}?expand=true"):
            client.get(target)
        path = entry.rpartition("\t")[2]
        answer = client.request("GET", f"/{REPO}/resolve/{branch}/{path}")
        assert answer.status in (200, 404), answer
        assert b"root:" not in answer.body
    client.post_json(f"/api/models/{REPO}/super-squash/main", {})
