"""The repos that a list query means, as sets of keys: one per condition, what the viewer sees, what all of it leaves.

Meeting sets answers in a few milliseconds what SQL would have to sort or probe for (ADR 0008).
"""
# ruff: noqa: S608 - every piece of SQL put together here is a constant of this capability; values are bound

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import Connection, select, text

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.facets import FITS, GROUPS, SIZE
from holdfast.hub.repos.listing.filters import ListQuery, Range
from holdfast.hub.repos.listing.key_sets import KeySet
from holdfast.hub.repos.metadata.facets import MEMORY, MEMORY_LEVELS, memory_word, most_weight_bytes
from holdfast.hub.repos.metadata.tag_kinds import tag_kind
from holdfast.hub.repos.store import listing_bits
from holdfast.hub.repos.store.dialects import dialect_of
from holdfast.hub.repos.store.listing_bits import FILTER_KIND, FREE_KIND
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

MOST_VALUES = 120
"""Of one group, the most used ones: some cards name a language that nobody else has."""
MOST_FREE_VALUES = 40
"""Of tags that people make up."""


@dataclass(frozen=True)
class CountedTag:
    """A tag that can be counted; `group` None: of no group of this type's list."""

    id: int
    name: str
    label: str
    group: str | None
    has_bits: bool = True

    @property
    def word(self) -> str:
        """What stands for it in a query string: `mit` for `license:mit`, `yes` for `=gated:yes`."""
        return self.label if self.name.startswith("=") else self.name


class MatchingSets:
    """The sets of one query; each is read once.

    Args:
        connection: to read from.
        query: whatever its page, order and limit.
        viewer: repos that nobody shows them are in no set that `matches` gives.
        tags: those whose sets will be asked for; see `counted_tags`.
    """

    def __init__(self, connection: Connection, query: ListQuery, viewer: Viewer, tags: Sequence[CountedTag]) -> None:
        self._connection = connection
        self._dialect = dialect_of(connection)
        self._query = query
        self.tags = {found.name: found for found in tags}
        self._sets = _read_sets(connection, tags)
        self._visible = self._visible_to(viewer)
        self._by_name, self._by_text = self._searched()
        self._conditions = [] if query.matches_nothing else list(self._all_conditions())

    @property
    def chosen(self) -> set[str | None]:
        """The groups in which the query chooses a value."""
        return {group for group, _ in self._conditions}

    def matches(self, left_out: str | None = None) -> KeySet:
        """What fulfils all conditions but those of one group."""
        if self._query.matches_nothing:
            return KeySet()
        sets = [found for group, found in self._conditions if left_out is None or group != left_out]
        met = reduce(lambda left, right: left & right, sets, self._visible)
        return met if self._by_name is None else met & (self._by_name | self._by_text)

    def stages(self) -> Iterator[tuple[int, KeySet]]:
        """The lists that make up the answer: all that match, or for a search first those found by name."""
        found = self.matches()
        if self._by_name is None:
            yield 0, found
            return
        yield 0, found & self._by_name
        yield 1, found - self._by_name

    def runs_in(self, memory_bytes: int) -> KeySet:
        """Models whose weights fit: whole levels below, and what is between the last level and the amount."""
        whole = [level for level in MEMORY_LEVELS if level <= memory_bytes]
        found = KeySet()
        for level in whole:
            found |= self._set_named(f"={MEMORY}:{memory_word(level)}")
        low, high = most_weight_bytes(whole[-1]) + 1 if whole else 0, most_weight_bytes(memory_bytes)
        if low > high:
            return found
        return found | self._listed(number_condition(self._query, "weight_bytes", Range(low, high)))

    def _all_conditions(self) -> Iterator[tuple[str | None, KeySet]]:
        query = self._query
        for name in tag_names(query):
            yield self._group_of(name), self._set_named(name)
        if query.parameters is not None:
            yield SIZE.name, self._listed(number_condition(query, "parameters", query.parameters))
        if query.fits is not None:
            yield FITS.name, self.runs_in(query.fits.size_bytes or query.here_bytes)
        if query.author is not None:
            yield None, self._listed(author_condition(query))

    def _searched(self) -> tuple[KeySet | None, KeySet]:
        """The repos whose name holds all words (None: nothing is searched for), and those whose card does."""
        words, tokens = searched_words(self._query)
        if not words:
            return None, KeySet()
        by_name = map(self._listed, name_conditions(self._query, words, self._dialect, is_driven=False))
        by_text = self._listed(text_condition(tokens, self._dialect)) if tokens else KeySet()
        return reduce(lambda left, right: left & right, by_name), by_text

    def _group_of(self, name: str) -> str | None:
        known = self.tags.get(name)
        return known.group if known else _group(self._query.repo_type, tag_kind(self._query.repo_type, name).kind, name)

    def set_of(self, found: CountedTag) -> KeySet:
        """The repos with one of `tags`."""
        return self._sets.get(found.id, KeySet())

    def _set_named(self, name: str) -> KeySet:
        """The repos with a tag, be it counted or not."""
        if name in self.tags:
            return self.set_of(self.tags[name])
        ours = (tag.c.repo_type == self._query.repo_type.value) & (tag.c.name == name)
        row = self._connection.execute(select(tag.c.id, tag.c.kind, tag.c.uses).where(ours)).first()
        if row is None:
            return KeySet()
        has_bits = listing_bits.is_counted(row.kind, name, row.uses)
        read = listing_bits.read_sets if has_bits else listing_bits.read_listed_sets
        return read(self._connection, [row.id]).get(row.id, KeySet())

    def _listed(self, condition: Condition) -> KeySet:
        assert condition.keys is not None
        return self._keys(condition.keys, condition.parameters)

    def _keys(self, query: str, parameters: Mapping[str, Any]) -> KeySet:
        """The keys that some SQL lists as `key`: in one long text, a third of the time that as many rows would take."""
        statement = text(f"SELECT {self._dialect.joined.format('key')} FROM ({query}) k")
        words: str | None = self._connection.execute(statement, parameters).scalar()
        return KeySet.of(map(int, words.split(","))) if words else KeySet()

    def _visible_to(self, viewer: Viewer) -> KeySet:
        if viewer.sees_all:
            return self._set_named("=gated:yes") | self._set_named("=gated:no")  # every repo has one of them
        seen = self._set_named(PUBLIC)
        if viewer.namespace_ids:
            numbers = ", ".join(str(int(key)) for key in viewer.namespace_ids)
            # Left to itself, SQLite would walk all repos of the type.
            along = self._dialect.walking.format("repo_private")
            own = f"repo {along} WHERE type = :type AND namespace_id IN ({numbers}) AND private"
            seen |= self._keys(f"SELECT key FROM {own}", {"type": self._query.repo_type.value})
        if viewer.repo_text_keys:
            single = {f"own{number}": text_key for number, text_key in enumerate(viewer.repo_text_keys)}
            own = f"repo WHERE text_key IN ({', '.join(f':{name}' for name in single)}) AND type = :type"
            seen |= self._keys(f"SELECT key FROM {own}", single | {"type": self._query.repo_type.value})
        return seen


