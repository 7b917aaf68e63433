"""`INSERT … ON CONFLICT`: SQLAlchemy has one class a database for it. SQLite's, which other drivers know to read."""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import insert

upsert = insert
