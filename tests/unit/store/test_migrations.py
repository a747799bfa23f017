"""The migrations build exactly the tables that the queries believe in."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from ledger.store import open_store
from ledger.store.schema import metadata


def test_migrations_lead_to_the_schema(tmp_path: Path) -> None:
    store = open_store(tmp_path / "ledger.db")
    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


def test_tables_without_row_id_are_so_on_disk(tmp_path: Path) -> None:
    store = open_store(tmp_path / "ledger.db")
    with store.database.read() as connection:
        made = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all())
    store.close()
    for table in metadata.sorted_tables:
        wanted = table.dialect_options["sqlite"]["with_rowid"] is False
        assert ("WITHOUT ROWID" in made[table.name]) is wanted, table.name
