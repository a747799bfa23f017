"""The accounts of a development chain: keys that everybody knows, funded in its genesis.

They are those that other tools print at start (anvil, hardhat; eth-tester), so that tests written for them run here.
Whoever puts value behind one of these keys loses it; no chain but a development chain funds them.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from eth_keys.datatypes import PrivateKey

MNEMONIC: Final = "test test test test test test test test test test test junk"
BALANCE: Final = 10**6 * 10**18
"""Wei of each account; as eth-tester gives."""
_ACCOUNTS: Final = 10


@cache
def development_keys() -> dict[bytes, PrivateKey]:
    """Address to key: ten of the well-known mnemonic, then eth-tester's ten (the numbers 1 to 10)."""
    # Only a development chain waits for these libraries.
    words = importlib.import_module("eth_account.hdaccount.mnemonic").Mnemonic
    path = importlib.import_module("eth_account.hdaccount.deterministic").HDPath
    seed = words.to_seed(MNEMONIC)
    secrets = [path(f"m/44'/60'/0'/0/{number}").derive(seed) for number in range(_ACCOUNTS)]
    secrets += [number.to_bytes(32, "big") for number in range(1, _ACCOUNTS + 1)]
    found = (PrivateKey(secret) for secret in secrets)
    return {key.public_key.to_canonical_address(): key for key in found}
