"""The database seam: transactions over SQLAlchemy Core. SQLite by default; one Alembic migration tree for all drivers."""
