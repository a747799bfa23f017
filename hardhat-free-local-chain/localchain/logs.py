"""`eth_getLogs`: filters, and a search that costs about what it returns.

Every criterion has an index that goes on by height. Which of them leaves least to look at can't be known beforehand,
so each is counted up to a bound inside the range, and the search runs over the smallest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from localchain.errors import LIMIT_EXCEEDED, RpcError
from localchain.tables import LOG_COLUMNS, LogRow, log_from_row

MAX_RESULTS: Final = 50_000
"""Logs in one answer: about 30 MB of JSON. Whoever wants more asks range by range."""
MAX_ALTERNATIVES: Final = 1_000
"""Addresses, or alternatives for one topic, in one filter; below SQLite's limit of bound values."""
_PROBES: Final = (64, 2_048)
"""How far a criterion is counted: first a little, which finds a rare one at once, then further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which logs are wanted. An empty tuple of alternatives means any."""

    first: int
    last: int
    addresses: tuple[bytes, ...] = ()
    topics: tuple[tuple[bytes, ...], ...] = ()

    def criteria(self) -> list[tuple[str, tuple[bytes, ...]]]:
        """Column and alternatives of each criterion that restricts something."""
        pairs = [("address", self.addresses)]
        pairs += [(f"topic{position}", alternatives) for position, alternatives in enumerate(self.topics)]
        return [(column, alternatives) for column, alternatives in pairs if alternatives]


def find_logs(connection: sqlite3.Connection, wanted: LogFilter, most: int = MAX_RESULTS) -> list[LogRow]:
    """All logs that match, by block and position.

    Raises:
        RpcError: there are more than `most`.
    """
    criteria = wanted.criteria()
    source = "logs l"
    if criteria:
        source += f" INDEXED BY logs_by_{_narrowest(connection, wanted, criteria)}"
    where = ["l.block BETWEEN ? AND ?"]
    values: list[object] = [wanted.first, wanted.last]
    for column, alternatives in criteria:
        where.append(f"l.{column} IN ({_marks(alternatives)})")
        values += alternatives
    # A topic that is asked for as "any" must still be there.
    if wanted.topics:
        where.append(f"l.topic{len(wanted.topics) - 1} IS NOT NULL")
    query = (
        f"SELECT {LOG_COLUMNS} FROM {source} WHERE {' AND '.join(where)} "  # noqa: S608 - names and marks only
        "ORDER BY l.block, l.position LIMIT ?"
    )
    rows = connection.execute(query, [*values, most + 1]).fetchall()
    if len(rows) > most:
        raise RpcError(
            LIMIT_EXCEEDED, f"more than {most} logs match: ask for fewer blocks, up to {rows[most - 1][0]} at first"
        )
    return [log_from_row(row) for row in rows]


def _narrowest(
    connection: sqlite3.Connection, wanted: LogFilter, criteria: Sequence[tuple[str, tuple[bytes, ...]]]
) -> str:
    """The column whose criterion leaves least; one that is over every bound is as good as another."""
    best = criteria[0][0]
    for bound in _PROBES if len(criteria) > 1 else ():
        counts = {column: _count(connection, wanted, column, values, bound) for column, values in criteria}
        best = min(counts, key=counts.__getitem__)
        if counts[best] < bound:
            break
    return best


def _count(
    connection: sqlite3.Connection, wanted: LogFilter, column: str, alternatives: Sequence[bytes], bound: int
) -> int:
    query = (
        f"SELECT count(*) FROM (SELECT 1 FROM logs INDEXED BY logs_by_{column} "  # noqa: S608 - names and marks only
        f"WHERE {column} IN ({_marks(alternatives)}) AND block BETWEEN ? AND ? LIMIT ?)"
    )
    return int(connection.execute(query, [*alternatives, wanted.first, wanted.last, bound]).fetchone()[0])


def _marks(alternatives: Sequence[bytes]) -> str:
    return ",".join("?" * len(alternatives))
