"""Learn mode of networks: their layers with what each does, answers before and after, rules that had to be beaten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.ui.training_runs import family_word, number

_MOST = 60
_MOST_CHARACTERS = 600


@dataclass(frozen=True)
class Layer:
    """A layer: its name in the model, its kind, how many numbers it learned, what it does."""

    name: str
    kind: str
    parameters: int
    does: str


@dataclass(frozen=True)
class Sample:
    """A question with answers; `before` is empty where there was no model before."""

    prompt: str
    before: str
    after: str


@dataclass(frozen=True)
class NetworkLesson:
    """What a report's `explanation` says of a network.

    Args:
        layers: in their order.
        parameters: numbers learned, in words; empty where it is not known.
        samples: what it writes.
        before: metrics of the base model, by name, in words.
        rules: what simple rules reached, in words.
        notes: further sentences.
    """

    layers: tuple[Layer, ...] = ()
    parameters: str = ""
    samples: tuple[Sample, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def network_lesson(report: Mapping[str, Any] | None) -> NetworkLesson:
    """The lesson of a report; an empty one where its model is no network, or there is no report yet."""
    said = (report or {}).get("explanation") or {}
    return NetworkLesson(
        layers=tuple(_layer(each) for each in _records(said.get("layers"))),
        parameters=f"{said['parameters']:,}" if isinstance(said.get("parameters"), int) else "",
        samples=tuple(_sample(each) for each in _records(said.get("samples"))),
        before=_figures(said.get("before")),
        rules={family_word(name): value for name, value in _figures(said.get("rules")).items()},
        notes=tuple(str(said[name]) for name in ("note",) if isinstance(said.get(name), str)),
    )


def _records(value: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)][:_MOST] if isinstance(value, list) else []


def _layer(said: Mapping[str, Any]) -> Layer:
    count = said.get("parameters")
    texts = (str(said.get(name, ""))[:_MOST_CHARACTERS] for name in ("name", "kind", "does"))
    name, kind, does = texts
    return Layer(name, kind, count if isinstance(count, int) else 0, does)


def _sample(said: Mapping[str, Any]) -> Sample:
    after = said.get("after", said.get("text", ""))
    return Sample(*(str(text)[:_MOST_CHARACTERS] for text in (said.get("prompt", ""), said.get("before", ""), after)))


def _figures(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {str(name): number(each) for name, each in pairs if isinstance(each, int | float)}
