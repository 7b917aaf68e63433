"""The variables that a command starts with: what libraries need, nothing that is the server's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from holdfast.backends.runners.local.records import place_of
from holdfast.backends.runners.protocol import Companion, Run, Task

SEARCHED = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
"""Where commands look for programs: this Python's own come first."""
_HANDED_ON = ("LANG", "LD_LIBRARY_PATH", "TZ")
_HANDED_ON_BEGINNING = ("LC_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS")
MARK = "HOLDFAST_JOB_RUN"


def environment_of(run: Run, task: Task, folder: Path) -> dict[str, str]:
    """All variables of a run, secrets among them."""
    own = {
        "PATH": SEARCHED,
        "HOME": str(folder / "work"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        **dict.fromkeys(_THREADS, str(task.cpus)),
    }
    fixed = {
        "HOLDFAST_JOB_EVENTS": str(folder / "told"),
        "HOLDFAST_JOB_ARTEFACTS": str(folder / "artefacts"),
        "HOLDFAST_JOB_ATTEMPT": str(run.number),
        MARK: mark_of(run, folder),
    }
    return {**own, **_handed_on(), **task.environment, **task.secrets, **fixed}


def companion_environment(run: Run, companion: Companion, folder: Path, mounts: Path) -> dict[str, str]:
    """All variables of a companion: nothing that the command could have chosen."""
    own = {"PATH": SEARCHED, "HOME": str(mounts), "HOLDFAST_MOUNTS": str(mounts), MARK: mark_of(run, folder)}
    return {**_handed_on(), **companion.environment, **companion.secrets, **own}


def mark_of(run: Run, folder: Path) -> str:
    """The value of `MARK`: by it the processes of a run are found, and no others of a copied data directory."""
    return f"{run.folder}.{run.number}.{place_of(folder)}"


def _handed_on() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name in _HANDED_ON or name.startswith(_HANDED_ON_BEGINNING)
    }
