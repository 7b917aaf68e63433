"""Checks of other programs and of the machine: git is needed, all else is for some features only."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from holdfast.app.doctor.domain import Check, note, ok, problem
from holdfast.backends.sandboxes.factory import open_sandbox
from holdfast.backends.sandboxes.protocol import Sandbox

OLDEST_GIT = (2, 30)
FEW_DESCRIPTORS = 1024
TIMEOUT_SECONDS = 10
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MODEL_LIBRARIES = ("torch", "transformers")
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def checks() -> Iterator[Check]:
    """Every check of programs."""
    yield check_git()
    yield check_optional("git-lfs", ("git-lfs",), "people who clone large files need it on their machines")
    yield check_sandbox(open_sandbox("bubblewrap"))
    yield check_optional("chromium", CHROMIUM, "the tests of the web pages need it")
    yield check_model_libraries()
    yield check_gpu()
    yield check_descriptors()


def check_git() -> Check:
    """Whether git is there, and new enough for `repack --geometric` and `fsync` settings."""
    advice = "On Debian or Ubuntu: sudo apt-get install git"
    version = _first_line("git", "--version")
    if version is None:
        return problem("git", "git is not installed: clones, pushes and maintenance need it.", advice)
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_GIT:
        return problem("git", f"{version} is too old: 2.30 is needed.", advice)
    return ok("git", f"{version}.")


def check_optional(name: str, programs: tuple[str, ...], purpose: str) -> Check:
    """Whether one of the programs is on PATH."""
    found = next((path for path in map(shutil.which, programs) if path), None)
    if found is None:
        return note(name, f"Not installed; {purpose}.", f"Optional. On Debian or Ubuntu: sudo apt-get install {name}")
    return ok(name, f"{found}.")


def check_sandbox(sandbox: Sandbox) -> Check:
    """Whether the commands of people's jobs can be confined."""
    problem = sandbox.problem()
    if problem is not None:
        finding = f"People's own commands are refused as jobs: {problem}"
        return note("sandbox", finding, "Optional; training needs none.")
    return ok("sandbox", "bubblewrap confines people's own commands.")


def check_model_libraries() -> Check:
    """Whether models can run here. Only looked for: importing them takes seconds."""
    name = "inference"
    missing = [library for library in MODEL_LIBRARIES if find_spec(library) is None]
    if missing:
        finding = f"{', '.join(missing)} not installed: models of the Hub can be fetched, but do not run here."
        return note(name, finding, 'Optional: python -m pip install "holdfast[inference]"')
    return ok(name, ", ".join(f"{library} {version(library)}" for library in MODEL_LIBRARIES) + ".")


def check_gpu() -> Check:
    """Whether an NVIDIA GPU can be used."""
    name = "GPU"
    listed = _first_line("nvidia-smi", "--list-gpus")
    if listed is not None:
        return ok(name, f"{listed.partition(' (UUID')[0]}.")
    if NVIDIA_DRIVER.exists():
        return note(name, "There is an NVIDIA driver, but nvidia-smi does not work.", "Optional: check the driver.")
    return note(name, "None found: the Hub needs none.", "Optional; training and inference of large models want one.")


def check_descriptors() -> Check:
    """Whether the server may open enough files and connections at once."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    finding = f"{allowed} may be open at once."
    if allowed < FEW_DESCRIPTORS:
        return note("open files", finding, "Each connection needs some: ulimit -n 4096, or LimitNOFILE= in systemd.")
    return ok("open files", finding)


def _first_line(*command: str) -> str | None:
    """What the program prints first; None when there is no such program, or it fails."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = result.stdout.splitlines()
    return lines[0].strip() if result.returncode == 0 and lines else None
