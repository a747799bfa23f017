"""Small contracts that only tests need, compiled when they are first wanted."""

from __future__ import annotations

from functools import cache
from typing import Any

from support.city import City
from support.solidity import Contract

from ledger.chain.abi import Interface
from scripts.compile_contracts import collect, compile_units

FOLDER = "tests/contracts/harness"
NAMES = ("MerkleHarness", "Wallet")


@cache
def _compiled() -> dict[str, Any]:
    output = compile_units(collect(f"{FOLDER}/{name}.sol" for name in NAMES))
    return {name: output["contracts"][f"{FOLDER}/{name}.sol"][name] for name in NAMES}


def deploy(city: City, name: str) -> Contract:
    contract = _compiled()[name]
    code = bytes.fromhex(contract["evm"]["bytecode"]["object"])
    return city.chain.deploy(city.deployer, name, code=Interface(name, contract["abi"]), data=code)
