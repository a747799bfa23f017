"""Filters that a client polls: `eth_newFilter`, `eth_newBlockFilter`, `eth_getFilterChanges`.

They live in memory: a client whose filter is gone after a restart is told so and makes a new one, as on every node.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Final

from localchain import tables
from localchain.errors import LIMIT_EXCEEDED, RpcError, refused
from localchain.logs import LogFilter, find_logs
from localchain.node import Node
from localchain.present import log_json
from localchain.quantities import data

_IDLE_S: Final = 300.0
"""A filter that nobody asks for this long is dropped, as geth does."""
_MAX_FILTERS: Final = 1_000


@dataclass(slots=True, kw_only=True)
class _Filter:
    kind: str
    seen: int
    asked: float
    logs: LogFilter | None


class Subscriptions:
    """All filters of one server."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._filters: dict[str, _Filter] = {}
        self._lock = threading.Lock()

    def add(self, kind: str, logs: LogFilter | None = None) -> str:
        """Begin a filter of kind `logs`, `blocks` or `transactions`; returns its id.

        Raises:
            RpcError: there are too many.
        """
        now = time.monotonic()
        with self._lock:
            self._filters = {name: one for name, one in self._filters.items() if now - one.asked < _IDLE_S}
            if len(self._filters) >= _MAX_FILTERS:
                raise RpcError(LIMIT_EXCEEDED, f"{_MAX_FILTERS} filters are open: uninstall some")
            name = "0x" + secrets.token_hex(16)
            self._filters[name] = _Filter(kind=kind, seen=self._node.head.number, asked=now, logs=logs)
        return name

    def remove(self, name: object) -> bool:
        """End a filter; whether there was one."""
        with self._lock:
            return self._filters.pop(str(name), None) is not None

    def changes(self, name: object) -> list[object]:
        """What came since the last time.

        Raises:
            RpcError: there is no such filter.
        """
        with self._lock:
            one = self._find(name)
            head = self._node.head.number
            # After evm_revert the chain can be shorter than what was seen.
            first, one.seen = min(one.seen, head) + 1, head
        with self._node.reading() as connection:
            if one.logs is not None:
                since = LogFilter(
                    first=max(first, one.logs.first), last=head, addresses=one.logs.addresses, topics=one.logs.topics
                )
                return [log_json(log) for log in find_logs(connection, since)]
            if one.kind == "blocks":
                return [data(block) for number, block in tables.blocks_above(connection, first - 1) if number <= head]
            return [data(transaction) for transaction in tables.transactions_above(connection, first - 1)]

    def logs(self, name: object) -> list[object]:
        """All logs of a log filter.

        Raises:
            RpcError: there is no such filter, or it is of another kind.
        """
        with self._lock:
            one = self._find(name)
        if one.logs is None:
            raise refused("filter not found: it is no log filter")
        wanted = LogFilter(
            first=one.logs.first, last=self._node.head.number, addresses=one.logs.addresses, topics=one.logs.topics
        )
        with self._node.reading() as connection:
            return [log_json(log) for log in find_logs(connection, wanted)]

    def _find(self, name: object) -> _Filter:
        one = self._filters.get(str(name))
        if one is None:
            raise refused("filter not found")
        one.asked = time.monotonic()
        return one
