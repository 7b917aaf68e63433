"""Counts what a list would show: all that match, and for each value of each filter what choosing it would leave.

Every condition becomes a set of keys (`listing.key_sets`); counting is meeting sets (ADR 0007). Repos that the viewer
may not see are in no set that is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from sqlalchemy import Connection, select, text

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.facets import FITS, GROUPS, SIZE, FacetGroup, ValueCount
from holdfast.hub.repos.listing.filters import ListQuery, Range
from holdfast.hub.repos.listing.key_sets import KeySet
from holdfast.hub.repos.metadata.facets import GIB, MEMORY, MEMORY_LEVELS, memory_word, most_weight_bytes
from holdfast.hub.repos.metadata.tag_kinds import tag_kind
from holdfast.hub.repos.store import listing_bits
from holdfast.hub.repos.store.listing_bits import FILTER_KIND
from holdfast.hub.repos.store.listing_conditions import (
    Condition,
    author_condition,
    name_conditions,
    number_condition,
    searched_words,
    text_condition,
)
from holdfast.hub.repos.store.listing_index import PUBLIC
from holdfast.hub.repos.store.listing_pages import Viewer, tag_names
from holdfast.hub.repos.store.listing_tables import tag
from holdfast.hub.repos.store.tables import repo

MOST_VALUES = 120
"""Of one group, the most used ones: some cards name a language that nobody else has."""


@dataclass(frozen=True)
class FacetCounts:
    """How many repos match, and each group's values that leave any, the most frequent first."""

    total: int
    groups: Mapping[str, tuple[ValueCount, ...]]


@dataclass(frozen=True)
class _Tag:
    """A tag that can be counted; `group` None: of no group of this type's list."""

    id: int
    name: str
    label: str
    group: str | None

    @property
    def word(self) -> str:
        """What stands for it in a query string: `mit` for `license:mit`, `yes` for `=gated:yes`."""
        return self.label if self.name.startswith("=") else self.name


def count_facets(connection: Connection, query: ListQuery, viewer: Viewer) -> FacetCounts:
    """Count for a query, whatever its page, order and limit."""
    return _Counting(connection, query, viewer, list(_counted_tags(connection, query.repo_type))).run()


def count_matches(connection: Connection, query: ListQuery, viewer: Viewer) -> int:
    """How many repos match, without the values of filters."""
    return _Counting(connection, query, viewer, []).total()


