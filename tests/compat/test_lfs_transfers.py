"""git-lfs and the Python client's LFS functions against our transfers, over a real socket, without the rest of the Hub.

Permissions come from a stand-in; everything else is what the server runs: routes, uvicorn with sendfile, store, disk.
"""

import base64
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import uvicorn
from huggingface_hub import CommitOperationAdd
from huggingface_hub.lfs import lfs_upload, post_lfs_batch_info

from holdfast.base.identity import ANONYMOUS, Actor
from holdfast.http.application import Application
from holdfast.http.routing import Router
from holdfast.http.urls import UrlPolicy
from holdfast.http.zero_copy import ZeroCopyProtocol
from holdfast.hub.lfs.domain import TransferRules
from holdfast.hub.lfs.routes import table
from tests.factories.lfs import temporary_lfs

MEBIBYTE = 1 << 20
RULES = TransferRules(multipart_from_bytes=3 * MEBIBYTE, part_bytes=MEBIBYTE)


class ByName:
    """The word behind the password, or the bearer token, is the user's name."""

    def authenticate(self, authorization, session_cookie):
        if authorization is None:
            return ANONYMOUS
        kind, _, word = authorization.partition(" ")
        name = word if kind == "Bearer" else base64.b64decode(word).decode().partition(":")[0]
        return Actor({"alice": 1, "bob": 2, "carol": 3}[name], name)


