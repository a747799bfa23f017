"""Which chain a folder holds: its id, and whether it is a development chain; written once, checked at each start."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localchain.errors import CorruptFolder, WrongFolder

DEFAULT_CHAIN_ID: Final = 202002
"""Chain id of a new chain: no public chain has it, so no wallet takes one for the other. Which chain it is, the
genesis hash says: two installations may share the id, never the hash."""
MAX_CHAIN_ID: Final = 2**53 - 1
"""What a JSON reader in a browser holds exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a folder says about its chain."""

    chain_id: int
    development: bool

    def write(self, connection: sqlite3.Connection) -> None:
        """Write it into the open transaction."""
        rows = [("chain_id", str(self.chain_id)), ("development", str(int(self.development)))]
        connection.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", rows)


def read_identity(connection: sqlite3.Connection, folder: Path) -> Identity:
    """What the folder says.

    Raises:
        CorruptFolder: it does not say it.
    """
    rows = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    try:
        return Identity(chain_id=int(rows["chain_id"]), development=bool(int(rows["development"])))
    except (KeyError, ValueError) as error:
        raise CorruptFolder(
            f"{folder} does not say which chain it holds.", "Restore the folder from a copy."
        ) from error


def check_identity(known: Identity, folder: Path, *, chain_id: int | None, development: bool) -> None:
    """Refuse a folder that holds something else than what is asked for.

    Raises:
        WrongFolder: the kind of chain, or the chain id where one is given, differs.
    """
    if known.development and not development:
        raise WrongFolder(
            f"{folder} holds a development chain, whose keys everybody knows.",
            "Start it with --dev, or use another folder.",
        )
    if development and not known.development:
        raise WrongFolder(
            f"{folder} holds a chain that is not a development chain.",
            "Start it without --dev, or use another folder.",
        )
    if chain_id is not None and chain_id != known.chain_id:
        raise WrongFolder(
            f"{folder} holds chain {known.chain_id}, not {chain_id}.",
            "Leave --chain-id out, or use another folder.",
        )
