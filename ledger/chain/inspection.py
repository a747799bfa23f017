"""Does the chain hold what a deployment says: our code at each address, wired to each other and to the council?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.chain import artifacts, replies, reverts
from ledger.chain.abi import Value
from ledger.chain.calls import CONTRACTS, INTERFACES
from ledger.chain.deployment import Deployment, Terms
from ledger.chain.rpc import Failure, Json, JsonRpc, Request, result_of
from ledger.errors import ChainError
from ledger.hashing.digests import sha256
from ledger.values import Address, Digest32

_GOVERNOR_ROLE: Final = 1
_EMERGENCY_ROLE: Final = 2
_GUARDIAN_ROLE: Final = 3


def read_codes(rpc: JsonRpc, addresses: Mapping[str, Address]) -> Mapping[str, bytes]:
    """The code at each contract's address; empty where there is none."""
    answers = rpc.batch([Request("eth_getCode", ("0x" + a.hex(), "latest")) for a in addresses.values()])
    return {
        name: replies.data(result_of(answer, "eth_getCode"), "code")
        for name, answer in zip(addresses, answers, strict=True)
    }


def require_same_code(rpc: JsonRpc, deployment: Deployment) -> None:
    """The chain and this program both have what was deployed.

    Raises:
        ChainError: a contract is not on the chain, has other code there, or this program has other contracts.
    """
    if set(deployment.contracts) != set(CONTRACTS):
        raise ChainError("The deployment names other contracts than this program knows.", fix="Update Sillok.")
    for name, code in read_codes(rpc, deployment.addresses()).items():
        contract, artifact = deployment.contracts[name], artifacts.load(name)
        place = f"{name} at 0x{contract.address.hex()}"
        if not code:
            raise ChainError(
                "The contract is not on this chain any more.",
                where=place,
                fix="Is this the chain it was deployed on?",
            )
        if sha256(code) != contract.code:
            raise ChainError("The code on the chain is not the code that was deployed.", where=place)
        if contract.sources.hex() != artifact.sources_sha256 or not artifact.is_code(code):
            raise ChainError(
                "This program's contract differs from the deployed one: it was compiled from other sources.",
                where=place,
                fix="Use the program that deployed it. New contracts are a new deployment, in a folder of their own; "
                "logs are moved to it by the council.",
            )


def require_wiring(rpc: JsonRpc, addresses: Mapping[str, Address], genesis: Digest32, terms: Terms) -> None:
    """Every contract points at the right others, and the council alone governs, under these terms.

    Raises:
        ChainError: something points elsewhere; names it.
    """
    council, guardian = addresses["Council"], terms.guardian or addresses["Council"]
    delay = terms.minimum_delay_s
    wanted: Sequence[tuple[str, str, tuple[Value, ...], tuple[Value, ...]]] = [
        ("Council", "threshold", (), (terms.threshold,)),
        ("Council", "getSignerCount", (), (len(terms.members),)),
        *[("Council", "isSigner", (member,), (True,)) for member in terms.members],
        ("Governor", "minimumDelay", (), (delay,)),
        ("Governor", "agencies", (), (_text(addresses["AgencyRegistry"]),)),
        ("Governor", "checkpoints", (), (_text(addresses["CheckpointRegistry"]),)),
        ("Governor", "statuses", (), (_text(addresses["StatusRegistry"]),)),
        ("Governor", "hasRole", (0, council), (True, delay)),
        ("Governor", "hasRole", (_GOVERNOR_ROLE, council), (True, delay)),
        ("Governor", "hasRole", (_EMERGENCY_ROLE, council), (True, 0)),
        ("Governor", "hasRole", (_GUARDIAN_ROLE, guardian), (True, 0)),
        ("AgencyRegistry", "authority", (), (_text(addresses["Governor"]),)),
        ("CheckpointRegistry", "authority", (), (_text(addresses["Governor"]),)),
        ("CheckpointRegistry", "AGENCIES", (), (_text(addresses["AgencyRegistry"]),)),
        ("CheckpointRegistry", "GENESIS", (), (bytes(genesis),)),
        ("StatusRegistry", "AGENCIES", (), (_text(addresses["AgencyRegistry"]),)),
        ("StatusRegistry", "CHECKPOINTS", (), (_text(addresses["CheckpointRegistry"]),)),
    ]
    requests = []
    for contract, function, values, _ in wanted:
        data = INTERFACES[contract].call_data(function, *values)
        fields: dict[str, Json] = {"to": "0x" + addresses[contract].hex(), "data": "0x" + data.hex()}
        requests.append(Request("eth_call", (fields, "latest")))
    for (contract, function, _, right), answer in zip(wanted, rpc.batch(requests), strict=True):
        if isinstance(answer, Failure) and answer.data:
            raise ChainError(reverts.explain(answer.data, contract), where=f"{contract}.{function}")
        data = replies.data(result_of(answer, function), f"the result of {function}")
        found = INTERFACES[contract].read_result(function, data)
        if found != right:
            raise ChainError(
                f"The contracts are not wired as they must be: {contract}.{function} says {found}, not {right}.",
                fix="Do not use them; deploy anew.",
            )


def _text(address: Address) -> str:
    """An address as eth_abi decodes it."""
    return "0x" + address.hex()