class _Counting:
    """One count: the sets that it needs are read once."""

    def __init__(self, connection: Connection, query: ListQuery, viewer: Viewer, tags: Sequence[_Tag]) -> None:
        self._connection = connection
        self._query = query
        self._tags = {found.name: found for found in tags}
        self._sets = listing_bits.read_sets(connection, [found.id for found in self._tags.values()])
        self._visible = self._visible_to(viewer)
        self._conditions = [] if query.matches_nothing else list(self._all_conditions())

    def total(self) -> int:
        """Count all that match."""
        return 0 if self._query.matches_nothing else len(self._matches(None))

    def run(self) -> FacetCounts:
        """Count everything."""
        chosen = {group for group, _ in self._conditions}
        all_matches = KeySet() if self._query.matches_nothing else self._matches(None)
        groups = {}
        for group in GROUPS[self._query.repo_type]:
            is_replaced = group.one_choice and group.name in chosen
            matches = self._matches(group.name) if is_replaced else all_matches
            values = self._fitting(matches) if group is FITS else self._values(group, matches)
            groups[group.name] = tuple(sorted(values, key=lambda value: (-value.count, value.word)))
        return FacetCounts(len(all_matches), groups)

    def _matches(self, left_out: str | None) -> KeySet:
        """What fulfils all conditions but those of one group."""
        sets = [found for group, found in self._conditions if left_out is None or group != left_out]
        return reduce(lambda met, other: met & other, sets, self._visible)

    def _values(self, group: FacetGroup, matches: KeySet) -> Iterator[ValueCount]:
        for found in self._tags.values():
            if found.group == group.name and (number := matches.count_with(self._set_of(found))):
                yield ValueCount(found.word, found.label, number)

    def _fitting(self, matches: KeySet) -> Iterator[ValueCount]:
        for level in MEMORY_LEVELS:
            if number := matches.count_with(self._runs_in(level)):
                yield ValueCount(f"{level // GIB}GB", f"{level // GIB} GB", number)
        here = self._query.here_bytes
        if here and (number := matches.count_with(self._runs_in(here))):
            yield ValueCount("here", f"{here / GIB:.0f} GB", number)

    def _runs_in(self, memory_bytes: int) -> KeySet:
        """Models whose weights fit: whole levels below, and what is between the last level and the amount."""
        whole = [level for level in MEMORY_LEVELS if level <= memory_bytes]
        found = KeySet()
        for level in whole:
            found |= self._set_named(f"={MEMORY}:{memory_word(level)}")
        low, high = most_weight_bytes(whole[-1]) + 1 if whole else 0, most_weight_bytes(memory_bytes)
        if low > high:
            return found
        return found | self._listed(number_condition(self._connection, self._query, "weight_bytes", Range(low, high)))

    def _all_conditions(self) -> Iterator[tuple[str | None, KeySet]]:
        query = self._query
        for name in tag_names(query):
            yield self._group_of(name), self._set_named(name)
        if query.parameters is not None:
            yield SIZE.name, self._listed(number_condition(self._connection, query, "parameters", query.parameters))
        if query.fits is not None:
            yield FITS.name, self._runs_in(query.fits.size_bytes or query.here_bytes)
        if query.author is not None:
            yield None, self._listed(author_condition(self._connection, query))
        if any(phrase.strip() for phrase in query.search):
            yield None, self._searched()

    def _searched(self) -> KeySet:
        words, tokens = searched_words(self._query)
        by_name = name_conditions(self._connection, self._query, words, is_driven=False)
        found = reduce(lambda met, other: met & other, map(self._listed, by_name))
        return found | self._listed(text_condition(self._connection, tokens)) if tokens else found

    def _group_of(self, name: str) -> str | None:
        known = self._tags.get(name)
        return known.group if known else _group(self._query.repo_type, tag_kind(self._query.repo_type, name).kind, name)

    def _set_of(self, found: _Tag) -> KeySet:
        return self._sets.get(found.id, KeySet())

    def _set_named(self, name: str) -> KeySet:
        """The repos with a tag, be it counted or not."""
        if name in self._tags:
            return self._set_of(self._tags[name])
        ours = (tag.c.repo_type == self._query.repo_type.value) & (tag.c.name == name)
        row = self._connection.execute(select(tag.c.id, tag.c.kind).where(ours)).first()
        if row is None:
            return KeySet()
        if listing_bits.is_counted(row.kind, name):
            return listing_bits.read_sets(self._connection, [row.id]).get(row.id, KeySet())
        return listing_bits.read_listed_set(self._connection, row.id)

    def _listed(self, condition: Condition) -> KeySet:
        assert condition.keys is not None
        return KeySet.of(self._connection.execute(text(condition.keys), condition.parameters).scalars())

    def _visible_to(self, viewer: Viewer) -> KeySet:
        if viewer.sees_all:
            return self._set_named("=gated:yes") | self._set_named("=gated:no")  # every repo has one of them
        own = select(repo.c.key).where(repo.c.type == self._query.repo_type.value, text("private"))
        seen = self._set_named(PUBLIC)
        if viewer.namespace_ids:
            mine = own.where(repo.c.namespace_id.in_(viewer.namespace_ids))
            seen |= KeySet.of(self._connection.execute(mine).scalars())
        if viewer.repo_text_keys:
            mine = own.where(repo.c.text_key.in_(viewer.repo_text_keys))
            seen |= KeySet.of(self._connection.execute(mine).scalars())
        return seen


def _counted_tags(connection: Connection, repo_type: RepoType) -> Iterator[_Tag]:
    kinds: Sequence[str] = sorted({group.kind for group in GROUPS[repo_type] if group.kind})
    query = select(tag.c.id, tag.c.name, tag.c.label, tag.c.kind).where(tag.c.repo_type == repo_type.value)
    for kind in kinds:
        most_used = query.where(tag.c.kind == kind, tag.c.uses > 0).order_by(tag.c.uses.desc()).limit(MOST_VALUES)
        for row in connection.execute(most_used):
            yield _Tag(row.id, row.name, row.label, _group(repo_type, kind, row.name))
    hidden = query.where(tag.c.kind == FILTER_KIND, tag.c.name.not_like("=model:%"), tag.c.name.not_like("=dataset:%"))
    for row in connection.execute(hidden):
        label = row.name.partition(":")[2]
        yield _Tag(row.id, row.name, label, _group(repo_type, FILTER_KIND, row.name))


def _group(repo_type: RepoType, kind: str, name: str) -> str | None:
    """The group in which a tag is a value."""
    if name.startswith("="):
        hidden = name[1:].partition(":")[0]
        return next((group.name for group in GROUPS[repo_type] if group.kind is None and group.name == hidden), None)
    return next((group.name for group in GROUPS[repo_type] if group.kind == kind), None)
