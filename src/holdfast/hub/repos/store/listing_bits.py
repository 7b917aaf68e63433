"""Keeps, for every tag that lists count, the set of repos that have it as blocks of bits (ADR 0009).

The sets say the same as `repo_tag`, in a form that counts fast. It knows which kinds of tags are counted, not why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, bindparam, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.dialects.sqlite import insert as upsert

from holdfast.hub.repos.listing.key_sets import BLOCK_KEYS, KeySet
from holdfast.hub.repos.store.listing_tables import repo_tag, tag, tag_bits

FILTER_KIND = "filter"
"""Tags of this kind answer filters that are no tags for people; their names start with `=`."""
COUNTED_KINDS = frozenset((
    "pipeline_tag", "library", "language", "license", "task_categories", "modality", "format", "size_categories", "sdk",
))  # fmt: skip
"""Of other kinds there are tens of thousands of tags, most with one or two repos."""
_NOT_COUNTED = ("=model:", "=dataset:")
_AT_ONCE = 500


def is_counted(kind: str, name: str) -> bool:
    """Whether a tag has bits."""
    return kind in COUNTED_KINDS or (kind == FILTER_KIND and not name.startswith(_NOT_COUNTED))


def add(connection: Connection, tag_ids: Sequence[int], repo_key: int) -> None:
    """Note that a repo has these tags; those that are not counted are left out."""
    block, bit = _place(repo_key)
    known = _bits(connection, _counted(connection, tag_ids), block)
    changed = {tag_id: bits | bit for tag_id, bits in known.items() if not bits & bit}
    _put(connection, changed, block)


def remove(connection: Connection, tag_ids: Sequence[int], repo_key: int) -> None:
    """Note that a repo has these tags no longer."""
    block, bit = _place(repo_key)
    known = _bits(connection, tag_ids, block)
    changed = {tag_id: bits & ~bit for tag_id, bits in known.items() if bits & bit}
    _put(connection, {tag_id: bits for tag_id, bits in changed.items() if bits}, block)
    empty = [{"old_tag": tag_id} for tag_id, bits in changed.items() if not bits]
    if empty:
        ours = (tag_bits.c.tag_id == bindparam("old_tag")) & (tag_bits.c.block == block)
        connection.execute(delete_rows(tag_bits).where(ours), empty)


def read_sets(connection: Connection, tag_ids: Collection[int]) -> dict[int, KeySet]:
    """The repos of each of these counted tags; tags without any are left out."""
    blocks: dict[int, list[tuple[int, bytes]]] = {}
    for some in _portions(tag_ids):
        rows = connection.execute(
            select(tag_bits.c.tag_id, tag_bits.c.block, tag_bits.c.bits).where(tag_bits.c.tag_id.in_(some))
        )
        for tag_id, block, bits in rows:
            blocks.setdefault(tag_id, []).append((block, bits))
    return {tag_id: KeySet.from_bytes(found) for tag_id, found in blocks.items()}


def read_listed_set(connection: Connection, tag_id: int) -> KeySet:
    """The repos of any tag, counted or not: as the pairs of `repo_tag` say."""
    return KeySet.of(connection.execute(select(repo_tag.c.repo_key).where(repo_tag.c.tag_id == tag_id)).scalars())


def _place(repo_key: int) -> tuple[int, int]:
    block, number = divmod(repo_key, BLOCK_KEYS)
    return block, 1 << number


def _counted(connection: Connection, tag_ids: Sequence[int]) -> list[int]:
    query = select(tag.c.id, tag.c.kind, tag.c.name)
    rows = (row for some in _portions(tag_ids) for row in connection.execute(query.where(tag.c.id.in_(some))))
    return [row.id for row in rows if is_counted(row.kind, row.name)]


def _bits(connection: Connection, tag_ids: Sequence[int], block: int) -> dict[int, int]:
    """The block of each tag, 0 where there is none."""
    found = dict.fromkeys(tag_ids, 0)
    query = select(tag_bits.c.tag_id, tag_bits.c.bits).where(tag_bits.c.block == block)
    for some in _portions(tag_ids):
        for tag_id, bits in connection.execute(query.where(tag_bits.c.tag_id.in_(some))):
            found[tag_id] = int.from_bytes(bits, "little")
    return found


def _put(connection: Connection, changed: dict[int, int], block: int) -> None:
    if not changed:
        return
    rows = [
        {"tag_id": tag_id, "block": block, "bits": bits.to_bytes((bits.bit_length() + 7) // 8, "little")}
        for tag_id, bits in changed.items()
    ]
    statement = upsert(tag_bits)
    replaced = {"bits": statement.excluded.bits}
    connection.execute(statement.on_conflict_do_update(index_elements=["tag_id", "block"], set_=replaced), rows)


def _portions(tag_ids: Collection[int]) -> Iterable[list[int]]:
    """Databases limit the number of parameters of one statement."""
    ids = list(tag_ids)
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
