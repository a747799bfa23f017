"""Deploying the contracts, once and for ever: idempotent, resumed after a crash, and refused where it would be weak.

Five contracts in a fixed order from one key, whose nonces fix all addresses beforehand: the governor is born knowing
the registries, and the deployer never holds a right. What is signed is in a journal before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ledger.chain import artifacts, replies
from ledger.chain.abi import Value
from ledger.chain.calls import CONTRACTS, INTERFACES, TRANSACTION_GAS_LIMIT
from ledger.chain.deployment import (
    DeployedContract,
    Deployment,
    Terms,
    deployment_path,
    load_deployment,
    save_deployment,
)
from ledger.chain.identity import NodeIdentity, ask_identity
from ledger.chain.inspection import read_codes, require_same_code, require_wiring
from ledger.chain.journal import Journal, Plan
from ledger.chain.rpc import Json, JsonRpc
from ledger.chain.sending import Sending
from ledger.chain.submit import see_through
from ledger.chain.transactions import Unsigned, created_address
from ledger.errors import ChainError, ChainRefusedError, InputError, Refusal
from ledger.hashing.digests import sha256
from ledger.keys.wellknown import is_well_known_address
from ledger.ports.keys import ChainSigner
from ledger.values import Address, Digest32

PRODUCTION_THRESHOLD: Final = 2
PRODUCTION_MEMBERS: Final = 3
PRODUCTION_DELAY_S: Final = 2 * 24 * 3600
# What the five creations take together (measured: 11 to 13 million), with room for their estimates.
_ALL_GAS: Final = 18_000_000

Progress = Callable[[str], None]


def deploy(
    rpc_url: str,
    signer: ChainSigner,
    folder: Path,
    terms: Terms,
    *,
    chain_id: int | None = None,
    timeout_s: float = 10.0,
    progress: Progress = lambda words: None,
) -> Deployment:
    """Deploy and wire the contracts, or find that they are deployed already and change nothing.

    Args:
        rpc_url: a node.
        signer: who deploys and pays; holds no right afterwards.
        folder: where `<chainId>.json` is or will be.
        terms: who governs, and how fast.
        chain_id: the chain that is meant; None: whichever it is.
        timeout_s: longest wait for the node at each step.
        progress: told what is done, for a person.

    Raises:
        InputError: the terms are too weak for this chain, or make no council; the deployment file cannot be read.
        ChainRefusedError: the key can't pay, may not deploy, or is well known; `what` says which.
        ChainError: another chain, other contracts or sources than were deployed, another unfinished deployment, or
            no answer.
    """
    rpc = JsonRpc(rpc_url, timeout_s=timeout_s)
    try:
        node = ask_identity(rpc)
        if chain_id is not None and chain_id != node.identity.chain_id:
            raise ChainError(
                f"This is chain {node.identity.chain_id}, not {chain_id}.", where=rpc_url, fix="Check --rpc."
            )
        path = deployment_path(folder, node.identity.chain_id)
        if path.exists():
            return _existing(rpc, path, node, signer, terms)
        require_strong(node, terms)
        _refuse_well_known(node, signer, terms)
        return _Deploying(rpc, node, signer, terms, path, progress).run()
    finally:
        rpc.close()


def require_strong(node: NodeIdentity, terms: Terms) -> None:
    """Refuse terms that make no council, or one too weak for a chain that counts.

    Raises:
        InputError: says what is needed.
    """
    members = len(set(terms.members))
    if members != len(terms.members) or not 1 <= terms.threshold <= members or terms.minimum_delay_s < 0:
        raise InputError(
            f"A council of {len(terms.members)} members with {terms.threshold} signatures cannot be.",
            fix="Name each member once, and at least as many as must sign.",
        )
    if node.embedded or node.identity.development:
        return
    if terms.threshold < PRODUCTION_THRESHOLD or members < PRODUCTION_MEMBERS:
        raise InputError(
            f"{terms.threshold} of {members} members is too weak a council for a chain that counts.",
            fix="Name three members or more, of whom two or more must sign.",
        )
    if terms.minimum_delay_s < PRODUCTION_DELAY_S:
        raise InputError(
            f"A delay of {terms.minimum_delay_s} s is too short for a chain that counts.",
            fix=f"Give two days ({PRODUCTION_DELAY_S} s) or more, so that a stolen council is noticed in time.",
        )


def _refuse_well_known(node: NodeIdentity, signer: ChainSigner, terms: Terms) -> None:
    if node.identity.development:
        return
    for address in (signer.address, *terms.members, *([terms.guardian] if terms.guardian is not None else [])):
        if is_well_known_address(address):
            raise ChainRefusedError(
                f"0x{address.hex()} is a well-known test key: everybody has its secret.",
                fix="Use a key of your own; test keys are for development chains.",
            )


def _existing(rpc: JsonRpc, path: Path, node: NodeIdentity, signer: ChainSigner, terms: Terms) -> Deployment:
    """What is deployed, checked; nothing is changed."""
    deployment = load_deployment(path)
    if deployment.genesis != node.identity.genesis or deployment.chain_id != node.identity.chain_id:
        raise ChainError(
            f"The contracts in this file are on a chain with genesis {deployment.genesis.hex()[:16]}…; this one's is "
            f"{node.identity.genesis.hex()[:16]}….",
            where=str(path),
            fix="Check --rpc, or give another --out folder for a new deployment.",
        )
    if deployment.deployer != signer.address:
        raise ChainRefusedError(
            f"0x{deployment.deployer.hex()} deployed these contracts; 0x{signer.address.hex()} has no say here.",
            where=str(path),
            fix="Use the deployer's key, or give another --out folder for a new deployment.",
        )
    if replace(terms, guardian=None) != replace(deployment.terms, guardian=None) or (
        terms.guardian is not None and terms.guardian != deployment.guardian
    ):
        raise ChainError(
            "The contracts were deployed with another council, delay or guardian.",
            where=str(path),
            fix="Terms are changed by an act of the council, not by deploying.",
        )
    require_same_code(rpc, deployment)
    require_wiring(rpc, deployment.addresses(), deployment.genesis, deployment.terms)
    return deployment


@dataclass(slots=True)
class _Deploying:
    """One deployment, from the first nonce to the written file."""

    rpc: JsonRpc
    node: NodeIdentity
    signer: ChainSigner
    terms: Terms
    path: Path
    progress: Progress

    def run(self) -> Deployment:
        identity, deployer = self.node.identity, self.signer.address
        sending = Sending(self.rpc, identity.chain_id)
        plan = Plan(
            chain=identity,
            deployer=deployer,
            terms=self.terms,
            sources={name: artifacts.load(name).sources_sha256 for name in CONTRACTS},
        )
        journal_path = self.path.with_name(self.path.stem + ".journal.json")
        if not journal_path.exists():
            self._require_funds(sending)
        journal = Journal.resume_or_begin(journal_path, plan, sending.next_nonce(deployer))
        nonces = {name: journal.first_nonce + place for place, name in enumerate(CONTRACTS)}
        addresses = {name: created_address(deployer, nonce) for name, nonce in nonces.items()}
        arguments = self._arguments(addresses)
        blocks = []
        for name in CONTRACTS:
            self.progress(f"{name} at 0x{addresses[name].hex()}")
            blocks.append(self._create(sending, journal, name, nonces[name], arguments[name]))
        deployment = self._deployment(addresses, min(blocks))
        require_same_code(self.rpc, deployment)
        require_wiring(self.rpc, addresses, identity.genesis, self.terms)
        save_deployment(self.path, deployment)
        journal.finish()
        return deployment

    def _require_funds(self, sending: Sending) -> None:
        fees, balance = sending.fees(), sending.balance(self.signer.address)
        if balance < fees.most * _ALL_GAS:
            raise ChainRefusedError(
                f"0x{self.signer.address.hex()} has {balance} wei; deploying may take {fees.most * _ALL_GAS}.",
                refusal=Refusal.NO_FUNDS,
                fix="Send coin to this address first.",
            )

    def _arguments(self, addresses: Mapping[str, Address]) -> Mapping[str, tuple[Value, ...]]:
        council, governor = addresses["Council"], addresses["Governor"]
        agencies, checkpoints = addresses["AgencyRegistry"], addresses["CheckpointRegistry"]
        guardian = self.terms.guardian or council
        registries = (agencies, checkpoints, addresses["StatusRegistry"])
        return {
            "Council": (list(self.terms.members), self.terms.threshold),
            "Governor": (council, self.terms.minimum_delay_s, guardian, *registries),
            "AgencyRegistry": (governor,),
            "CheckpointRegistry": (governor, agencies, self.node.identity.genesis),
            "StatusRegistry": (agencies, checkpoints),
        }

    def _create(self, sending: Sending, journal: Journal, name: str, nonce: int, arguments: tuple[Value, ...]) -> int:
        """See one contract through; the number of its block. What the journal has is sent again, not signed anew."""
        deployer = self.signer.address
        versions = journal.sent(name, deployer, nonce)
        if sending.next_nonce(deployer) > nonce:
            mined = [
                state.block for state in sending.states([one.hash for one in versions]) if state.block is not None
            ]
            if not mined:
                raise ChainError(
                    f"The key 0x{deployer.hex()} was used for something else while the deployment was not finished.",
                    where=str(self.path),
                    fix="Remove the journal beside this file to begin again, with a key used for nothing else.",
                )
            return mined[0].number
        data = artifacts.load(name).bytecode + INTERFACES[name].creation_arguments(*arguments)
        if versions:
            transaction = versions[-1]
        else:
            unsigned = Unsigned(
                chain_id=self.node.identity.chain_id,
                nonce=nonce,
                fees=sending.fees(),
                gas=self._estimate(data),
                to=None,
                value=0,
                data=data,
            )
            transaction = unsigned.sign(self.signer)
        block = see_through(sending, transaction, self.signer, before_send=lambda one: journal.add(name, one))
        return block.number

    def _estimate(self, data: bytes) -> int:
        """Gas of a creation, with a fifth of room; above all of it the chain would refuse anyway."""
        fields: dict[str, Json] = {"from": "0x" + self.signer.address.hex(), "data": "0x" + data.hex()}
        gas = replies.quantity(self.rpc.call("eth_estimateGas", fields), "the gas estimate")
        return min(gas + gas // 5, TRANSACTION_GAS_LIMIT)

    def _deployment(self, addresses: Mapping[str, Address], block: int) -> Deployment:
        codes = read_codes(self.rpc, addresses)
        contracts = {
            name: DeployedContract(
                address=address,
                code=sha256(codes[name]),
                sources=Digest32(bytes.fromhex(artifacts.load(name).sources_sha256)),
            )
            for name, address in addresses.items()
        }
        guardian = self.terms.guardian or addresses["Council"]
        return Deployment(
            chain_id=self.node.identity.chain_id,
            genesis=self.node.identity.genesis,
            block=block,
            contracts=contracts,
            terms=replace(self.terms, guardian=guardian),
            guardian=guardian,
            deployer=self.signer.address,
        )
