"""A person who uses git beside the Hub's own clients: each sees what the other did."""

from __future__ import annotations

import pytest


@pytest.fixture
def git(client_of, hub, alice, tmp_path):
    """`git(folder, *arguments)`: git as Alice, with an empty configuration but for her name and git-lfs."""
    client = client_of("hub-2.4.0")
    for arguments in (("user.name", "Alice"), ("user.email", "alice@example.org"), ("init.defaultBranch", "main")):
        client.run("git", "config", "--global", *arguments)
    client.run("git", "lfs", "install", "--skip-repo")

    def run(folder, *arguments):
        return client.run("git", *arguments, folder=folder)

    run.url = lambda repo_id: f"{hub.url.replace('://', f'://{alice.name}:{alice.token}@')}/{repo_id}"
    run.client = client
    return run


def test_clone_change_push_and_read_back(git, new_repo, tmp_path):
    git.client.hf("upload", new_repo, __file__, "first.py")
    git(tmp_path, "clone", git.url(new_repo), "work")
    work = tmp_path / "work"
    (work / "notes.md").write_text("# Notes\n")
    git(work, "add", "notes.md")
    git(work, "commit", "-m", "Add notes")
    git(work, "push")
    git.client.hf("download", new_repo, "notes.md", "--local-dir", str(tmp_path / "copy"))
    assert (tmp_path / "copy" / "notes.md").read_text() == "# Notes\n"
    git(work, "fetch")
    assert git(work, "status", "--porcelain=2", "--branch").count("+0 -0") == 1


def test_large_files_go_both_ways(git, new_repo, tmp_path):
    """What Xet uploaded arrives by git-lfs; what git-lfs pushed arrives by Xet."""
    content = bytes(range(256)) * 6_000
    (tmp_path / "up.bin").write_bytes(content)
    git.client.hf("upload", new_repo, str(tmp_path / "up.bin"), "up.bin")
    git(tmp_path, "clone", git.url(new_repo), "work")
    work = tmp_path / "work"
    assert (work / "up.bin").read_bytes() == content

    (work / "down.bin").write_bytes(content[::-1])
    git(work, "add", "down.bin")
    git(work, "commit", "-m", "A large file by git-lfs")
    assert "down.bin" in git(work, "lfs", "ls-files")
    git(work, "push")
    git.client.hf("download", new_repo, "down.bin", "--local-dir", str(tmp_path / "copy"))
    assert (tmp_path / "copy" / "down.bin").read_bytes() == content[::-1]
