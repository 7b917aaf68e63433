"""What files would import."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _create_file_scan()


def _create_file_scan() -> None:
    op.create_table(
        "file_scan",
        sa.Column("content_oid", sa.String(length=64), nullable=False),
        sa.Column("reader_version", sa.Integer(), nullable=False),
        sa.Column("imports", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("content_oid"),
    )
