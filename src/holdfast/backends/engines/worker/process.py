"""Starts and ends the process of a model."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from pathlib import Path

_HANDED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_HANDED_ON_BEGINNING = ("LC_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "OMP_", "MKL_", "PYTORCH_", "TORCH_")
_PATIENT_THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that wait for each other give the processor away. With the usual spinning a model that shares its processors
with the server and other models was seven times as slow, for ten times the CPU (MiniLM, two busy cores)."""


async def start_process(scratch: Path) -> tuple[Process, socket.socket]:
    """Start a process in a session of its own, and return it with our end of the socket to it."""
    ours, theirs = socket.socketpair()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "holdfast.backends.engines.worker.serve",
            str(theirs.fileno()),
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            cwd=scratch,
            env=_environment(),
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours


def kill(process: Process) -> None:
    """End it and whatever it started, the hard way."""
    if process.returncode is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def how_it_ended(returncode: int | None) -> str:
    """An exit status in words."""
    if returncode is not None and returncode < 0:
        name = signal.Signals(-returncode).name
        more = ", perhaps because memory ran out" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{more}"
    return "its process ended unexpectedly"


def _environment() -> dict[str, str]:
    """What libraries need, nothing that is the server's own, and no way for them to look for models elsewhere."""
    handed_on = {
        name: value for name, value in os.environ.items() if name in _HANDED_ON or name.startswith(_HANDED_ON_BEGINNING)
    }
    fixed = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    return {**_PATIENT_THREADS, **handed_on, **fixed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
