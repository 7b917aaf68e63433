"""Sessions, site settings, audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _create_audit_event()
    _create_site_settings()
    _change_tables()


def _create_audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=220), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_event_by_action", "audit_event", ["action"], unique=False)
    op.create_index("audit_event_by_actor", "audit_event", ["actor"], unique=False)
    op.create_index("audit_event_by_target", "audit_event", ["target"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_event_no_{change.lower()} BEFORE {change} ON audit_event"
                " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_event_refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE integrity_constraint_violation USING MESSAGE = 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_event_refusal()"
    )


def _create_site_settings() -> None:
    op.create_table(
        "site_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("open_signup", sa.Boolean(), nullable=True),
        sa.Column("instance_name", sa.String(length=60), nullable=True),
        sa.Column("announcement", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _change_tables() -> None:
    op.add_column("login_session", sa.Column("last_seen_at", sa.BigInteger(), nullable=True))
    op.add_column("login_session", sa.Column("address", sa.String(length=64), nullable=True))
    op.add_column("login_session", sa.Column("user_agent", sa.String(length=300), nullable=True))
    op.add_column("namespace", sa.Column("bio", sa.Text(), nullable=True))
