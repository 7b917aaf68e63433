"""The database seam: transactions over SQLAlchemy Core; one Alembic migration tree for all drivers."""
