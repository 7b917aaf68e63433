"""AutoTrain from end to end: a file goes in, a model comes out on the Hub, and the unmodified clients ask it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, InferenceClient, ModelCard

from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
DEADLINE_SECONDS = 240
pytestmark = pytest.mark.skipif(
    not all(find_spec(name) for name in ("skops", "optuna")), reason="trains where the libraries for it are"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("training") / "data", users=[ALICE]) as running:
        yield running


def flowers(rows: int = 120) -> str:
    """A table that is easy to learn: the kind follows from length and width together, but for one row in thirty."""
    lines = []
    for row in range(rows):
        length, width = row * 7 % 10, row * 3 % 11
        is_large = (length + width > 9) != (row % 30 == 7)
        lines.append(f"{length},{width},{('red', 'blue')[row % 3 == 0]},{('small', 'large')[is_large]}")
    return "\n".join(["length,width,colour,kind", *lines]) + "\n"


def answers(server: LiveServer, repo_id: str) -> list[str]:
    client = InferenceClient(base_url=f"{server.url}/models/{repo_id}", token=ALICE.token)
    table = {"length": ["1", "9"], "width": ["2", "8"], "colour": ["red", "blue"]}
    return client.tabular_classification(table)


def check_repo(server: LiveServer, repo_id: str) -> None:
    """What a run leaves on the Hub: served weights, card with its results, the whole spec."""
    api = HfApi(endpoint=server.url, token=ALICE.token)
    files = set(api.list_repo_files(repo_id))
    assert {"model.skops", "config.json", "README.md", "autotrain/job.yaml", "autotrain/report.html"} <= files
    card = ModelCard(Path(api.hf_hub_download(repo_id, "README.md")).read_text())
    assert card.data.pipeline_tag == "tabular-classification"
    assert {result.metric_type for result in card.data.eval_results} >= {"accuracy", "roc_auc"}
    assert answers(server, repo_id) == ["small", "large"]


def test_from_the_command_line(server: LiveServer, tmp_path: Path):
    data, report = tmp_path / "flowers.csv", tmp_path / "report.json"
    data.write_text(flowers())
    environment = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        "HOME": str(tmp_path),
        "HF_ENDPOINT": server.url,
        "HF_TOKEN": ALICE.token,
        "OMP_NUM_THREADS": "1",
    }
    words = ["train", "--data", str(data), "--target", "kind", "--budget", "60s", "--trials", "3"]
    words += ["--push", "alice/flowers", "--json", str(report), "--folder", str(tmp_path / "run")]
    command = [sys.executable, "-c", "from holdfast.cli.main import main; main()", *words]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert found["published"]["answer"], "a run is done when its model has answered"
    assert found["scores"]["accuracy"] > 0.7
    assert [trial["family"] for trial in found["trials"]][:2] == ["dummy", "logistic-regression"]
    check_repo(server, "alice/flowers")


def call(server: LiveServer, path: str, payload: Any = None) -> Any:
    body = None if payload is None else json.dumps(payload).encode()
    headers = {"Authorization": f"Bearer {ALICE.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(server.url + path, body, headers)  # a POST where there is a body
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.heavy  # the wizard's story in Chromium goes the same way
def test_as_a_job_of_the_server(server: LiveServer):
    content = base64.b64encode(flowers().encode()).decode()
    spec = {"task": "auto", "columns": {"target": "kind"}, "budget": {"seconds": 60, "trials": 3}}
    spec["output"] = {"repo_id": "alice/flowers-by-job"}
    file = {"name": "flowers.csv", "content": content}
    job = call(server, "/api/training/alice", {"spec": spec, "file": file})
    run = finished(server, job["id"])
    assert run["job"]["labels"]["autotrain"] == "1"
    assert run["spec"]["data"] == {"repo_id": "alice/flowers"}
    assert [trial["family"] for trial in run["board"]["trials"]][:2] == ["dummy", "logistic-regression"]
    assert run["report"]["published"]["answer"]
    assert [found["id"] for found in call(server, "/api/training/alice")] == [job["id"]]
    check_repo(server, "alice/flowers-by-job")


def finished(server: LiveServer, job_id: str) -> Any:
    """The run, once it has ended well."""
    until = time.monotonic() + DEADLINE_SECONDS
    while (run := call(server, f"/api/training/alice/{job_id}"))["job"]["status"]["stage"] in ("SCHEDULING", "RUNNING"):
        assert time.monotonic() < until, run
        time.sleep(0.5)
    assert run["job"]["status"]["stage"] == "COMPLETED", (run["job"], run["board"]["messages"])
    return run


@pytest.mark.heavy
def test_another_trial_becomes_the_model(server: LiveServer):
    api = HfApi(endpoint=server.url, token=ALICE.token)
    content = base64.b64encode(flowers().encode()).decode()
    spec = {"task": "auto", "columns": {"target": "kind"}, "budget": {"seconds": 60, "trials": 3}}
    spec["output"] = {"repo_id": "alice/chosen"}
    job = call(server, "/api/training/alice", {"spec": spec, "file": {"name": "chosen.csv", "content": content}})
    first = finished(server, job["id"])
    assert answers(server, "alice/chosen") == ["small", "large"]

    simplest = call(server, f"/api/training/alice/{job['id']}/trials/0/deploy", {})
    second = finished(server, simplest["id"])
    assert second["spec"]["trial"]["run"] == job["id"]
    assert [trial["family"] for trial in second["board"]["trials"]] == ["dummy"]
    assert second["report"]["published"]["answer"], "it counts once it has answered"
    assert second["report"]["spec"]["data"] == first["report"]["spec"]["data"], "the same commit of the data"
    assert len(set(answers(server, "alice/chosen"))) == 1, "the simplest model says one thing only"
    assert f"trial 0 of run {job['id']}" in api.list_repo_commits("alice/chosen")[0].title
    assert "chosen by hand" in Path(api.hf_hub_download("alice/chosen", "README.md")).read_text()

    branch = call(server, f"/api/training/alice/{job['id']}/trials/1/deploy", {"branch": "linear"})
    third = finished(server, branch["id"])
    assert "answer" not in third["report"]["published"]
    assert api.file_exists("alice/chosen", "model.skops", revision="linear")
    assert "trial 0" in api.list_repo_commits("alice/chosen")[0].title, "the main branch is as it was"
    with pytest.raises(urllib.error.HTTPError) as refused:
        call(server, f"/api/training/alice/{job['id']}/trials/77/deploy", {})
    with refused.value:
        assert refused.value.code == 400


@pytest.mark.heavy
def test_stopping_keeps_the_best(server: LiveServer):
    content = base64.b64encode(flowers().encode()).decode()
    spec = {"task": "auto", "columns": {"target": "kind"}, "budget": "1h", "output": {"repo_id": "stopped"}}
    job = call(server, "/api/training/alice", {"spec": spec, "file": {"name": "more.csv", "content": content}})
    path = f"/api/training/alice/{job['id']}"
    until = time.monotonic() + DEADLINE_SECONDS
    while not (run := call(server, path))["board"]["trials"]:
        assert time.monotonic() < until, run
        time.sleep(0.5)
    call(server, f"{path}/stop", {})
    while (run := call(server, path))["job"]["status"]["stage"] == "RUNNING":
        assert time.monotonic() < until, run
        time.sleep(0.5)
    assert run["job"]["status"]["stage"] == "COMPLETED", run["job"]
    check_repo(server, "alice/stopped")
