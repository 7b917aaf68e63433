"""Scripts that train with transformers against a live Holdfast: `Trainer(push_to_hub=True)` as it stands."""

import json
import os
import subprocess
import sys
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "scripts" / "trainer_journey.py"

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not all(find_spec(name) for name in ("torch", "transformers", "accelerate", "tensorboardX")),
        reason="training runs where its libraries are",
    ),
]


@pytest.mark.timeout(900)
def test_a_trainer_pushes_and_its_metrics_are_charts(hub, alice, new_repo, tmp_path):
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": alice.token,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, str(SCRIPT), new_repo, str(tmp_path / "work")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    with urllib.request.urlopen(f"{hub.url}/api/models/{new_repo}/tensorboard") as answer:
        (run,) = json.load(answer)["runs"]
    losses = run["scalars"]["train/loss"]
    assert len(losses) == 7  # 15 steps, every second one is logged
    assert losses[-1][1] < losses[0][1]
    assert len(run["scalars"]["eval/loss"]) == 3
    with urllib.request.urlopen(f"{hub.url}/{new_repo}/tensorboard") as page:
        assert 'aria-label="train/loss from' in page.read().decode()
