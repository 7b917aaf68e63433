"""Starts a real `holdfast serve` in a process of its own, for tests that talk to it as strangers do.

Standard library only, so that anything can import it: pytest fixtures, the conformance runner, scripts.
It knows the command line of Holdfast and nothing of its inside.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = (sys.executable, "-c", "import sys; from holdfast.cli.main import main; sys.exit(main())")
SEVERAL = """
import json, sys
from holdfast.cli.main import main
for words in json.loads(sys.argv.pop()):
    sys.argv[1:] = words
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""
"""Runs many commands in one process: most of what one costs is the start of Python and of the libraries."""
START_TIMEOUT_SECONDS = 120
STOP_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class User:
    """An account to create before the server starts. An empty token means a random one."""

    name: str
    token: str = field(default_factory=lambda: "hf_" + secrets.token_hex(17))
    fullname: str = "Test User"
    password: str = "correct-horse-battery"
    admin: bool = False


@dataclass(frozen=True)
class Org:
    """An organization to create before the server starts; `owner` is the name of a user."""

    name: str
    owner: str
    fullname: str = "Test Organization"
    private_by_default: bool = False


@dataclass
class LiveServer:
    """A running server: its address, its data, its log and the means to stop or kill it."""

    url: str
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Ask the server to end, and insist after a while."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server the hard way, as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def holdfast(*arguments: str, data_dir: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run one `holdfast` command on a data directory and return what it printed.

    Raises:
        RuntimeError: the command failed; the message holds its output.
    """
    return _run([*COMMAND, *arguments], _environment(data_dir, environment))


def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    finished = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"holdfast {' '.join(command[3:])} ended with {finished.returncode}:\n{finished.stdout}")
    return finished.stdout


def seed(
    data_dir: Path,
    users: Sequence[User],
    orgs: Sequence[Org] = (),
    environment: Mapping[str, str] | None = None,
) -> None:
    """Create accounts and organizations with given names and tokens."""
    commands = []
    for user in users:
        words = ["--password", user.password, "--token", user.token, "--fullname", user.fullname]
        commands.append(["user", "add", user.name, *words, *(["--admin"] if user.admin else [])])
    for org in orgs:
        words = ["--owner", org.owner, "--fullname", org.fullname]
        commands.append(["org", "add", org.name, *words, *(["--private-by-default"] if org.private_by_default else [])])
    if commands:
        _run([sys.executable, "-c", SEVERAL, json.dumps(commands)], _environment(data_dir, environment))


def start(data_dir: Path, *, port: int | None = None, environment: Mapping[str, str] | None = None) -> LiveServer:
    """Start a server on a data directory and return once it is ready.

    Args:
        data_dir: may hold data of an earlier run.
        port: None means any free one.
        environment: more variables for the server.

    Raises:
        RuntimeError: it ended or was not ready in time; the message holds its log.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    log = data_dir.parent / f"{data_dir.name}.{port}.log"
    variables = {**(environment or {}), "HOLDFAST_HOST": "127.0.0.1", "HOLDFAST_PORT": str(port)}
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [*COMMAND, "serve"],
            env=_environment(data_dir, variables),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    prefix = variables.get("HOLDFAST_PATH_PREFIX", "")
    server = LiveServer(f"http://127.0.0.1:{port}{prefix}", data_dir, log, process)
    _wait_until_ready(server)
    return server


@contextmanager
def live_server(
    data_dir: Path,
    *,
    users: Sequence[User] = (),
    orgs: Sequence[Org] = (),
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[LiveServer]:
    """Seed a data directory, serve it, and stop at the end."""
    seed(data_dir, users, orgs)
    server = start(data_dir, port=port, environment=environment)
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@functools.cache
def _can_confine() -> bool:
    """Whether bubblewrap works on this machine: in some containers nobody may make namespaces."""
    command = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--ro-bind", "/", "/", "true"]
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False


def _environment(data_dir: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "HF_"))}
    if not _can_confine():
        inherited["HOLDFAST_JOBS_SANDBOX"] = "none"
    return {**inherited, **(more or {}), "HOLDFAST_DATA_DIR": str(data_dir)}


def _wait_until_ready(server: LiveServer) -> None:
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < give_up and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    server.kill()
    raise RuntimeError(f"holdfast serve did not become ready:\n{server.log.read_text(errors='replace')[-4000:]}")
