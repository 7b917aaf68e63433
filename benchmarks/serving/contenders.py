"""Who answers in the comparison: servers, each started with one model, asked over HTTP by the same client."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Program, free_port
from benchmarks.serving.models import Workload
from tests.live_server import User, live_server

ALICE = User("alice")
REPO = "alice/model"
VENVS = Path(__file__).resolve().parents[2] / ".venvs"
APP = Path(__file__).with_name("litserve_app.py")
START_SECONDS = 300
ENVIRONMENTS = {
    "bench-serving": ("litserve==0.2.19", "transformers[serving]==5.23.0"),
    "bench-infinity": ("infinity-emb[server,torch]==0.0.78", "transformers<5", "huggingface_hub<1"),
}
"""Virtual environments of the peers."""


@dataclass(frozen=True)
class Server:
    """A server that is ready.

    Args:
        pid: of its process tree.
        port: on the loopback interface.
        path: where questions go.
        body: of a question.
        read: the answer in a response.
    """

    pid: int
    port: int
    path: str
    body: dict[str, Any]
    read: Callable[[Any], Any]

    async def ask(self, requests: int, concurrency: int) -> list[tuple[float, Any]]:
        """Send requests over as many connections, each of which asks again once it has its answer: seconds, answers."""
        body = json.dumps(self.body).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        left, answers = iter(range(requests)), []

        async def one_connection() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            for _ in left:
                began = time.perf_counter()
                writer.write(head.encode() + body)
                said = await reader.readuntil(b"\r\n\r\n")
                length = int(said.lower().partition(b"content-length:")[2].split()[0])
                answer = await reader.readexactly(length)
                if b" 200 " not in said[:16]:
                    raise RuntimeError(f"{self.path}: {answer[:300]!r}")
                answers.append((time.perf_counter() - began, self.read(json.loads(answer))))
            writer.close()

        await asyncio.gather(*(one_connection() for _ in range(concurrency)))
        return answers


def install() -> None:
    """Make the peers' environments, with links to our own torch: it is large, and must be the same."""
    import torch  # noqa: PLC0415

    ours = Path(torch.__file__).parents[1]
    for name, requirements in ENVIRONMENTS.items():
        subprocess.run([sys.executable, "-m", "venv", VENVS / name], check=True)
        [packages] = (VENVS / name / "lib").glob("*/site-packages")
        for folder in (*ours.glob("torch"), *ours.glob("torch-*.dist-info"), *ours.glob("torchgen")):
            (packages / folder.name).symlink_to(folder)
        subprocess.run([VENVS / name / "bin" / "pip", "install", "--quiet", *requirements], check=True)


@contextmanager
def begin_ours(
    workload: Workload, folder: Path, scratch: Path, environment: dict[str, str], dtype: str
) -> Iterator[Server]:
    """Ours, with the model in a repo of its Hub."""
    from huggingface_hub import HfApi  # noqa: PLC0415

    environment = {**environment, "HOLDFAST_INFERENCE_DTYPE": dtype}
    with live_server(scratch / f"data-{dtype}", users=[ALICE], environment=environment) as server:
        api = HfApi(server.url, token=ALICE.token)
        api.create_repo(REPO)
        card = f"---\npipeline_tag: {workload.task}\n---\n".encode()
        api.upload_folder(repo_id=REPO, folder_path=folder)
        api.upload_file(repo_id=REPO, path_in_repo="README.md", path_or_fileobj=card)
        body = {"inputs": workload.text, "parameters": workload.parameters}
        read, path = _READERS[workload.task], f"/models/{REPO}"
        headers = {"content-type": "application/json", "x-wait-for-model": "1"}
        first = urllib.request.Request(server.url + path, json.dumps(body).encode(), headers)
        urllib.request.urlopen(first, timeout=START_SECONDS).close()
        yield Server(server.process.pid, int(server.url.rpartition(":")[2]), path, body, read)


_READERS: dict[str, Callable[[Any], Any]] = {
    "feature-extraction": lambda said: said[0],
    "text-classification": lambda said: max(one["score"] for one in _flat(said)),
    "summarization": lambda said: _flat(said)[0]["summary_text"],
    "text-generation": lambda said: _flat(said)[0]["generated_text"],
}


