"""Counts what a list would show: all that match, and for each value of each filter what choosing it would leave.

Repos that the viewer may not see are in no set that is counted, so no number tells of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.hub.repos.listing.facets import FITS, GROUPS, FacetGroup, ValueCount
from holdfast.hub.repos.listing.filters import ListQuery
from holdfast.hub.repos.listing.key_sets import KeySet
from holdfast.hub.repos.metadata.facets import GIB, MEMORY_LEVELS
from holdfast.hub.repos.store.listing_ordered import ordered_page
from holdfast.hub.repos.store.listing_pages import RepoPage, Viewer
from holdfast.hub.repos.store.listing_sets import MatchingSets, counted_tags


@dataclass(frozen=True)
class FacetCounts:
    """How many repos match, and each group's values that leave any, the most frequent first."""

    total: int
    groups: Mapping[str, tuple[ValueCount, ...]]


def count_facets(connection: Connection, query: ListQuery, viewer: Viewer) -> FacetCounts:
    """Count for a query, whatever its page, order and limit."""
    return _count(query, _sets(connection, query, viewer))


def find(connection: Connection, query: ListQuery, viewer: Viewer) -> tuple[RepoPage, int]:
    """A page and how many repos match, without the values of filters."""
    sets = MatchingSets(connection, query, viewer, [])
    return ordered_page(connection, query, sets.stages()), len(sets.matches())


def browse(connection: Connection, query: ListQuery, viewer: Viewer) -> tuple[RepoPage, FacetCounts]:
    """A page and the counts beside it; the page is that of `list_repo_keys`, found by what was counted."""
    sets = _sets(connection, query, viewer)
    return ordered_page(connection, query, sets.stages()), _count(query, sets)


def _sets(connection: Connection, query: ListQuery, viewer: Viewer) -> MatchingSets:
    return MatchingSets(connection, query, viewer, list(counted_tags(connection, query.repo_type)))


def _count(query: ListQuery, sets: MatchingSets) -> FacetCounts:
    everything = sets.matches()
    groups = {}
    for group in GROUPS[query.repo_type]:
        is_replaced = group.one_choice and group.name in sets.chosen
        matches = sets.matches(group.name) if is_replaced else everything
        values = _fitting(sets, matches, query.here_bytes) if group is FITS else _values(sets, group, matches)
        groups[group.name] = tuple(sorted(values, key=lambda value: (-value.count, value.word)))
    return FacetCounts(len(everything), groups)


def _values(sets: MatchingSets, group: FacetGroup, matches: KeySet) -> Iterator[ValueCount]:
    for found in sets.tags.values():
        if found.group == group.name and (number := matches.count_with(sets.set_of(found))):
            yield ValueCount(found.word, found.label, number)


def _fitting(sets: MatchingSets, matches: KeySet, here_bytes: int) -> Iterator[ValueCount]:
    for level in MEMORY_LEVELS:
        if number := matches.count_with(sets.runs_in(level)):
            yield ValueCount(f"{level // GIB}GB", f"{level // GIB} GB", number)
    if here_bytes and (number := matches.count_with(sets.runs_in(here_bytes))):
        yield ValueCount("here", f"{here_bytes / GIB:.0f} GB", number)
