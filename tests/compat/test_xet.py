"""Xet as real clients use it, seen on the wire, and what the server refuses whoever asks."""

from __future__ import annotations

import hashlib
import http.client
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from holdfast.hub.xet.formats.hashes import hash_to_text
from holdfast.hub.xet.formats.shard import ShardFile
from tests.compat.client import Client
from tests.counting_proxy import counting_proxy
from tests.factories.xet import claim_file, cut, index_chunks, write_shard
from tests.live_server import LiveServer, User, holdfast

MEBIBYTE = 1 << 20
CLIENT = "hub-2.4.0"


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def three_edits(content: bytes) -> bytes:
    """Insert 100 bytes, overwrite 1000, append 10 000."""
    third = len(content) // 3
    edited = content[:third] + noise(100, 7) + content[third : 2 * third] + noise(1000, 8)
    return edited + content[2 * third + 1000 :] + noise(10_000, 9)


@pytest.fixture
def wire(hub):
    with counting_proxy(hub.url) as proxy:
        yield proxy


@pytest.fixture
def at_home(wire, client_of, tmp_path, alice):
    """`at_home("a", user)`: the newest client behind the counting proxy, with a cache of its own for each name."""

    def bind(name: str = "home", user: User = alice, **variables: str) -> Client:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        client = client_of(CLIENT, user=user)
        return Client(client.python, home, {**client.variables, "HF_ENDPOINT": wire.url, **variables})

    return bind


@pytest.fixture
def big(tmp_path, new_repo) -> Path:
    """24 MiB that nobody has sent before."""
    path = tmp_path / "big.bin"
    path.write_bytes(random.Random(new_repo).randbytes(24 * MEBIBYTE))
    return path


@pytest.fixture
def repo(at_home, new_repo) -> str:
    at_home("setup").hf("repos", "create", new_repo)
    return new_repo


def test_up_and_down_through_xet_bit_by_bit(wire, at_home, repo, big):
    wire.clear()
    at_home("one").script("xet", "upload", repo, str(big), "big.bin")
    assert wire.sent_bytes("POST", "/v1/xorbs/") > 24 * MEBIBYTE
    assert len(wire.of("POST", "/v2/shards")) == 1
    wire.clear()
    assert at_home("two").script("xet", "download", repo, "big.bin").strip() == sha256(big.read_bytes())
    assert wire.of("GET", "/v2/reconstructions/")
    assert wire.of("GET", "/fetch/")
    assert not wire.of("GET ", "/resolve/")


def test_an_edited_file_costs_its_edits_only(wire, at_home, repo, big):
    at_home("one").script("xet", "upload", repo, str(big), "big.bin")
    edited = three_edits(big.read_bytes())
    big.write_bytes(edited)
    wire.clear()
    at_home("one").script("xet", "upload", repo, str(big), "big.bin")
    assert 0 < wire.sent_bytes("POST", "/xorbs/") < MEBIBYTE
    assert at_home("two").script("xet", "download", repo, "big.bin").strip() == sha256(edited)


def test_somebody_elses_copy_costs_no_upload(wire, at_home, repo, big, bob, hub):
    at_home("one").script("xet", "upload", repo, str(big), "big.bin")
    theirs = f"bob/{repo.partition('/')[2]}"
    at_home("bobs", bob).hf("repos", "create", theirs)
    wire.clear()
    at_home("bobs", bob).script("xet", "upload", theirs, str(big), "copy.bin")
    assert wire.sent_bytes("POST", "/xorbs/") == 0
    assert at_home("two", bob).script("xet", "download", theirs, "copy.bin").strip() == sha256(big.read_bytes())


@pytest.mark.parametrize(
    "variables",
    [{"HF_XET_CLIENT_ENABLE_MULTIRANGE_FETCHING": "1"}, {"HF_XET_CLIENT_RECONSTRUCTION_API_VERSION": "1"}],
)
def test_other_ways_to_fetch(at_home, repo, big, variables):
    client = at_home("one")
    client.script("xet", "upload", repo, str(big), "big.bin")
    edited = three_edits(big.read_bytes())
    big.write_bytes(edited)
    client.script("xet", "upload", repo, str(big), "big.bin")
    assert at_home("two", **variables).script("xet", "download", repo, "big.bin").strip() == sha256(edited)


