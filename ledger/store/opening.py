"""Opening a store: bring its tables to this program's version, then hand out its parts."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text

from ledger.store.accounts import SqlAccounts
from ledger.store.agencies import SqlAgencies
from ledger.store.chain_store import SqlChainStore
from ledger.store.database import Database
from ledger.store.desk import SqlDesk
from ledger.store.records import SqlRecords
from ledger.store.schema import REVISION


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
        if not _is_current(database):
            importlib.import_module("ledger.store.migrating").migrate(database)
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


def _is_current(database: Database) -> bool:
    """Whether the tables are of this program's version. Asked without Alembic, which takes a tenth of a start."""
    with database.write() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISION
