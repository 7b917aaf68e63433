"""The tables. `*_at` columns are milliseconds since 1970; secrets are stored as SHA-256 in hexadecimal."""

from __future__ import annotations

from sqlalchemy import DDL, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, event

from holdfast.backends.database.protocol import metadata

namespace = Table(
    "namespace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(96), nullable=False),
    Column("name_key", String(96), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("fullname", String(200), nullable=False),
    Column("bio", Text),
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
    Column("last_seen_at", BigInteger),
    Column("address", String(64)),
    Column("user_agent", String(300)),
)
"""`address` and `user_agent` are those of the login."""

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

site_settings = Table(
    "site_settings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("open_signup", Boolean),
    Column("instance_name", String(60)),
    Column("announcement", Text),
)
"""One row at most, with the id 1; null means as the environment says."""

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("happened_at", BigInteger, nullable=False),
    Column("actor_id", Integer),
    Column("actor", String(96), nullable=False),
    Column("address", String(64)),
    Column("action", String(40), nullable=False),
    Column("target", String(220), nullable=False),
    Column("details", Text),
    Index("audit_event_by_action", "action"),
    Index("audit_event_by_actor", "actor"),
    Index("audit_event_by_target", "target"),
    sqlite_autoincrement=True,
)
"""What happened; names as they were then, `actor` and `target` in lower case. `details` is a JSON object of texts."""

_REFUSALS = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_event_no_{change.lower()} BEFORE {change} ON audit_event"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        for change in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE FUNCTION audit_event_refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE integrity_constraint_violation USING MESSAGE = 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_event_refusal()",
    ),
}
for _dialect, _statements in _REFUSALS.items():
    for _statement in _statements:
        event.listen(audit_event, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
