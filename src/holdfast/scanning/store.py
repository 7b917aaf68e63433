"""SQL for scans: by content, so that a file is looked into once, wherever it lies."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text, delete, insert, select

from holdfast.backends.database.protocol import metadata
from holdfast.scanning.domain import Import, Scan
from holdfast.scanning.known_imports import level_of

FILE_SCAN = Table(
    "file_scan",
    metadata,
    Column("content_oid", String(64), primary_key=True),
    Column("reader_version", Integer, nullable=False),
    Column("imports", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("scanned_at", BigInteger, nullable=False),
)
_BATCH = 500


def get_scans(connection: Connection, content_oids: Iterable[str], reader_version: int) -> dict[str, Scan]:
    """What is known of contents. Names are judged anew each time: the lists of known ones may have grown since."""
    wanted = list(content_oids)
    found: dict[str, Scan] = {}
    for start in range(0, len(wanted), _BATCH):
        rows = connection.execute(
            select(FILE_SCAN.c.content_oid, FILE_SCAN.c.imports, FILE_SCAN.c.problem).where(
                FILE_SCAN.c.content_oid.in_(wanted[start : start + _BATCH]),
                FILE_SCAN.c.reader_version == reader_version,
            )
        )
        found |= {row.content_oid: Scan(_imports(row.imports), row.problem) for row in rows}
    return found


def put_scan(connection: Connection, content_oid: str, scan: Scan, reader_version: int, now: int) -> None:
    """Note what was found, in place of what an older reader had found."""
    connection.execute(delete(FILE_SCAN).where(FILE_SCAN.c.content_oid == content_oid))
    pairs = json.dumps([[item.module, item.name] for item in scan.imports])
    connection.execute(
        insert(FILE_SCAN).values(
            content_oid=content_oid,
            reader_version=reader_version,
            imports=pairs,
            problem=scan.problem,
            scanned_at=now,
        )
    )


def _imports(text: str) -> tuple[Import, ...]:
    return tuple(Import(module, name, level_of(module, name)) for module, name in json.loads(text))
