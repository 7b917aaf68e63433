"""Whatever a stranger sends, wherever: an answer in time that says what is wrong, and never a crash of ours.

501, 503 and 507 are honest; any other status from 500 on is a defect. `HOLDFAST_TEST_SEED` chooses other inputs.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from holdfast.app.pages import open_site
from holdfast.app.routes import all_routes
from holdfast.app.services import open_services
from holdfast.base.settings import Settings
from holdfast.http.routing import Route
from tests.end_to_end import hostile
from tests.end_to_end.raw_client import Answer, RawClient, hash_text, put_file, put_large
from tests.end_to_end.samples import SAMPLES
from tests.factories.xet import claim_file, cut, index_chunks, write_shard
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice", admin=True)
BOB = User("bob")
REPO = "alice/target"
HONEST = (501, 503, 507)
LONGEST_ANSWER_SECONDS = 30.0
MOST_MEMORY_BYTES = 900 * 1024 * 1024
SEED = int(os.environ.get("HOLDFAST_TEST_SEED", "1"))
WORDS = {
    "types": "models",
    "prefix": "",
    "repo": REPO,
    "rev": "main",
    "path": "file.txt",
    "branch": "spare",
    "spec": "main..main",
    "namespace": "default",
    "epoch": "e",
    "hash": "0" * 64,
    "user": "alice",
}
PAYLOADS = {
    "POST /api/models/{repo}/commits": {},
    "POST /api/login": {"username": "bob", "password": "wrong"},
    "POST /api/settings/password": {"currentPassword": "wrong", "newPassword": "x"},
    "POST /api/settings/tokens": {
        "displayName": "t",
        "role": "fineGrained",
        "expiresInDays": 3,
        "grants": [{"entity": "alice", "permissions": ["repo.write"]}],
    },
    "POST /api/organizations/create": {"name": "o", "fullname": "O", "privateByDefault": False},
    "POST /oauth/token": {"device_code": "x", "grant_type": "y", "client_id": "z"},
}
"""Beside the samples of the permission matrix."""


@dataclass
class Target:
    """The server under fire. `failures` are collected, so that one run shows all of them."""

    server: LiveServer
    client: RawClient
    failures: list[str] = field(default_factory=list)

    def fire(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """Send, and note what must not happen."""
        began = time.monotonic()
        shot = f"{method} {target[:200]} {(body or b'')[:200]!r} {headers or ''}"
        try:
            answer = self.client.request(method, target, body, headers)
        except TimeoutError:
            self.failures.append(f"no answer: {shot}")
            return None
        except (http.client.HTTPException, ConnectionError) as error:
            self.client.close()
            self.failures.append(f"{error!r}: {shot}")
            return None
        if time.monotonic() - began > LONGEST_ANSWER_SECONDS:
            self.failures.append(f"took {time.monotonic() - began:.1f} s: {shot}")
        if answer.status >= 500 and answer.status not in HONEST:
            self.failures.append(f"{answer.status}: {shot}")
        if 400 <= answer.status < 500 and method != "HEAD" and not answer.body:
            self.failures.append(f"{answer.status} without a word: {shot}")
        return answer

    def check(self) -> None:
        """Raise with everything noted, and see that the server is well."""
        failures, self.failures = self.failures, []
        log = self.server.log.read_text(errors="replace")[-6000:]
        assert failures == [], "\n".join(failures[:30]) + f"\n... {len(failures)} in all\n{log}"
        began = time.monotonic()
        assert self.client.get("/healthz").body == b"ok"
        assert time.monotonic() - began < LONGEST_ANSWER_SECONDS
        assert memory_bytes(self.server) < MOST_MEMORY_BYTES

    def ensure_repo(self) -> None:
        """Some requests do what they ask for."""
        if self.client.refs(REPO) is None:
            self.client.create_repo(REPO)
        if not {"big.bin", "file.txt"} <= set(self.client.files(REPO)):
            self.client.commit(
                REPO, put_file("file.txt", b"text" * 100), put_file("README.md", b"---\nlicense: mit\n---\n")
            )
            content = os.urandom(100_000)
            self.client.commit(REPO, put_large("big.bin", self.client.upload_lfs(REPO, content), len(content)))
            self.client.post_json(f"/api/models/{REPO}/branch/spare", {"overwrite": True}, 200, 409)


def memory_bytes(server: LiveServer) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with live_server(tmp_path_factory.mktemp("hub") / "data", users=[ALICE, BOB]) as server:
        client = RawClient(server.url, ALICE.token, timeout_seconds=2 * LONGEST_ANSWER_SECONDS)
        target = Target(server, client)
        target.ensure_repo()
        yield target
        client.close()


def _route_table() -> list[Route]:
    with tempfile.TemporaryDirectory() as folder:
        services = open_services(Settings(data_dir=Path(folder)))
        try:
            return list(all_routes(services, open_site(services)))
        finally:
            services.close()


@pytest.fixture(scope="module")
def routes() -> list[Route]:
    unserved_twice = set()
    chosen = []
    for route in _route_table():
        if (route.method, route.pattern) not in unserved_twice:
            unserved_twice.add((route.method, route.pattern))
            chosen.append(route)
    return chosen


def _payload(route: Route) -> object:
    name = f"{route.method} {route.pattern}"
    sample = SAMPLES.get(name)
    if sample is None or not sample.payload or isinstance(sample.payload, str | bytes):
        return PAYLOADS.get(name)
    text = json.dumps(sample.payload).replace("{repo}", REPO).replace("{name}", "target").replace("lab", "alice")
    return json.loads(text)


def _rounds(light: int, heavy: int) -> object:
    return pytest.mark.parametrize("rounds", [light, pytest.param(heavy, marks=pytest.mark.heavy)])


@_rounds(2, 60)
def test_paths_and_queries(target: Target, routes: list[Route], rounds: int):
    dice = random.Random(SEED)
    for route in routes:
        for path in hostile.hostile_targets(route.pattern, WORDS, dice, rounds):
            target.fire(route.method, path, b"{}" if route.method in ("POST", "PUT", "PATCH", "DELETE") else None)
        target.ensure_repo()
    target.check()


@_rounds(6, 40)
def test_bodies_that_are_not_what_the_route_reads(target: Target, routes: list[Route], rounds: int):
    dice = random.Random(SEED)
    types = ("application/json", "application/x-ndjson", "text/plain", "application/x-www-form-urlencoded", "")
    for route in routes:
        if route.method in ("GET", "HEAD"):
            continue
        path = hostile.fill(route.pattern, {**dict.fromkeys(_words(route), "x"), **WORDS})
        for body in dice.sample(hostile.BODIES, min(rounds, len(hostile.BODIES))):
            target.fire(route.method, path, body, {"Content-Type": dice.choice(types)})
        target.ensure_repo()
    target.check()


@_rounds(25, 400)
def test_fields_of_another_type_are_named(target: Target, routes: list[Route], rounds: int):
    dice = random.Random(SEED)
    unnamed = []
    for route in routes:
        payload = _payload(route)
        if payload is None:
            continue
        path = hostile.fill(route.pattern, {**dict.fromkeys(_words(route), "x"), **WORDS})
        shots = list(hostile.mutated_values(payload))
        for name, value in dice.sample(shots, min(rounds, len(shots))):
            answer = target.fire(route.method, path, hostile.encode(value), {"Content-Type": "application/json"})
            if answer is not None and answer.headers.get("x-error-code") == "InvalidInput":
                found = answer.json()
                message = found.get("error") or found["message"]  # git-lfs has its own word for it
                if name not in message and "body" not in message:
                    unnamed.append(f"{route.method} {route.pattern} {name}={value!r:.100}: {message}")
        target.ensure_repo()
    target.check()
    assert len(unnamed) < 0.05 * rounds * len(routes), "\n".join(unnamed)


def _words(route: Route) -> list[str]:
    return re.findall(r"\{(\w+)\}", route.pattern)


def test_authorization_words(target: Target):
    for word in hostile.AUTHORIZATIONS:
        for path in (
            "/api/whoami-v2",
            f"/{REPO}/resolve/main/file.txt",
            f"/{REPO}.git/info/refs?service=git-upload-pack",
        ):
            answer = target.fire("GET", path, headers={"Authorization": word})
            assert answer is None or answer.status in (200, 401, 429), (word[:50], path, answer)
        target.fire("GET", "/cas/e/v1/reconstructions/" + "0" * 64, headers={"Authorization": word})
        target.fire("GET", "/api/whoami-v2", headers={"Cookie": f"holdfast_session={word}; a=b; \xff"})
    target.check()


@pytest.mark.parametrize("path", ["file.txt", "big.bin"])
def test_range_headers(target: Target, path: str):
    target.ensure_repo()
    for word in hostile.RANGES:
        for extra in ({}, {"If-Range": '"x"'}, {"If-None-Match": word}, {"If-Range": word}):
            answer = target.fire("GET", f"/{REPO}/resolve/main/{path}", headers={"Range": word, **extra})
            assert answer is None or answer.status in (200, 206, 304, 416), (word[:50], answer.status)
    target.check()


# commits


def _commit(target: Target, body: bytes, query: str = "") -> Answer | None:
    return target.fire("POST", f"/api/models/{REPO}/commit/main{query}", body, {"Content-Type": "application/x-ndjson"})


@_rounds(150, 5000)
def test_mutated_commits(target: Target, rounds: int):
    dice = random.Random(SEED)
    content = os.urandom(1000)
    sha256 = target.client.upload_lfs(REPO, content)
    header = {"key": "header", "value": {"summary": "s", "description": "d"}}
    lines = [
        header,
        put_file("a/b.txt", b"text"),
        put_large("c.bin", sha256, 1000),
        {"key": "deletedFile", "value": {"path": "file.txt"}},
    ]
    for _ in range(rounds):
        if dice.random() < 0.5:
            _, changed = dice.choice(list(hostile.mutated_values(dice.choice(lines)["value"])))
            number = dice.randrange(len(lines))
            mutant = [*lines[:number], {**lines[number], "value": changed}, *lines[number + 1 :]]
            body = b"\n".join(map(hostile.encode, mutant))
        else:
            body = hostile.mutate_bytes(b"\n".join(map(hostile.encode, lines)), dice)
        _commit(target, body)
    target.check()
    assert target.client.files(REPO)


@pytest.mark.parametrize(
    "path",
    ["..", "a/../b", "/a", "a//b", "a/", ".git/config", "a/.git/x", "a/.GIT/x", "a\0b", "", ".", "./a", "a/./b",
     "x" * 300, "/".join(["d" * 200] * 30), "a/" * 500 + "b", "\ud800", "git~1", "a\\..\\b", "\u200c.git/config",
     ".git\u200c", "con\n"],
)  # fmt: skip
def test_paths_that_no_repo_may_hold(target: Target, path: str):
    head = target.client.history(REPO)[0]
    answer = _commit(target, b"\n".join(map(hostile.encode, [
        {"key": "header", "value": {"summary": "s"}}, put_file(path, b"x"),
    ])))  # fmt: skip
    target.check()
    assert answer is not None
    if answer.status == 200:
        assert path in target.client.files(REPO)
    else:
        assert answer.status in (400, 413, 422), answer
        assert target.client.history(REPO)[0] == head


CARDS = {
    "alias bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
    "self reference": "a: &a [*a]",
    "merge bomb": "a: &a {x: 1}\nb: {<<: [*a, *a], <<: *a}",
    "deep": "a: " + "[" * 5000 + "]" * 5000,
    "deep block": "".join(" " * n + "a:\n" for n in range(2000)),
    "python": "license: !!python/object/apply:os.system [id]",
    "tag": "license: !<tag:x,2000:y> mit",
    "binary": "license: !!binary gA==",
    "timestamp": "date: 2024-99-99T99:99:99Z",
    "huge number": "a: " + "9" * 100_000,
    "octal": "a: 0o777\nb: 0b1\nc: 1_000\nd: 1:30:00",
    "not a mapping": "- a\n- b",
    "two documents": "a: 1\n--- \nb: 2",
    "control": "a: \x07",
    "nul": "a: \0",
    "surrogate": 'a: "\\ud800"',
    "tab": "\ta: 1",
    "unterminated": 'a: "',
    "keys": "? [a, b]\n: c",
    "long": "tags:\n" + "- t\n" * 400_000,
    "language": "language: [" + ",".join("x" * n for n in range(300)) + "]",
    "nested types": "license: {a: 1}\ntags: {b: [1]}\ndatasets: 5\nbase_model: [[x]]\nmodel-index: x",
    "model-index": "model-index:\n- name: 1\n  results: [{task: 1, dataset: [], metrics: {a: 1}}]",
    "configs": "configs: [{config_name: [], data_files: {split: 1}}]\ndataset_info: [[1]]",
    "space": "sdk: [x]\nsdk_version: 1.0\nemoji: 7\ncolorFrom: {}\napp_file: ../../x\nmodels: 1",
    "widget": "widget: {text: [[]]}\ninference: [x]\nextra_gated_fields: [1]",
}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_hostile_cards(target: Target, card: str):
    content = f"---\n{card}\n---\nbody\n"
    for kind in ("model", "dataset", "space"):
        answer = target.fire("POST", "/api/validate-yaml", hostile.encode({"content": content, "repoType": kind}))
        assert answer is not None
        assert answer.status in (200, 400, 413), answer
    answer = _commit(target, b"\n".join(map(hostile.encode, [
        {"key": "header", "value": {"summary": "s"}}, put_file("README.md", content.encode("utf-8", "surrogatepass")),
    ])))  # fmt: skip
    assert answer is not None
    assert answer.status in (200, 400, 413), answer
    for query in ("", "?expand[]=cardData&expand[]=tags", "?full=true", "?blobs=true"):
        target.fire("GET", f"/api/models/{REPO}{query}")
    target.fire("GET", "/api/models?search=target&full=true")
    target.check()


FILES = {
    "config.json": [b"[" * 10_000, b'{"model_type":[]}', b'{"architectures":{"a":1}}', b"\xff", b'{"a":' * 2000],
    "model.safetensors": [b"\xff" * 8, b"\x10\0\0\0\0\0\0\0" + b"[" * 16, b"\x02\0\0\0\0\0\0\0{}", b"", b"\0" * 7],
    "model.safetensors.index.json": [
        b'{"weight_map":[]}',
        b'{"weight_map":{"a":5}}',
        b'{"weight_map":{"a":"../../x"}}',
    ],
    "model.gguf": [b"GGUF" + b"\xff" * 60, b"GGUF\x03\0\0\0" + b"\xff" * 16, b"GGUF"],
    "tokenizer_config.json": [b'{"chat_template":' * 500, b'{"chat_template":[[1]]}', b"null"],
    "dataset_infos.json": [b"[1]", b'{"default":7}'],
    ".gitattributes": [b"\xff\0", b"* filter=lfs " * 20_000, b"[attr]x -x\n" * 100],
    "app.py": [b"\0"],
}


@pytest.mark.parametrize("path", FILES)
def test_hostile_files_that_the_index_reads(target: Target, path: str):
    for content in FILES[path]:
        _commit(target, b"\n".join(map(hostile.encode, [
            {"key": "header", "value": {"summary": "s"}}, put_file(path, content),
        ])))  # fmt: skip
        target.fire("GET", f"/api/models/{REPO}?expand[]=safetensors&expand[]=gguf&expand[]=config&expand[]=siblings")
        target.fire(
            "POST",
            f"/api/models/{REPO}/preupload/main",
            hostile.encode({"files": [{"path": "x", "size": 1, "sample": ""}]}),
        )
    target.check()


# Xet and LFS


@_rounds(60, 3000)
def test_mutated_xorbs_and_shards(target: Target, rounds: int):
    dice = random.Random(f"{SEED} {rounds}")  # a xorb of its own: the server keeps the other rounds' one
    access = target.client.get(f"/api/models/{REPO}/xet-write-token/main").json()
    bearer = {"Authorization": f"Bearer {access['accessToken']}"}
    cas = urlsplit(access["casUrl"]).path
    data, index = index_chunks(cut(dice.randbytes(60_000) + bytes(60_000)))
    name = hash_text(index.hash)
    shard = write_shard(claim_file((index, 0, len(index))), xorbs=(index,))
    for _ in range(rounds):
        target.fire("POST", f"{cas}/v1/xorbs/default/{name}", hostile.mutate_bytes(data, dice), bearer)
    assert target.client.request("HEAD", f"{cas}/v1/xorbs/default/{name}", headers=bearer).status == 404
    target.client.request("POST", f"{cas}/v1/xorbs/default/{name}", data, bearer).expect(200)
    for _ in range(rounds):
        for path in ("v1/shards", "v2/shards"):
            target.fire("POST", f"{cas}/{path}", hostile.mutate_bytes(shard, dice), bearer)
    for _ in range(rounds):
        word = dice.choice([name, name[:-1], "0" * 64, "é".encode().hex() * 16, hostile.WORDS[dice.randrange(20)]])
        for path in ("v1/reconstructions", "v2/reconstructions", "v1/chunks/default", "v1/files"):
            range_header = {"Range": dice.choice(hostile.RANGES)} if dice.random() < 0.5 else {}
            target.fire("GET", f"{cas}/{path}/{word}", headers={**bearer, **range_header})
    target.check()


def test_lfs_batches_and_tickets(target: Target):
    batch = {
        "operation": "upload",
        "transfers": ["basic"],
        "hash_algo": "sha256",
        "objects": [{"oid": "0" * 64, "size": 5}],
    }
    for _, value in hostile.mutated_values(batch):
        target.fire("POST", f"/{REPO}.git/info/lfs/objects/batch", hostile.encode(value))
    upload = target.client.post_json(f"/{REPO}.git/info/lfs/objects/batch", batch).json()["objects"][0]["actions"][
        "upload"
    ]
    path = urlsplit(upload["href"]).path
    for body in (b"", b"1234", b"12345", b"123456", b"x" * 100_000):
        answer = target.fire("PUT", path, body)
        assert answer is None or answer.status in (400, 413, 422), answer
    dice = random.Random(SEED)
    for _ in range(40):
        ticket = bytearray(path.rpartition("/")[2].encode())
        ticket[dice.randrange(len(ticket))] = dice.choice(b"abcXYZ019-_")
        target.fire("PUT", f"/lfs/upload/{ticket.decode()}", b"12345")
        target.fire("GET", f"/lfs/download/{ticket.decode()}")
        target.fire("POST", f"/lfs/multipart/{ticket.decode()}", b"{}")
        target.fire("PUT", f"/lfs/multipart/{ticket.decode()}/{dice.choice(hostile.WORDS) or 'x'}", b"x")
    target.check()


# git


@_rounds(40, 1000)
def test_mutated_pkt_lines(target: Target, rounds: int):
    dice = random.Random(SEED)
    head = target.client.history(REPO)[0]
    want = f"want {head} side-band-64k ofs-delta\n".encode()
    fetch = b"%04x%b00000009done\n" % (len(want) + 4, want)
    command = f"{'0' * 40} {head} refs/heads/x\0 report-status side-band-64k\n".encode()
    push = b"%04x%b0000" % (len(command) + 4, command) + b"PACK\0\0\0\x02\0\0\0\0" + bytes(20)
    for _ in range(rounds):
        for program, body in (("git-upload-pack", fetch), ("git-receive-pack", push)):
            headers = {"Content-Type": f"application/x-{program}-request"}
            if dice.random() < 0.3:
                headers["Git-Protocol"] = dice.choice(
                    ["version=2", "version=1", "version=99", "x" * 500, "a b", "\xff"]
                )
            if dice.random() < 0.2:
                headers["Content-Encoding"] = dice.choice(["gzip", "br", "deflate", "x-gzip"])
            target.fire("POST", f"/{REPO}.git/{program}", hostile.mutate_bytes(body, dice), headers)
    target.check()
    assert target.client.history(REPO)[0] == head


# HTTP itself


def _raw(target: Target, request: bytes, *, then_close: bool = False) -> bytes:
    parts = urlsplit(target.server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=LONGEST_ANSWER_SECONDS) as connection:
        connection.sendall(request)
        if then_close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
            if b"\r\n\r\n" in answer and not then_close:
                break
        return answer


LOGIN = b"POST /api/login HTTP/1.1\r\nHost: x\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n"
REQUESTS = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "HTTP/9": b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    "negative length": LOGIN + b"Content-Length: -5\r\n\r\n{}",
    "length of letters": LOGIN + b"Content-Length: abc\r\n\r\n{}",
    "huge length": LOGIN + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "two lengths": LOGIN + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": LOGIN + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad chunk": LOGIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "huge chunk": LOGIN + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}",
    "space in name": b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
    "folded": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "nul in header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
    "no host": b"GET /api/whoami-v2 HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "strange host": b'GET /api/models/alice/target/xet-read-token/main HTTP/1.1\r\nHost: "><script>\r\n\r\n',
    "absolute": b"GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "unknown method": b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw bytes": b"GET /\xff\xfe\x80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "long line": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "many headers": b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 50_000 + b"\r\n",
    "upgrade": b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + UPGRADE,
    "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "many ids": b"GET /nothing HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + b"\xff" * 5000 + b"\r\n\r\n",
    "expect": LOGIN + b"Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_requests_that_are_not_http(target: Target, request_bytes: bytes):
    try:
        answer = _raw(target, request_bytes)
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    first_line = answer.partition(b"\r\n")[0]
    assert not answer or int(first_line.split()[1]) < 500 or int(first_line.split()[1]) in HONEST, first_line
    target.check()


@pytest.mark.parametrize(
    ("method", "path", "content_type"),
    [
        ("POST", "/api/login", "application/json"),
        ("POST", f"/api/models/{REPO}/commit/main", "application/x-ndjson"),
        ("POST", f"/{REPO}.git/git-receive-pack", "application/x-git-receive-pack-request"),
        ("POST", f"/{REPO}.git/info/lfs/objects/batch", "application/vnd.git-lfs+json"),
    ],
)
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_bodies_that_are_cut_off(target: Target, method: str, path: str, content_type: str, framing: str):
    head = target.client.history(REPO)[0]
    for sent in (b"", b"{", b'{"key":"header","value":{"summary":"s"}}\n' * 3, os.urandom(100_000)):
        body = b"%x\r\n%b\r\n" % (len(sent), sent) if framing == "chunks" and sent else sent
        measure = "Transfer-Encoding: chunked" if framing == "chunks" else f"Content-Length: {len(sent) + 1000}"
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {ALICE.token}", measure]
        request = "\r\n".join([*lines, f"Content-Type: {content_type}", "", ""]).encode() + body
        try:
            answer = _raw(target, request, then_close=True)
        except ConnectionResetError:
            continue
        assert not answer.startswith(b"HTTP/1.1 5"), answer[:300]
    target.check()
    assert target.client.history(REPO)[0] == head
