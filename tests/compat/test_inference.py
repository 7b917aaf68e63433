"""The unmodified InferenceClient and openai client: at models that run elsewhere, and at models that run here."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from tests.compat import push_models
from tests.compat.client import Client
from tests.end_to_end.hostile_questions import Hostile, hostile_questions
from tests.factories.openai_server import openai_server_in_thread
from tests.live_server import User, live_server

ALICE = User("alice", fullname="Alice Example")
NAMES = ("alice/chat", "alice/text", "alice/vectors")
INFERENCE_CLIENTS = ("inference-2.4.0", pytest.param("inference-0.36.2", marks=pytest.mark.heavy))
CARDS = ("text-generation", "text-generation", "feature-extraction")
runs_models = pytest.mark.skipif(
    not all(find_spec(name) for name in ("torch", "transformers")), reason="models run where their libraries are"
)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server without model libraries, whose models run on another one."""
    with openai_server_in_thread() as remote:
        words = " ".join(f"{name}={remote.url}" for name in NAMES)
        folder = tmp_path_factory.mktemp("elsewhere")
        with live_server(folder / "data", users=[ALICE], environment={"HOLDFAST_INFERENCE_ATTACHED": words}) as server:
            for name, task in zip(NAMES, CARDS, strict=True):
                push_models.card(server.url, ALICE.token, name, task)
            yield server.url


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that runs tiny models itself."""
    folder = tmp_path_factory.mktemp("here")
    with live_server(folder / "data", users=[ALICE]) as server:
        push_models.push_tiny_models(server.url, ALICE.token, folder, NAMES)
        yield server.url


def client(name: str, home: Path, url: str) -> Client:
    return Client.of(name, home, endpoint=url, token=ALICE.token)


@pytest.mark.heavy
@pytest.mark.parametrize("name", INFERENCE_CLIENTS)
def test_inference_client_elsewhere(elsewhere, tmp_path, name):
    client(name, tmp_path, elsewhere).script("inference_journey", elsewhere, *NAMES)


@pytest.mark.heavy
def test_openai_client_elsewhere(elsewhere, tmp_path):
    client("openai", tmp_path, elsewhere).script("openai_journey", elsewhere, *NAMES)


@runs_models
@pytest.mark.parametrize("name", INFERENCE_CLIENTS)
def test_inference_client_here(here, tmp_path, name):
    client(name, tmp_path, here).script("inference_journey", here, *NAMES)


@runs_models
def test_openai_client_here(here, tmp_path):
    client("openai", tmp_path, here).script("openai_journey", here, *NAMES)


@runs_models
def test_an_adapter_pushed_as_peft_saves_it_is_served_on_its_base(here, tmp_path):
    push_models.save_adapter(tmp_path, base="alice/text")
    push_models.card(here, ALICE.token, "alice/tuned", "text-generation")
    HfApi(here, token=ALICE.token).upload_folder(repo_id="alice/tuned", folder_path=tmp_path)
    body = json.dumps({"inputs": "hello", "parameters": {"max_new_tokens": 12}}).encode()
    said = []
    for name in ("alice/text", "alice/tuned"):
        asked = urllib.request.Request(f"{here}/models/{name}", body, {"content-type": "application/json"})
        with urllib.request.urlopen(asked, timeout=120) as answer:
            said.append(json.load(answer)[0]["generated_text"])
    assert said[0] != said[1]
    with urllib.request.urlopen(f"{here}/models/alice/tuned/info", timeout=60) as answer:
        [deployment] = json.load(answer)["deployments"]
    assert (deployment["state"], deployment["memory_bytes"]) == ("ready", 0)  # it works in its base's process


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/models/alice/text", {"inputs": "hello", "parameters": {"max_new_tokens": 2}}),
        ("/v1/chat/completions", {"model": "alice/chat", "messages": [{"role": "user", "content": "hello"}]}),
        ("/embed", {"model": "alice/vectors", "inputs": ["hello"]}),
        ("/generate", {"model": "alice/text", "inputs": "hello"}),
    ],
)
def test_curl_without_any_header(elsewhere, path, body):
    words = ("curl", "--silent", "--show-error", "--fail-with-body", f"{elsewhere}{path}", "-d", json.dumps(body))
    assert json.loads(_run(*words))


def test_curl_streams(elsewhere):
    body = {"model": "alice/text", "inputs": "hello"}
    said = _run("curl", "--silent", "--no-buffer", f"{elsewhere}/generate_stream", "-d", json.dumps(body))
    events = [json.loads(line.removeprefix("data:")) for line in said.splitlines() if line.startswith("data:")]
    assert [event["token"]["text"] for event in events] == ["hello", "hello", "hello", ""]
    assert events[-1]["details"]["generated_tokens"] == 2


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@runs_models
def test_hostile_questions_are_refused_and_nothing_dies(here):
    before = _ask(here, Hostile("/models/alice/text", "application/json", b'{"inputs": "hello"}'))
    assert before == 200
    questions = hostile_questions(list(NAMES), 40, seed=100)
    with ThreadPoolExecutor(8) as pool:
        for question, status in pool.map(lambda one: (one, _ask(here, one)), questions):
            assert status < 500, (question.path, question.content_type, question.body[:200], status)
    for name in NAMES:
        with urllib.request.urlopen(f"{here}/models/{name}/info", timeout=60) as answer:
            states = [one["state"] for one in json.load(answer)["deployments"]]
        assert "ready" in states, name
    assert _ask(here, Hostile("/models/alice/text", "application/json", b'{"inputs": "hello"}')) == 200


def _ask(url: str, question: Hostile) -> int:
    headers = {"content-type": question.content_type} if question.content_type else {}
    asked = urllib.request.Request(url + question.path, question.body, headers, method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=120) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
