"""What lists can be filtered by besides tags: facts that follow from a repo's files by rules, as `name:value` words.

One word here is one value of one filter (`commercial:yes`). It joins the rules of `licensing`, `training_kinds` and
`weight_formats`; raise `documents.FACTS_VERSION` when any of them changes, and servers read all repos again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.hub.repos.metadata.licensing import commercial_use
from holdfast.hub.repos.metadata.tags import BaseModel
from holdfast.hub.repos.metadata.training_kinds import training_kind

COMMERCIAL = "commercial"
SIZE = "size"
MEMORY = "memory"
PRECISION = "precision"
TRAINING = "training"


@dataclass(frozen=True)
class SizeClass:
    """Models of at least `low` and fewer than `high` parameters (None: no bound)."""

    word: str
    low: int
    high: int | None


_MILLION, _BILLION = 10**6, 10**9
SIZE_CLASSES: tuple[SizeClass, ...] = (
    SizeClass("0-100m", 0, 100 * _MILLION),
    SizeClass("100m-1b", 100 * _MILLION, _BILLION),
    SizeClass("1b-3b", _BILLION, 3 * _BILLION),
    SizeClass("3b-9b", 3 * _BILLION, 9 * _BILLION),
    SizeClass("9b-30b", 9 * _BILLION, 30 * _BILLION),
    SizeClass("30b-100b", 30 * _BILLION, 100 * _BILLION),
    SizeClass("100b-more", 100 * _BILLION, None),
)


GIB = 2**30
MEMORY_LEVELS: tuple[int, ...] = tuple(size * GIB for size in (2, 4, 8, 16, 24, 48, 80))
"""Bytes of memory that machines and graphics cards commonly have."""
_ROOM = 1.2
"""Running a model takes its weights and about a fifth more: activations, a cache, the program itself."""


def most_weight_bytes(memory_bytes: int) -> int:
    """How large weights may be to run in that much memory: a rule of thumb, short contexts assumed."""
    return int(memory_bytes / _ROOM)


def memory_level(weight_bytes: int) -> int | None:
    """The smallest of the levels in which such weights run; None when they need more than the largest."""
    return next((level for level in MEMORY_LEVELS if weight_bytes <= most_weight_bytes(level)), None)


def memory_word(level: int | None) -> str:
    """The facet's word of a level: its GiB, or `more`."""
    return "more" if level is None else str(level // GIB)


def size_class(parameters: int) -> SizeClass:
    """The class of a model with that many parameters."""
    return next(each for each in SIZE_CLASSES if each.high is None or parameters < each.high)


def license_facets(licenses: Iterable[str]) -> list[str]:
    """The word on commercial use, or none."""
    use = commercial_use(licenses)
    return [f"{COMMERCIAL}:{use.value}"] if use else []


def model_facets(
    tags: Sequence[str],
    licenses: Iterable[str],
    made_from: Sequence[BaseModel],
    task: str | None,
    parameters: int | None,
    weight_bytes: int | None,
    precisions: Iterable[str],
) -> tuple[str, ...]:
    """All words of a model."""
    relations = {model.relation for model in made_from}
    kind = training_kind(tags, relations, task, has_weights=bool(parameters or weight_bytes))
    return (
        *license_facets(licenses),
        *([f"{SIZE}:{size_class(parameters).word}"] if parameters is not None else []),
        *([f"{MEMORY}:{memory_word(memory_level(weight_bytes))}"] if weight_bytes is not None else []),
        *(f"{PRECISION}:{precision}" for precision in precisions),
        *([f"{TRAINING}:{kind.value}"] if kind else []),
    )
