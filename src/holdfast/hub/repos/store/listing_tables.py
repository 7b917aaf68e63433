"""Tables behind lists and search (ADR 0004). All of it is an index that can be rebuilt from git.

The two full-text tables are made by statements: SQLAlchemy has no words for SQLite's virtual tables. PostgreSQL's are
ordinary ones with the same columns.
"""

from __future__ import annotations

from sqlalchemy import DDL, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint, event, text

from holdfast.backends.database.protocol import metadata

tag = Table(
    "tag",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("repo_type", String(16), nullable=False),
    Column("name", String(220), nullable=False),
    Column("label", String(220), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("uses", Integer, nullable=False, default=0),
    Column("public_uses", Integer, nullable=False, default=0),
    UniqueConstraint("repo_type", "name", name="tag_by_name"),
    Index("tag_by_kind", "repo_type", "kind", "uses"),
)

repo_tag = Table(
    "repo_tag",
    metadata,
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    Column("repo_key", Integer, primary_key=True, autoincrement=False),
    Index("repo_tag_by_repo", "repo_key"),
    sqlite_with_rowid=False,
)

repo_listing = Table(
    "repo_listing",
    metadata,
    Column("repo_key", Integer, primary_key=True, autoincrement=False),
    # As which the repo's tags were counted in `public_uses`, so that they can be taken off again.
    Column("counted_public", Boolean, nullable=False),
    # `documents.FACTS_VERSION` of the program that indexed the repo: what an older one did is done again.
    Column("facts_version", Integer, nullable=False, server_default=text("0")),
    Index("repo_listing_by_version", "facts_version"),
)

# Who has a tag, as blocks of bits (`listing.key_sets`): only of tags that lists count, see `listing_bits`.
tag_bits = Table(
    "tag_bits",
    metadata,
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("bits", LargeBinary, nullable=False),
)

_TEXT_TABLES = {
    "sqlite": (
        "CREATE VIRTUAL TABLE repo_name_fts USING fts5(name, tokenize='trigram')",
        "CREATE VIRTUAL TABLE repo_text_fts USING fts5(body, tokenize='unicode61 remove_diacritics 2', detail=none)",
    ),
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE TABLE repo_name_fts (rowid BIGINT PRIMARY KEY, name TEXT NOT NULL)",
        "CREATE INDEX repo_name_by_trigrams ON repo_name_fts USING gin (name gin_trgm_ops)",
        "CREATE TABLE repo_text_fts (rowid BIGINT PRIMARY KEY, body TEXT[] NOT NULL)",
        "CREATE INDEX repo_text_by_word ON repo_text_fts USING gin (body)",
    ),
}
for dialect, statements in _TEXT_TABLES.items():
    for statement in statements:
        event.listen(repo_listing, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]
