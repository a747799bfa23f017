"""Which chain a node is of: chain id and genesis hash; and whether it is one for development."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.chain import replies
from ledger.chain.rpc import Failure, JsonRpc, Reply, Request, result_of
from ledger.errors import ChainError
from ledger.ports.chain import ChainIdentity

IDENTITY_REQUESTS: Final = (
    Request("eth_chainId"),
    Request("eth_getBlockByNumber", ("0x0", False)),
    Request("eth_getBlockByNumber", ("0x1", False)),
    Request("web3_clientVersion"),
)
"""What is asked at each new connection."""

# The embedded chain writes this into the genesis of a development chain (docs/spec/rpc.md), so its hash covers it.
_DEVELOPMENT_MARK: Final = b"development chain".ljust(32, b"\0")
# Tools that are nothing but development chains, by the start of their client's name.
_DEVELOPMENT_CLIENTS: Final = ("anvil", "hardhatnetwork", "edr", "ethereumjs", "ganache", "ethertester")
_EMBEDDED_CLIENT: Final = "localchain"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIdentity:
    """What a node says of itself.

    Attributes:
        identity: which chain it is.
        client: name and version of the program.
        embedded: whether it is our own embedded chain, which one operator runs alone.
    """

    identity: ChainIdentity
    client: str
    embedded: bool


def ask_identity(rpc: JsonRpc) -> NodeIdentity:
    """Ask a node which chain it is of.

    Raises:
        ChainError: no answer, or none that makes sense.
    """
    return read_identity(rpc.batch(IDENTITY_REQUESTS))


def read_identity(answers: Sequence[Reply]) -> NodeIdentity:
    """Read the answers to `IDENTITY_REQUESTS`.

    Raises:
        ChainError: they make no sense.
    """
    chain_id, zero, one, client = answers
    # CometBFT's chains begin at height 1: their genesis hash is that of the first block.
    first = zero if isinstance(zero, dict) else one
    if not isinstance(first, dict):
        raise ChainError("The chain does not show its first block.", fix="Use a node that keeps the whole chain.")
    name = client if isinstance(client, str) and not isinstance(client, Failure) else "unknown"
    marked = first.get("mixHash") == "0x" + _DEVELOPMENT_MARK.hex()
    return NodeIdentity(
        identity=ChainIdentity(
            chain_id=replies.quantity(result_of(chain_id, "eth_chainId"), "the chain id"),
            genesis=replies.digest(first.get("hash"), "the genesis hash"),
            development=marked or name.lower().startswith(_DEVELOPMENT_CLIENTS),
        ),
        client=name,
        embedded=name.lower().startswith(_EMBEDDED_CLIENT),
    )
