"""The migrations make exactly the tables that the stores declare."""

from __future__ import annotations

import multiprocessing
import sqlite3

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine

from holdfast.app.schema import all_tables
from holdfast.backends.database.migrations.runner import migrate
from holdfast.backends.database.migrations.writer import differences, virtual_tables, write_migration
from holdfast.backends.database.sqlite import SqliteDatabase
from tests.factories.databases import open_postgresql

_EXTRAS = ("AUTOINCREMENT", "WITHOUT ROWID")
HOW = "Run `holdfast migrate --new TITLE`, see CONTRIBUTING."
_IN_POSTGRESQL = (
    "SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT tablename, regexp_replace(indexdef, ' INDEX [^ ]+', '') FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
)


@pytest.fixture
def migrated(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def declared(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.sqlite'}")
    all_tables().create_all(engine)
    yield engine
    engine.dispose()


def test_nothing_is_left_to_change(migrated):
    with migrated.connect() as connection:
        assert not differences(connection, all_tables()).as_diffs(), HOW


def test_virtual_tables_are_made_too(migrated, declared):
    with migrated.connect() as made, declared.connect() as wanted:
        assert virtual_tables(made) == virtual_tables(wanted), HOW


def test_properties_that_alembic_does_not_compare(tmp_path, migrated, declared):
    assert _extras(tmp_path / "migrated.sqlite") == _extras(tmp_path / "declared.sqlite")
    assert ("repo", "AUTOINCREMENT") in _extras(tmp_path / "migrated.sqlite")


def test_triggers_are_made_too(tmp_path, migrated, declared):
    assert _triggers(tmp_path / "migrated.sqlite") == _triggers(tmp_path / "declared.sqlite"), HOW


def test_postgresql_gets_what_is_declared():
    migrated, declared = open_postgresql(), open_postgresql()
    try:
        migrated.migrate()
        with declared.write() as connection:
            all_tables().create_all(connection)
        for query in _IN_POSTGRESQL:
            assert _rows(migrated, query) == _rows(declared, query), "as on SQLite; see CONTRIBUTING"
        migrated.migrate()
        assert migrated.revision() == migrated.newest_revision()
    finally:
        migrated.close()
        declared.close()


def test_a_new_table_is_noticed_and_written(tmp_path, migrated):
    more = MetaData()
    for table in all_tables().tables.values():
        table.to_metadata(more)
    Table("novelty", more, Column("key", Integer, primary_key=True), Column("count", Integer, index=True))
    with migrated.connect() as connection:
        found = differences(connection, more).as_diffs()
    assert [diff[0] for diff in found] == ["add_table", "add_index"]
    written = write_migration(more, "A Novelty!", tmp_path)
    assert written is not None
    assert written.name.endswith("_a_novelty.py")
    assert 'op.create_table(\n        "novelty"' in written.read_text()
    assert "op.create_index" in written.read_text()


def test_nothing_is_written_for_tables_that_exist(tmp_path):
    # Virtual tables are made by listeners, which a copy of the metadata would lose: so the original.
    assert write_migration(all_tables(), "nothing", tmp_path) is None


def test_migrating_twice_changes_nothing(tmp_path):
    database = SqliteDatabase(tmp_path / "t.sqlite")
    assert database.revision() is None
    database.migrate()
    first = _everything(tmp_path / "t.sqlite")
    database.migrate()
    assert _everything(tmp_path / "t.sqlite") == first
    assert database.revision() == database.newest_revision()
    database.close()


def test_processes_may_migrate_at_the_same_time(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_migrate, args=(tmp_path / "t.sqlite",)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]


def _migrate(path):
    database = SqliteDatabase(path)
    database.migrate()
    database.close()


def _rows(database, query):
    with database.read() as connection:
        return {tuple(row) for row in connection.exec_driver_sql(query) if row[0] != "alembic_version"}


def _everything(path):
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return rows


def _extras(path):
    return {(name, word) for name, sql in _everything(path) for word in _EXTRAS if sql and word in sql}


def _triggers(path):
    return [(name, sql) for name, sql in _everything(path) if sql and sql.startswith("CREATE TRIGGER")]
