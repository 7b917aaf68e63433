"""Lays out a leg: the suite's source distribution, our conftest on top of it, an environment with the client.

Everything lands below `.conformance/` and `.venvs/`, which git ignores. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.client_venv import ROOT, client_venv
from tests.conformance.listing import FOLDER, Leg

# Debian 12's Python 3.11.2 does not know the filter yet; the archives are the clients' own releases.
_SAFELY: dict[str, str] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
WORK = ROOT / ".conformance"
OVERLAYS = FOLDER / "overlays"

OVERLAY_FILES = {
    "hub": {"hub.py": "conftest.py"},
    "hub_legacy": {"hub_legacy.py": "conftest.py"},
    "datasets": {
        "datasets_conftest.py": "conftest.py",
        "datasets_hub.py": "fixtures/hub.py",
        "datasets_utils.py": "utils.py",
    },
}

PYTEST_INI = """\
[pytest]
addopts = -p no:cacheprovider --strict-markers --tb=native -Werror::FutureWarning
timeout = 60
markers =
    api
    transfer
    inference
    xet
    no_xet
    production
    deprecated
    git_lfs
    integration
    unit
    vcr
    asyncio
    torchcodec_latest
"""


@dataclass(frozen=True)
class Workspace:
    """Where a leg runs: `folder` holds pytest.ini and tests/, `python` has the client installed."""

    folder: Path
    python: Path


@contextlib.contextmanager
def occupied(leg: Leg) -> Iterator[Workspace]:
    """Lay the leg out and keep others off it; a second run of the same leg waits for the first."""
    folder = WORK / leg.name.replace("'", "-lfs")
    WORK.mkdir(exist_ok=True)
    with (WORK / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _prepare(leg, folder)


def _prepare(leg: Leg, folder: Path) -> Workspace:
    """Download, unpack and edit the suite, and make its environment; the folder is always laid out anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(_source(leg.suite) / "tests", folder / "tests")
    (folder / "pytest.ini").write_text(PYTEST_INI)
    _lay_over(leg.overlay, folder / "tests")
    python = client_venv(f"conformance-{folder.name}", leg.requirements, without=leg.without)
    return Workspace(folder, python)


def _source(suite: str) -> Path:
    """The unpacked source distribution of `package==version`, downloaded once."""
    package, version = suite.split("==")
    unpacked = WORK / "sources" / f"{package}-{version}"
    if not unpacked.exists():
        archives = WORK / "archives"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
        subprocess.run(
            [*pip, "--no-binary", package, "--dest", str(archives), suite], stdin=subprocess.DEVNULL, check=True
        )
        with tarfile.open(archives / f"{package}-{version}.tar.gz") as archive:
            archive.extractall(unpacked.parent, **_SAFELY)
    return unpacked


def _lay_over(overlay: str, tests: Path) -> None:
    for source, target in OVERLAY_FILES[overlay].items():
        (tests / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(OVERLAYS / source, tests / target)
    for package in {tests, *((tests / target).parent for target in OVERLAY_FILES[overlay].values())}:
        (package / "__init__.py").touch()
    if (tests / "testing_constants.py").exists():
        _point_to_our_server(tests / "testing_constants.py")


def _point_to_our_server(constants: Path) -> None:
    """The only edit of a file of the suite: the endpoint comes from the environment.

    Raises:
        ValueError: the line to edit is not there exactly once.
    """
    text, edits = re.subn(
        r"^ENDPOINT_STAGING = .*$", 'ENDPOINT_STAGING = os.environ["HF_ENDPOINT"]', constants.read_text(), flags=re.M
    )
    if edits != 1:
        raise ValueError(f"{constants.name} assigns ENDPOINT_STAGING {edits} times; expected once")
    constants.write_text(f"import os\n\n{text}")
