"""Keeps, for every tag that lists count, the set of repos that have it as blocks of bits (ADR 0008).

The sets say the same as `repo_tag`, in a form that counts fast. It knows which kinds of tags are counted, not why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, select
from sqlalchemy import delete as delete_rows

from holdfast.backends.database.upserts import upsert
from holdfast.hub.repos.listing.key_sets import BLOCK_KEYS, KeySet
from holdfast.hub.repos.store.dialects import dialect_of
from holdfast.hub.repos.store.listing_tables import repo_tag, tag_bits

FILTER_KIND = "filter"
"""Tags of this kind answer filters that are no tags for people; their names start with `=`."""
FREE_KIND = "other"
"""Tags that people make up: tens of thousands, most with one or two repos. Only those of many repos have bits."""
MANY_USES = 500
COUNTED_KINDS = frozenset((
    "pipeline_tag", "library", "language", "license", "task_categories", "modality", "format", "size_categories", "sdk",
))  # fmt: skip
_NOT_COUNTED = ("=model:", "=dataset:")
_AT_ONCE = 500


_OURS = tag_bits.c.tag_id.in_(bindparam("tag_ids", expanding=True))
_READ_BLOCK = select(tag_bits.c.tag_id, tag_bits.c.bits).where(_OURS, tag_bits.c.block == bindparam("block"))
_READ_SETS = select(tag_bits.c.tag_id, tag_bits.c.block, tag_bits.c.bits).where(_OURS)
_INSERT = upsert(tag_bits)
_PUT = _INSERT.on_conflict_do_update(index_elements=["tag_id", "block"], set_={"bits": _INSERT.excluded.bits})


@dataclass(frozen=True)
class IndexedTag:
    """A tag as `tag` has it; `uses` is the number of its repos."""

    id: int
    kind: str
    name: str
    uses: int

    @property
    def is_counted(self) -> bool:
        """Whether it has bits."""
        return is_counted(self.kind, self.name, self.uses)

    def used(self, change: int) -> IndexedTag:
        """With so many more uses."""
        return replace(self, uses=self.uses + change)


def is_counted(kind: str, name: str, uses: int) -> bool:
    """Whether a tag that so many repos have has bits."""
    if kind == FREE_KIND:
        return uses >= MANY_USES
    return kind in COUNTED_KINDS or (kind == FILTER_KIND and not name.startswith(_NOT_COUNTED))


def add(connection: Connection, tags: Collection[IndexedTag], repo_key: int) -> None:
    """Note that a repo has these tags, which `repo_tag` and `uses` say already; those not counted are left out."""
    for each in tags:
        if each.kind == FREE_KIND and each.uses == MANY_USES:
            _write_all(connection, each.id)
    block, bit = _place(repo_key)
    known = _bits(connection, [each.id for each in tags if each.is_counted], block)
    _put(connection, {tag_id: bits | bit for tag_id, bits in known.items() if not bits & bit}, block)


def remove(connection: Connection, tags: Collection[IndexedTag], repo_key: int) -> None:
    """Note that a repo has these tags no longer, which `repo_tag` and `uses` say already."""
    block, bit = _place(repo_key)
    known = _bits(connection, [each.id for each in tags], block)
    changed = {tag_id: bits & ~bit for tag_id, bits in known.items() if bits & bit}
    _put(connection, {tag_id: bits for tag_id, bits in changed.items() if bits}, block)
    _delete(connection, [tag_id for tag_id, bits in changed.items() if not bits], block)
    _delete(connection, [each.id for each in tags if each.id in changed and not each.is_counted])


def read_sets(connection: Connection, tag_ids: Collection[int]) -> dict[int, KeySet]:
    """The repos of each of these counted tags; tags without any are left out."""
    blocks: dict[int, list[tuple[int, bytes]]] = {}
    for some in _portions(tag_ids):
        rows = connection.execute(_READ_SETS, {"tag_ids": some})
        for tag_id, block, bits in rows:
            blocks.setdefault(tag_id, []).append((block, bits))
    return {tag_id: KeySet.from_bytes(found) for tag_id, found in blocks.items()}


def read_listed_sets(connection: Connection, tag_ids: Collection[int]) -> dict[int, KeySet]:
    """The repos of any tags, counted or not: as the pairs of `repo_tag` say."""
    found: dict[int, KeySet] = {}
    joined: ColumnElement[str] = literal_column(dialect_of(connection).joined.format("repo_key"))
    for some in _portions(tag_ids):
        query = select(repo_tag.c.tag_id, joined.label("keys"))
        for row in connection.execute(query.where(repo_tag.c.tag_id.in_(some)).group_by(repo_tag.c.tag_id)):
            found[row.tag_id] = KeySet.of(map(int, row.keys.split(",")))
    return found


def _place(repo_key: int) -> tuple[int, int]:
    block, number = divmod(repo_key, BLOCK_KEYS)
    return block, 1 << number


def _write_all(connection: Connection, tag_id: int) -> None:
    """Make the bits of a tag that many repos have by now."""
    for found in read_listed_sets(connection, [tag_id]).values():
        for block, bits in found.blocks.items():
            _put(connection, {tag_id: bits}, block)


def _delete(connection: Connection, tag_ids: Sequence[int], block: int | None = None) -> None:
    """Remove one block of these tags; None means all."""
    ours = tag_bits.c.tag_id == bindparam("old_tag")
    if block is not None:
        ours &= tag_bits.c.block == block
    if tag_ids:
        connection.execute(delete_rows(tag_bits).where(ours), [{"old_tag": tag_id} for tag_id in tag_ids])


def _bits(connection: Connection, tag_ids: Collection[int], block: int) -> dict[int, int]:
    """The block of each tag, 0 where there is none."""
    found = dict.fromkeys(tag_ids, 0)
    for some in _portions(tag_ids):
        for tag_id, bits in connection.execute(_READ_BLOCK, {"tag_ids": some, "block": block}):
            found[tag_id] = int.from_bytes(bits, "little")
    return found


def _put(connection: Connection, changed: dict[int, int], block: int) -> None:
    rows = [
        {"tag_id": tag_id, "block": block, "bits": bits.to_bytes((bits.bit_length() + 7) // 8, "little")}
        for tag_id, bits in changed.items()
    ]
    if rows:
        connection.execute(_PUT, rows)


def _portions(tag_ids: Collection[int]) -> Iterable[list[int]]:
    """Databases limit the number of parameters of one statement."""
    ids = list(tag_ids)
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
