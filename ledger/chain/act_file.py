"""Acts of the council as files: what each does, in words; signing one; the folder in which they wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from ledger.chain.calls import INTERFACES
from ledger.chain.council import act_digest, sign_act
from ledger.chain.deployment import Deployment
from ledger.council_act import ActFile, parse_act_file
from ledger.durable import make_folder_durably, remove_durably, replace_durably
from ledger.errors import InputError
from ledger.hashing.encodings import hex_decode
from ledger.ports.keys import ChainSigner
from ledger.values import Address


def signed(file: ActFile, signers: Sequence[ChainSigner]) -> ActFile:
    """The act with these members' signatures too."""
    digest = act_digest(file.act, council=file.council, chain_id=file.chain_id)
    return file.merged({signer.address: sign_act(digest, signer) for signer in signers})


def describe(file: ActFile, deployment: Deployment) -> str:
    """What the act does, in one line, read from its own bytes and the signer's own deployment file.

    Raises:
        InputError: it is for another chain or council than this deployment, or calls none of its contracts.
    """
    addresses = deployment.addresses()
    if file.chain_id != deployment.chain_id or file.council != addresses["Council"]:
        raise InputError("This act is for another council than the deployment names.", where="act")
    contract = next((name for name, address in addresses.items() if address == file.act.target), None)
    if contract is None:
        raise InputError("This act calls none of our contracts.", where="target")
    return f"{contract}.{_call(contract, file.act.data, addresses)}"


def _call(contract: str, data: bytes, addresses: Mapping[str, Address]) -> str:
    for function in INTERFACES[contract].functions.values():
        if function.selector != data[:4]:
            continue
        try:
            values = decode(function.inputs, data[4:])
        except DecodingError as error:
            raise InputError(f"The arguments of {function.name} cannot be read.", where="data") from error
        if (contract, function.name) == ("Governor", "schedule"):
            target = hex_decode(str(values[0]).removeprefix("0x"), where="data")
            inner = next((name for name, address in addresses.items() if address == target), None)
            if inner is not None and isinstance(values[1], bytes):
                return f"schedule({inner}.{_call(inner, values[1], addresses)})"
        return f"{function.name}({', '.join(map(_shown, values))})"
    raise InputError(f"{contract} has no function {data[:4].hex()}.", where="data")


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        return text.decode("ascii") if text and text.isdigit() else "0x" + value.hex()
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_shown, value)) + ")"
    return str(value)


class ActFolder:
    """Acts that wait for signatures, one file each."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made yet."""
        self._folder = folder

    def waiting(self) -> Sequence[ActFile]:
        """All of them, in the order in which they can happen."""
        found = [parse_act_file(path.read_bytes()) for path in self._folder.glob("act-*.json")]
        return sorted(found, key=lambda file: file.act.nonce)

    def keep(self, file: ActFile) -> Path:
        """Keep one, in the place of what has its number; where it is."""
        make_folder_durably(self._folder)
        path = self._folder / file.name
        replace_durably(path, file.encode())
        return path

    def drop(self, file: ActFile) -> None:
        """It happened, or can't any more."""
        if (self._folder / file.name).exists():
            remove_durably(self._folder / file.name)
