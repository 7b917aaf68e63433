"""Running the `git` program on a bare repo, in an environment that nobody else's settings reach."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from holdfast.base.errors import StorageFull

PROTECTED_CONFIG = (
    "safe.directory=*",  # a mounted volume may belong to another uid
    "core.fsync=committed,loose-object,reference",
    "core.fsyncMethod=fsync",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.file.allow=never",
)


class GitFailed(RuntimeError):
    """git ended with an error nobody foresaw: a bug or a damaged repo. Carries what git said."""


def git_environment() -> dict[str, str]:
    """All that a git process of ours gets to see of the environment."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }


def git_command(repo_path: Path, *arguments: str) -> list[str]:
    """The argument list of a git process on this bare repo."""
    options = [word for setting in PROTECTED_CONFIG for word in ("-c", setting)]
    return ["git", f"--git-dir={repo_path}", *options, *arguments]


def run_git(
    repo_path: Path,
    *arguments: str,
    accepted: Sequence[int] = (0,),
    descriptors: Sequence[int] = (),
    timeout_seconds: float = 3600,
) -> str:
    """Run git to its end and return what it printed, standard output before standard error.

    Args:
        repo_path: the bare repo.
        arguments: git's.
        accepted: exit statuses that are no failure.
        descriptors: kept open in the child, such as that of a held lock.
        timeout_seconds: after it git is killed.

    Raises:
        StorageFull: the disk is full.
        GitFailed: any other exit status.
    """
    result = subprocess.run(
        git_command(repo_path, *arguments),
        env=git_environment(),
        cwd=repo_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        pass_fds=tuple(descriptors),
        timeout=timeout_seconds,
        check=False,
    )
    output = (result.stdout + result.stderr).decode("utf-8", "replace")
    if result.returncode in accepted:
        return output
    if "No space left on device" in output or "Disk quota exceeded" in output:
        raise StorageFull
    raise GitFailed(f"git {arguments[0]} ended with {result.returncode}: {output[-2000:]}")
