"""Bubblewrap driver: namespaces of the kernel around a command, without root.

Source: https://github.com/containers/bubblewrap, bwrap(1) 0.8. Knows nothing about limits of memory and processes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from holdfast.backends.sandboxes.protocol import Mounted, Rules
from holdfast.backends.sandboxes.system_calls import filter_program

PROGRAM = "bwrap"
_NAMESPACES = ("--unshare-all", "--unshare-user", "--disable-userns")
_SAFETY = ("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000")
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/pki",
    "/etc/fonts",
)
_NETWORK_SETTINGS = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")
_WITH_FILTER = (
    "import os, sys; file = os.memfd_create('filter', 0); os.write(file, bytes.fromhex(sys.argv[1]));"
    " os.lseek(file, 0, 0); os.execvp(sys.argv[2], [sys.argv[2], '--seccomp', str(file), *sys.argv[3:]])"
)
_SCRATCH_BYTES = 1024**3
_TRIAL_SECONDS = 60
_MISSING = "bubblewrap is not installed. On Debian or Ubuntu: sudo apt-get install bubblewrap"
_NO_NAMESPACES = (
    "bubblewrap cannot make user namespaces here ({words}). In Docker: --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined; on Ubuntu 24.04: an AppArmor profile for bwrap; elsewhere: "
    "sysctl user.max_user_namespaces=15000"
)


class BubblewrapSandbox:
    """Confines with `bwrap`."""

    can_mount = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tried = False
        self._problem: str | None = None

    def problem(self) -> str | None:
        """See `Sandbox.problem`. Tried once; while it fails, every time."""
        with self._lock:
            if not self._tried or self._problem is not None:
                self._problem = _try_out()
                self._tried = True
            return self._problem

    def wrap(self, command: Sequence[str], rules: Rules) -> list[str]:
        """See `Sandbox.wrap`."""
        share = ["--share-net"] if rules.network else []
        return [
            *_program(), *_NAMESPACES, *share, *_SAFETY, "--hostname", "job",
            *_system(), *_settings(network=rules.network),
            "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev",
            *_scratch("/dev/shm"), *_scratch("/tmp"), "--symlink", "../tmp", "/var/tmp",  # noqa: S108 - its own
            *_bound("--ro-bind", _interpreter()), *_bound("--ro-bind", rules.readable),
            *_bound("--bind", (rules.work_folder, *rules.writable)),
            *_mounted(rules.mounts), "--remount-ro", "/", "--chdir", str(rules.work_folder), "--", *command,
        ]  # fmt: skip


def _try_out() -> str | None:
    if shutil.which(PROGRAM) is None:
        return _MISSING
    command = [*_program(), *_NAMESPACES, *_SAFETY, *_system(), "--proc", "/proc", "--dev", "/dev", "--", "/bin/true"]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=_TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _NO_NAMESPACES.format(words=error)
    return None if tried.returncode == 0 else _NO_NAMESPACES.format(words=tried.stderr.strip()[:200])


def _program() -> list[str]:
    """`bwrap` with the filter of system calls, which it takes from a descriptor: a file without a name."""
    program = filter_program()
    if program is None:  # namespaces alone: `Sandbox` promises nothing about single system calls
        return [PROGRAM]
    return [sys.executable, "-I", "-S", "-c", _WITH_FILTER, program.hex(), PROGRAM]


def _system() -> list[str]:
    words: list[str] = []
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():  # /bin is usr/bin nowadays
            words += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            words += ["--ro-bind", name, name]
    return words


def _settings(*, network: bool) -> list[str]:
    names = (*_SETTINGS, *(_NETWORK_SETTINGS if network else ()))
    return [word for name in names for word in ("--ro-bind-try", name, name)]


def _scratch(path: str) -> list[str]:
    """A place in memory; it must not take all of that."""
    return ["--size", str(_SCRATCH_BYTES), "--tmpfs", path]


def _interpreter() -> list[Path]:
    """What this Python consists of, if it is not the system's, and Holdfast's own modules."""
    prefixes = (Path(sys.prefix), Path(sys.base_prefix))
    found = {*prefixes, *(path.resolve() for path in prefixes), Path(__file__).parents[2]}
    return sorted(path for path in found if not path.is_relative_to("/usr"))


def _mounted(mounts: Iterable[Mounted]) -> list[str]:
    """Folders before those that lie within them."""
    inner_last = sorted(mounts, key=lambda mount: mount.path)
    return [
        word
        for mount in inner_last
        for word in ("--ro-bind" if mount.read_only else "--bind", str(mount.folder), mount.path)
    ]


def _bound(option: str, paths: Iterable[Path]) -> list[str]:
    return [word for path in paths for word in (option, str(path), str(path))]
