"""A Hub in a temporary folder with the git service, and a working copy that pushes without HTTP."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from holdfast.base.identity import Actor
from holdfast.hub.git.service import GitService, open_git
from holdfast.hub.repos.domain import Repo
from tests.factories.hub import Hub, open_hub

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


@dataclass
class Work:
    """A working copy."""

    folder: Path

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        finished = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", *arguments],
            cwd=self.folder, env=ENVIRONMENT, input=stdin, capture_output=True, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr.decode()
        return finished.stdout.decode().strip()

    def commit(self, files: Mapping[str, bytes]) -> str:
        for name, content in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")


@dataclass
class Pusher:
    """Pushes as the routes do, but over a pipe: receive-pack, the hook and its channel are the real ones."""

    git: GitService

    def push(self, work: Work, actor: Actor, repo: Repo, *refs: str) -> tuple[int, str]:
        channel = self.git.open_channel(repo)
        receive = f"git -c core.hooksPath={self.git.hooks} -c receive.fsckObjects=true receive-pack"
        process = subprocess.Popen(
            ["git", "push", "-q", f"--receive-pack={receive}", str(self.git.pool.path(repo.key)), *refs],
            cwd=work.folder,
            env={**ENVIRONMENT, **channel.environment},
            pass_fds=channel.inherited,
            stderr=subprocess.PIPE,
        )
        channel.child_started()
        overseer = threading.Thread(target=self.git.oversee, args=(actor, repo, channel))
        overseer.start()
        _, said = process.communicate(timeout=60)
        overseer.join(timeout=60)
        assert not overseer.is_alive()
        return process.returncode, said.decode()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    opened = open_hub(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def git(hub: Hub, tmp_path: Path) -> Iterator[GitService]:
    service = open_git(hub.database, hub.gate, hub.repos, hub.objects, tmp_path / "hooks")
    yield service
    service.close()


@pytest.fixture
def pusher(git: GitService) -> Pusher:
    return Pusher(git)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    folder = tmp_path / "work"
    folder.mkdir()
    copy = Work(folder)
    copy.git("init", "-q")
    return copy
