"""Every architecture that people learn from works: pushed to a live Holdfast, loaded by its Auto class, and served."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.live_server import User, live_server

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).parent / "scripts" / "architectures_journey.py"
ALICE = User("alice", fullname="Alice Example")

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not all(find_spec(name) for name in ("torch", "transformers", "soundfile")),
        reason="models run where their libraries are",
    ),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Models leave soon, so that all of them never stand beside each other in memory."""
    variables = {"HOLDFAST_INFERENCE_MEMORY_BYTES": str(4_000_000_000), "HOLDFAST_INFERENCE_IDLE_SECONDS": "20"}
    folder = tmp_path_factory.mktemp("architectures")
    with live_server(folder / "data", users=[ALICE], environment=variables) as found:
        yield found


def show(server, names, home):
    environment = {
        **os.environ,
        "HF_ENDPOINT": server.url,
        "HF_TOKEN": ALICE.token,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *names], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-6000:]
    assert done.stdout.split() == list(names)


def test_every_architecture(server, tmp_path):
    from tests.factories.architectures import ARCHITECTURES  # noqa: PLC0415 - needs torch

    show(server, list(ARCHITECTURES), tmp_path)
