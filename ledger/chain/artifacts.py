"""The compiled contracts that the program carries: interface, code, and what their errors say to people.

The files beside this module are written by `scripts/compile_contracts.py` and are in git, so that running Sillok
needs no compiler; a test compiles again and compares. Reading one raises InfrastructureError where the installation
lacks it: nothing that a caller sent can be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, TypeAlias, cast

from eth_hash.auto import keccak

from ledger.errors import InfrastructureError

Json: TypeAlias = Mapping[str, object]

NAMES: Final = ("AgencyRegistry", "CheckpointRegistry", "StatusRegistry", "Governor", "Council")
"""The contracts that are deployed."""

_FOREIGN: Final[Mapping[str, str]] = {
    "AccessManagedUnauthorized": "This account may not do that: it is the governor's to do.",
    "AccessManagerUnauthorizedAccount": "This account may not do that: it lacks the role.",
    "AccessManagerUnauthorizedCall": "This account may not do that, or not without a delay, or has none to wait for.",
    "AccessManagerUnauthorizedCancel": "This account may not cancel that: it is not the guardian.",
    "AccessManagerNotScheduled": "This must be scheduled first, and wait for the governor's delay.",
    "AccessManagerNotReady": "The governor's delay has not passed yet.",
    "AccessManagerExpired": "This waited too long after its delay; it must be scheduled again.",
    "AccessManagerAlreadyScheduled": "This is scheduled already.",
    "AddressEmptyCode": "There is no contract at this address.",
    "InvalidAccountNonce": "The council has acted meanwhile; this act must be signed again.",
}
"""What OpenZeppelin's errors say to people: its sources have no notice for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One compiled contract.

    Attributes:
        name: the contract's name.
        abi: its interface, as the compiler gives it.
        bytecode: creation code; constructor arguments are appended to it.
        deployed_bytecode: code on chain, with zeros where the constructor writes immutable values.
        immutables: (start, length) in bytes of each of those places.
        sources_sha256: digest of compiler, settings and the digest of each source.
        sources: source unit name → SHA-256 in hex.
        userdoc: what the contract says to people.
        devdoc: what it says to programmers.
        storage_layout: where its state is.
    """

    name: str
    abi: Sequence[Json]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: Sequence[tuple[int, int]]
    sources_sha256: str
    sources: Mapping[str, str]
    userdoc: Json
    devdoc: Json
    storage_layout: Json

    def is_code(self, code: bytes) -> bool:
        """Whether `code`, read from a chain, is this contract, whatever its immutable values are."""
        return self._masked(code) == self._masked(self.deployed_bytecode)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self.immutables:
            if start + length <= len(masked):
                masked[start : start + length] = bytes(length)
        return bytes(masked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A custom error of a contract.

    Attributes:
        name: the error's name.
        inputs: its parameters as in the ABI, for decoding.
        signature: `Name(type,…)`.
        text: what it says to people; empty where nothing was written.
    """

    name: str
    inputs: Sequence[Json]
    signature: str
    text: str


@cache
def load(name: str) -> Artifact:
    """The compiled contract of this name (one of NAMES).

    Raises:
        InfrastructureError: the installation lacks it.
    """
    try:
        text = resources.files("ledger.chain").joinpath("artifacts", f"{name}.json").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InfrastructureError(
            f"The compiled contract {name} is missing.",
            fix="Install Sillok again, or run scripts/compile_contracts.py.",
        ) from error
    fields = json.loads(text)
    return Artifact(
        name=fields["name"],
        abi=tuple(fields["abi"]),
        bytecode=bytes.fromhex(fields["bytecode"]),
        deployed_bytecode=bytes.fromhex(fields["deployedBytecode"]),
        immutables=tuple((start, length) for start, length in fields["immutables"]),
        sources_sha256=fields["sourcesSha256"],
        sources=fields["sources"],
        userdoc=fields["userdoc"],
        devdoc=fields["devdoc"],
        storage_layout=fields["storageLayout"],
    )


@cache
def notices_of(name: str) -> Mapping[bytes, Notice]:
    """Every custom error of one contract (one of NAMES) by its selector (4 bytes)."""
    found: dict[bytes, Notice] = {}
    contract = load(name)
    written = cast(Mapping[str, Sequence[Mapping[str, str]]], contract.userdoc.get("errors", {}))
    for entry in contract.abi:
        if entry["type"] != "error":
            continue
        inputs = cast(Sequence[Json], entry["inputs"])
        error = str(entry["name"])
        signature = f"{error}({','.join(type_text(i) for i in inputs)})"
        said = " ".join(e["notice"] for e in written.get(signature, ()))
        notice = Notice(name=error, inputs=inputs, signature=signature, text=said or _FOREIGN.get(error, ""))
        found[keccak(signature.encode())[:4]] = notice
    return found


@cache
def notices() -> Mapping[bytes, Notice]:
    """Every custom error of our contracts by its selector.

    Two contracts may word the same error each in its own way; where it is known which one refused, `notices_of` says
    its words.
    """
    return {selector: notice for name in NAMES for selector, notice in notices_of(name).items()}


def type_text(parameter: Json) -> str:
    """The canonical type of an ABI parameter: `tuple` is written out."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    parts = cast(Sequence[Json], parameter["components"])
    return f"({','.join(type_text(p) for p in parts)}){kind.removeprefix('tuple')}"
