"""The service's own contract calls as call data and gas limits; nothing here asks a chain.

Gas limits are what the contracts' own snapshots measured, and room above it: what is not used is not paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_abi.abi import encode

from ledger.chain import artifacts
from ledger.chain.abi import Interface, Value
from ledger.errors import ChainError, InputError
from ledger.hashing.digests import sha256
from ledger.ports.chain import Anchor, Call, PerformedAct, StatusAct
from ledger.values import Address, Digest32, LogId, Root, Status, TreeSize

REGISTRIES: Final = ("AgencyRegistry", "CheckpointRegistry", "StatusRegistry")
CONTRACTS: Final = ("Council", "Governor", *REGISTRIES)
INTERFACES: Final[Mapping[str, Interface]] = {name: Interface(name, artifacts.load(name).abi) for name in CONTRACTS}

TRANSACTION_GAS_LIMIT: Final = 16_777_216
"""Most gas of one transaction (EIP-7825)."""
LANES: Final = 128
"""Records of one status word."""

# Anchoring takes 112,000 at worst with 106 hashes of proof; each of them is checked on chain for about 700.
_ANCHOR_GAS: Final = 250_000
_ANCHOR_HASH_GAS: Final = 3_000
# Measured: a call's own cost 73,000 with a key's first act ever; a fresh word 22,900 with its 64 bytes of call data,
# however many of its lanes change; a superseded record 3,500 for its successor and its event.
_ACT_GAS: Final = 150_000
_WORD_GAS: Final = 25_500
_LANE_GAS: Final = 10
_SUCCESSOR_GAS: Final = 4_500
# Undoing writes words that are in use: 6,033 each where they are scattered, and 64 bytes of call data.
_UNDONE_WORD_GAS: Final = 9_000
_UNDONE_SUCCESSOR_GAS: Final = 1_000
_NO_ACT: Final[tuple[Value, ...]] = (bytes(32), False, 0, 0, 0, False, [], [], bytes(32), [])
_ACT_FORM: Final = "(bytes32,bool,uint8,uint8,uint8,bool,uint256[],uint256[],bytes32,uint256[])"
_STANDING_FORM: Final = "(bytes32,bytes32,uint64,bytes32,bytes32)"


def anchor_value(anchor: Anchor) -> tuple[bytes, int, int, bytes]:
    """An anchor as the contracts' struct."""
    return anchor.root, anchor.previous_size, anchor.time, anchor.key_id


def anchor_call(
    registry: Address,
    *,
    log_id: LogId,
    proof_from: TreeSize,
    head: Anchor,
    size: TreeSize,
    root: Root,
    proof: Sequence[Digest32],
) -> Call:
    """The call that anchors (size, root) after the anchored head `proof_from`."""
    data = INTERFACES["CheckpointRegistry"].call_data(
        "anchor", log_id, proof_from, anchor_value(head), size, root, list(proof)
    )
    return Call(to=registry, data=data, gas=_ANCHOR_GAS + _ANCHOR_HASH_GAS * len(proof))


def status_calls(registry: Address, act: StatusAct) -> Sequence[Call]:
    """The calls of a status act, each below the gas limit of a transaction; their order does not matter.

    Raises:
        InputError: no index, indexes that do not ascend, or not one successor for each superseded record.
    """
    superseded = act.after is Status.SUPERSEDED
    if not act.indexes or any(one >= other for one, other in zip(act.indexes, act.indexes[1:], strict=False)):
        raise InputError("A status act names at least one record or batch, each once, in ascending order.")
    if len(act.successors) != (len(act.indexes) if superseded else 0) or superseded != (
        act.successor_log is not None
    ):
        raise InputError("Superseding names one later record for each record; other changes name none.")
    return [_status_call(registry, act, part) for part in _parts(act)]


def undo_call(registry: Address, act: PerformedAct) -> Call:
    """The call that undoes an act; the contract wants to hear all of it, and so proves that it is the act.

    Raises:
        ChainError: this is not the act that the event's head is the hash of: an event is missing.
    """
    event = act.event
    value = (
        event.log_id,
        event.batches,
        event.before,
        event.after,
        event.reason,
        event.retroactive,
        list(event.words),
        list(event.masks),
        act.successor_log or bytes(32),
        list(act.successors),
    )
    standing = (event.key_id, event.second_key_id, event.time, act.previous, act.second_previous)
    if sha256(encode([_ACT_FORM, _STANDING_FORM], [value, standing])) != event.head:
        raise ChainError(
            f"The act of block {event.place.block.number} is not known in full: an event of its key is missing.",
            fix="Read the chain again into a new mirror.",
        )
    data = INTERFACES["StatusRegistry"].call_data("voidAct", value, standing, _NO_ACT)
    gas = _ACT_GAS + _UNDONE_WORD_GAS * len(event.words) + _UNDONE_SUCCESSOR_GAS * len(act.successors)
    return Call(to=registry, data=data, gas=min(gas, TRANSACTION_GAS_LIMIT))


@dataclass(slots=True)
class _Part:
    """Words of one call: ascending, with the places of their records in the act."""

    words: dict[int, int]
    first: int
    end: int
    gas: int


def _parts(act: StatusAct) -> Iterator[_Part]:
    """Cut an act into calls between words, as few as the gas limit allows."""
    each = _LANE_GAS + (_SUCCESSOR_GAS if act.successors else 0)
    part = _Part(words={}, first=0, end=0, gas=_ACT_GAS)
    place = 0
    while place < len(act.indexes):
        word, mask, end = act.indexes[place] // LANES, 0, place
        while end < len(act.indexes) and act.indexes[end] // LANES == word:
            mask |= 1 << (2 * (act.indexes[end] % LANES))
            end += 1
        gas = _WORD_GAS + each * (end - place)
        if part.words and part.gas + gas >= TRANSACTION_GAS_LIMIT:
            yield part
            part = _Part(words={}, first=place, end=place, gas=_ACT_GAS)
        part.words[word] = mask
        part.end, part.gas, place = end, part.gas + gas, end
    yield part


def _status_call(registry: Address, act: StatusAct, part: _Part) -> Call:
    value = (
        act.log_id,
        act.batches,
        act.before,
        act.after,
        act.reason,
        act.retroactive,
        list(part.words),
        list(part.words.values()),
        act.successor_log or bytes(32),
        list(act.successors[part.first : part.end]) if act.successors else [],
    )
    return Call(to=registry, data=INTERFACES["StatusRegistry"].call_data("change", value), gas=part.gas)
