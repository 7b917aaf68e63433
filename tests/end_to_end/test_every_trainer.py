"""Every trainer through the shell, as a person uses it: in its budget, pushed whole, and it answers from the Hub."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, ModelCard

from tests.live_server import COMMAND, LiveServer, User, live_server

if not all(find_spec(name) for name in ("trl", "stable_baselines3", "skops", "optuna", "soundfile")):
    pytest.skip("trains where the libraries for it are", allow_module_level=True)

from holdfast.inference import tasks
from tests.factories.trainer_cases import BASES, CASES, Case, command

ALICE = User("alice")
QUIET = Path(__file__).parents[1] / "quiet_clock"
DEADLINE_SECONDS = 1800
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(2 * DEADLINE_SECONDS)]
PROMISE = 1.1
"""A run takes at most so many times its budget, on a machine of its own."""
LONGER = {"table-labels", "text-labels", "pictures", "tales", "sft", "balancing", "segments"}
LONGEST = {"table-numbers", "text-labels"}
RUNS = [
    *((case, 20) for case in CASES),
    *((case, 60) for case in CASES if case.name in LONGER),
    *((case, 120) for case in CASES if case.name in LONGEST),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("every") / "data", users=[ALICE]) as running:
        yield running


@pytest.fixture(scope="module")
def base(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Pushes a model to start from, once."""
    api, pushed = HfApi(server.url, token=ALICE.token), set()

    def push(name: str) -> None:
        if name in pushed:
            return
        folder = tmp_path_factory.mktemp("base") / name
        folder.mkdir()
        BASES[name](folder)
        api.create_repo(f"{ALICE.name}/{name}")
        api.upload_folder(repo_id=f"{ALICE.name}/{name}", folder_path=folder)
        pushed.add(name)

    return push


@pytest.mark.parametrize(("case", "budget"), RUNS, ids=lambda value: value.name if isinstance(value, Case) else value)
def test_a_trainer_does_its_whole_work(
    case: Case,
    budget: int,
    server: LiveServer,
    base: Callable[[str], None],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
):
    if case.base:
        base(case.base)
    repo_id = f"{ALICE.name}/{case.name}-{budget}"
    report = trained(case, budget, server, repo_id, tmp_path)
    record_property("seconds", report["seconds"])
    assert report["published"]["answer"], "a run is done when its model has answered"
    assert report["seconds"]["all"] <= PROMISE * budget, report["seconds"]
    check_repo(HfApi(server.url, token=ALICE.token), repo_id, case, report)
    asked = report["model"]["example"] if case.asked is None else tasks.wire_value(case.asked)
    assert answer_of(server, f"{repo_id}/pipeline/{report['model']['task']}", asked)


OLD_CONFIG = """
task: llm-sft
base_model: alice/gpt2
project_name: old-qlora
log: tensorboard
backend: local
data:
  path: data
  train_split: train
  valid_split: null
  chat_template: null
  column_mapping:
    text_column: text
params:
  block_size: 64
  model_max_length: 128
  epochs: 1
  batch_size: 2
  lr: 1e-3
  peft: true
  quantization: int4
  target_modules: all-linear
  padding: right
  optimizer: paged_adamw_8bit
  scheduler: linear
  gradient_accumulation: 2
  mixed_precision: bf16
  merge_adapter: true
hub:
  username: ${HF_USERNAME}
  token: ${HF_TOKEN}
  push_to_hub: true
"""
"""As the old AutoTrain's documentation has it, for a GPU; only the model and the lengths are smaller."""


def test_a_config_of_the_old_autotrain_with_quantization(
    server: LiveServer, base: Callable[[str], None], tmp_path: Path
):
    pytest.importorskip("bitsandbytes")
    base("gpt2")
    (tmp_path / "data").mkdir()
    lines = "\n".join(f"the dog is number {row} and it is big" for row in range(60))
    (tmp_path / "data" / "train.csv").write_text(f"text\n{lines}\n")
    (tmp_path / "old.yaml").write_text(OLD_CONFIG)
    words = ["train", "--spec", "old.yaml", "--json", "report.json", "--folder", "run"]
    done = shell(words, server, tmp_path, HF_USERNAME=ALICE.name)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [trial["family"] for trial in report["trials"]] == ["base-model", "qlora"]
    assert report["published"]["answer"]
    assert answer_of(server, "alice/old-qlora/pipeline/text-generation", "the dog")


def test_a_hub_that_refuses_is_told_in_a_sentence(server: LiveServer, tmp_path: Path):
    """As it is for whoever may not push there: the model stays, and the words are the Hub's."""
    data = CASES[0].data(tmp_path)
    words = ["train", "--data", data, "--target", "species", "--budget", "20s", "--trials", "2", "--folder", "run"]
    done = shell([*words, "--push", "nobody/here"], server, tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr
    assert "did not take the model" in done.stderr
    assert (tmp_path / "run" / "model" / "model.skops").is_file()


def shell(words: list[str], server: LiveServer, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The command as a person gives it, with a clock of a machine of its own."""
    environment = {
        **more,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(QUIET), os.environ.get("PYTHONPATH", "")]),
        "HOLDFAST_TEST_QUIET": "1",
        "HOME": str(folder),
        "HF_ENDPOINT": server.url,
        "HF_TOKEN": ALICE.token,
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.run(
        [*COMMAND, *words],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def trained(case: Case, budget: int, server: LiveServer, repo_id: str, folder: Path) -> dict[str, Any]:
    words = command(case, case.data(folder), folder, budget, repo_id, ALICE.name)
    done = shell(words, server, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def check_repo(api: HfApi, repo_id: str, case: Case, report: Mapping[str, Any]) -> None:
    """What is safe to load, the spec, the report, and a card that says how good the model is."""
    files = set(api.list_repo_files(repo_id))
    assert {"README.md", "autotrain/job.yaml", "autotrain/report.html"} <= files
    # A rule without weights, such as the sentence that shares most words, is all in its config.
    assert any(name.endswith((".safetensors", ".skops")) for name in files) or report["model"]["family"] == "baseline"
    assert not [name for name in files if name.endswith((".bin", ".pkl", ".pt", ".pth", ".zip"))]
    card = ModelCard(Path(api.hf_hub_download(repo_id, "README.md")).read_text(encoding="utf-8"))
    assert card.data.pipeline_tag
    results = {result.metric_type: result.metric_value for result in card.data.eval_results or ()}
    assert results[report["metric"]["name"]] == pytest.approx(report["score"], rel=0.01)
    assert case.base is None or card.data.base_model in (None, f"{ALICE.name}/{case.base}")


def answer_of(server: LiveServer, path: str, asked: Any) -> Any:
    """What the Inference API says to a request of ours."""
    body = json.dumps({"inputs": asked}).encode()
    headers = {"Authorization": f"Bearer {ALICE.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/models/{path}", body, headers)
    with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
        return json.load(answer)
