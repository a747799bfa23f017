"""Bringing an older store's tables to this program's version; the only module that loads Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from ledger.errors import StoreError
from ledger.store.database import Database

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def config() -> Config:
    """Alembic's settings: where the migrations are."""
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return found


def migrate(database: Database) -> None:
    """Bring the tables to this program's version, in one transaction.

    Raises:
        StoreError: the store was written by a newer program.
    """
    settings = config()
    with database.write() as connection:
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError as error:
            raise StoreError(
                "This store was written by a newer version of Sillok.",
                where=str(database.path),
                fix="Install that version or a later one.",
            ) from error
