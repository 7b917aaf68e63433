"""The tables. `*_at` columns are milliseconds since 1970."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from holdfast.backends.database.protocol import metadata

bucket = Table(
    "bucket",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),
    Column("uid", String(24), nullable=False, unique=True),
    Column("namespace_id", Integer, nullable=False),
    Column("namespace", String(96), nullable=False),
    Column("name", String(96), nullable=False),
    Column("text_key", String(220), nullable=False, unique=True),
    Column("creator_id", Integer),
    Column("private", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("bucket_by_namespace", "namespace_id", "key"),
    sqlite_autoincrement=True,  # keys are never reused: links to objects and CAS tokens name them
)

bucket_file = Table(
    "bucket_file",
    metadata,
    Column("bucket_key", Integer, primary_key=True, autoincrement=False),
    Column("path", Text, primary_key=True),
    Column("xet_hash", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_at", BigInteger),
    Column("uploaded_at", BigInteger, nullable=False),
    Column("content_type", String(200)),
    Index("bucket_file_by_object", "bucket_key", "sha256"),
    sqlite_with_rowid=False,
)