def _read_sets(connection: Connection, tags: Sequence[CountedTag]) -> dict[int, KeySet]:
    with_bits = listing_bits.read_sets(connection, [found.id for found in tags if found.has_bits])
    return with_bits | listing_bits.read_listed_sets(connection, [found.id for found in tags if not found.has_bits])


def counted_tags(connection: Connection, repo_type: RepoType) -> Iterator[CountedTag]:
    """The tags that are values of a type's filters, the most used of each kind."""
    kinds: Sequence[str] = sorted({group.kind for group in GROUPS[repo_type] if group.kind})
    query = select(tag.c.id, tag.c.name, tag.c.label, tag.c.uses).where(tag.c.repo_type == repo_type.value)
    for kind in kinds:
        most = MOST_FREE_VALUES if kind == FREE_KIND else MOST_VALUES
        most_used = query.where(tag.c.kind == kind, tag.c.uses > 0).order_by(tag.c.uses.desc()).limit(most)
        for row in connection.execute(most_used):
            has_bits = listing_bits.is_counted(kind, row.name, row.uses)
            yield CountedTag(row.id, row.name, row.label, _group(repo_type, kind, row.name), has_bits)
    hidden = query.where(tag.c.kind == FILTER_KIND, tag.c.name.not_like("=model:%"), tag.c.name.not_like("=dataset:%"))
    for row in connection.execute(hidden):
        label = row.name.partition(":")[2]
        yield CountedTag(row.id, row.name, label, _group(repo_type, FILTER_KIND, row.name))


def _group(repo_type: RepoType, kind: str, name: str) -> str | None:
    """The group in which a tag is a value."""
    if name.startswith("="):
        hidden = name[1:].partition(":")[0]
        return next((group.name for group in GROUPS[repo_type] if group.kind is None and group.name == hidden), None)
    return next((group.name for group in GROUPS[repo_type] if group.kind == kind), None)
