"""Lets tables and statements that were written for SQLite mean the same on PostgreSQL.

Whole numbers have 64 bits and texts any length, whatever the columns declare, for SQLite holds nobody to less. Texts
are compared by their bytes, so that ranges and orders do not depend on the language of the server.
Source: https://www.postgresql.org/docs/15/collation.html, SQLAlchemy 2.1's `dialects/postgresql/base.py`.
"""

from __future__ import annotations

from typing import Any

from psycopg.abc import Buffer
from psycopg.adapt import Loader
from sqlalchemy import BigInteger, Column, FunctionElement, Integer, String
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler, PGTypeCompiler
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg

DRIVER_NAME = "postgresql+holdfast"
"""Of urls for `create_engine`."""


class Number(Loader):
    """Reads `numeric`: no column is of that type, but sums of whole numbers are, and SQLite gives those as such."""

    def load(self, data: Buffer) -> int | float:
        """A whole number wherever it is one."""
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


class _Statements(PGCompiler_psycopg):
    def _on_conflict_target(self, clause: Any, **options: Any) -> Any:
        if not hasattr(clause, "constraint_target"):  # `upserts.upsert`: a constraint's name is PostgreSQL's alone
            clause.constraint_target = None
        return super()._on_conflict_target(clause, **options)  # type: ignore[no-untyped-call]

    def visit_substr_func(self, function: FunctionElement[Any], **options: Any) -> str:
        """PostgreSQL's `substr` takes places of 32 bits only."""
        text, *places = (self.process(clause, **options) for clause in function.clauses)
        return f"substr({', '.join([text, *(f'CAST({place} AS INTEGER)' for place in places)])})"


class _Types(PGTypeCompiler):
    def visit_INTEGER(self, type_: Integer, **kw: Any) -> str:  # noqa: ARG002, N802 - as it is called
        return "BIGINT"

    def _render_string_type(self, *_arguments: Any, **_options: Any) -> str:
        return "TEXT"


class _Tables(PGDDLCompiler):
    def get_column_specification(self, column: Column[Any], **options: Any) -> str:
        words: str = super().get_column_specification(column, **options)  # type: ignore[no-untyped-call]
        return f'{words} COLLATE "C"' if isinstance(column.type, String) else words


class _WholeNumber(BigInteger):
    render_bind_cast = True


class PostgresqlDialect(PGDialect_psycopg):
    """What `DRIVER_NAME` stands for."""

    driver = "holdfast"
    supports_statement_cache = True
    statement_compiler = _Statements
    ddl_compiler = _Tables
    type_compiler_cls = _Types
    colspecs = {  # noqa: RUF012 - as in every dialect
        **PGDialect_psycopg.colspecs,
        Integer: _WholeNumber,
        BigInteger: _WholeNumber,
    }


registry.register(DRIVER_NAME.replace("+", "."), __name__, PostgresqlDialect.__name__)