def test_without_xet_the_same_bytes_come_by_plain_requests(wire, at_home, repo, big):
    at_home("one").script("xet", "upload", repo, str(big), "big.bin")
    wire.clear()
    plain = at_home("two", HF_HUB_DISABLE_XET="1")
    assert plain.script("xet", "download", repo, "big.bin").strip() == sha256(big.read_bytes())
    assert not wire.of("/cas/")
    start, end = 5 * MEBIBYTE + 123, 9 * MEBIBYTE + 7
    expected = sha256(big.read_bytes()[start:end])
    assert plain.script("xet", "read_range", repo, "big.bin", str(start), str(end)).strip() == expected


def test_a_stranger_proposes_a_large_file(at_home, repo, big, bob):
    revision = at_home("bobs", bob).script("xet", "propose", repo, str(big), "big.bin").strip()
    assert revision.startswith("refs/pr/")
    expected = sha256(big.read_bytes())
    assert at_home("two").script("xet", "download", repo, "big.bin", revision).strip() == expected


def test_after_garbage_collection_a_client_sends_again_what_was_deleted(wire, at_home, repo, big, hub):
    """The client remembers for three weeks that it sent these bytes; the server deleted them at once, and says so."""
    client = at_home("one")
    client.script("xet", "upload", repo, str(big), "big.bin")
    client.hf("repos", "delete", repo, "--yes")
    removed = holdfast("gc", "--grace-days", "0", data_dir=hub.data_dir)
    assert "new Xet epoch" in removed
    client.hf("repos", "create", repo)
    wire.clear()
    client.script("xet", "upload", repo, str(big), "big.bin")
    assert wire.sent_bytes("POST", "/xorbs/") > 24 * MEBIBYTE
    assert at_home("two").script("xet", "download", repo, "big.bin").strip() == sha256(big.read_bytes())
    assert "No problems" in holdfast("fsck", "--deep", data_dir=hub.data_dir)


@dataclass
class Cas:
    """The CAS of a repo, spoken by hand."""

    server: str
    repo: str
    user: User

    def call(self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, answer.headers

    def token(self, kind: str = "write", revision: str = "main"):
        url = f"{self.server}/api/models/{self.repo}/xet-{kind}-token/{revision}"
        return self.call("GET", url, headers={"Authorization": f"Bearer {self.user.token}"})

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "write", **headers: str):
        grant = json.loads(self.token(kind)[1])
        own = {"Authorization": f"Bearer {grant['accessToken']}", **headers}
        return self.call(method, grant["casUrl"] + path, body, own)

    def store(self, content: bytes) -> ShardFile:
        data, index = index_chunks(cut(content))
        assert self.ask("POST", f"/v1/xorbs/default/{hash_to_text(index.hash)}", data)[0] == 200
        file = claim_file((index, 0, len(index)), sha256=sha256(content))
        assert self.ask("POST", "/v1/shards", write_shard(file))[:2] == (200, b'{"result":1}')
        return file


@pytest.fixture
def cas_of(hub: LiveServer, repo: str, alice: User) -> Callable[..., Cas]:
    def bind(repo_id: str = repo, user: User = alice) -> Cas:
        return Cas(hub.url, repo_id, user)

    return bind


@pytest.fixture
def cas(cas_of) -> Cas:
    return cas_of()


