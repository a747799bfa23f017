"""Parts of evidence whose formats are known: `reference/v1`, `note/v1`, `consistency/v1` (formats.md, section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from ledger.errors import FormatError
from ledger.hashing.canonical import Json
from ledger.hashing.encodings import b64u_decode, b64u_encode, hex_decode
from ledger.plain import dataclass
from ledger.values import MAX_INTEGER, Address, Digest32, TreeSize

Part: TypeAlias = Mapping[str, Json]
"""One proof beside the record: an object with a member `format`."""

REFERENCE: Final = "reference/v1"
NOTE: Final = "note/v1"
CONSISTENCY: Final = "consistency/v1"
MAX_PATH: Final = 64
"""Longest consistency path of trees below 2^53 leaves, rounded up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where the anchor stands on a chain: a claim, which only the chain itself or a chain proof can confirm."""

    block: int
    chain_id: int
    genesis: Digest32
    registry: Address
    transaction: Digest32

    def to_part(self) -> Part:
        """The `reference/v1` part."""
        return {
            "block": self.block,
            "chainId": self.chain_id,
            "format": REFERENCE,
            "genesis": self.genesis.hex(),
            "registry": self.registry.hex(),
            "transaction": self.transaction.hex(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A consistency proof from the evidence's checkpoint to a pin of the trust file."""

    size: TreeSize
    path: tuple[Digest32, ...]

    def to_part(self) -> Part:
        """The `consistency/v1` part."""
        return {"format": CONSISTENCY, "path": [b64u_encode(node) for node in self.path], "size": self.size}


def parse_reference(part: Part, *, where: str = "chain") -> Reference:
    """Read a `reference/v1` part.

    Raises:
        FormatError: not exactly its six members in their forms.
    """
    match part:
        case {
            "block": block,
            "chainId": chain_id,
            "format": "reference/v1",
            "genesis": str(genesis),
            "registry": str(registry),
            "transaction": str(transaction),
            **rest,
        } if not rest:
            return Reference(
                block=_natural(block, f"{where}.block"),
                chain_id=_natural(chain_id, f"{where}.chainId"),
                genesis=Digest32(hex_decode(genesis, length=32, where=f"{where}.genesis")),
                registry=Address(hex_decode(registry, length=20, where=f"{where}.registry")),
                transaction=Digest32(hex_decode(transaction, length=32, where=f"{where}.transaction")),
            )
    raise FormatError("reference/v1 has block, chainId, genesis, registry and transaction.", where=where)


def status_part(note: str) -> Part:
    """The `note/v1` part that carries a status note."""
    return {"format": NOTE, "note": note}


def parse_status_part(part: Part, *, where: str = "status") -> str:
    """The signed status note of a `note/v1` part, as text.

    Raises:
        FormatError: another format, or other members.
    """
    match part:
        case {"format": "note/v1", "note": str(note), **rest} if not rest:
            return note
    raise FormatError("note/v1 has a note and nothing else.", where=where)


def parse_renewal(part: Part, *, where: str = "renewals") -> Renewal:
    """Read a `consistency/v1` part.

    Raises:
        FormatError: not exactly its members in their forms.
    """
    match part:
        case {"format": "consistency/v1", "path": list(path), "size": size, **rest} if not rest:
            if len(path) > MAX_PATH:
                raise FormatError(f"A consistency path has at most {MAX_PATH} hashes.", where=where)
            return Renewal(
                size=TreeSize(_natural(size, f"{where}.size")), path=tuple(_node(node, where) for node in path)
            )
    raise FormatError("consistency/v1 has a path and a size.", where=where)


def _node(node: Json, where: str) -> Digest32:
    if not isinstance(node, str):
        raise FormatError("A hash is a string.", where=where)
    return Digest32(b64u_decode(node, length=32, where=where))


def _natural(value: Json, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INTEGER:
        raise FormatError("This is not an integer from 0 to 2^53 - 1.", where=where)
    return value
