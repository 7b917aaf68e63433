"""`pipeline()` with repos of a live Holdfast: run here, or there, with the same result."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from holdfast.inference import tasks
from tests.live_server import User, live_server

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).parent / "scripts" / "pipeline_journey.py"
ALICE = User("alice", fullname="Alice Example")
LIGHT = ("text-classification", "text-generation")

pytestmark = pytest.mark.skipif(
    not all(find_spec(name) for name in ("torch", "transformers")), reason="models run where their libraries are"
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "names",
    [LIGHT, pytest.param(sorted(set(tasks.names()) - set(LIGHT)), marks=pytest.mark.heavy)],
    ids=["light", "all"],
)
def test_here_and_there(names, tmp_path):
    with live_server(tmp_path / "data", users=[ALICE]) as server:
        environment = {
            **os.environ,
            "HF_ENDPOINT": server.url,
            "HF_TOKEN": ALICE.token,
            "HF_HOME": str(tmp_path / "hf"),
        }
        environment |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        command = [sys.executable, str(SCRIPT), *names]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    assert done.stdout.split() == list(names)