class TestByHand:
    def test_tokens_come_as_json_and_as_headers(self, cas, hub):
        status, body, headers = cas.token()
        grant = json.loads(body)
        assert status == 200
        assert grant["casUrl"].startswith(f"{hub.url}/cas/")
        assert headers["X-Xet-Cas-Url"] == grant["casUrl"]
        assert headers["X-Xet-Access-Token"] == grant["accessToken"]
        assert headers["X-Xet-Token-Expiration"] == str(grant["exp"])

    def test_who_gets_which_token(self, cas_of, bob):
        stranger = cas_of(user=bob)
        assert stranger.token("read")[0] == 200
        assert stranger.token("write")[0] == 403
        assert stranger.token("write", "None?create_pr=1")[0] == 200
        assert stranger.token("write", "refs%2Fpr%2F1")[0] == 200
        assert stranger.ask("POST", "/v1/shards", b"", "read")[0] == 403

    @pytest.mark.parametrize(
        ("xorbs", "shards", "reconstructions"),
        [
            ("/v1/xorbs/default/", "/v1/shards", "/v1/reconstructions/"),
            ("/xorbs/default/", "/shards", "/reconstructions/"),
            ("/xorb/default/", "/shard/default-merkledb/" + "0" * 64, "/reconstruction/"),
        ],
    )
    def test_paths_of_all_generations(self, cas, xorbs, shards, reconstructions):
        content = noise(50_000, len(xorbs))
        data, index = index_chunks(cut(content))
        name = hash_to_text(index.hash)
        assert json.loads(cas.ask("POST", xorbs + name, data)[1]) == {"was_inserted": True}
        assert json.loads(cas.ask("POST", xorbs + name, data)[1]) == {"was_inserted": False}
        file = claim_file((index, 0, len(index)), sha256=sha256(content))
        assert cas.ask("POST", shards, write_shard(file))[0] == 200
        status, body, _ = cas.ask("GET", reconstructions + hash_to_text(file.hash))
        plan = json.loads(body)
        assert (status, plan["offset_into_first_range"]) == (200, 0)
        ((fetch,),) = plan["fetch_info"].values()
        span = fetch["url_range"]
        status, stored, _ = cas.call("GET", fetch["url"], headers={"Range": f"bytes={span['start']}-{span['end']}"})
        assert (status, stored) == (206, data)

    def test_progress_events_end_with_a_result(self, cas):
        content = noise(60_000, 20)
        data, index = index_chunks(cut(content))
        cas.ask("POST", f"/v1/xorbs/default/{hash_to_text(index.hash)}", data)
        shard = write_shard(claim_file((index, 0, len(index)), sha256=sha256(content)))
        status, body, headers = cas.ask("POST", "/v2/shards", shard)
        assert (status, headers["Content-Type"]) == (200, "application/x-ndjson")
        events = [json.loads(line) for line in body.splitlines()]
        assert events[-1] == {"type": "result"}
        assert {"type": "validating", "verified": len(content), "total": len(content)} in events

    def test_a_forged_sha256_is_refused_in_both_versions(self, cas):
        content = noise(60_000, 21)
        data, index = index_chunks(cut(content))
        cas.ask("POST", f"/v1/xorbs/default/{hash_to_text(index.hash)}", data)
        forged = write_shard(claim_file((index, 0, len(index)), sha256="0" * 64))
        status, body, _ = cas.ask("POST", "/v1/shards", forged)
        assert (status, b"sha256" in body) == (400, True)
        last = json.loads(cas.ask("POST", "/v2/shards", forged)[1].splitlines()[-1])
        assert (last["type"], last["retryable"]) == ("error", False)

    @pytest.mark.parametrize("path", ["/v1/shards", "/v2/shards"])
    def test_a_shard_that_names_an_unknown_xorb_is_refused(self, cas, path):
        _, index = index_chunks(cut(noise(60_000, 22)))
        status, body, _ = cas.ask("POST", path, write_shard(claim_file((index, 0, len(index)))))
        assert (status, b"is not stored here" in body) == (400, True)

    def test_a_file_of_another_repo_cannot_be_reconstructed(self, cas, cas_of, at_home, bob):
        file = cas.store(noise(60_000, 23))
        name = hash_to_text(file.hash)
        theirs = f"bob/{cas.repo.partition('/')[2]}"
        at_home("bobs", bob).hf("repos", "create", theirs)
        for path in (f"/v2/reconstructions/{name}", f"/v1/reconstructions?file_id={name}"):
            assert cas.ask("GET", path)[0] == 200
            assert cas_of(theirs, bob).ask("GET", path)[0] == 404
        assert cas.ask("HEAD", f"/v1/files/{name}")[2]["Content-Length"] == "60000"

    def test_reading_past_the_end_and_parts(self, cas):
        content = noise(60_000, 24)
        path = f"/v2/reconstructions/{hash_to_text(cas.store(content).hash)}"
        assert cas.ask("GET", path, Range="bytes=60000-")[0] == 416
        plan = json.loads(cas.ask("GET", path, Range="bytes=9000-9001")[1])
        assert (plan["offset_into_first_range"], plan["terms"][0]["range"]) == (808, {"start": 1, "end": 2})

    def test_urls_allow_their_ranges_only(self, cas):
        file = cas.store(noise(60_000, 25))
        path = f"/v2/reconstructions/{hash_to_text(file.hash)}"
        plan = json.loads(cas.ask("GET", path, Range="bytes=20000-20001")[1])
        ((fetch,),) = plan["xorbs"].values()
        url, span = fetch["url"], fetch["ranges"][0]["bytes"]
        inside = f"bytes={span['start']}-{span['end']}"
        assert cas.call("GET", url, headers={"Range": inside})[0] == 206
        for header in ("bytes=0-", f"bytes=0-{span['end']}", "bytes=-1", f"{inside},0-1"):
            assert cas.call("GET", url, headers={"Range": header})[0] == 403
        assert cas.call("GET", url)[0] == 403
        assert cas.call("GET", url, headers={"Range": inside, "If-Range": '"other"'})[0] == 206
        assert cas.call("GET", url[:-3] + "abc", headers={"Range": inside})[0] == 403

    def test_several_ranges_at_once(self, cas):
        content = noise(60_000, 26)
        data, _ = index_chunks(cut(content))
        file = cas.store(content)
        plan = json.loads(cas.ask("GET", f"/v2/reconstructions/{hash_to_text(file.hash)}")[1])
        ((fetch,),) = plan["xorbs"].values()
        status, body, headers = cas.call("GET", fetch["url"], headers={"Range": "bytes=0-9,100-109"})
        assert status == 206
        assert headers["Content-Type"].startswith("multipart/byteranges; boundary=")
        assert data[:10] in body
        assert data[100:110] in body

    def test_what_is_not_served_is_not_found_in_json(self, cas):
        for method, path in (
            ("POST", "/v1/xorb-grants/default/" + "0" * 64),
            ("GET", "/v2/file-chunk-hashes/" + "0" * 64),
            ("GET", "/v3/anything"),
            ("GET", "/v1/chunks/default/" + "0" * 64),
            ("GET", "/v1/chunks/elsewhere/" + "0" * 64),
        ):
            status, body, _ = cas.ask(method, path, b"{}" if method == "POST" else None)
            assert status == 404
            assert "error" in json.loads(body)

    def test_without_a_token_nothing_is_told(self, cas, hub):
        for method, path in (
            ("POST", "/v1/xorbs/default/" + "0" * 64),
            ("POST", "/v1/shards"),
            ("POST", "/v2/shards"),
            ("GET", "/v2/reconstructions/" + "0" * 64),
            ("GET", "/v1/chunks/default/" + "0" * 64),
        ):
            assert cas.call(method, f"{hub.url}/cas/x{path}", b"")[0] == 401
            headers = {"Authorization": f"Bearer {cas.user.token}"}
            assert cas.call(method, f"{hub.url}/cas/x{path}", b"", headers)[0] == 401

    def test_telemetry_is_accepted_and_forgotten(self, cas, hub):
        assert cas.call("POST", f"{hub.url}/v1/telemetry", b'{"event":"x"}')[0] == 200
        assert cas.ask("POST", "/v1/telemetry", b"{}")[0] == 200

    def test_old_epochs_keep_answering(self, cas, hub):
        file = cas.store(noise(30_000, 27))
        word = json.loads(cas.token()[1])["accessToken"]
        url = f"{hub.url}/cas/of-long-ago/v2/reconstructions/{hash_to_text(file.hash)}"
        assert cas.call("GET", url, headers={"Authorization": f"Bearer {word}"})[0] == 200

    def test_garbage_gets_400_and_never_500(self, cas):
        content = noise(40_000, 28)
        data, index = index_chunks(cut(content))
        xorbs = f"/v1/xorbs/default/{hash_to_text(index.hash)}"
        assert cas.ask("POST", xorbs, data[:-1])[0] == 400
        assert cas.ask("POST", xorbs, b"")[0] == 400
        assert cas.ask("POST", "/v1/xorbs/default/zz", data)[0] == 400
        assert cas.ask("POST", "/v1/xorbs/default/%ff", data)[0] == 400
        rng = random.Random(29)
        for path in ("/v1/shards", "/v2/shards"):
            for size in (0, 1, 47, 48, 96, 1000):
                assert cas.ask("POST", path, rng.randbytes(size))[0] == 400
