"""The tables. `*_at` columns are milliseconds since 1970; secrets are stored as SHA-256 in hexadecimal."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from holdfast.backends.database.protocol import metadata

namespace = Table(
    "namespace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(96), nullable=False),
    Column("name_key", String(96), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("fullname", String(200), nullable=False),
    Column("avatar_url", Text),
    Column("private_by_default", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Users and organizations: one space of names. `name_key` is the lower-case name."""

app_user = Table(
    "app_user",
    metadata,
    Column("namespace_id", ForeignKey("namespace.id"), primary_key=True),
    Column("email", String(320)),
    Column("password_hash", Text),
    Column("is_site_admin", Boolean, nullable=False),
    Column("disabled_at", BigInteger),
    Column("last_login_at", BigInteger),
)
"""`password_hash` is argon2id's text form; null for accounts that only use tokens."""

membership = Table(
    "membership",
    metadata,
    Column("org_id", ForeignKey("namespace.id"), primary_key=True),
    Column("user_id", ForeignKey("app_user.namespace_id"), primary_key=True),
    Column("role", String(16), nullable=False),
    Index("membership_by_user", "user_id"),
)

access_token = Table(
    "access_token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("app_user.namespace_id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("refresh_sha256", String(64), unique=True),
    Column("refresh_expires_at", BigInteger),
    Column("grants", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("expires_at", BigInteger),
)
"""`grants` is the JSON of a fine-grained token's lines, null for the others."""

login_session = Table(
    "login_session",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("user_id", ForeignKey("app_user.namespace_id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

device_grant = Table(
    "device_grant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_sha256", String(64), nullable=False, unique=True),
    Column("user_code", String(16), nullable=False, unique=True),
    Column("client_id", String(200), nullable=False),
    Column("user_id", ForeignKey("app_user.namespace_id")),
    Column("denied", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("polled_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
