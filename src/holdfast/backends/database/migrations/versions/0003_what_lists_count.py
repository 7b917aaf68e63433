"""What lists count: bits of tags, memory that weights take, and by which rules a repo was indexed.

Rows that exist say version 0: the server reads those repos again, in the background.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "tag_bits",
        sa.Column("tag_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tag_id", "block"),
    )
    op.create_index("tag_by_kind", "tag", ["repo_type", "kind", "uses"])
    op.add_column("repo", sa.Column("weight_bytes", sa.BigInteger(), nullable=True))
    has_weights, is_private = sa.text("weight_bytes IS NOT NULL"), sa.text("private")
    op.create_index(
        "repo_by_weight_bytes", "repo", ["type", "weight_bytes"], sqlite_where=has_weights, postgresql_where=has_weights
    )
    op.create_index(
        "repo_private", "repo", ["namespace_id", "type", "key"], sqlite_where=is_private, postgresql_where=is_private
    )
    op.add_column("repo_listing", sa.Column("facts_version", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index("repo_listing_by_version", "repo_listing", ["facts_version"])
