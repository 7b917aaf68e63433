"""What no git client sends: the answer is a 4xx that says why, at once, and the server goes on."""

from __future__ import annotations

import gzip
import os
import random
import secrets
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.compat.git_user import GitUser

FETCH = {"Content-Type": "application/x-git-upload-pack-request"}
PUSH = {"Content-Type": "application/x-git-receive-pack-request"}
ZEROS = "0" * 40


@pytest.fixture
def owner(hub, alice, tmp_path):
    return GitUser(hub, alice, tmp_path)


@pytest.fixture
def repo(owner):
    name = f"fuzzed-{secrets.token_hex(5)}"
    owner.api("POST", "repos/create", {"name": name, "type": "model"})
    return f"alice/{name}"


def pkt(text):
    data = text.encode() if isinstance(text, str) else text
    return b"%04x" % (len(data) + 4) + data


BROKEN = [
    b"zzzz",
    b"0001",
    b"0003",
    b"-001",
    b"ffff",
    b"00",
    b"0032want",
    b"fff0" + b"x" * 100,
    pkt("want nothing\n") + b"0000",
    pkt("wont " + "a" * 40 + "\n") + b"0000",
    pkt(b"\0\xff\xfe" * 20),
    b"\0" * 1000,
    b"PACK" + b"\0" * 1000,
    random.Random(5).randbytes(5000),
    b"0000" * 5000 + b"x",
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("protocol", [None, "version=1", "version=2"])
def test_broken_fetch_requests(owner, repo, body, protocol):
    headers = FETCH | ({"Git-Protocol": protocol} if protocol else {})
    answer = owner.http("POST", f"{repo}/git-upload-pack", body, headers)
    assert 400 <= answer.status < 500 or (answer.status == 200 and b"PACK" not in answer.body), answer


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_broken_pushes(owner, repo, body):
    before = owner.refs(repo)
    answer = owner.http("POST", f"{repo}/git-receive-pack", body, PUSH)
    assert answer.status == 200 or 400 <= answer.status < 500, answer
    assert owner.refs(repo) == before


@pytest.mark.parametrize(
    "commands",
    [
        [f"{ZEROS} {'ab' * 20} refs/heads/ghost\0report-status"],
        [f"{ZEROS} {'ab' * 20} refs/heads/../../HEAD\0report-status"],
        [f"{ZEROS} {'ab' * 20} HEAD\0report-status"],
        [f"{'12' * 20} {ZEROS} refs/heads/main\0report-status"],
        [f"{ZEROS} {ZEROS} refs/heads/none\0report-status"],
        [f"{ZEROS} {'ab' * 20} {'refs/heads/' + 'x' * 5000}\0report-status"],
        [f"{ZEROS} {'ab' * 20} refs/heads/a b\0report-status"],
        [f"{ZEROS} {'ab' * 20} refs/heads/$(touch pwned)\0report-status push-options"],
        ["shallow " + "ab" * 20, f"{ZEROS} {'ab' * 20} refs/heads/x\0report-status"],
        ["push-cert\0report-status", "certificate version 0.1"],
        [f"{ZEROS} {'ab' * 20} refs/heads/x{number}" for number in range(300)],
    ],
)
def test_pushes_that_promise_what_they_do_not_bring(owner, repo, commands):
    before = owner.refs(repo)
    body = b"".join(pkt(command) for command in commands) + b"0000"
    for pack in (b"", b"PACK\0\0\0\2\0\0\0\0", b"PACK\0\0\0\2\0\0\0\0" + bytes(20), os.urandom(300)):
        answer = owner.http("POST", f"{repo}/git-receive-pack", body + pack, PUSH)
        assert answer.status == 200 or 400 <= answer.status < 500, answer
        assert owner.refs(repo) == before


def test_random_changes_of_a_good_request(owner, repo):
    oid = owner.refs(repo)["refs/heads/main"]
    good = pkt("command=fetch") + b"0001" + pkt("no-progress") + pkt(f"want {oid}\n") + pkt("done\n") + b"0000"
    headers = FETCH | {"Git-Protocol": "version=2"}
    assert b"PACK" in owner.http("POST", f"{repo}/git-upload-pack", good, headers).body
    chance = random.Random(7)
    for _ in range(60):
        bad = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        cut = bytes(bad[: chance.randint(1, len(bad))])
        answer = owner.http("POST", f"{repo}/git-upload-pack", cut, headers)
        assert answer.status == 200 or 400 <= answer.status < 500, (cut, answer)


@pytest.mark.parametrize("service", ["git-upload-pack", "git-receive-pack"])
def test_media_types_and_encodings(owner, repo, service):
    kind = f"application/x-{service}-request"
    for wrong in ("text/plain", "application/x-git-other-request", "application/x-www-form-urlencoded"):
        assert owner.http("POST", f"{repo}/{service}", b"0000", {"Content-Type": wrong}).status == 415
    for encoding in ("br", "deflate", "gzip, gzip", "x"):
        headers = {"Content-Type": kind, "Content-Encoding": encoding}
        assert owner.http("POST", f"{repo}/{service}", b"0000", headers).status == 415
    assert owner.http("POST", f"{repo}/{service}", b"0000", {"Content-Type": kind}).status in (200, 400)
    assert owner.http("GET", f"{repo}/{service}").status == 405


@pytest.mark.parametrize(("service", "kind"), [("git-upload-pack", FETCH), ("git-receive-pack", PUSH)])
def test_broken_gzip(owner, repo, service, kind):
    packed = gzip.compress(b"0000" * 100)
    for body in (packed[:-6], packed[:12], packed + b"more", b"not gzip at all", packed[:10] + os.urandom(50)):
        answer = owner.http("POST", f"{repo}/{service}", body, kind | {"Content-Encoding": "gzip"})
        assert answer.status == 400, answer
        assert b"gzip" in answer.body


def test_a_zip_bomb_stops_at_the_limit(owner, repo):
    oid = owner.refs(repo)["refs/heads/main"]
    line = pkt(f"have {'ab' * 20}\n")
    bomb = gzip.compress(pkt(f"want {oid}\n") + b"0000" + line * 4_000_000, 9)
    assert len(bomb) < 1_500_000
    began = time.monotonic()
    answer = owner.http("POST", f"{repo}/git-upload-pack", bomb, FETCH | {"Content-Encoding": "gzip"})
    assert answer.status == 413, answer
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("header", ["version=2\ttab", "version=2;rm", "$(id)", "version=2 x", "a" * 300])
def test_odd_protocol_headers(owner, repo, header):
    answer = owner.http("GET", f"{repo}/info/refs?service=git-upload-pack", headers={"Git-Protocol": header})
    assert answer.status == 400
    assert b"Git-Protocol" in answer.body


def test_unknown_protocol_versions_get_the_oldest(owner, repo):
    answer = owner.http("GET", f"{repo}/info/refs?service=git-upload-pack", headers={"Git-Protocol": "version=99:x=y"})
    assert answer.status == 200
    assert answer.body.startswith(b"001e# service=git-upload-pack\n0000")


@pytest.mark.parametrize(
    "repo_path", ["..%2f..", "alice/%2e%2e", "alice/%00", "%ff%fe", ".git", "a" * 300, "alice/x%2fy"]
)
def test_odd_addresses(owner, repo_path):
    for suffix in ("info/refs?service=git-upload-pack", "info/refs?service=git-receive-pack"):
        assert 400 <= owner.http("GET", f"{repo_path}/{suffix}").status < 500


def raw(owner, target, headers, body):
    """Send bytes and hang up in the middle."""
    address = urlsplit(owner.server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        lines = [f"POST /{target} HTTP/1.1", f"Host: {address.netloc}", f"Authorization: Bearer {owner.user.token}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        time.sleep(0.1)


def git_processes(owner):
    """Command lines of git programs that run on this server's data."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if words[0] == b"git" and any(str(owner.server.data_dir).encode() in word for word in words):
                found.append(words)
    return found


@pytest.mark.parametrize(("service", "kind"), [("git-upload-pack", FETCH), ("git-receive-pack", PUSH)])
def test_clients_that_hang_up_leave_no_process(owner, repo, service, kind):
    for _ in range(20):
        raw(owner, f"{repo}/{service}", kind | {"Content-Length": "100000"}, b"00a4")
        raw(owner, f"{repo}/{service}", kind | {"Transfer-Encoding": "chunked"}, b"4\r\n00a4\r\n")
    give_up = time.monotonic() + 20
    while git_processes(owner) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert git_processes(owner) == []
    assert owner.http("GET", f"{repo}/info/refs?service={service}").status == 200


def test_a_clone_that_is_given_up_leaves_no_process(owner, repo):
    work = owner.clone(repo)
    owner.commit(work, {f"{number}.dat": os.urandom(4_000_000) for number in range(10)})
    owner.git("push", "-q", folder=work)
    oid = owner.refs(repo)["refs/heads/main"]
    want = pkt(f"want {oid} side-band-64k ofs-delta\n") + b"0000" + pkt("done\n")
    for _ in range(5):
        raw(owner, f"{repo}/git-upload-pack", FETCH | {"Content-Length": str(len(want))}, want)
    give_up = time.monotonic() + 20
    while git_processes(owner) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert git_processes(owner) == []
