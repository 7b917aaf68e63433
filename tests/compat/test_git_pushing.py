"""The real git pushes: what is let in, what is refused, and in which words."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.compat.git_user import GitUser


@pytest.fixture
def owner(hub, alice, tmp_path):
    (tmp_path / "owner").mkdir()
    return GitUser(hub, alice, tmp_path / "owner")


@pytest.fixture
def other(hub, bob, tmp_path):
    (tmp_path / "other").mkdir()
    return GitUser(hub, bob, tmp_path / "other")


@pytest.fixture
def repo(owner):
    name = f"pushed-{secrets.token_hex(5)}"
    owner.api("POST", "repos/create", {"name": name, "type": "model"})
    return f"alice/{name}"


@pytest.fixture
def work(owner, repo):
    return owner.clone(repo)


def storage(owner, repo):
    """The bare repo of the newest key: the one that this test made."""
    folders = owner.server.data_dir.glob("repos/*/*.git")
    return max(folders, key=lambda folder: int(folder.stem))


def test_a_push_is_seen_by_the_api_at_once(owner, repo, work):
    for number in range(5):
        oid = owner.commit(work, {"file.txt": f"version {number}"})
        owner.git("push", "-q", "origin", "main", folder=work)
        assert owner.api("GET", f"models/{repo}")["sha"] == oid
        assert owner.http("GET", f"{repo}/resolve/main/file.txt").body == f"version {number}".encode()


def test_api_commits_and_pushes_take_turns(owner, repo, work):
    line = (
        b'{"key":"header","value":{"summary":"by the API"}}\n{"key":"file","value":{"path":"api.txt","content":"hi"}}\n'
    )
    answer = owner.http("POST", f"api/models/{repo}/commit/main", line, {"Content-Type": "application/x-ndjson"})
    assert answer.status == 200
    owner.commit(work, {"git.txt": "by git"})
    assert "fetch first" in owner.refused("push", folder=work)
    owner.git("pull", "-q", "--rebase", folder=work)
    owner.git("push", "-q", folder=work)
    names = [entry["path"] for entry in owner.api("GET", f"models/{repo}/tree/main")]
    assert {"api.txt", "git.txt"} <= set(names)


def test_branches_and_tags_come_and_go(owner, repo, work):
    first = owner.commit(work, {"a.txt": "a"})
    owner.git("branch", "topic/one", folder=work)
    owner.git("tag", "light", folder=work)
    owner.git("tag", "-a", "v1", "-m", "first", folder=work)
    owner.git("push", "-q", "--atomic", "origin", "main", "topic/one", "light", "v1", folder=work)
    refs = owner.refs(repo)
    assert {refs[name] for name in ("refs/heads/main", "refs/heads/topic/one", "refs/tags/light", "refs/tags/v1")} == {
        first
    }
    owner.git("push", "-q", "origin", "--delete", "topic/one", "light", folder=work)
    assert set(owner.refs(repo)) == {"refs/heads/main", "refs/tags/v1"}


def test_history_may_be_rewritten(owner, repo, work):
    owner.commit(work, {"a.txt": "a"})
    owner.git("push", "-q", folder=work)
    owner.git("commit", "-q", "--amend", "-m", "other", folder=work)
    assert "non-fast-forward" in owner.refused("push", folder=work)
    owner.git("push", "-q", "--force", folder=work)
    assert owner.refs(repo)["refs/heads/main"] == owner.git("rev-parse", "HEAD", folder=work).strip()


def test_another_root_may_replace_the_first_one(owner, repo):
    work = owner.home / "fresh"
    owner.git("init", "-q", str(work))
    oid = owner.commit(work, {"README.md": "# new"})
    owner.git("push", "-q", "--force", owner.url(repo), "main", folder=work)
    assert owner.refs(repo) == {"refs/heads/main": oid}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--delete", "main"), "default branch"),
        (("main:refs/notes/commits",), "neither a branch"),
        (("main:refs/convert/parquet",), "neither a branch"),
        (("main:refs/pr/7",), "Invalid rev id: refs/pr/7"),
        (("main:refs/pr/007",), "neither a branch"),
        (("main:refs/pr/" + "9" * 40,), "neither a branch"),
        (("main:refs/heads/refs/heads/x",), "Invalid reference for a branch"),
        (("main:refs/heads/" + "ab" * 20,), "Invalid reference for a branch"),
        (("main:refs/tags/" + "x" * 240,), "Invalid reference for a tag"),
        (("main^{tree}:refs/heads/tree",), "must point to a commit"),
    ],
)
def test_refs_that_no_push_may_touch(owner, repo, work, arguments, words):
    before = owner.refs(repo)
    assert words in owner.refused("push", "origin", *arguments, folder=work)
    assert owner.refs(repo) == before
    assert set(owner.git("ls-remote", owner.url(repo)).split()[1::2]) == {"HEAD", *before}


def test_one_bad_ref_refuses_the_whole_push(owner, repo, work):
    owner.commit(work, {"a.txt": "a"})
    before = owner.refs(repo)
    assert "pre-receive hook declined" in owner.refused("push", "origin", "main", "main:refs/x/y", folder=work)
    assert owner.refs(repo) == before


def test_readers_and_strangers_do_not_push(owner, other, repo, hub, tmp_path):
    work = other.clone(repo)
    other.commit(work, {"a.txt": "a"})
    assert "403" in other.refused("push", folder=work)
    stranger = GitUser(hub, None, tmp_path)
    assert "could not read Username" in stranger.refused("push", stranger.url(repo), "main", folder=work)


def test_a_pull_request_belongs_to_its_author(owner, other, repo):
    opened = other.api("POST", f"models/{repo}/discussions", {"title": "Draft", "pullRequest": True})
    ref = f"refs/pr/{opened['num']}"
    work = other.clone(repo)
    oid = other.commit(work, {"a.txt": "a"})
    other.git("push", "-q", "origin", f"HEAD:{ref}", folder=work)
    assert other.refs(repo)[ref] == oid
    assert "rights to write" in other.refused("push", "origin", "HEAD:main", folder=work)
    assert "rights to write" in other.refused("push", "origin", f"HEAD:{ref}", "HEAD:refs/heads/x", folder=work)
    assert "cannot be deleted" in other.refused("push", "origin", "--delete", ref, folder=work)
    mine = owner.clone(repo)
    owner.git("fetch", "-q", "origin", ref, folder=mine)
    owner.git("checkout", "-q", "FETCH_HEAD", folder=mine)
    helped = owner.commit(mine, {"b.txt": "b"})
    owner.git("push", "-q", "origin", f"HEAD:{ref}", folder=mine)
    assert other.refs(repo)[ref] == helped


def test_large_files_belong_into_lfs(owner, repo, work):
    before = sorted(storage(owner, repo).rglob("objects/*"))
    owner.commit(work, {"data/large file.dat": os.urandom(11 * 1024 * 1024), "ok.dat": os.urandom(9 * 1024 * 1024)})
    said = owner.refused("push", folder=work)
    assert "data/large file.dat (11 MiB)" in said
    assert "git lfs" in said
    assert "ok.dat" not in said
    assert sorted(storage(owner, repo).rglob("objects/*")) == before
    # Taking it away in a later commit does not help: clones would still carry it.
    owner.git("rm", "-q", "data/large file.dat", folder=work)
    owner.git("commit", "-q", "-m", "away", folder=work)
    assert "large file.dat" in owner.refused("push", folder=work)


def test_huge_blobs_are_refused_without_being_held_in_memory(owner, repo, work):
    (work / "huge.dat").write_bytes(bytes(1 << 20) * 120)
    owner.commit(work, {})
    largest = 0
    push = threading.Thread(target=owner.try_git, args=("push", "-q"), kwargs={"folder": work})
    push.start()
    while push.is_alive():
        largest = max(largest, *(resident(pid) for pid in git_processes(owner)), 0)
        time.sleep(0.005)
    assert "huge.dat (120 MiB)" in owner.refused("push", folder=work)
    assert 0 < largest < 60 << 20


def git_processes(owner):
    """Ids of git programs that run on this server's data."""
    data_dir = str(owner.server.data_dir).encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if data_dir in (folder / "cmdline").read_bytes() and (folder / "comm").read_text().startswith("git"):
                yield int(folder.name)


