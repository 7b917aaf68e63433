"""The real git fetches: every address, every kind of clone, and who may."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

import pytest

from tests.compat.git_user import GitUser
from tests.live_server import holdfast


@pytest.fixture
def owner(hub, alice, tmp_path):
    (tmp_path / "owner").mkdir()
    return GitUser(hub, alice, tmp_path / "owner")


@pytest.fixture
def stranger(hub, tmp_path):
    (tmp_path / "stranger").mkdir()
    return GitUser(hub, None, tmp_path / "stranger")


@pytest.fixture
def other(hub, bob, tmp_path):
    (tmp_path / "other").mkdir()
    return GitUser(hub, bob, tmp_path / "other")


def create(owner, kind="model", prefix="", **options):
    """A new repo of Alice with three commits on main; returns its id."""
    name = f"fetched-{secrets.token_hex(5)}"
    sdk = {"sdk": "static"} if kind == "space" else {}
    owner.api("POST", "repos/create", {"name": name, "type": kind, **sdk, **options})
    repo = f"alice/{name}"
    work = owner.clone(prefix + repo, name)
    for number in range(3):
        owner.commit(work, {f"folder/{number}.txt": f"text {number}\n" * 50}, f"commit {number}")
    owner.git("push", "-q", folder=work)
    return repo


@pytest.mark.parametrize(("kind", "prefix"), [("model", ""), ("dataset", "datasets/"), ("space", "spaces/")])
def test_each_address_is_served(owner, stranger, kind, prefix):
    repo = create(owner, kind, prefix)
    for number, suffix in enumerate(("", ".git", "/", ".git/")):
        work = stranger.clone(f"{prefix}{repo}{suffix}", f"work{number}")
        assert (work / "folder/2.txt").exists()
        assert stranger.git("fsck", "--full", "--strict", folder=work).strip() == ""


def test_a_renamed_repo_is_found_under_its_old_id(owner, stranger):
    old = create(owner)
    new = f"{old}-renamed"
    owner.api("POST", "repos/move", {"fromRepo": old, "toRepo": new, "type": "model"})
    assert (stranger.clone(old) / "folder/2.txt").exists()
    assert (stranger.clone(f"{old}.git", "work2") / "folder/2.txt").exists()


def test_one_word_ids_lead_to_their_repo(owner, stranger):
    """gpt2 moved to openai-community/gpt2 long ago: people still type the short id."""
    holdfast(
        "org", "add", "openai-community", "--owner", "alice", "--fullname", "OpenAI", data_dir=owner.server.data_dir
    )
    owner.api("POST", "repos/create", {"name": "gpt2", "organization": "openai-community"})
    assert (stranger.clone("gpt2") / ".gitattributes").exists()
    assert (stranger.clone("gpt2.git", "work2") / ".gitattributes").exists()


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_every_protocol_version(owner, stranger, version):
    repo = create(owner)
    work = stranger.home / f"v{version}"
    stranger.git("-c", f"protocol.version={version}", "clone", "-q", stranger.url(repo), str(work))
    assert stranger.git("rev-list", "--count", "HEAD", folder=work).strip() == "4"
    owner.commit(owner.home / repo.split("/")[1], {"more.txt": "more"})
    owner.git("-c", f"protocol.version={version}", "push", "-q", folder=owner.home / repo.split("/")[1])
    stranger.git("-c", f"protocol.version={version}", "pull", "-q", folder=work)
    assert (work / "more.txt").exists()


def test_shallow_clones_deepen(owner, stranger):
    repo = create(owner)
    work = stranger.clone(repo, "shallow", "--depth", "1")
    assert stranger.git("rev-list", "--count", "HEAD", folder=work).strip() == "1"
    stranger.git("fetch", "-q", "--deepen", "2", folder=work)
    assert stranger.git("rev-list", "--count", "HEAD", folder=work).strip() == "3"
    stranger.git("fetch", "-q", "--unshallow", folder=work)
    assert stranger.git("rev-list", "--count", "HEAD", folder=work).strip() == "4"


def test_partial_clones_fetch_the_rest_on_demand(owner, stranger):
    repo = create(owner)
    work = stranger.clone(repo, "partial", "--filter=blob:none", "--no-checkout")
    missing = stranger.git("rev-list", "--objects", "--missing=print", "HEAD", folder=work)
    assert missing.count("\n?") == 4
    stranger.git("checkout", "-q", "HEAD", "--", "folder/1.txt", folder=work)
    assert (work / "folder/1.txt").read_text().startswith("text 1")
    for filter_spec in ("tree:0", "blob:limit=10", "combine:blob:none+tree:1"):
        other = stranger.clone(repo, filter_spec.replace(":", "-"), f"--filter={filter_spec}")
        assert (other / "folder/0.txt").exists()
    said = stranger.refused("clone", "-q", "--filter=sparse:oid=HEAD:folder/0.txt", stranger.url(repo), "sparse")
    assert "not supported" in said


@pytest.mark.parametrize("version", ["0", "2"])
def test_a_commit_is_fetched_by_its_oid(owner, stranger, version):
    repo = create(owner)
    oid = owner.git("rev-parse", "HEAD~1", folder=owner.home / repo.split("/")[1]).strip()
    work = stranger.home / "empty"
    stranger.git("init", "-q", str(work))
    stranger.git("-c", f"protocol.version={version}", "fetch", "-q", "--depth=1", stranger.url(repo), oid, folder=work)
    assert stranger.git("rev-parse", "FETCH_HEAD", folder=work).strip() == oid


def test_an_unknown_oid_is_refused_in_words(owner, stranger):
    repo = create(owner)
    work = stranger.home / "empty"
    stranger.git("init", "-q", str(work))
    assert "not our ref" in stranger.refused("fetch", "-q", stranger.url(repo), "ab" * 20, folder=work)


def test_many_known_commits_are_sent_packed(owner, stranger):
    """A negotiation of more than a kilobyte goes out as gzip."""
    repo = create(owner)
    work = stranger.clone(repo)
    branches = "".join(
        f"commit refs/heads/b{number}\ncommitter a <a@b> {2000000000 + number} +0000\ndata 1\nx\n"
        for number in range(400)
    )
    stranger.git("fast-import", "--quiet", folder=work, stdin=branches.encode())
    owner.commit(owner.home / repo.split("/")[1], {"new.txt": "new"})
    owner.git("push", "-q", folder=owner.home / repo.split("/")[1])
    traced = replace(stranger, variables={"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"})
    said = traced.git("fetch", "-q", "origin", folder=work)
    assert "content-encoding: gzip" in said.lower()
    assert stranger.git("rev-list", "--count", "HEAD..origin/main", folder=work).strip() == "1"


def test_private_and_absent_repos_look_the_same_to_strangers(owner, stranger, other):
    private = create(owner, private=True)
    answers = []
    for repo in (private, private[:-3] + "zzz"):
        for suffix in ("", ".git"):
            for service in ("git-upload-pack", "git-receive-pack"):
                target = f"{repo}{suffix}/info/refs?service={service}"
                answers.append(stranger.http("GET", target, headers={"X-Request-Id": "same"}))
        content = {"Content-Type": "application/x-git-upload-pack-request", "X-Request-Id": "same"}
        answers.append(stranger.http("POST", f"{repo}/git-upload-pack", b"0000", content))
    assert {answer.status for answer in answers} == {401}
    assert all(answer.headers["www-authenticate"].startswith("Basic ") for answer in answers)
    for answer in answers:
        answer.headers.pop("date", None)
    assert len({(answer.body, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    assert {
        other.http("GET", f"{repo}/info/refs?service=git-upload-pack").status for repo in (private, "alice/zzz")
    } == {404}
    assert (owner.clone(private, "mine") / "folder/0.txt").exists()
    assert "could not read Username" in stranger.refused("clone", stranger.url(private), "x")


def test_gated_repos_are_for_the_accepted(owner, stranger, other):
    repo = create(owner)
    owner.api("PUT", f"models/{repo}/settings", {"gated": "manual"})
    assert "could not read Username" in stranger.refused("clone", stranger.url(repo), "x")
    assert "403" in other.refused("clone", other.url(repo), "x")
    owner.api("POST", f"models/{repo}/user-access-request/grant", {"user": "bob"})
    assert (other.clone(repo) / "folder/0.txt").exists()


def test_a_wrong_token_is_not_taken_for_a_stranger(owner, stranger):
    repo = create(owner)
    answer = stranger.http(
        "GET", f"{repo}/info/refs?service=git-upload-pack", headers={"Authorization": "Basic YWxpY2U6aGZfd3Jvbmc="}
    )
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_a_password_works_as_well_as_a_token(owner, stranger, alice):
    private = create(owner, private=True)
    url = stranger.url(private).replace("://", f"://{alice.name}:{alice.password}@")
    stranger.git("clone", "-q", url, "by-password")
    assert (stranger.home / "by-password/folder/0.txt").exists()


def test_clones_count_as_downloads(owner, stranger):
    """Once for a client within some minutes; asking for the refs alone is no download."""
    listed, cloned = (f"alice/counted-{secrets.token_hex(5)}" for _ in range(2))
    for repo in (listed, cloned):
        owner.api("POST", "repos/create", {"name": repo.split("/")[1], "type": "model"})
    stranger.git("ls-remote", stranger.url(listed))
    stranger.clone(cloned, "a")
    stranger.clone(cloned, "b")
    give_up = time.monotonic() + 20
    while not owner.api("GET", f"models/{cloned}")["downloads"] and time.monotonic() < give_up:
        time.sleep(0.1)
    assert owner.api("GET", f"models/{cloned}")["downloads"] == 1
    assert owner.api("GET", f"models/{listed}")["downloads"] == 0


def test_the_dumb_protocol_is_refused_in_words(owner, stranger):
    repo = create(owner)
    for query in ("", "?service=git-upload-archive", "?service="):
        answer = stranger.http("GET", f"{repo}/info/refs{query}")
        assert answer.status == 403
        assert b"smart" in answer.body
    assert stranger.http("GET", f"{repo}.git/objects/info/packs").status == 404
