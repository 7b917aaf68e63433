"""The tables of xorbs, Xet files and global dedup. Functions on an open transaction; times are given, never read.

Hashes are hex text here, raw bytes everywhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from holdfast.backends.database.protocol import metadata
from holdfast.hub.xet.domain import StoredXorb, XetFile, XorbUsage
from holdfast.hub.xet.formats.hashes import XetHash, hash_from_text, hash_to_text
from holdfast.hub.xet.formats.terms import unpack_terms

XORB = Table(
    "xorb",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("raw_bytes", BigInteger, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("offered_at", BigInteger, nullable=False),
    Column("condemned_at", BigInteger),
)
XET_FILE = Table(
    "xet_file",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("packed_terms", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_xet_file_sha256", "sha256", "created_at"),
)
XET_FILE_XORB = Table(
    "xet_file_xorb",
    metadata,
    Column("file", String(64), primary_key=True),
    Column("xorb", String(64), primary_key=True),
    Index("ix_xet_file_xorb_xorb", "xorb"),
)
XET_DEDUP = Table(
    "xet_dedup",
    metadata,
    Column("chunk", String(64), primary_key=True),
    Column("xorb", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Index("ix_xet_dedup_xorb", "xorb"),
)
XET_STORE = Table("xet_store", metadata, Column("id", Integer, primary_key=True), Column("epoch", String(32)))

NEWEST_HASH = "SELECT hash FROM xet_file WHERE sha256 = ? ORDER BY created_at DESC LIMIT 1"
STORED_BYTES = "SELECT stored_bytes FROM xorb WHERE hash = ?"
EPOCH = "SELECT epoch FROM xet_store WHERE id = 1"

_BATCH = 500
T = TypeVar("T")


def get_epoch(connection: Connection) -> str | None:
    """The epoch of the store, or None before the first."""
    return connection.execute(select(XET_STORE.c.epoch)).scalar()


def set_epoch(connection: Connection, epoch: str) -> None:
    """Begin an epoch."""
    if connection.execute(update(XET_STORE).values(epoch=epoch)).rowcount == 0:
        connection.execute(insert(XET_STORE).values(id=1, epoch=epoch))


def record_xorb(connection: Connection, new: StoredXorb) -> bool:
    """Insert a xorb, or note that it was offered again; answers whether it is new."""
    if touch_xorbs(connection, [new.hash], new.offered_at):
        return False
    connection.execute(insert(XORB).values({**vars(new), "hash": hash_to_text(new.hash)}))
    return True


def touch_xorbs(connection: Connection, xorbs: Collection[XetHash], now: int) -> int:
    """Note that xorbs were offered again, which cancels their condemnation; answers how many of them exist."""
    found = 0
    for some in _batches(_texts(xorbs)):
        statement = update(XORB).where(XORB.c.hash.in_(some)).values(offered_at=now, condemned_at=None)
        found += connection.execute(statement).rowcount
    return found


def find_xorbs(connection: Connection, xorbs: Collection[XetHash]) -> dict[XetHash, StoredXorb]:
    """Those of `xorbs` that are stored."""
    rows = _select_in(connection, select(XORB), XORB.c.hash, _texts(xorbs))
    return {xorb.hash: xorb for xorb in map(_xorb, rows)}


def scan_xorbs(connection: Connection, after: str, limit: int) -> list[StoredXorb]:
    """The next xorbs in the order of their hash's text; begin with an empty text."""
    statement = select(XORB).where(XORB.c.hash > after).order_by(XORB.c.hash).limit(limit)
    return [_xorb(row) for row in connection.execute(statement)]


def xorb_usage(connection: Connection) -> XorbUsage:
    """What all xorbs add up to."""
    sums = (func.coalesce(func.sum(column), 0) for column in (XORB.c.raw_bytes, XORB.c.stored_bytes))
    return XorbUsage(*connection.execute(select(func.count(), *sums).select_from(XORB)).one())


def condemn_xorbs(connection: Connection, seen: Iterable[StoredXorb], now: int | None) -> None:
    """Mark xorbs, or take the mark off (`now` None), unless they were offered since `seen` was read."""
    for xorb in seen:
        connection.execute(update(XORB).where(_unchanged(xorb)).values(condemned_at=now))


def remove_xorb(connection: Connection, seen: StoredXorb) -> bool:
    """Delete a xorb and its dedup rows, unless it was offered since `seen` was read or a file uses it."""
    name = hash_to_text(seen.hash)
    used = exists().where(XET_FILE_XORB.c.xorb == name)
    if connection.execute(delete(XORB).where(_unchanged(seen), ~used)).rowcount == 0:
        return False
    connection.execute(delete(XET_DEDUP).where(XET_DEDUP.c.xorb == name))
    return True


def users_of(connection: Connection, xorbs: Collection[XetHash]) -> dict[XetHash, set[str]]:
    """The SHA-256 of the files that use each xorb; xorbs that no file uses are left out."""
    statement = select(XET_FILE_XORB.c.xorb, XET_FILE.c.sha256).join(XET_FILE, XET_FILE.c.hash == XET_FILE_XORB.c.file)
    users: dict[XetHash, set[str]] = {}
    for row in _select_in(connection, statement, XET_FILE_XORB.c.xorb, _texts(xorbs)):
        users.setdefault(hash_from_text(row.xorb), set()).add(row.sha256)
    return users


