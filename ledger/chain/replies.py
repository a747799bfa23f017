"""Strict readers for what a node answers: quantities, bytes, objects; anything else is a ChainError."""

from __future__ import annotations

from ledger.chain.rpc import Json
from ledger.errors import ChainError
from ledger.ports.chain import Block
from ledger.values import Address, Digest32, Instant


def quantity(value: Json, what: str) -> int:
    """A number as hex with `0x` (Ethereum's QUANTITY)."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return int(value[2:], 16)
        except ValueError:
            pass
    raise _unreadable(what)


def data(value: Json, what: str, length: int | None = None) -> bytes:
    """Bytes as hex with `0x`; of this length where one is given."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            out = bytes.fromhex(value[2:])
        except ValueError as error:
            raise _unreadable(what) from error
        if length is None or len(out) == length:
            return out
    raise _unreadable(what)


def digest(value: Json, what: str) -> Digest32:
    """A 32-byte hash."""
    return Digest32(data(value, what, 32))


def address(value: Json, what: str) -> Address:
    """A 20-byte address."""
    return Address(data(value, what, 20))


def mapping(value: Json, what: str) -> dict[str, Json]:
    """An object."""
    if isinstance(value, dict):
        return value
    raise _unreadable(what)


def sequence(value: Json, what: str) -> list[Json]:
    """A list."""
    if isinstance(value, list):
        return value
    raise _unreadable(what)


def block(value: Json) -> Block:
    """A block's number, hash and time."""
    if value is None:
        raise ChainError("The chain does not have the block that was asked for.")
    found = mapping(value, "a block")
    return Block(
        number=quantity(found.get("number"), "a block's number"),
        hash=digest(found.get("hash"), "a block's hash"),
        time=Instant(quantity(found.get("timestamp"), "a block's timestamp")),
    )


def _unreadable(what: str) -> ChainError:
    return ChainError(f"The chain's answer cannot be read: {what}.", fix="Check that it is an Ethereum node.")