def _flat(said: Any) -> list[Any]:
    return _flat(said[0]) if isinstance(said, list) and isinstance(said[0], list) else said


@contextmanager
def litserve(workload: Workload, folder: Path, scratch: Path, environment: dict[str, str]) -> Iterator[Server]:
    """LitServe with batches."""
    port = free_port()
    program = VENVS / "bench-serving" / "bin" / "python"
    command = [program, APP, workload.task, folder, workload.new_tokens, port]
    with _running(command, scratch / "litserve.log", environment, port, "/health") as pid:
        yield Server(pid, port, "/predict", {"inputs": workload.text}, lambda said: said["output"])


@contextmanager
def transformers_serve(
    workload: Workload, folder: Path, scratch: Path, environment: dict[str, str]
) -> Iterator[Server]:
    """transformers' own server."""
    port = free_port()
    program = VENVS / "bench-serving" / "bin" / "python"
    start = "from transformers.cli.transformers import main; main()"
    command = [program, "-c", start, "serve", folder, "--port", port, "--device", "cpu"]
    body = {"model": str(folder), "prompt": workload.text, "max_tokens": workload.new_tokens, "temperature": 0}
    with _running(command, scratch / "transformers.log", environment, port, "/health") as pid:
        yield Server(pid, port, "/v1/completions", body, lambda said: said["choices"][0]["text"])


@contextmanager
def infinity(workload: Workload, folder: Path, scratch: Path, environment: dict[str, str]) -> Iterator[Server]:
    """infinity-emb on torch."""
    port = free_port()
    program = VENVS / "bench-infinity" / "bin" / "infinity_emb"
    options = ["--port", port, "--engine", "torch", "--device", "cpu", "--dtype", "float32", "--no-bettertransformer"]
    command = [program, "v2", "--model-id", folder, "--served-model-name", "m", *options]
    classifies = workload.task == "text-classification"
    path = "/classify" if classifies else "/embeddings"
    with _running(command, scratch / "infinity.log", environment, port, "/health") as pid:
        yield Server(pid, port, path, {"model": "m", "input": [workload.text]}, _INFINITY[classifies])


_INFINITY: dict[bool, Callable[[Any], Any]] = {
    True: lambda said: max(one["score"] for one in said["data"][0]),
    False: lambda said: said["data"][0]["embedding"],
}


@contextmanager
def _running(command: list[object], log: Path, environment: dict[str, str], port: int, path: str) -> Iterator[int]:
    fixed = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    program = Program(command, log, {**os.environ, **fixed, **environment})
    try:
        _wait_until_healthy(program, port, path)
        yield program.pid
    finally:
        program.stop()


def _wait_until_healthy(program: Program, port: int, path: str) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and program.is_running:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"it did not become ready:\n{program.log.read_text(errors='replace')[-3000:]}")


@dataclass(frozen=True)
class Peer:
    """Somebody else's server.

    Args:
        name: for the table.
        environment: the virtual environment that it is in.
        tasks: that it serves.
        start: starts it with a model.
    """

    name: str
    environment: str
    tasks: tuple[str, ...]
    start: Callable[[Workload, Path, Path, dict[str, str]], AbstractContextManager[Server]]

    def begin(
        self, workload: Workload, folder: Path, scratch: Path, environment: dict[str, str]
    ) -> AbstractContextManager[Server]:
        """Start it with a model.

        Raises:
            RuntimeError: it is not installed, or does not start.
        """
        if not (VENVS / self.environment).exists():
            raise RuntimeError("it is not installed: --install")
        return self.start(workload, folder, scratch, environment)


PEERS = (
    Peer(
        "LitServe",
        "bench-serving",
        ("feature-extraction", "text-classification", "summarization", "text-generation"),
        litserve,
    ),
    Peer("transformers serve", "bench-serving", ("text-generation",), transformers_serve),
    Peer("infinity-emb", "bench-infinity", ("feature-extraction", "text-classification"), infinity),
)