def resident(pid):
    """Bytes of memory."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def pointer(content):
    digest = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"


def upload(owner, repo, content):
    """As git-lfs does it: batch, PUT, verify."""
    wanted = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    kind = {"Content-Type": "application/vnd.git-lfs+json", "Accept": "application/vnd.git-lfs+json"}
    body = {"operation": "upload", "transfers": ["basic"], "objects": [wanted]}
    answer = owner.http("POST", f"{repo}.git/info/lfs/objects/batch", json.dumps(body).encode(), kind)
    assert answer.status == 200, answer
    action = answer.json()["objects"][0]["actions"]["upload"]
    target = action["href"].removeprefix(owner.server.url)
    assert owner.http("PUT", target, content, action.get("header", {})).status in (200, 201)


def test_pointers_need_their_objects(owner, repo, work):
    content = secrets.token_bytes(5000)
    text = pointer(content)
    owner.commit(work, {"models/a.dat": text, "b.dat": text})
    said = owner.refused("push", folder=work)
    assert hashlib.sha256(content).hexdigest() in said
    assert "b.dat" in said or "models/a.dat" in said
    upload(owner, repo, content)
    owner.git("push", "-q", folder=work)
    assert owner.http("GET", f"{repo}/resolve/main/models/a.dat").body == content


def test_a_pointer_must_tell_the_right_size(owner, repo, work):
    content = secrets.token_bytes(500)
    upload(owner, repo, content)
    owner.commit(work, {"a.dat": pointer(content).replace("size 500", "size 501")})
    assert "claims 501 bytes, its object has 500" in owner.refused("push", folder=work)


def test_objects_of_another_repo_do_not_count(owner, repo, work):
    content = secrets.token_bytes(700)
    name = f"elsewhere-{secrets.token_hex(4)}"
    owner.api("POST", "repos/create", {"name": name, "type": "model"})
    upload(owner, f"alice/{name}", content)
    owner.commit(work, {"a.dat": pointer(content)})
    assert "were not uploaded to this repo" in owner.refused("push", folder=work)


def test_each_version_of_a_pointer_is_checked(owner, repo, work):
    old, new = secrets.token_bytes(100), secrets.token_bytes(200)
    owner.commit(work, {"a.dat": pointer(old)})
    owner.commit(work, {"a.dat": pointer(new)})
    upload(owner, repo, new)
    assert hashlib.sha256(old).hexdigest() in owner.refused("push", folder=work)
    upload(owner, repo, old)
    owner.git("push", "-q", folder=work)


def test_a_card_must_be_valid_at_the_tip(owner, repo, work):
    owner.commit(work, {"README.md": "---\nlicense: [unclosed\n---\n# bad\n"})
    assert "README.md is not valid" in owner.refused("push", folder=work)
    owner.commit(work, {"README.md": "---\nlicense: mit\n---\n# good\n"})
    owner.git("push", "-q", folder=work)
    assert owner.api("GET", f"models/{repo}")["cardData"]["license"] == "mit"


@pytest.mark.parametrize("name", [".git", "..", ".", ".GIT", "a/b"])
def test_paths_that_would_escape_are_refused(owner, repo, work, name):
    blob = owner.git("hash-object", "-w", "--stdin", folder=work, stdin=b"evil").strip()
    raw = b"100644 " + name.encode() + b"\0" + bytes.fromhex(blob)
    tree = owner.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", folder=work, stdin=raw).strip()
    commit = owner.git("commit-tree", tree, "-m", "evil", folder=work).strip()
    said = owner.refused("push", "origin", f"{commit}:refs/heads/evil", folder=work)
    assert "unpacker error" in said or "fsck error" in said or "index-pack" in said
    assert "refs/heads/evil" not in owner.refs(repo)


def test_paths_have_a_greatest_length(owner, repo, work):
    oid = owner.git("hash-object", "-w", "--stdin", folder=work, stdin=b"deep").strip()
    mode, name = "100644", "file"
    for _ in range(50):
        line = f"{mode} {'blob' if mode == '100644' else 'tree'} {oid}\t{name}\n"
        oid = owner.git("mktree", folder=work, stdin=line.encode()).strip()
        mode, name = "040000", "d" * 100
    commit = owner.git("commit-tree", oid, "-m", "deep", folder=work).strip()
    assert "longer than 4096 bytes" in owner.refused("push", "origin", f"{commit}:refs/heads/deep", folder=work)


def test_crowded_folders_are_refused(owner, repo, work):
    blob = owner.git("hash-object", "-w", "--stdin", folder=work, stdin=b"x").strip()
    lines = "".join(f"100644 blob {blob}\tf{number:06}\n" for number in range(100_001))
    tree = owner.git("mktree", folder=work, stdin=lines.encode()).strip()
    commit = owner.git("commit-tree", tree, "-m", "crowd", folder=work).strip()
    assert "more than 100,000 entries" in owner.refused("push", "origin", f"{commit}:refs/heads/crowd", folder=work)


def test_many_files_in_one_push(owner, repo, work):
    owner.commit(work, {f"d{number % 50}/f{number}.txt": f"content {number}" for number in range(3000)})
    owner.git("push", "-q", folder=work)
    page = owner.http("GET", f"api/models/{repo}/tree/main/d7")
    assert len(page.json()) == 60


def test_racing_pushes_lose_nothing(owner, repo, work):
    """Ten people push to the same branch: each is let in or told to fetch first, and what was let in stays."""
    copies = [owner.clone(repo, f"copy{number}") for number in range(6)]
    for number, copy in enumerate(copies):
        owner.commit(copy, {f"file{number}": "x"}, f"from {number}")

    def push(copy):
        for _ in range(30):
            if owner.try_git("push", "-q", folder=copy).returncode == 0:
                return True
            owner.git("pull", "-q", "--rebase", folder=copy)
        return False

    with ThreadPoolExecutor(len(copies)) as pool:
        assert all(pool.map(push, copies))
    names = {entry["path"] for entry in owner.api("GET", f"models/{repo}/tree/main")}
    assert names >= {f"file{number}" for number in range(len(copies))}
    final = owner.clone(repo, "final")
    assert owner.git("rev-parse", "HEAD", folder=final).strip() == owner.api("GET", f"models/{repo}")["sha"]


def test_git_lfs_itself(owner, repo, work):
    for arguments in (("lfs", "install", "--local"), ("lfs", "track", "*.dat")):
        owner.git(*arguments, folder=work)
    contents = {f"part{number}.dat": secrets.token_bytes(200_000 + number) for number in range(3)}
    owner.commit(work, contents)
    owner.git("push", folder=work)
    copy = owner.clone(repo, "copy", "-c", "filter.lfs.smudge=git-lfs smudge -- %f", "-c", "filter.lfs.required=true")
    owner.git("lfs", "pull", folder=copy)
    for name, content in contents.items():
        assert (copy / name).read_bytes() == content
        assert owner.http("GET", f"{repo}/resolve/main/{name}").body == content


def test_a_renamed_repo_takes_pushes_under_its_old_id(owner, repo, work):
    owner.api("POST", "repos/move", {"fromRepo": repo, "toRepo": f"{repo}-new", "type": "model"})
    oid = owner.commit(work, {"a.txt": "a"})
    owner.git("push", "-q", folder=work)
    assert owner.refs(f"{repo}-new")["refs/heads/main"] == oid


def test_a_repo_that_is_pushed_to_often_stays_tidy(owner, repo, work):
    for number in range(45):
        owner.commit(work, {"a.txt": f"{number}"})
        owner.git("push", "-q", folder=work)
    give_up = time.monotonic() + 20
    while len(packs := [*storage(owner, repo).glob("objects/pack/*.pack")]) > 40 and time.monotonic() < give_up:
        time.sleep(0.1)
    assert len(packs) <= 40
    assert owner.git("rev-list", "--count", "HEAD", folder=owner.clone(repo, "copy")).strip() == "46"


def test_a_deleted_repo_takes_no_push(owner, repo, work):
    owner.commit(work, {"a.txt": "a"})
    owner.api("DELETE", "repos/delete", {"name": repo.split("/")[1], "type": "model"})
    assert "not found" in owner.refused("push", folder=work)


def test_nothing_of_a_push_is_in_the_process_list(owner, repo, work):
    """Tokens and messages travel in pipes and files, never in arguments."""
    owner.commit(work, {"a.dat": os.urandom(3_000_000)})
    with subprocess.Popen([sys.executable, "-c", _WATCH], stdout=subprocess.PIPE, text=True) as watcher:
        owner.git("push", "-q", folder=work)
        watcher.terminate()
        assert watcher.stdout is not None
        seen = watcher.stdout.read()
    assert owner.user.token not in "".join(line for line in seen.splitlines() if "receive-pack" in line)


_WATCH = """
import glob, sys
while True:
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            print(open(name).read().replace("\\0", " "), flush=True)
        except OSError:
            pass
"""
