"""Somebody who uses the `git` program against a server: own home, own configuration, nothing of this machine's."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.live_server import LiveServer, User

TIMEOUT_SECONDS = 120
_SETTINGS = {"user.name": "Git User", "user.email": "git@example.org", "init.defaultBranch": "main", "gc.auto": "0"}


@dataclass(frozen=True)
class Answer:
    """What the server said over plain HTTP. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class GitUser:
    """`user` None is a stranger. Folders of working copies lie below `home`."""

    server: LiveServer
    user: User | None
    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    def url(self, repo: str) -> str:
        """With the credentials in it."""
        if self.user is None:
            return f"{self.server.url}/{repo}"
        return f"{self.server.url.replace('://', f'://{self.user.name}:{self.user.token}@')}/{repo}"

    def try_git(
        self, *arguments: str, folder: Path | None = None, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[str]:
        """Run git and return what happened; both streams are in `stdout`."""
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        finished = subprocess.run(
            ["git", *options, *arguments],
            cwd=folder or self.home,
            env=self._environment(),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        text = finished.stdout.decode("utf-8", "replace")
        return subprocess.CompletedProcess(arguments, finished.returncode, text, "")

    def git(self, *arguments: str, folder: Path | None = None, stdin: bytes = b"") -> str:
        """Run git, which must succeed."""
        finished = self.try_git(*arguments, folder=folder, stdin=stdin)
        assert finished.returncode == 0, finished.stdout
        return finished.stdout

    def refused(self, *arguments: str, folder: Path | None = None) -> str:
        """Run git, which must fail; returns what it said."""
        finished = self.try_git(*arguments, folder=folder)
        assert finished.returncode != 0, finished.stdout
        return finished.stdout

    def clone(self, repo: str, folder: str = "work", *options: str) -> Path:
        self.git("clone", "-q", *options, self.url(repo), folder)
        return self.home / folder

    def commit(self, folder: Path, files: Mapping[str, str | bytes], message: str = "change") -> str:
        """Write files, commit all of them and return the commit's oid."""
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A", folder=folder)
        self.git("commit", "-q", "-m", message, folder=folder)
        return self.git("rev-parse", "HEAD", folder=folder).strip()

    def http(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One plain request, with the user's token unless `headers` say otherwise."""
        own = {"Authorization": f"Bearer {self.user.token}"} if self.user else {}
        url = f"{self.server.url}/{target.lstrip('/')}"
        request = urllib.request.Request(url, data=body, method=method, headers={**own, **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, _lower(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())

    def api(self, method: str, target: str, body: Any = None) -> Any:
        """One call of the Hub API, which must succeed."""
        answer = self.http(method, f"api/{target}", None if body is None else json.dumps(body).encode())
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()

    def refs(self, repo: str, types: str = "models") -> dict[str, str]:
        """Full names of branches, tags and pull requests with their commits, as the API tells them."""
        found = self.api("GET", f"{types}/{repo}/refs?include_prs=1")
        items = [*found["branches"], *found["tags"], *found["pullRequests"]]
        return {item["ref"]: item["targetCommit"] for item in items}

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
            **self.variables,
        }


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