@contextmanager
def serve(application):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(application, log_level="warning", http=ZeroCopyProtocol, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def lfs(tmp_path):
    async def stop():
        pass

    with temporary_lfs(tmp_path, RULES) as lfs, ThreadPoolExecutor(4) as executor:
        router = Router(table(lfs.services))
        with serve(Application(router, ByName(), UrlPolicy(None, "", False), executor, stop)) as url:
            yield SimpleNamespace(url=url, lfs=lfs, root=tmp_path / "blobs")


def ask(url, method, path, body=b"", headers=None, user=None):
    """One request; returns status, headers in lower case and body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    auth = {"Authorization": f"Bearer {user}"} if user else {}
    try:
        connection.request(method, path, body, {**auth, **(headers or {})})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def ask_json(url, method, path, fields, user=None):
    status, headers, body = ask(url, method, path, json.dumps(fields).encode(), user=user)
    assert headers["content-type"] == "application/vnd.git-lfs+json"
    return status, json.loads(body)


def batch(lfs, operation, *contents, user="alice", **more):
    objects = [{"oid": hashlib.sha256(data).hexdigest(), "size": len(data)} for data in contents]
    fields = {"operation": operation, "objects": objects, **more}
    return ask_json(lfs.url, "POST", "/alice/a.git/info/lfs/objects/batch", fields, user)


def path_of(action):
    parts = urlsplit(action["href"])
    return parts.path


def wait_until(condition):
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def leftovers(lfs):
    return list((lfs.root / "tmp").iterdir())


@pytest.mark.parametrize("size", [1, 70_000, 9 * MEBIBYTE + 17])
def test_upload_verify_download(lfs, size):
    data = os.urandom(size)
    status, answer = batch(lfs, "upload", data)
    assert (status, answer["transfer"]) == (200, "basic")
    actions = answer["objects"][0]["actions"]
    assert ask(lfs.url, "PUT", path_of(actions["upload"]), data)[0] == 200
    assert ask_json(
        lfs.url, "POST", path_of(actions["verify"]), {"oid": hashlib.sha256(data).hexdigest(), "size": size}
    )
    assert "actions" not in batch(lfs, "upload", data)[1]["objects"][0]
    url = path_of(batch(lfs, "download", data, user=None)[1]["objects"][0]["actions"]["download"])
    status, headers, body = ask(lfs.url, "GET", url)
    assert (status, body == data, headers["content-length"]) == (200, True, str(size))
    status, headers, body = ask(lfs.url, "GET", url, headers={"Range": f"bytes={size // 2}-"})
    assert (status, body == data[size // 2 :]) == (206, True)
    status, headers, body = ask(lfs.url, "HEAD", url)
    assert (status, body, headers["content-length"]) == (200, b"", str(size))
    assert ask(lfs.url, "GET", url, headers={"If-None-Match": headers["etag"]})[0] == 304
    status, headers, _ = ask(lfs.url, "GET", url, headers={"Range": f"bytes={size}-"})
    assert (status, headers["content-range"]) == (416, f"bytes */{size}")


def test_many_requests_on_one_connection(lfs):
    data = os.urandom(2 * MEBIBYTE)
    upload = batch(lfs, "upload", data)[1]["objects"][0]["actions"]["upload"]
    ask(lfs.url, "PUT", path_of(upload), data)
    url = path_of(batch(lfs, "download", data)[1]["objects"][0]["actions"]["download"])
    connection = http.client.HTTPConnection(urlsplit(lfs.url).netloc, timeout=30)
    for start in range(0, len(data), 200_001):
        connection.request("GET", url, headers={"Range": f"bytes={start}-{start + 300_000}"})
        assert connection.getresponse().read() == data[start : start + 300_001]
    connection.close()


def test_pipelined_requests_are_answered_in_order(lfs):
    data = os.urandom(3 * MEBIBYTE)
    upload = batch(lfs, "upload", data)[1]["objects"][0]["actions"]["upload"]
    ask(lfs.url, "PUT", path_of(upload), data)
    url = path_of(batch(lfs, "download", data)[1]["objects"][0]["actions"]["download"])
    with socket.create_connection(("127.0.0.1", urlsplit(lfs.url).port), timeout=30) as connection:
        one = f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n"
        last = f"GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        connection.sendall((one * 2 + last).encode())
        received = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    bodies = [part.partition(b"\r\n\r\n")[2] for part in received.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [hashlib.sha256(body).digest() for body in bodies] == [hashlib.sha256(data).digest()] * 3


def test_a_client_that_stops_reading_and_leaves_frees_the_file(lfs):
    data = os.urandom(32 * MEBIBYTE)
    spec = lfs.lfs.push(Actor(1, "alice"), "alice/a", data)
    url = path_of(batch(lfs, "download", data)[1]["objects"][0]["actions"]["download"])
    blob = lfs.lfs.blobs.path(f"lfs/{spec.oid[:2]}/{spec.oid[2:4]}/{spec.oid}")

    def is_open():
        return str(blob) in [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]

    with socket.create_connection(("127.0.0.1", urlsplit(lfs.url).port), timeout=30) as connection:
        connection.sendall(f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.recv(1000)
        assert is_open()
    wait_until(lambda: not is_open())


@pytest.mark.parametrize(
    ("change", "status"),
    [("shorter", 400), ("longer", 413), ("other bytes", 400), ("expired", 403), ("forged", 403), ("chunked", 400)],
)
def test_refused_uploads_leave_nothing(lfs, change, status):
    data = os.urandom(100_000)
    path = path_of(batch(lfs, "upload", data)[1]["objects"][0]["actions"]["upload"])
    headers = {}
    body = data
    if change == "shorter":
        body = data[:-1]
    elif change == "longer":
        body = data + b"x"
    elif change == "other bytes":
        body = data[::-1]
    elif change == "expired":
        lfs.lfs.now[0] += 7 * 3600 * 1000
    elif change == "forged":
        path = path.replace("/lfs/upload/", "/lfs/upload/x")
    else:
        headers = {"Transfer-Encoding": "chunked"}
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (50_000, data[:50_000])
    found, _, answer = ask(lfs.url, "PUT", path, body, headers)
    assert found == status
    assert json.loads(answer)["message"]
    assert leftovers(lfs) == []
    assert list(lfs.lfs.blobs.list("lfs")) == []


def test_a_client_that_leaves_in_the_middle_leaves_nothing(lfs):
    data = os.urandom(20 * MEBIBYTE)
    path = path_of(batch(lfs, "upload", data)[1]["objects"][0]["actions"]["upload"])
    with socket.create_connection(("127.0.0.1", urlsplit(lfs.url).port), timeout=30) as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode())
        connection.sendall(data[: 10 * MEBIBYTE])
        wait_until(lambda: leftovers(lfs))
    wait_until(lambda: not leftovers(lfs))
    assert list(lfs.lfs.blobs.list("lfs")) == []


def test_errors_are_lfs_json(lfs):
    url, path = lfs.url, "/alice/a.git/info/lfs/objects/batch"
    status, headers, _ = ask(url, "POST", path, b'{"operation": "upload"}')
    assert (status, headers["content-type"]) == (401, "application/vnd.git-lfs+json")
    assert "lfs-authenticate" in headers
    for fields in ({}, {"operation": "steal"}, {"operation": "upload", "objects": [{"oid": "x", "size": 1}]}, []):
        status, answer = ask_json(url, "POST", path, fields, "alice")
        assert (status, bool(answer["message"])) == (400, True)
    objects = [{"oid": "0" * 64, "size": 1}] * 1001
    assert ask_json(url, "POST", path, {"operation": "upload", "objects": objects}, "alice")[0] == 400
    for hash_algo, expected in (("sha512", 409), ("sha256", 200), ("sha_256", 200)):
        fields = {"operation": "upload", "objects": [], "hash_algo": hash_algo}
        assert ask_json(url, "POST", path, fields, "alice")[0] == expected
    status, answer = ask_json(url, "POST", "/carol/private/info/lfs/objects/batch", {"operation": "download"}, "bob")
    assert (status, answer["message"]) == (404, "Repository not found")
    assert (
        ask_json(url, "POST", "/datasets/alice/a.git/info/lfs/objects/batch", {"operation": "download"}, "alice")[0]
        == 404
    )


def test_locks(lfs):
    base = "/alice/a.git/info/lfs/locks"
    status, answer = ask_json(lfs.url, "POST", base, {"path": "a.bin"}, "alice")
    assert (status, answer["lock"]["owner"]) == (201, {"name": "alice"})
    lock_id = answer["lock"]["id"]
    status, answer = ask_json(lfs.url, "POST", base, {"path": "a.bin"}, "bob")
    assert (status, answer["lock"]["id"]) == (409, lock_id)
    ask_json(lfs.url, "POST", base, {"path": "b.bin"}, "bob")
    status, answer = ask_json(lfs.url, "POST", base + "/verify", {}, "bob")
    assert [[lock["path"] for lock in answer[whose]] for whose in ("ours", "theirs")] == [["b.bin"], ["a.bin"]]
    _, _, body = ask(lfs.url, "GET", base + "?limit=1")
    cursor = json.loads(body)["next_cursor"]
    _, _, body = ask(lfs.url, "GET", f"{base}?limit=1&cursor={cursor}")
    assert [lock["path"] for lock in json.loads(body)["locks"]] == ["b.bin"]
    for query, paths in (("path=a.bin", ["a.bin"]), (f"id={lock_id}", ["a.bin"]), ("path=none", [])):
        _, _, body = ask(lfs.url, "GET", f"{base}?{query}")
        assert [lock["path"] for lock in json.loads(body)["locks"]] == paths
    assert ask_json(lfs.url, "POST", f"{base}/{lock_id}/unlock", {}, "bob")[0] == 403
    assert ask_json(lfs.url, "POST", f"{base}/{lock_id}/unlock", {}, "alice")[0] == 200
    assert ask_json(lfs.url, "POST", f"{base}/{lock_id}/unlock", {}, "alice")[0] == 404
    assert ask_json(lfs.url, "POST", f"{base}/x/unlock", {}, "alice")[0] == 404
    assert ask(lfs.url, "GET", base + "?cursor=x")[0] == 400
    assert ask(lfs.url, "GET", base + "?id=x")[0] == 404


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own
class TestPythonClient:
    @pytest.mark.parametrize("size", [100_000, 3 * MEBIBYTE + 5])
    def test_upload(self, lfs, size):
        data = os.urandom(size)
        operation = CommitOperationAdd("model.bin", data)
        infos = [operation.upload_info]
        where = {"token": "alice", "repo_type": "model", "repo_id": "alice/a", "endpoint": lfs.url}
        actions, errors, _ = post_lfs_batch_info(infos, **where)
        assert errors == []
        assert ("chunk_size" in actions[0]["actions"]["upload"].get("header", {})) == (
            size > RULES.multipart_from_bytes
        )
        lfs_upload(operation, actions[0], token="alice", endpoint=lfs.url)
        actions, _, _ = post_lfs_batch_info(infos, **where)
        assert "actions" not in actions[0]
        oid = hashlib.sha256(data).hexdigest()
        assert lfs.lfs.blobs.path(f"lfs/{oid[:2]}/{oid[2:4]}/{oid}").read_bytes() == data
        assert list(lfs.lfs.blobs.list("parts")) == []


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="needs git-lfs")
class TestGitLfs:
    """The LFS half of git alone: objects are pushed by their id, so no git server is needed."""

    @pytest.fixture
    def clone(self, lfs, tmp_path):
        folder = tmp_path / "clone"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }

        def git(*words):
            finished = subprocess.run(
                ["git", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            assert finished.returncode == 0, finished.stdout + finished.stderr
            return finished.stdout

        folder.mkdir()
        git("init", "-q", "-b", "main")
        git("lfs", "install", "--local")
        git("config", "user.email", "a@b.c")
        git("config", "user.name", "A")
        git("remote", "add", "origin", lfs.url.replace("//", "//alice:alice@") + "/alice/a")
        return folder, git

    def test_push_fetch_and_locks(self, lfs, clone):
        folder, git = clone
        data = os.urandom(5 * MEBIBYTE)
        (folder / "big.bin").write_bytes(data)
        git("lfs", "track", "*.bin")
        git("add", ".")
        git("commit", "-qm", "one")
        oid = hashlib.sha256(data).hexdigest()
        git("lfs", "push", "--object-id", "origin", oid)
        assert lfs.lfs.blobs.path(f"lfs/{oid[:2]}/{oid[2:4]}/{oid}").read_bytes() == data
        shutil.rmtree(folder / ".git" / "lfs" / "objects")
        (folder / "big.bin").unlink()
        git("lfs", "fetch", "origin", "main")
        git("checkout", "--", "big.bin")
        assert (folder / "big.bin").read_bytes() == data
        git("lfs", "lock", "big.bin")
        assert "big.bin" in git("lfs", "locks", "--verify")
        git("lfs", "unlock", "big.bin")
        assert "big.bin" not in git("lfs", "locks")

    def test_multipart_agent(self, lfs, clone, tmp_path):
        folder, git = clone
        hf = shutil.which("hf", path=str(Path(sys.executable).parent))
        assert hf is not None
        git("config", "lfs.customtransfer.multipart.path", hf)
        git("config", "lfs.customtransfer.multipart.args", "lfs-multipart-upload")
        data, small = os.urandom(4 * MEBIBYTE + 1), os.urandom(1000)
        (folder / "big.bin").write_bytes(data)
        (folder / "small.bin").write_bytes(small)
        git("lfs", "track", "*.bin")
        git("add", ".")
        git("commit", "-qm", "one")
        oids = [hashlib.sha256(content).hexdigest() for content in (data, small)]
        git("lfs", "push", "--object-id", "origin", *oids)
        assert [lfs.lfs.blobs.stat(f"lfs/{oid[:2]}/{oid[2:4]}/{oid}").size_bytes for oid in oids] == [len(data), 1000]
