"""JSON-RPC parameters that several methods read: blocks, calls, log filters."""

from __future__ import annotations

from typing import Any, Final, cast

from localchain import tables
from localchain.errors import SERVER_ERROR, RpcError, invalid_params
from localchain.evm import GAS_LIMIT
from localchain.execution import CallRequest
from localchain.logs import MAX_ALTERNATIVES, LogFilter
from localchain.node import Node
from localchain.quantities import read_data, read_quantity, read_word

_HEAD_TAGS: Final = ("latest", "pending", "safe", "finalized")
"""Every block is final once it is on disk, so all of these name the newest."""
_MAX_TOPICS: Final = 4
_CALL_MEMBERS: Final = frozenset(
    {"from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "data", "input", "nonce"}
    | {"chainId", "type", "accessList"}
)


def block_number(node: Node, value: object) -> int:
    """The height that a block parameter names; it may lie above the head.

    Raises:
        RpcError: it names no height.
    """
    if value is None or value in _HEAD_TAGS:
        return node.head.number
    if value == "earliest":
        return 0
    return read_quantity(value, "block")


def find_block(node: Node, value: object) -> tables.BlockRow | None:
    """The block that a number, a tag or an EIP-1898 object names; None if there is none."""
    if isinstance(value, dict):
        given = cast(dict[str, object], value)
        if "blockHash" in given:
            block_hash = read_data(given["blockHash"], "blockHash", 32)
            with node.reading() as connection:
                return tables.block_by_hash(connection, block_hash)
        value = given.get("blockNumber")
        if value is None:
            raise invalid_params("block: an object needs blockHash or blockNumber")
    head = node.head
    number = block_number(node, value)
    if number >= head.number:
        return head if number == head.number else None
    with node.reading() as connection:
        return tables.block_by_number(connection, number)


def need_block(node: Node, value: object) -> tables.BlockRow:
    """The block that a parameter names.

    Raises:
        RpcError: there is none.
    """
    block = find_block(node, value)
    if block is None:
        raise RpcError(SERVER_ERROR, f"header not found: this chain has no block {value}")
    return block


def read_call(value: object) -> CallRequest:
    """A call object of `eth_call`, `eth_estimateGas` or `eth_sendTransaction`.

    Raises:
        RpcError: a member is missing, unknown or of the wrong form.
    """
    if not isinstance(value, dict):
        raise invalid_params("the call must be an object")
    given = cast(dict[str, object], value)
    if unknown := set(given) - _CALL_MEMBERS:
        raise invalid_params(f"the call has members that this chain does not know: {', '.join(sorted(unknown))}")
    one, other = given.get("data"), given.get("input")
    if one is not None and other is not None and one != other:
        raise invalid_params("data and input differ: give one of them")
    payload = one if one is not None else other
    gas = read_quantity(given["gas"], "gas") if given.get("gas") is not None else None
    to = given.get("to")
    return CallRequest(
        sender=read_data(given["from"], "from", 20) if given.get("from") is not None else bytes(20),
        to=read_data(to, "to", 20) if to not in (None, "0x") else None,
        data=read_data(payload, "data") if payload is not None else b"",
        value=read_quantity(given["value"], "value") if given.get("value") is not None else 0,
        gas=min(gas, GAS_LIMIT) if gas is not None else None,
        access_list=_access_list(given.get("accessList")),
    )


def _access_list(value: object) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    if value is None:
        return ()
    try:
        return tuple(
            (
                read_data(one["address"], "accessList.address", 20),
                tuple(read_word(slot, "accessList.storageKeys") for slot in one["storageKeys"]),
            )
            for one in cast(list[dict[str, Any]], value)
        )
    except (TypeError, KeyError) as error:
        raise invalid_params("accessList must be a list of objects with address and storageKeys") from error


def read_filter(node: Node, value: object) -> LogFilter:
    """A filter object of `eth_getLogs` or `eth_newFilter`, its range cut to the blocks that there are.

    Raises:
        RpcError: a member has the wrong form, or the range is upside down.
    """
    if not isinstance(value, dict):
        raise invalid_params("the filter must be an object")
    given = cast(dict[str, object], value)
    if given.get("blockHash") is not None:
        if given.get("fromBlock") is not None or given.get("toBlock") is not None:
            raise invalid_params("blockHash goes with neither fromBlock nor toBlock")
        block = find_block(node, {"blockHash": given["blockHash"]})
        if block is None:
            raise RpcError(SERVER_ERROR, "unknown block")
        first = last = block.number
    else:
        first, last = block_number(node, given.get("fromBlock")), block_number(node, given.get("toBlock"))
        if given.get("fromBlock") is not None and given.get("toBlock") is not None and first > last:
            raise invalid_params("invalid block range: fromBlock is above toBlock")
    return LogFilter(
        first=first,
        last=last,
        addresses=_alternatives(given.get("address"), "address", 20),
        topics=_topics(given.get("topics")),
    )


def _topics(value: object) -> tuple[tuple[bytes, ...], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MAX_TOPICS:
        raise invalid_params(f"topics must be a list of at most {_MAX_TOPICS}")
    return tuple(_alternatives(one, f"topics[{position}]", 32) for position, one in enumerate(value))


def _alternatives(value: object, where: str, length: int) -> tuple[bytes, ...]:
    """One value, a list of alternatives, or null for any. An empty list means any, as geth has it."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return (read_data(value, where, length),)
    if len(value) > MAX_ALTERNATIVES:
        raise invalid_params(f"{where}: at most {MAX_ALTERNATIVES} alternatives")
    if None in value:
        return ()
    return tuple(dict.fromkeys(read_data(one, where, length) for one in value))
