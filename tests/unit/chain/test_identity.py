"""Which chain is it? The answers of the nodes that we know of, and of those that make no sense."""

from __future__ import annotations

import pytest
from support.chains import RunningChain, running_chain

from ledger.chain.identity import ask_identity, read_identity
from ledger.chain.rpc import Failure, Json, JsonRpc
from ledger.errors import ChainError

ZERO: dict[str, Json] = {"hash": "0x" + "aa" * 32, "mixHash": "0x" + "00" * 32}
FIRST: dict[str, Json] = {"hash": "0x" + "bb" * 32}


def test_each_engine_says_what_it_is(engine: RunningChain) -> None:
    rpc = JsonRpc(engine.url)
    node = ask_identity(rpc)
    rpc.close()
    assert node.identity.development
    assert node.embedded == (engine.kind == "embedded")
    genesis = engine.rpc("eth_getBlockByNumber", "0x0", False)
    assert isinstance(genesis, dict)
    assert genesis["hash"] == "0x" + node.identity.genesis.hex()


def test_an_embedded_chain_that_counts_is_no_development_chain() -> None:
    with running_chain("embedded", dev=False) as real, running_chain("embedded", dev=False) as other:
        clients = [JsonRpc(chain.url) for chain in (real, other)]
        one, two = (ask_identity(client) for client in clients)
        for client in clients:
            client.close()
    assert (one.identity.development, one.embedded) == (False, True)
    assert one.identity.chain_id == two.identity.chain_id
    assert one.identity.genesis != two.identity.genesis, "no two installations share a genesis"


def test_a_chain_of_cometbft_is_known_by_its_first_block() -> None:
    node = read_identity(["0x2a", None, FIRST, "evmd/0.3"])
    assert node.identity.genesis == b"\xbb" * 32
    refused = Failure(code=-32000, message="height 0 is not available", data=None)
    assert read_identity(["0x2a", refused, FIRST, refused]).identity.genesis == b"\xbb" * 32


@pytest.mark.parametrize(
    ("client", "development"),
    [
        ("anvil/v1.7.1", True),
        ("HardhatNetwork/2.22.0", True),
        ("EthereumJS TestRPC/v2.13", True),
        ("besu/v24.1.0", False),
        ("Geth/v1.14", False),
    ],
)
def test_development_tools_are_known_by_name(client: str, development: bool) -> None:
    node = read_identity(["0x1", ZERO, None, client])
    assert (node.identity.development, node.embedded) == (development, False)


def test_answers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ChainError, match="first block"):
        read_identity(["0x1", None, None, "geth"])
    with pytest.raises(ChainError, match="cannot be read: the chain id"):
        read_identity([17, ZERO, None, "geth"])
    with pytest.raises(ChainError, match="cannot be read: the genesis hash"):
        read_identity(["0x1", {"hash": "0x12"}, None, "geth"])
