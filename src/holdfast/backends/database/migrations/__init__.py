"""The one Alembic migration tree, for every driver."""
