"""Discussions beside pull requests, and what happens in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.rename_table("pull_request", "discussion")
    with op.batch_alter_table("discussion") as discussion:
        discussion.alter_column("base_ref", existing_type=sa.String(length=250), nullable=True)
    _create_discussion_event()


def _create_discussion_event() -> None:
    op.create_table(
        "discussion_event",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("repo_key", sa.Integer(), nullable=False),
        sa.Column("num", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("discussion_event_by_num", "discussion_event", ["repo_key", "num", "created_at"])
