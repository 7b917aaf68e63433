"""How git's server programs are started: their arguments, settings and environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from holdfast.base.errors import InvalidInput
from holdfast.hub.repos.git_storage.processes import git_command, git_environment

MAX_PUSH_BYTES = 8 * 1024**3
"""One pack. Large files don't travel in packs, so this is a lot of history."""
KEEP_ALIVE_SECONDS = 5

_PROTOCOL = re.compile(r"[A-Za-z0-9=:._-]{1,200}")
_STREAM_LARGE_BLOBS = "core.bigFileThreshold=16m"  # instead of holding them in memory, which the client could exhaust
_FETCH_SETTINGS = (
    "uploadpack.allowFilter=true",
    "uploadpackfilter.sparse:oid.allow=false",  # the one filter that costs a walk of patterns for each path
    "uploadpack.allowAnySHA1InWant=true",  # what protocol 2 allows anyway; partial clones by older clients need it
    f"uploadpack.keepAlive={KEEP_ALIVE_SECONDS}",
    "pack.windowMemory=64m",
    _STREAM_LARGE_BLOBS,
)
_PUSH_SETTINGS = (
    _STREAM_LARGE_BLOBS,
    "receive.fsckObjects=true",
    # Harmless faults of histories that were written long ago.
    "receive.fsck.zeroPaddedFilemode=ignore",
    "receive.fsck.missingSpaceBeforeDate=ignore",
    "receive.fsck.badTimezone=ignore",
    "receive.denyNonFastForwards=false",
    "receive.denyDeleteCurrent=true",
    "receive.denyCurrentBranch=ignore",
    "receive.autogc=false",
    "receive.unpackLimit=1",  # one pack to make durable instead of up to a hundred files: 0.06 s, not 0.5
    f"receive.keepAlive={KEEP_ALIVE_SECONDS}",
    f"receive.maxInputSize={MAX_PUSH_BYTES}",
)


class Program(Enum):
    """The value is the service's name in urls and media types."""

    FETCH = "git-upload-pack"
    PUSH = "git-receive-pack"

    @property
    def settings(self) -> Sequence[str]:
        """For `git -c`."""
        return _FETCH_SETTINGS if self is Program.FETCH else _PUSH_SETTINGS


@dataclass(frozen=True)
class Command:
    """Everything that starting a process needs. `inherited` descriptors stay open in it under their numbers."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    inherited: Sequence[int] = field(default=())


def check_protocol(header: str | None) -> str | None:
    """Read the `Git-Protocol` header, which goes into git's environment. Source: git-protocol-v2.txt, HTTP Transport.

    Raises:
        InvalidInput: it holds anything but keys and values.
    """
    if header is not None and not _PROTOCOL.fullmatch(header):
        raise InvalidInput(field="Git-Protocol", problem="must be of the form key=value:key=value")
    return header


def advertise(program: Program, repo_path: Path, protocol: str | None) -> Command:
    """List the refs, or for protocol 2 the abilities."""
    return _command(program, repo_path, protocol, ("--stateless-rpc", "--http-backend-info-refs"))


def fetch(repo_path: Path, protocol: str | None) -> Command:
    """Answer one request of a fetch."""
    return _command(Program.FETCH, repo_path, protocol, ("--stateless-rpc",))


def push(repo_path: Path, hooks: Path, inherited: Sequence[int], environment: Mapping[str, str]) -> Command:
    """Take in a push. `hooks` holds the pre-receive hook, to which `inherited` and `environment` belong."""
    command = _command(Program.PUSH, repo_path, None, ("--stateless-rpc",), f"core.hooksPath={hooks}")
    return Command(command.arguments, {**command.environment, **environment}, command.folder, inherited)


def _command(
    program: Program, repo_path: Path, protocol: str | None, flags: Sequence[str], *more_settings: str
) -> Command:
    options = [word for setting in (*program.settings, *more_settings) for word in ("-c", setting)]
    words = git_command(repo_path, *options, program.value.removeprefix("git-"), *flags, str(repo_path))
    environment = git_environment() | ({"GIT_PROTOCOL": protocol} if protocol else {})
    return Command(words, environment, repo_path)
