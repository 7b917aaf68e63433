"""Counts what is asked and how long it takes, in the text form that Prometheus reads.

Source: prometheus.io/docs/instrumenting/exposition_formats.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from holdfast.inference.domain.deployments import Deployment, DeploymentState

BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class _Histogram:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_SECONDS) + 1))
    total_seconds: float = 0.0

    def note(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        self.total_seconds += seconds


@dataclass
class InferenceTelemetry:
    """Counters of one server since it started; for one event loop."""

    _outcomes: dict[tuple[str, str], int] = field(default_factory=dict)
    _seconds: dict[str, _Histogram] = field(default_factory=dict)
    _tokens: dict[str, int] = field(default_factory=dict)

    def note(self, task: str, outcome: str, seconds: float, tokens: int = 0) -> None:
        """A request has come to its end: `ok`, or the code of its error."""
        self._outcomes[task, outcome] = self._outcomes.get((task, outcome), 0) + 1
        self._seconds.setdefault(task, _Histogram()).note(seconds)
        self._tokens[task] = self._tokens.get(task, 0) + tokens

    def exposition(self, deployments: Iterable[Deployment], budget_bytes: int) -> str:
        """All numbers as text."""
        lines = [*self._requests(), *self._durations(), *_gauges(list(deployments), budget_bytes)]
        return "\n".join(lines) + "\n"

    def _requests(self) -> Iterator[str]:
        yield from _head("holdfast_inference_requests_total", "counter", "Requests by task and outcome.")
        for (task, outcome), count in sorted(self._outcomes.items()):
            yield f'holdfast_inference_requests_total{{task="{task}",outcome="{outcome}"}} {count}'
        yield from _head("holdfast_inference_tokens_total", "counter", "Tokens, or the like, that models have read.")
        for task, count in sorted(self._tokens.items()):
            yield f'holdfast_inference_tokens_total{{task="{task}"}} {count}'

    def _durations(self) -> Iterator[str]:
        name = "holdfast_inference_request_seconds"
        yield from _head(name, "histogram", "From a request to its last byte.")
        for task, histogram in sorted(self._seconds.items()):
            total = 0
            for bound, count in zip((*map(str, BUCKETS_SECONDS), "+Inf"), histogram.counts, strict=True):
                total += count
                yield f'{name}_bucket{{task="{task}",le="{bound}"}} {total}'
            yield f'{name}_sum{{task="{task}"}} {histogram.total_seconds:.6f}'
            yield f'{name}_count{{task="{task}"}} {total}'


def _gauges(deployments: list[Deployment], budget_bytes: int) -> Iterator[str]:
    yield from _head("holdfast_inference_models", "gauge", "Models by state.")
    for state in DeploymentState:
        count = sum(one.state is state for one in deployments)
        yield f'holdfast_inference_models{{state="{state.value}"}} {count}'
    for name, meaning, value in (
        ("memory_bytes", "Memory that models take.", sum(one.memory_bytes for one in deployments)),
        ("memory_budget_bytes", "Memory set aside for models.", budget_bytes),
    ):
        yield from _head(f"holdfast_inference_{name}", "gauge", meaning)
        yield f"holdfast_inference_{name} {value}"
    yield from _head("holdfast_inference_waiting", "gauge", "Requests without an answer yet, by model.")
    for one in deployments:
        yield f'holdfast_inference_waiting{{model="{one.model.repo_id}",task="{one.model.task}"}} {one.waiting}'


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
