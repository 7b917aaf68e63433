"""Virtual environments for the clients under test, made on demand below `.venvs/` and kept between runs.

Standard library only. A stamp holds what was asked for; another wish makes the environment anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venvs"
CONSTRAINTS = ROOT / "tests" / "client_constraints.txt"
PIP_OPTIONS = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-compile")


def client_venv(
    name: str, requirements: Sequence[str], *, alone: Sequence[str] = (), without: Sequence[str] = ()
) -> Path:
    """Return the Python of an environment that holds the requirements.

    Safe to call from several processes at once: the first one installs, the others wait.

    Args:
        name: folder name below `.venvs/`.
        requirements: pip requirement strings; what they pull in is pinned by `client_constraints.txt`.
        alone: installed without what they say they need, where they do not need it for what is tested.
        without: distributions to remove again after the installation.
    """
    FOLDER.mkdir(exist_ok=True)
    python = FOLDER / name / "bin" / "python"
    stamp = FOLDER / name / ".installed"
    wanted = _fingerprint(requirements, without, alone)
    with (FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (stamp.exists() and stamp.read_text() == wanted):
            _create(python, requirements, without, alone)
            stamp.write_text(wanted)
    return python


def _create(python: Path, requirements: Sequence[str], without: Sequence[str], alone: Sequence[str]) -> None:
    shutil.rmtree(python.parents[1], ignore_errors=True)
    # Without a pip of its own: to install that one takes longer than the client.
    _run(sys.executable, "-m", "venv", "--without-pip", str(python.parents[1]))
    pip = (sys.executable, "-m", "pip", "--python", str(python))
    _run(*pip, "install", *PIP_OPTIONS, "-c", str(CONSTRAINTS), *requirements)
    if alone:
        _run(*pip, "install", *PIP_OPTIONS, "--no-deps", *alone)
    if without:
        _run(*pip, "uninstall", "--quiet", "--yes", *without)


def _run(*command: str) -> None:
    finished = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if finished.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} ... ended with {finished.returncode}:\n{finished.stdout[-4000:]}")


def _fingerprint(requirements: Sequence[str], without: Sequence[str], alone: Sequence[str]) -> str:
    changes = (sorted(without), sorted(alone)) if alone else (sorted(without),)
    wish = repr((sys.version_info[:2], str(FOLDER), sorted(requirements), *changes, CONSTRAINTS.read_text()))
    return hashlib.sha256(wish.encode()).hexdigest()
