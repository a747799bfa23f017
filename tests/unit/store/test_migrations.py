"""The migrations build exactly the tables that the queries believe in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from ledger.store import open_store
from ledger.store.database import Database
from ledger.store.migrating import config
from ledger.store.schema import REVISION, metadata


def test_migrations_lead_to_the_schema(tmp_path: Path) -> None:
    store = open_store(tmp_path / "ledger.db")
    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


def test_the_newest_migration_is_the_one_that_a_store_is_opened_by() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == REVISION


def test_a_store_of_this_version_is_opened_without_alembic(tmp_path: Path) -> None:
    open_store(tmp_path / "ledger.db").close()
    code = """
import sys
from pathlib import Path
from ledger.store import open_store
from ledger.store.database import Database
open_store(Path(sys.argv[1])).close()
print(any(name.startswith("alembic") for name in sys.modules))
"""
    command_line = [sys.executable, "-c", code, str(tmp_path / "ledger.db")]
    done = subprocess.run(command_line, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_older_store_is_brought_to_this_version(tmp_path: Path) -> None:
    database = Database(tmp_path / "ledger.db")
    with database.write() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        assert not inspect(connection).has_table("accounts")
    database.close()
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
