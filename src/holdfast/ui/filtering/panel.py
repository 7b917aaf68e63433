"""The panel of filters beside a list: its groups, values with counts, and what is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.facets import FACET_VALUES, GROUPS, FacetGroup, ValueCount
from holdfast.hub.repos.metadata.facets import GIB, MEMORY_LEVELS
from holdfast.hub.repos.metadata.vocabulary import SIZE_CATEGORIES
from holdfast.hub.repos.service.listing import ListCounts
from holdfast.ui.filtering.state import ListState
from holdfast.ui.filtering.words import ORDERED, TITLES, Title, value_label

SHOWN_VALUES = 6
"""Of a group at once; the rest opens on demand."""


@dataclass(frozen=True)
class FilterValue:
    """One value: `address` chooses it, or takes it back when it is chosen."""

    word: str
    label: str
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True)
class FilterGroup:
    """Values under one title; `more` are those that open on demand."""

    name: str
    title: Title
    values: tuple[FilterValue, ...]
    more: tuple[FilterValue, ...]


@dataclass(frozen=True)
class Chip:
    """A filter that is in force; `address` is the list without it."""

    title: str
    label: str
    address: str


def filter_groups(repo_type: RepoType, state: ListState, counts: ListCounts) -> list[FilterGroup]:
    """Every group that has anything to choose."""
    groups = [_group(group, state, counts.groups[group.name]) for group in GROUPS[repo_type]]
    return [group for group in groups if group.values]


def chips(state: ListState) -> list[Chip]:
    """What is in force, in the order in which it was chosen."""
    return [
        Chip(
            TITLES[name].text if name in TITLES else name,
            _chosen_label(name, value),
            state.without(name, value).address,
        )
        for name, value in state.filters
    ]


def _chosen_label(name: str, value: str) -> str:
    return value_label(name, value.removeprefix(f"{name}:"))


def _group(group: FacetGroup, state: ListState, counted: Iterable[ValueCount]) -> FilterGroup:
    known = {_bare(group, value.word): value for value in counted}
    chosen = {_bare(group, word): word for word in state.values(group.name)}
    words = _in_order(group.name, [*known, *(word for word in chosen if word not in known)], known)
    values = [_value(group, state, word, known.get(word), chosen.get(word)) for word in words]
    if group.name in ORDERED:
        return FilterGroup(group.name, TITLES[group.name], tuple(values), ())
    values.sort(key=lambda value: not value.is_chosen)
    # A button that shows two more takes as much room as the two.
    shown = SHOWN_VALUES if len(values) > SHOWN_VALUES + 2 else len(values)
    return FilterGroup(group.name, TITLES[group.name], tuple(values[:shown]), tuple(values[shown:]))


def _bare(group: FacetGroup, word: str) -> str:
    """`mit` of `license:mit`: both name the license in addresses."""
    return word.removeprefix(f"{group.kind}:").lower()


def _value(
    group: FacetGroup, state: ListState, word: str, counted: ValueCount | None, chosen: str | None
) -> FilterValue:
    label = value_label(group.name, word)
    if group.name == "fits" and word == "here" and counted is not None:
        label = f"{label} ({counted.label})"
    count = counted.count if counted else 0
    if chosen is not None:
        return FilterValue(word, label, count, state.without(group.name, chosen).address, is_chosen=True)
    others = state.without(group.name) if group.one_choice else state
    for bound in _BOUNDS if group.name == "size" else ():
        others = others.without(bound)
    return FilterValue(word, label, count, others.having(group.name, word).address, is_chosen=False)


def _in_order(name: str, words: list[str], counted: Mapping[str, ValueCount]) -> list[str]:
    order = _ORDERS.get(name) or FACET_VALUES.get(name)
    if order is None:
        return sorted(words, key=lambda word: (-counted[word].count if word in counted else 0, word))
    places = {word: place for place, word in enumerate(order)}
    return sorted(words, key=lambda word: (places.get(word, len(places)), word))


_BOUNDS = ("num_parameters", "min_parameters", "max_parameters")
_ORDERS: dict[str, tuple[str, ...]] = {
    "fits": ("here", *(f"{level // GIB}gb" for level in MEMORY_LEVELS)),
    "size_categories": tuple(name.lower() for _, name in SIZE_CATEGORIES),
}
