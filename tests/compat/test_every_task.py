"""Every task on a live server with a tiny model: asked by the unmodified clients, in all the ways that they know."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi

from holdfast.inference import tasks
from tests.compat.client import Client
from tests.live_server import LiveServer, User, live_server

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore:Warnings while validating metadata:UserWarning"),  # tasks of our own
    pytest.mark.skipif(
        not all(find_spec(name) for name in ("torch", "transformers", "skops")), reason="models run where they can"
    ),
]
ALICE = User("alice", admin=True)
PARTS = 4
"""Of the tasks, so that what fails is one part and not all of them."""
CHAT, SEEING, SPEECH = "chat-completion", "image-text-to-text", "automatic-speech-recognition"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    # Models leave soon, so that all of them never stand beside each other in memory.
    variables = {"HOLDFAST_INFERENCE_MEMORY_BYTES": str(4_000_000_000), "HOLDFAST_INFERENCE_IDLE_SECONDS": "20"}
    with live_server(tmp_path_factory.mktemp("tasks") / "data", users=[ALICE], environment=variables) as found:
        yield found


@pytest.fixture(scope="module")
def cases(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a question for each task, whose models are pushed."""
    from tests.factories.inference_cases import BY_TASK, PICTURE, SOUND  # noqa: PLC0415 - needs torch

    api, folder, found = HfApi(server.url, token=ALICE.token), tmp_path_factory.mktemp("cases"), {}
    for task in tasks.names():
        own = folder / task
        own.mkdir()
        case, name = BY_TASK[task], f"alice/{task}"
        made = case.make(own)
        said = "text-generation" if task == CHAT else task
        (made / "README.md").write_text(f"---\npipeline_tag: {said}\n---\n")
        api.create_repo(name)
        api.upload_folder(repo_id=name, folder_path=made)
        found[task] = {"repo": name, "inputs": wire(case.inputs), "parameters": dict(case.parameters)}
    (folder / "cases.json").write_text(json.dumps(found))
    (folder / "picture").write_bytes(PICTURE)
    (folder / "sound").write_bytes(SOUND)
    return folder


def wire(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return {name: wire(one) for name, one in value.items()} if isinstance(value, Mapping) else value


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", ["inference-2.4.0", "inference-0.36.2"])
def test_every_task_by_the_inference_clients(server, cases, tmp_path, name, part):
    client = replace(Client.of(name, tmp_path, endpoint=server.url, token=ALICE.token), timeout_seconds=1500)
    asked = list(tasks.names())[part::PARTS]
    assert client.script("every_task_journey", server.url, str(cases), *asked).split() == asked


def test_all_of_the_openai_client(server, cases, tmp_path):
    client = replace(Client.of("openai", tmp_path, endpoint=server.url, token=ALICE.token), timeout_seconds=1500)
    (cases / "a.wav").write_bytes((cases / "sound").read_bytes())
    names = (f"alice/{task}" for task in (CHAT, SEEING, SPEECH))
    client.script("openai_deep_journey", server.url, *names, str(cases / "picture"), str(cases / "a.wav"))
