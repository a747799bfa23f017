"""Status words, read from the StatusRegistry's storage: a thousand slots cost a node less than a hundred calls.

`wordOf` runs in the node's EVM once for each word; a slot is only looked up. What is assumed about the contract is
checked in every read: the code at its address is that of our artifact, beside which the compiler wrote where the
words are, and it looks logs up in our CheckpointRegistry. Where that does not hold, or the node shows no storage, the
contract is asked word by word. Either way all words are of one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final, cast

from ledger.chain import artifacts, replies
from ledger.chain.abi import keccak
from ledger.chain.calls import LANES
from ledger.chain.contracts import LATEST, Contracts, Question
from ledger.chain.rpc import Failure, Json, JsonRpc, Request, result_of
from ledger.ports.chain import LogState
from ledger.values import LogId

_NAME: Final = "StatusRegistry"
_LOGS: Final = "CheckpointRegistry"
_FIELD: Final = "_words"
_FIELD_TYPE: Final = "t_mapping(t_bytes32,t_mapping(t_uint256,t_uint256))"
_ALL_LANES: Final = (1 << 2 * LANES) - 1

Word = tuple[bool, int]
"""Whether it is of batches, and its number."""
_Space = tuple[bytes, int]
"""The slot of a space's own mapping (32 bytes), and the first index whose lanes are kept there."""


class StatusWords:
    """The status words of one deployment."""

    def __init__(self, rpc: JsonRpc, contracts: Contracts) -> None:
        """Nothing is asked yet."""
        self._rpc = rpc
        self._contracts = contracts

    def read(self, log_id: LogId, words: Sequence[Word]) -> Sequence[int]:
        """Words of a log as the newest block has them; the slots of all of them in one request.

        Raises:
            ChainRefusedError: the log was never opened.
            ChainError: the chain does not answer.
        """
        if not words:
            return []
        block, position = self._newest()
        found = None if position is None else self._from_slots(log_id, words, position, block)
        return self._from_calls(log_id, words, block) if found is None else found

    def _newest(self) -> tuple[Json, int | None]:
        """The newest block by its hash; where the contract keeps its words, None if it is not the one we know."""
        address = "0x" + self._contracts.addresses[_NAME].hex()
        head, code = self._rpc.batch(
            [Request("eth_getBlockByNumber", (LATEST, False)), Request("eth_getCode", (address, LATEST))]
        )
        block = replies.block(result_of(head, "eth_getBlockByNumber"))
        known = not isinstance(code, Failure) and artifacts.load(_NAME).is_code(replies.data(code, "code"))
        return {"blockHash": "0x" + block.hash.hex()}, _position() if known else None

    def _from_calls(self, log_id: LogId, words: Sequence[Word], block: Json) -> Sequence[int]:
        questions: list[Question] = [(_NAME, "wordOf", (log_id, batches, number)) for batches, number in words]
        return [cast(int, value) for (value,) in self._contracts.read(questions, block)]

    def _from_slots(self, log_id: LogId, words: Sequence[Word], position: int, block: Json) -> Sequence[int] | None:
        """The words, put together as the contract's `wordOf` does; None where it has to be asked itself."""
        lowest = min((number for batches, number in words if not batches), default=None)
        spaces = self._spaces(log_id, position, lowest, block)
        if spaces is None:
            return None
        parts = [list(_parts(spaces[batches], number)) for batches, number in words]
        values = self._slots([slot for some in parts for slot, _ in some], block)
        if values is None:
            return None
        return [sum(values[slot] & lanes for slot, lanes in some) for some in parts]

    def _spaces(
        self, log_id: LogId, position: int, lowest: int | None, block: Json
    ) -> Mapping[bool, Sequence[_Space]] | None:
        """Where the words are, by whether of batches: records' newest generation first, down to the lowest word.

        None where the log was never opened, which the contract has its own words for, or where the contract looks
        logs up elsewhere.
        """
        (registry,), (first,), *newest = self._contracts.read(
            [(_NAME, "CHECKPOINTS", ()), (_LOGS, "lineageOf", (log_id,)), *_log(log_id)], block
        )
        state, start, predecessor = _read_log(newest)
        if state is LogState.NONE or registry != "0x" + self._contracts.addresses[_LOGS].hex():
            return None
        records = [(_inner(log_id, position), start)]
        while lowest is not None and any(predecessor) and lowest * LANES < start:
            held_by = predecessor
            _, start, predecessor = _read_log(self._contracts.read(_log(held_by), block))
            records.append((_inner(held_by, position), start))
        if not any(predecessor):
            records[-1] = records[-1][0], 0  # an imported log holds itself what its start would leave to another
        # Batches are kept under the inverted id of the first generation.
        inverted = bytes(0xFF ^ byte for byte in cast(bytes, first))
        return {False: records, True: [(_inner(inverted, position), 0)]}

    def _slots(self, slots: Sequence[bytes], block: Json) -> Mapping[bytes, int] | None:
        """Slots of the StatusRegistry in one request; None where the node does not show them."""
        address = "0x" + self._contracts.addresses[_NAME].hex()
        answers = self._rpc.batch([Request("eth_getStorageAt", (address, "0x" + one.hex(), block)) for one in slots])
        found: dict[bytes, int] = {}
        for slot, answer in zip(slots, answers, strict=True):
            if isinstance(answer, Failure):
                return None
            found[slot] = replies.quantity(answer, "a storage slot")
        return found


@cache
def _position() -> int | None:
    """The slot of the mapping that holds the words, as the compiler says; None if it is no such mapping."""
    storage = cast(Sequence[Mapping[str, object]], artifacts.load(_NAME).storage_layout["storage"])
    wanted = (_FIELD, _FIELD_TYPE)
    return next((int(str(one["slot"])) for one in storage if (one["label"], one["type"]) == wanted), None)


def _inner(space: bytes, position: int) -> bytes:
    """The slot of a mapping's value that is itself a mapping (Solidity's storage layout of mappings)."""
    return keccak(space + position.to_bytes(32, "big"))


def _parts(spaces: Sequence[_Space], number: int) -> Iterator[tuple[bytes, int]]:
    """(slot, mask of the lanes that are kept there) of one word; lanes below a space's start are in the next one."""
    key, rest = number.to_bytes(32, "big"), _ALL_LANES
    for inner, start in spaces:
        below = (1 << 2 * min(max(start - number * LANES, 0), LANES)) - 1
        if lanes := rest & ~below:
            yield keccak(key + inner), lanes
        rest &= below


def _log(log_id: bytes) -> list[Question]:
    return [(_LOGS, "logOf", (log_id,)), (_LOGS, "predecessorOf", (log_id,))]


def _read_log(answers: Sequence[Sequence[object]]) -> tuple[LogState, int, bytes]:
    """State, start and predecessor (32 zero bytes: none) from the answers to `_log`."""
    (log,), (predecessor,) = answers
    _agency, state, _generation, _max_delay, _size, start = cast(tuple[object, int, int, int, int, int], log)
    return LogState(state), start, cast(bytes, predecessor)
