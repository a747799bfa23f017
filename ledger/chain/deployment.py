"""Which contracts on which chain: `deployments/<chainId>.json`, written by whoever deployed, read by the service.

    {"sillok": "deployment/v1", "chainId": 202002, "genesis": 64 hex, "block": 5,
     "contracts": {"Council": {"address": 40 hex, "code": 64 hex, "sources": 64 hex}, …},
     "council": {"members": [40 hex, …], "threshold": 1}, "minimumDelay": 0, "guardian": 40 hex, "deployer": 40 hex}

`code` is SHA-256 of the code on chain, `sources` that of the sources it was compiled from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.durable import PUBLIC, replace_durably
from ledger.errors import InputError
from ledger.values import Address, Digest32

VERSION: Final = "deployment/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedContract:
    """One contract on chain."""

    address: Address
    code: Digest32
    """SHA-256 of its code on chain."""
    sources: Digest32
    """SHA-256 of the sources that it was compiled from, as the artifact says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who governs the contracts, and how fast.

    Attributes:
        members: addresses of the council.
        threshold: how many of them must sign.
        minimum_delay_s: seconds between scheduling and executing what is not an emergency.
        guardian: who may cancel what is scheduled; None: the council itself.
    """

    members: tuple[Address, ...]
    threshold: int
    minimum_delay_s: int
    guardian: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """All contracts of one installation. `block` is the first whose events count."""

    chain_id: int
    genesis: Digest32
    block: int
    contracts: Mapping[str, DeployedContract]
    terms: Terms
    guardian: Address
    deployer: Address

    def addresses(self) -> Mapping[str, Address]:
        """Contract name → address."""
        return {name: contract.address for name, contract in self.contracts.items()}


def deployment_path(folder: Path, chain_id: int) -> Path:
    """Where the deployment on a chain stands."""
    return folder / f"{chain_id}.json"


def load_deployment(path: Path) -> Deployment:
    """Read a deployment file.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            "There is no deployment file here.",
            where=str(path),
            fix="Name the chain's deployments/<chainId>.json; scripts/deploy.py writes it.",
        ) from error
    except (OSError, ValueError) as error:
        raise InputError("The deployment file cannot be read.", where=str(path)) from error
    try:
        if document["sillok"] != VERSION:
            raise InputError("The deployment file is of another version.", where=str(path), fix="Update Sillok.")
        council = document["council"]
        return Deployment(
            chain_id=int(document["chainId"]),
            genesis=Digest32(_hex(document["genesis"], 32)),
            block=int(document["block"]),
            contracts={
                str(name): DeployedContract(
                    address=Address(_hex(contract["address"], 20)),
                    code=Digest32(_hex(contract["code"], 32)),
                    sources=Digest32(_hex(contract["sources"], 32)),
                )
                for name, contract in document["contracts"].items()
            },
            terms=Terms(
                members=tuple(Address(_hex(member, 20)) for member in council["members"]),
                threshold=int(council["threshold"]),
                minimum_delay_s=int(document["minimumDelay"]),
                guardian=Address(_hex(document["guardian"], 20)),
            ),
            guardian=Address(_hex(document["guardian"], 20)),
            deployer=Address(_hex(document["deployer"], 20)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("The deployment file is damaged.", where=str(path), fix="Restore it from a copy.") from error


def save_deployment(path: Path, deployment: Deployment) -> None:
    """Write a deployment file; on disk when this returns.

    Raises:
        InputError: the disk refused.
    """
    document = {
        "sillok": VERSION,
        "chainId": deployment.chain_id,
        "genesis": deployment.genesis.hex(),
        "block": deployment.block,
        "contracts": {
            name: {
                "address": contract.address.hex(),
                "code": contract.code.hex(),
                "sources": contract.sources.hex(),
            }
            for name, contract in deployment.contracts.items()
        },
        "council": {
            "members": [member.hex() for member in deployment.terms.members],
            "threshold": deployment.terms.threshold,
        },
        "minimumDelay": deployment.terms.minimum_delay_s,
        "guardian": deployment.guardian.hex(),
        "deployer": deployment.deployer.hex(),
    }
    replace_durably(path, json.dumps(document, indent=1).encode() + b"\n", mode=PUBLIC)


def _hex(text: str, length: int) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != length:
        raise ValueError("another length")
    return data
