"""Writes the next migration: what the declared tables have and the migrations so far do not make.

For developers: a server only runs migrations. The file is a draft that a person reads before committing it; what
must happen to rows that exist already, nobody but a person knows.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import Connection, Engine, MetaData, create_engine, text

from holdfast.backends.database.migrations.runner import migrate, newest_revision

VERSIONS = Path(__file__).parent / "versions"

_HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {previous!r}
'''
_VIRTUAL_TABLES = "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%' ORDER BY name"
_NOISE = re.compile(r"^\s*# .*$\n?", re.MULTILINE)


def write_migration(metadata: MetaData, title: str, folder: Path = VERSIONS) -> Path | None:
    """Write `NNNN_title.py` and return its path; None when the migrations make every table already.

    Args:
        metadata: the tables as they shall be.
        title: a few words: what changes.
        folder: where the migration goes; those so far are read where they always lie.
    """
    previous = newest_revision()
    revision = f"{int(previous or 0) + 1:04d}"
    functions = _functions(metadata)
    if not functions:
        return None
    path = folder / f"{revision}_{re.sub(r'[^a-z0-9]+', '_', title.lower()).strip('_')}.py"
    head = _HEAD.format(title=title[:1].upper() + title[1:], revision=revision, previous=previous)
    path.write_text("\n\n".join([head, _upgrade(list(functions)), *functions.values()]))
    _format(path)
    return path


def virtual_tables(connection: Connection) -> dict[str, str]:
    """The SQL of SQLite's virtual tables (full-text indexes) by name: SQLAlchemy does not know such tables."""
    return {row.name: row.sql for row in connection.execute(text(_VIRTUAL_TABLES))}


def differences(connection: Connection, metadata: MetaData) -> ops.UpgradeOps:
    """What a migrated database lacks, by the declared tables; empty when they agree."""
    virtual = tuple(virtual_tables(connection))

    def is_ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        # Each full-text index keeps its content in tables called after it.
        return kind != "table" or name is None or not name.startswith(virtual) or not virtual

    options = {"include_object": is_ours, "render_as_batch": newest_revision() is not None, "compare_type": True}
    script = produce_migrations(MigrationContext.configure(connection, opts=options), metadata)
    assert script.upgrade_ops is not None
    return script.upgrade_ops


def _functions(metadata: MetaData) -> dict[str, str]:
    """The migration's functions by name: one for each new table, one for all other changes."""
    with TemporaryDirectory() as folder:
        migrated, declared = (create_engine(f"sqlite:///{folder}/{name}.sqlite") for name in ("migrated", "declared"))
        migrate(migrated)
        metadata.create_all(declared)
        functions = _table_functions(migrated, metadata)
        for name, sql in _missing_virtual_tables(migrated, declared).items():
            functions[f"_create_{name}"] = _virtual_table_function(name, sql)
        migrated.dispose()
        declared.dispose()
    return functions


def _table_functions(migrated: Engine, metadata: MetaData) -> dict[str, str]:
    grouped: dict[str, list[ops.MigrateOperation]] = {}
    with migrated.connect() as connection:
        for operation in differences(connection, metadata).ops:
            new = isinstance(operation, ops.CreateTableOp)
            table = getattr(operation, "table_name", "")
            group = f"_create_{table}" if new or f"_create_{table}" in grouped else "_change_tables"
            grouped.setdefault(group, []).append(operation)
    return {name: _function(name, operations) for name, operations in grouped.items()}


def _function(name: str, operations: list[ops.MigrateOperation]) -> str:
    body = render_python_code(ops.UpgradeOps(operations))
    return f"def {name}() -> None:\n    " + _NOISE.sub("", body).strip() + "\n"


def _missing_virtual_tables(migrated: Engine, declared: Engine) -> dict[str, str]:
    with migrated.connect() as before, declared.connect() as after:
        known = virtual_tables(before)
        return {name: sql for name, sql in virtual_tables(after).items() if name not in known}


def _virtual_table_function(name: str, sql: str) -> str:
    condition = '    if op.get_bind().dialect.name == "sqlite":\n'
    return f"def _create_{name}() -> None:\n{condition}        op.execute({sql!r})\n"


def _upgrade(names: list[str]) -> str:
    return "def upgrade() -> None:\n" + "".join(f"    {name}()\n" for name in names)


def _format(path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is not None:
        subprocess.run([ruff, "format", "--quiet", path], check=True)
