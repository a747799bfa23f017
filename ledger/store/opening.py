"""Opening a store: bring its tables to this program's version, then hand out its parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from ledger.errors import StoreError
from ledger.store.accounts import SqlAccounts
from ledger.store.agencies import SqlAgencies
from ledger.store.chain_store import SqlChainStore
from ledger.store.database import Database
from ledger.store.desk import SqlDesk
from ledger.store.records import SqlRecords

MIGRATIONS: Final = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The open parts of one store; they share one database."""

    records: SqlRecords
    chain: SqlChainStore
    agencies: SqlAgencies
    accounts: SqlAccounts
    desk: SqlDesk
    database: Database

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def open_store(path: Path) -> Store:
    """Open the store, or make it where there is none; no record is read.

    Args:
        path: the database file; its folder must be there.

    Raises:
        StoreError: the file cannot be opened, or a newer program has written it.
    """
    database = Database(path)
    try:
        migrate(database)
        records = SqlRecords(database)
        return Store(
            records=records,
            chain=SqlChainStore(database, records),
            agencies=SqlAgencies(database),
            accounts=SqlAccounts(database),
            desk=SqlDesk(database),
            database=database,
        )
    except BaseException:
        database.close()
        raise


def migrate(database: Database) -> None:
    """Bring the tables to this program's version, in one transaction.

    Raises:
        StoreError: the store was written by a newer program.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with database.write() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                "This store was written by a newer version of Sillok.",
                where=str(database.path),
                fix="Install that version or a later one.",
            ) from error
