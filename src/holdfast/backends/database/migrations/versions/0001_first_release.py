"""First release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_access_request()
    _create_lfs_lock()
    _create_namespace()
    _create_object()
    _create_pull_request()
    _create_repo()
    _create_repo_download()
    _create_repo_facts()
    _create_repo_like()
    _create_repo_listing()
    _create_repo_object()
    _create_repo_redirect()
    _create_repo_ref()
    _create_repo_tag()
    _create_tag()
    _create_xet_dedup()
    _create_xet_file()
    _create_xet_file_xorb()
    _create_xet_store()
    _create_xorb()
    _create_app_user()
    _create_access_token()
    _create_device_grant()
    _create_login_session()
    _create_membership()
    _create_repo_name_fts()
    _create_repo_text_fts()


def _create_access_request() -> None:
    op.create_table(
        "access_request",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("repo_key", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("rejection_reason", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("access_request_of_user", "access_request", ["repo_key", "user_id"], unique=True)


def _create_lfs_lock() -> None:
    op.create_table(
        "lfs_lock",
        sa.Column("lock_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("repo_key", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_name", sa.String(length=96), nullable=False),
        sa.Column("locked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lock_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_lfs_lock_path", "lfs_lock", ["repo_key", "path"], unique=True)


def _create_namespace() -> None:
    op.create_table(
        "namespace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("name_key", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("fullname", sa.String(length=200), nullable=False),
        sa.Column("avatar_url", sa.Text(), nullable=True),
        sa.Column("private_by_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_key"),
    )


def _create_object() -> None:
    op.create_table(
        "object",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("condemned_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", "kind"),
    )


def _create_pull_request() -> None:
    op.create_table(
        "pull_request",
        sa.Column("repo_key", sa.Integer(), nullable=False),
        sa.Column("num", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("base_ref", sa.String(length=250), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("merge_oid", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("repo_key", "num"),
    )


def _create_repo() -> None:
    op.create_table(
        "repo",
        sa.Column("key", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=24), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("namespace", sa.String(length=96), nullable=False),
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("text_key", sa.String(length=220), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("gated", sa.String(length=8), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("default_branch", sa.String(length=200), nullable=False),
        sa.Column("head_oid", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("likes", sa.Integer(), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("downloads_all_time", sa.Integer(), nullable=False),
        sa.Column("trending_score", sa.Float(), nullable=False),
        sa.Column("parameters", sa.BigInteger(), nullable=True),
        sa.Column("index_pending", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("text_key"),
        sa.UniqueConstraint("uid"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "repo_by_created_at", "repo", ["type", "created_at", "key", "private", "namespace_id"], unique=False
    )
    op.create_index("repo_by_downloads", "repo", ["type", "downloads", "key", "private", "namespace_id"], unique=False)
    op.create_index("repo_by_likes", "repo", ["type", "likes", "key", "private", "namespace_id"], unique=False)
    op.create_index("repo_by_namespace", "repo", ["namespace_id", "type"], unique=False)
    op.create_index(
        "repo_by_parameters",
        "repo",
        ["type", "parameters"],
        unique=False,
        sqlite_where=sa.text("parameters IS NOT NULL"),
        postgresql_where=sa.text("parameters IS NOT NULL"),
    )
    op.create_index(
        "repo_by_trending_score", "repo", ["type", "trending_score", "key", "private", "namespace_id"], unique=False
    )
    op.create_index(
        "repo_by_updated_at", "repo", ["type", "updated_at", "key", "private", "namespace_id"], unique=False
    )
    op.create_index("repo_index_pending", "repo", ["index_pending"], unique=False)


def _create_repo_download() -> None:
    op.create_table(
        "repo_download",
        sa.Column("repo_key", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("repo_key", "day"),
    )
    op.create_index("repo_download_by_day", "repo_download", ["day"], unique=False)


def _create_repo_facts() -> None:
    op.create_table(
        "repo_facts",
        sa.Column("repo_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repo_key"),
    )


def _create_repo_like() -> None:
    op.create_table(
        "repo_like",
        sa.Column("repo_key", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("liked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repo_key", "user_id"),
    )
    op.create_index(op.f("ix_repo_like_user_id"), "repo_like", ["user_id"], unique=False)


def _create_repo_listing() -> None:
    op.create_table(
        "repo_listing",
        sa.Column("repo_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted_public", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("repo_key"),
    )


def _create_repo_object() -> None:
    op.create_table(
        "repo_object",
        sa.Column("repo_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repo_key", "sha256"),
    )
    op.create_index("ix_repo_object_sha256", "repo_object", ["sha256"], unique=False)


def _create_repo_redirect() -> None:
    op.create_table(
        "repo_redirect",
        sa.Column("text_key", sa.String(length=220), nullable=False),
        sa.Column("repo_key", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("text_key"),
    )
    op.create_index(op.f("ix_repo_redirect_repo_key"), "repo_redirect", ["repo_key"], unique=False)


def _create_repo_ref() -> None:
    op.create_table(
        "repo_ref",
        sa.Column("repo_key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("oid", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("repo_key", "name"),
        sqlite_with_rowid=False,
    )


def _create_repo_tag() -> None:
    op.create_table(
        "repo_tag",
        sa.Column("tag_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("repo_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tag_id", "repo_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("repo_tag_by_repo", "repo_tag", ["repo_key"], unique=False)


def _create_tag() -> None:
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("repo_type", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=220), nullable=False),
        sa.Column("label", sa.String(length=220), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("public_uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("repo_type", "name", name="tag_by_name"),
    )


def _create_xet_dedup() -> None:
    op.create_table(
        "xet_dedup",
        sa.Column("chunk", sa.String(length=64), nullable=False),
        sa.Column("xorb", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chunk"),
    )
    op.create_index("ix_xet_dedup_xorb", "xet_dedup", ["xorb"], unique=False)


def _create_xet_file() -> None:
    op.create_table(
        "xet_file",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("packed_terms", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_xet_file_sha256", "xet_file", ["sha256", "created_at"], unique=False)


def _create_xet_file_xorb() -> None:
    op.create_table(
        "xet_file_xorb",
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("xorb", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("file", "xorb"),
    )
    op.create_index("ix_xet_file_xorb_xorb", "xet_file_xorb", ["xorb"], unique=False)


def _create_xet_store() -> None:
    op.create_table(
        "xet_store",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_xorb() -> None:
    op.create_table(
        "xorb",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("raw_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("condemned_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )


def _create_app_user() -> None:
    op.create_table(
        "app_user",
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_site_admin", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_login_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["namespace_id"],
            ["namespace.id"],
        ),
        sa.PrimaryKeyConstraint("namespace_id"),
    )


def _create_access_token() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("refresh_sha256", sa.String(length=64), nullable=True),
        sa.Column("refresh_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("grants", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.namespace_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("refresh_sha256"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_index(op.f("ix_access_token_user_id"), "access_token", ["user_id"], unique=False)


def _create_device_grant() -> None:
    op.create_table(
        "device_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_code", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("denied", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.namespace_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_sha256"),
        sa.UniqueConstraint("user_code"),
    )
    op.create_index(op.f("ix_device_grant_expires_at"), "device_grant", ["expires_at"], unique=False)


def _create_login_session() -> None:
    op.create_table(
        "login_session",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.namespace_id"],
        ),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_index(op.f("ix_login_session_expires_at"), "login_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_login_session_user_id"), "login_session", ["user_id"], unique=False)


def _create_membership() -> None:
    op.create_table(
        "membership",
        sa.Column("org_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["namespace.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.namespace_id"],
        ),
        sa.PrimaryKeyConstraint("org_id", "user_id"),
    )
    op.create_index("membership_by_user", "membership", ["user_id"], unique=False)


def _create_repo_name_fts() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE repo_name_fts USING fts5(name, tokenize='trigram')")
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE TABLE repo_name_fts (rowid BIGINT PRIMARY KEY, name TEXT NOT NULL)")
    op.execute("CREATE INDEX repo_name_by_trigrams ON repo_name_fts USING gin (name gin_trgm_ops)")


def _create_repo_text_fts() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE repo_text_fts USING fts5(body, tokenize='unicode61 remove_diacritics 2', detail=none)"
        )
        return
    op.execute("CREATE TABLE repo_text_fts (rowid BIGINT PRIMARY KEY, body TEXT[] NOT NULL)")
    op.execute("CREATE INDEX repo_text_by_word ON repo_text_fts USING gin (body)")
