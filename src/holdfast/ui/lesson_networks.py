"""Learn mode of networks: layers with what each does, pieces of a text, answers before and after, what agents see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.ui.training_runs import family_word, metric_word, number

_MOST = 60
_MOST_CHARACTERS = 600


@dataclass(frozen=True)
class Layer:
    """A layer: its name in the model, its kind, how many numbers each of its `times` learned, what it does."""

    name: str
    kind: str
    parameters: int
    does: str
    times: int = 1


@dataclass(frozen=True)
class Sample:
    """A question with answers; `before` is empty where there was no model before."""

    prompt: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A figure of the base model, and of what was made of it; `after` is empty where it is not known."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class AgentLesson:
    """What an agent has to do with.

    Args:
        senses: what it sees, each with its number at one moment of an episode.
        does: what it can do.
        paid: what for; empty where it is not known.
        done: what it did at that moment.
        goal: when the environment counts as solved, and whether it does; empty where that is not known.
    """

    senses: tuple[tuple[str, str], ...]
    does: tuple[str, ...]
    paid: str
    done: str
    goal: str


@dataclass(frozen=True)
class NetworkLesson:
    """What a report's `explanation` says of a network.

    Args:
        layers: in their order.
        parameters: numbers learned, in words; empty where it is not known.
        layers_of: whose they are, where the model is a mix of several; empty otherwise.
        pieces: that a text was cut into, in turn.
        vocabulary: how many kinds of pieces there are, in words; empty where it is not known.
        samples: what it writes.
        before: metrics of the base model beside those of the one that was made of it.
        agent: what an agent sees and does; None where there is none.
        rules: what simple rules reached, in words.
        notes: further sentences.
    """

    layers: tuple[Layer, ...] = ()
    parameters: str = ""
    layers_of: str = ""
    pieces: tuple[str, ...] = ()
    vocabulary: str = ""
    samples: tuple[Sample, ...] = ()
    before: tuple[Change, ...] = ()
    agent: AgentLesson | None = None
    rules: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def network_lesson(report: Mapping[str, Any] | None) -> NetworkLesson:
    """The lesson of a report; an empty one where its model is no network, or there is no report yet."""
    report = report or {}
    said = report.get("explanation") or {}
    return NetworkLesson(
        layers=tuple(_layer(each) for each in _records(said.get("layers"))),
        parameters=_count(said.get("parameters")),
        layers_of=_whose(said),
        pieces=tuple(str(piece)[:_MOST] for piece in _list(said, "pieces")),
        vocabulary=_count(said.get("vocabulary")),
        samples=tuple(_sample(each) for each in _records(said.get("samples"))),
        before=_changes(_figures(said.get("before")), _figures(report.get("scores"))),
        agent=_agent(said, report.get("score")),
        rules={family_word(name): value for name, value in _figures(said.get("rules")).items()},
        notes=tuple(str(said[name]) for name in ("note",) if isinstance(said.get(name), str)),
    )


def _records(value: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)][:_MOST] if isinstance(value, list) else []


def _layer(said: Mapping[str, Any]) -> Layer:
    count = said.get("parameters")
    texts = (str(said.get(name, ""))[:_MOST_CHARACTERS] for name in ("name", "kind", "does"))
    name, kind, does = texts
    times = said.get("times")
    return Layer(name, kind, count if isinstance(count, int) else 0, does, times if isinstance(times, int) else 1)


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def _whose(said: Mapping[str, Any]) -> str:
    whose, members = said.get("layers_of"), said.get("members")
    if not isinstance(whose, Mapping) or not isinstance(members, list) or len(members) < 2:
        return ""
    return f"trial {whose.get('trial')}, {family_word(str(whose.get('family')))}"


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Of what is a score of the model that was made, too; where that has none, of all that was measured before."""
    return tuple(
        Change(metric_word(name), value, after.get(name, ""))
        for name, value in before.items()
        if name in after or not after
    )


def _agent(said: Mapping[str, Any], score: Any) -> AgentLesson | None:
    told = _mapping(said.get("agent"))
    moment = _mapping(told.get("moment"))
    senses = tuple(
        (str(name), number(value)) for name, value in zip(_list(told, "sees"), _list(moment, "seen"), strict=False)
    )
    does = tuple(map(str, _list(told, "does")))
    if not senses or not does:
        return None
    return AgentLesson(senses, does, str(told.get("paid") or ""), str(moment.get("done") or ""), _goal(said, score))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(said: Mapping[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found[:_MOST] if isinstance(found, list) else []


def _goal(said: Mapping[str, Any], score: Any) -> str:
    goal, episodes = said.get("solved_at"), said.get("episodes")
    if not isinstance(score, int | float):
        return ""
    played = f"In {episodes} new episodes it got {number(score)} each, on average." if isinstance(episodes, int) else ""
    if not isinstance(goal, int | float):
        return played
    reached = "so it is solved" if score >= goal else "so it is not solved yet: give it more time"
    return f"{played} {number(goal)} counts as solved, {reached}.".strip()


def _sample(said: Mapping[str, Any]) -> Sample:
    after = said.get("after", said.get("text", ""))
    return Sample(*(str(text)[:_MOST_CHARACTERS] for text in (said.get("prompt", ""), said.get("before", ""), after)))


def _figures(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {str(name): number(each) for name, each in pairs if isinstance(each, int | float)}
