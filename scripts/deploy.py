"""Deploy Sillok's contracts on an Ethereum chain, or find that they are there and change nothing.

    .venv/bin/python scripts/deploy.py --rpc http://127.0.0.1:8545 --key deployer.json --out deployments \
        --council 0x… --council 0x… --council 0x… --threshold 2 --delay 172800

The key pays and holds no right afterwards. It is read from a file (an encrypted Ethereum key file, or 64 hex digits),
or from the environment variable SILLOK_DEPLOY_KEY; never from the command line, which every process can see. Exit
codes: 0 deployed or already there, 2 what was given can't be used, 3 the chain or the key refused or did not answer.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from pathlib import Path
from typing import Final

from eth_keyfile.keyfile import decode_keyfile_json
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception

from ledger.chain import artifacts
from ledger.chain.deploy import PRODUCTION_DELAY_S, deploy
from ledger.chain.deployment import Deployment, Terms, deployment_path
from ledger.errors import ChainError, InfrastructureError, InputError, KeystoreError, SillokError
from ledger.keys.password import read_password
from ledger.keys.signers import FileChainSigner
from ledger.values import Address

KEY_VARIABLE: Final = "SILLOK_DEPLOY_KEY"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        signer = read_key(options.key, options.password_file)
        members = tuple(read_address(text) for text in options.council) or (signer.address,)
        terms = Terms(
            members=members,
            threshold=options.threshold,
            minimum_delay_s=options.delay,
            guardian=read_address(options.guardian) if options.guardian else None,
        )
        made: list[str] = []

        def tell(words: str) -> None:
            made.append(words)
            print(words, flush=True)

        deployment = deploy(options.rpc, signer, options.out, terms, chain_id=options.chain_id, progress=tell)
        try:
            second_opinion(options.rpc, deployment)
        except (OSError, Web3Exception) as error:
            raise ChainError("The chain did not answer when the result was read back.") from error
    except SillokError as error:
        place = f"  where: {error.where}\n" if error.where else ""
        fix = f"  to do: {error.fix}\n" if error.fix else ""
        print(f"{error.what}\n{place}{fix}", end="", file=sys.stderr)
        return 3 if isinstance(error, InfrastructureError) else 2
    path = deployment_path(options.out, deployment.chain_id)
    print(f"Deployed: {path}" if made else f"Nothing to do, the contracts are there and wired: {path}")
    return 0


def read_key(path: Path | None, password_file: Path | None) -> FileChainSigner:
    """The deployer's key from a file, or from SILLOK_DEPLOY_KEY where no file is named.

    Raises:
        KeystoreError: there is none, it can't be read, or the password is wrong.
    """
    if path is None:
        text = os.environ.get(KEY_VARIABLE, "")
        if not text:
            raise KeystoreError("No key was given.", fix=f"Name a file with --key, or set {KEY_VARIABLE}.")
        return _hex_key(text, KEY_VARIABLE)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeystoreError("The key file can't be read.", where=str(path)) from error
    if not text.startswith("{"):
        return _hex_key(text, str(path))
    password = read_password(file=password_file, prompt=lambda: getpass.getpass(f"Password of {path}: "))
    try:
        return FileChainSigner(bytes(decode_keyfile_json(json.loads(text), password.encode())))
    except (ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise KeystoreError(
            "The key file can't be opened: wrong password, or no Ethereum key file.", where=str(path)
        ) from error


def _hex_key(text: str, where: str) -> FileChainSigner:
    try:
        return FileChainSigner(bytes.fromhex(text.strip().removeprefix("0x")))
    except ValueError:
        # Without the cause: its message would quote the key.
        raise KeystoreError("This is not a key.", where=where, fix="Give 64 hex digits.") from None


def read_address(text: str) -> Address:
    """An Ethereum address; where it is written in mixed case, its checksum must hold (EIP-55).

    Raises:
        InputError: it is none.
    """
    digits = text.removeprefix("0x")
    mixed = digits not in (digits.lower(), digits.upper())
    if not Web3.is_address(text) or (mixed and not Web3.is_checksum_address(text)):
        raise InputError(f"{text[:60]!r} is not an address.", fix="Give 0x and 40 hex digits, with a right checksum.")
    return Address(bytes.fromhex(digits))


def second_opinion(rpc_url: str, deployment: Deployment) -> None:
    """Read the result back with web3.py, which shares no line with the client that deployed.

    Raises:
        ChainError: it sees something else.
    """
    web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": 30}))
    addresses = {name: Web3.to_checksum_address(address) for name, address in deployment.addresses().items()}
    governor = web3.eth.contract(address=addresses["Governor"], abi=list(artifacts.load("Governor").abi))
    seen = {
        "chain id": (web3.eth.chain_id, deployment.chain_id),
        "delay": (governor.functions.minimumDelay().call(), deployment.terms.minimum_delay_s),
        "agencies": (governor.functions.agencies().call(), addresses["AgencyRegistry"]),
        "checkpoints": (governor.functions.checkpoints().call(), addresses["CheckpointRegistry"]),
        "statuses": (governor.functions.statuses().call(), addresses["StatusRegistry"]),
        "council": (governor.functions.hasRole(0, addresses["Council"]).call()[0], True),
    }
    for name, (found, right) in seen.items():
        if found != right:
            raise ChainError(f"Another client reads {name} {found!r} where {right!r} was deployed.")
    for name, address in addresses.items():
        if not artifacts.load(name).is_code(bytes(web3.eth.get_code(address))):
            raise ChainError(f"Another client reads other code of {name}.", where=address)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Deploy Sillok's contracts, or find that they are there.")
    parser.add_argument("--rpc", required=True, help="Ethereum JSON-RPC of the chain, http:// or https://")
    parser.add_argument("--key", type=Path, help=f"key file of the deployer; default: the variable {KEY_VARIABLE}")
    parser.add_argument("--password-file", type=Path, help="file with the key file's password; default: ask")
    parser.add_argument("--out", type=Path, default=Path("deployments"), help="folder of <chainId>.json")
    parser.add_argument("--council", action="append", default=[], metavar="ADDRESS", help="a member; repeat")
    parser.add_argument("--threshold", type=int, default=1, help="members who must sign; 2 or more in production")
    parser.add_argument(
        "--delay",
        type=int,
        default=0,
        metavar="SECONDS",
        help=f"governor's delay; {PRODUCTION_DELAY_S} in production",
    )
    parser.add_argument("--guardian", metavar="ADDRESS", help="who may cancel what waits; default: the council")
    parser.add_argument("--chain-id", type=int, help="the chain that is meant; another one is refused")
    return parser


if __name__ == "__main__":
    sys.exit(main())
