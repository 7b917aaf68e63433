"""The tables. Everything here but likes, downloads, gating and discussions is an index that git can rebuild."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, text

from holdfast.backends.database.protocol import metadata


def _where(condition: str) -> dict[str, Any]:
    """An index of some rows only, in the words of every database that can have one."""
    return {f"{database}_where": text(condition) for database in ("sqlite", "postgresql")}


repo = Table(
    "repo",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),
    Column("uid", String(24), nullable=False, unique=True),
    Column("type", String(16), nullable=False),
    Column("namespace_id", Integer, nullable=False),
    Column("namespace", String(96), nullable=False),
    Column("name", String(96), nullable=False),
    Column("text_key", String(220), nullable=False, unique=True),
    Column("creator_id", Integer),
    Column("private", Boolean, nullable=False),
    Column("gated", String(8)),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("default_branch", String(200), nullable=False),
    Column("head_oid", String(40)),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("likes", Integer, nullable=False, default=0),
    Column("downloads", Integer, nullable=False, default=0),
    Column("downloads_all_time", Integer, nullable=False, default=0),
    Column("trending_score", Float, nullable=False, default=0.0),
    Column("parameters", BigInteger),
    Column("weight_bytes", BigInteger),
    # True between the start of a ref update in git and the end of its indexing: such repos are re-read at start.
    Column("index_pending", Boolean, nullable=False, default=False),
    Index("repo_by_namespace", "namespace_id", "type"),
    *(
        # The last two columns let a walk along the order skip invisible repos without touching their rows.
        Index(f"repo_by_{order}", "type", order, "key", "private", "namespace_id")
        for order in ("created_at", "updated_at", "likes", "downloads", "trending_score")
    ),
    Index("repo_by_parameters", "type", "parameters", **_where("parameters IS NOT NULL")),
    Index("repo_by_weight_bytes", "type", "weight_bytes", **_where("weight_bytes IS NOT NULL")),
    # Which of a namespace's repos are private, for counts of what its members see.
    Index("repo_private", "namespace_id", "type", "key", **_where("private")),
    Index("repo_index_pending", "index_pending"),
    sqlite_autoincrement=True,  # keys are never reused: they name folders on disk
)

# Apart from `repo`, whose rows lists walk over: they must stay small (ADR 0004).
repo_facts = Table(
    "repo_facts",
    metadata,
    Column("repo_key", Integer, primary_key=True, autoincrement=False),
    Column("facts", Text, nullable=False),
)

repo_ref = Table(
    "repo_ref",
    metadata,
    Column("repo_key", Integer, primary_key=True),
    Column("name", String(250), primary_key=True),
    Column("oid", String(40), nullable=False),
    sqlite_with_rowid=False,
)

repo_redirect = Table(
    "repo_redirect",
    metadata,
    Column("text_key", String(220), primary_key=True),
    Column("repo_key", Integer, nullable=False, index=True),
)

repo_like = Table(
    "repo_like",
    metadata,
    Column("repo_key", Integer, primary_key=True),
    Column("user_id", Integer, primary_key=True, index=True),
    Column("liked_at", BigInteger, nullable=False),
)

repo_download = Table(
    "repo_download",
    metadata,
    Column("repo_key", Integer, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    Index("repo_download_by_day", "day"),
)

access_request = Table(
    "access_request",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("repo_key", Integer, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("rejection_reason", Text),
    Column("fields", Text, nullable=False, default="{}"),
    Column("granted", Boolean, nullable=False, default=False),
    Index("access_request_of_user", "repo_key", "user_id", unique=True),
)

# A pull request is a discussion with a `base_ref`: both are numbered together. `hub.community` is what talks in them.
discussion = Table(
    "discussion",
    metadata,
    Column("repo_key", Integer, primary_key=True),
    Column("num", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("author_id", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("base_ref", String(250)),
    Column("created_at", BigInteger, nullable=False),
    Column("merge_oid", String(40)),
)
