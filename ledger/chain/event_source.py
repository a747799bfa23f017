"""Reading our registries' events: one eth_getLogs for all of them, and what an event alone does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ledger.chain import replies
from ledger.chain.calls import REGISTRIES
from ledger.chain.events import (
    BUILDERS,
    KEY_EVENTS,
    KEY_TOPICS,
    SIZELESS,
    NamedLog,
    RawLog,
    fold_key,
    key_id_of,
    log_id_of,
    name_logs,
    read_logs,
)
from ledger.chain.rpc import Failure, Json, JsonRpc, Request, result_of
from ledger.errors import ChainError
from ledger.ports.chain import ChainEvent, KeyEvent, LogEvent
from ledger.values import Address, Instant, KeyId, LogId, TreeSize


class EventSource:
    """Events of one installation's registries."""

    def __init__(
        self,
        rpc: JsonRpc,
        registries: Mapping[str, Address],
        first_block: int,
        size_of: Callable[[LogId], TreeSize],
    ) -> None:
        """Nothing is asked yet.

        Args:
            rpc: the node.
            registries: contract name → address.
            first_block: of the deployment; nothing of ours is before it.
            size_of: a log's size now, for events that do not say it.
        """
        self._rpc = rpc
        self._registries = registries
        self._first_block = first_block
        self._size_of = size_of

    def read(self, first_block: int, last_block: int) -> Sequence[ChainEvent]:
        """Every event in these blocks, in order.

        Raises:
            ChainError: the chain does not answer, or was reorganised between two questions: ask again.
        """
        logs = self._logs(first_block, last_block, [self._registries[name] for name in REGISTRIES])
        times = self._times(logs)
        keys = self._keys_before(logs)
        out: list[ChainEvent] = []
        for log in logs:
            place = log.raw.place(times[log.raw.block_number])
            if log.name in KEY_EVENTS:
                key_id = key_id_of(log)
                keys[key_id] = fold_key(keys.get(key_id), log, place)
                out.append(keys[key_id])
            elif log.name in BUILDERS:
                out.append(BUILDERS[log.name](log.values, place))
            elif log.name in SIZELESS:
                log_id, state = log_id_of(log), SIZELESS[log.name]
                size = self._size_of(log_id)
                out.append(LogEvent(place=place, log_id=log_id, state=state, good_size=size, time=place.block.time))
        return out

    def _logs(
        self, first: int, last: int, addresses: Sequence[Address], topics: Sequence[Json] = ()
    ) -> Sequence[NamedLog]:
        """Named logs of a range; halved where the node finds the answer too large."""
        first = max(first, self._first_block)
        if last < first:
            return []
        wanted: dict[str, Json] = {
            "address": ["0x" + address.hex() for address in addresses],
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": list(topics),
        }
        answer = self._rpc.batch([Request("eth_getLogs", (wanted,))])[0]
        if isinstance(answer, Failure) and last > first:
            middle = (first + last) // 2
            lower = self._logs(first, middle, addresses, topics)
            return [*lower, *self._logs(middle + 1, last, addresses, topics)]
        return name_logs(read_logs(result_of(answer, "eth_getLogs")), self._registries)

    def _times(self, logs: Sequence[NamedLog]) -> Mapping[int, Instant]:
        """Block number → block time; asked for only where the node does not write it beside the log."""
        times = {log.raw.block_number: log.raw.time for log in logs}
        unknown = [number for number, time in times.items() if time is None]
        hashes = {log.raw.block_number: log.raw.block_hash for log in logs}
        answers = self._rpc.batch([Request("eth_getBlockByNumber", (hex(number), False)) for number in unknown])
        for number, answer in zip(unknown, answers, strict=True):
            block = replies.block(result_of(answer, "a block"))
            if block.hash != hashes[number]:
                raise ChainError(f"The chain was reorganised at block {number} while it was read.")
            times[number] = block.time
        return {number: time for number, time in times.items() if time is not None}

    def _keys_before(self, logs: Sequence[NamedLog]) -> dict[KeyId, KeyEvent]:
        """State of the keys that these logs change without having added them: read from their own events."""
        added: set[KeyId] = set()
        wanted: dict[KeyId, RawLog] = {}
        for log in logs:
            if log.name == "KeyAdded":
                added.add(key_id_of(log))
            elif log.name in KEY_EVENTS and key_id_of(log) not in added:
                wanted.setdefault(key_id_of(log), log.raw)
        if not wanted:
            return {}
        last = max(raw.block_number for raw in wanted.values())
        topics: list[Json] = [
            ["0x" + topic.hex() for topic in KEY_TOPICS],
            None,
            ["0x" + key_id.hex() for key_id in wanted],
        ]
        states: dict[KeyId, KeyEvent] = {}
        for log in self._logs(self._first_block, last, [self._registries["AgencyRegistry"]], topics):
            key_id, first = key_id_of(log), wanted[key_id_of(log)]
            if (log.raw.block_number, log.raw.log_index) < (first.block_number, first.log_index):
                # Only the state counts here, not where it came from: the place gets no time.
                states[key_id] = fold_key(states.get(key_id), log, log.raw.place(Instant(0)))
        return states
