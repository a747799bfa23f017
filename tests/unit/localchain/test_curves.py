"""Precompiled contracts that the chain loads only when one is called: they are there, and are py-evm's own."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from localchain.curves import NAMES, PACKAGE
from py_ecc.optimized_bls12_381 import G1, G2, add, multiply, neg, normalize  # type: ignore[import-untyped]
from support.localchains import ChainProcess

# EIP-2537: a field element is 64 bytes, a point of G1 two of them, one of G2 four.
G1_ADD, G1_MSM, G2_ADD, PAIRING_CHECK = (f"0x{number:040x}" for number in (0x0B, 0x0C, 0x0D, 0x0F))


def g1(point: object) -> str:
    """A point of G1 as EIP-2537 writes it, in hex."""
    return "".join(f"{int(part):0128x}" for part in normalize(point))


def g2(point: object) -> str:
    """A point of G2 as EIP-2537 writes it, in hex."""
    return "".join(f"{int(number):0128x}" for part in normalize(point) for number in part.coeffs)


@pytest.mark.parametrize(
    ("address", "given", "wanted"),
    [
        (G1_ADD, g1(G1) + g1(multiply(G1, 5)), g1(multiply(G1, 6))),
        (G1_MSM, g1(G1) + f"{7:064x}", g1(multiply(G1, 7))),
        (G2_ADD, g2(G2) + g2(add(G2, G2)), g2(multiply(G2, 3))),
        (PAIRING_CHECK, g1(G1) + g2(G2) + g1(neg(G1)) + g2(G2), f"{1:064x}"),
        (PAIRING_CHECK, g1(G1) + g2(G2) + g1(G1) + g2(G2), f"{0:064x}"),
    ],
    ids=["add", "multiply", "add in G2", "pairing holds", "pairing does not"],
)
def test_a_call_finds_the_contract_although_it_was_not_loaded(
    tmp_path: Path, address: str, given: str, wanted: str
) -> None:
    chain = ChainProcess(tmp_path / "chain")
    try:
        answer = chain.client.call("eth_call", {"to": address, "data": f"0x{given}"}, "latest")
        assert answer == f"0x{wanted}"
        refused = chain.client.error("eth_call", {"to": address, "data": "0x01"}, "latest")
        assert "message" in refused, "input of a wrong length is refused by the contract itself"
    finally:
        chain.kill()


def test_every_contract_of_the_package_has_its_stand_in_and_none_is_loaded_at_the_start(tmp_path: Path) -> None:
    code = (
        "import sys, localchain.node, eth.precompiles\n"
        f"assert 'py_ecc.bls' not in sys.modules and sys.modules[{PACKAGE!r}].__spec__ is None\n"
        "from localchain.curves import _loaded\n"
        "print(*sorted(name for name in vars(_loaded()) if name.startswith('bls12_') and name[6:9] != '381'))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert shown.stdout.split() == sorted(NAMES)


def test_two_first_calls_at_once_load_it_once(tmp_path: Path) -> None:
    chain = ChainProcess(tmp_path / "chain")
    try:
        port = chain.client.port
        call = {"to": G1_ADD, "data": f"0x{g1(G1) * 2}"}
        with ThreadPoolExecutor(4) as several:
            clients = [type(chain.client)(port) for _ in range(4)]
            answers = list(several.map(lambda client: client.call("eth_call", call, "latest"), clients))
            for client in clients:
                client.close()
        assert set(answers) == {f"0x{g1(multiply(G1, 2))}"}
    finally:
        chain.kill()