def record_files(connection: Connection, files: Collection[XetFile]) -> None:
    """Insert files, each once, and which xorbs they use; those that exist stay as they are."""
    known = sha256s_of(connection, [file.hash for file in files])
    fresh = [file for file in files if file.hash not in known]
    if not fresh:
        return
    connection.execute(insert(XET_FILE), [{**vars(file), "hash": hash_to_text(file.hash)} for file in fresh])
    uses = [
        {"file": hash_to_text(file.hash), "xorb": xorb}
        for file in fresh
        for xorb in _texts(term.xorb for term in unpack_terms(file.packed_terms))
    ]
    if uses:
        connection.execute(insert(XET_FILE_XORB), uses)


def find_file(connection: Connection, file: XetHash) -> XetFile | None:
    """The file, or None."""
    row = connection.execute(select(XET_FILE).where(XET_FILE.c.hash == hash_to_text(file))).first()
    return None if row is None else _file(row)


def newest_file(connection: Connection, sha256: str) -> XetFile | None:
    """The Xet file that was recorded last for a SHA-256, or None."""
    statement = select(XET_FILE).where(XET_FILE.c.sha256 == sha256)
    row = connection.execute(statement.order_by(XET_FILE.c.created_at.desc(), XET_FILE.c.hash).limit(1)).first()
    return None if row is None else _file(row)


def files_using(connection: Connection, xorb: XetHash, limit: int) -> list[XetFile]:
    """The newest files that use a xorb."""
    statement = (
        select(XET_FILE)
        .join(XET_FILE_XORB, XET_FILE_XORB.c.file == XET_FILE.c.hash)
        .where(XET_FILE_XORB.c.xorb == hash_to_text(xorb))
        .order_by(XET_FILE.c.created_at.desc(), XET_FILE.c.hash)
        .limit(limit)
    )
    return [_file(row) for row in connection.execute(statement)]


def scan_files(connection: Connection, after: str, limit: int) -> list[XetFile]:
    """The next files in the order of their hash's text; begin with an empty text."""
    statement = select(XET_FILE).where(XET_FILE.c.hash > after).order_by(XET_FILE.c.hash).limit(limit)
    return [_file(row) for row in connection.execute(statement)]


def sha256s_of(connection: Connection, files: Collection[XetHash]) -> dict[XetHash, str]:
    """The SHA-256 of those files that are recorded."""
    statement = select(XET_FILE.c.hash, XET_FILE.c.sha256)
    rows = _select_in(connection, statement, XET_FILE.c.hash, _texts(files))
    return {hash_from_text(row.hash): row.sha256 for row in rows}


def forget_files(connection: Connection, sha256s: Collection[str]) -> None:
    """Delete the files of these SHA-256, in every form clients sent them."""
    for some in _batches(sorted(set(sha256s))):
        names = select(XET_FILE.c.hash).where(XET_FILE.c.sha256.in_(some))
        connection.execute(delete(XET_FILE_XORB).where(XET_FILE_XORB.c.file.in_(names)))
        connection.execute(delete(XET_FILE).where(XET_FILE.c.sha256.in_(some)))


def record_chunks(connection: Connection, places: Mapping[XetHash, tuple[XetHash, int]]) -> None:
    """Make chunks findable: to each its xorb and position there. Chunks that are known stay where they are."""
    texts = {hash_to_text(chunk): place for chunk, place in places.items()}
    known = {row[0] for row in _select_in(connection, select(XET_DEDUP.c.chunk), XET_DEDUP.c.chunk, sorted(texts))}
    rows = [
        {"chunk": chunk, "xorb": hash_to_text(xorb), "position": position}
        for chunk, (xorb, position) in texts.items()
        if chunk not in known
    ]
    if rows:
        connection.execute(insert(XET_DEDUP), rows)


def find_chunk(connection: Connection, chunk: XetHash) -> XetHash | None:
    """The xorb in which a chunk that may be asked for stands, unless that xorb is condemned."""
    statement = (
        select(XORB.c.hash)
        .join(XET_DEDUP, XET_DEDUP.c.xorb == XORB.c.hash)
        .where(XET_DEDUP.c.chunk == hash_to_text(chunk), XORB.c.condemned_at.is_(None))
    )
    row = connection.execute(statement).first()
    return None if row is None else hash_from_text(row[0])


def _unchanged(seen: StoredXorb) -> ColumnElement[bool]:
    return and_(
        XORB.c.hash == hash_to_text(seen.hash),
        XORB.c.offered_at == seen.offered_at,
        XORB.c.condemned_at.is_not_distinct_from(seen.condemned_at),
    )


def _xorb(row: Row[Any]) -> StoredXorb:
    values = dict(row._mapping)
    return StoredXorb(**{**values, "hash": hash_from_text(str(values["hash"]))})


def _file(row: Row[Any]) -> XetFile:
    values = dict(row._mapping)
    return XetFile(**{**values, "hash": hash_from_text(str(values["hash"]))})


def _select_in(
    connection: Connection, statement: Select[Any], column: Column[str], words: Sequence[str]
) -> Iterator[Row[Any]]:
    for some in _batches(words):
        yield from connection.execute(statement.where(column.in_(some)))


def _texts(hashes: Iterable[XetHash]) -> list[str]:
    return sorted({hash_to_text(raw) for raw in hashes})


def _batches(words: Sequence[T]) -> Iterator[Sequence[T]]:
    # Databases limit the number of parameters of one statement.
    for start in range(0, len(words), _BATCH):
        yield words[start : start + _BATCH]
