"""A small city on a chain: the five contracts, agencies with keys, logs with trees, and acts on their records."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from support.solidity import FOREVER, Chain, Contract, Receipt, council_signature, ecdsa
from support.uniform_tree import UniformTree

from ledger.keys.signers import FileChainSigner
from ledger.values import Reason, Role, Status

EVERYTHING = 0x7F
"""Mask of a key that may do all that exists without a second officer."""
NONE = (bytes(32), 0, 0, bytes(32))
ZERO = bytes(32)
PER_WORD = 128


@dataclass
class City:
    """The contracts with one council in charge."""

    chain: Chain
    delay: int = 0
    members: int = 1
    needed: int = 1
    guardian: str | None = None
    """Name of an account; None: the council itself."""
    _codes: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_000))

    def __post_init__(self) -> None:
        chain = self.chain
        deployer = self.deployer = chain.account("deployer")
        self.council_members = [chain.account(f"member {i}") for i in range(self.members)]
        self.council = chain.deploy(deployer, "Council", [m.address for m in self.council_members], self.needed)
        places = [chain.next_address(deployer, ahead) for ahead in (1, 2, 3)]
        guardian = chain.account(self.guardian).address if self.guardian else self.council.address
        self.governor = chain.deploy(deployer, "Governor", self.council.address, self.delay, guardian, *places)
        self.agencies = chain.deploy(deployer, "AgencyRegistry", self.governor.address)
        self.checkpoints = chain.deploy(
            deployer, "CheckpointRegistry", self.governor.address, self.agencies.address, chain.genesis
        )
        self.statuses = chain.deploy(deployer, "StatusRegistry", self.agencies.address, self.checkpoints.address)
        assert [self.agencies.address, self.checkpoints.address, self.statuses.address] == places
        self.contract_of = {
            function: contract
            for contract in (self.statuses, self.checkpoints, self.agencies)
            for function in contract.interface.functions
        }

    @property
    def registries(self) -> tuple[Contract, ...]:
        return self.agencies, self.checkpoints, self.statuses

    def govern(self, function: str, *values: Any) -> Receipt:
        """The council calls a registry's function, at once."""
        contract = self.contract_of[function]
        return self.council_act(contract.address, contract.interface.call_data(function, *values))

    def council_act(self, target: bytes, data: bytes, signers: Sequence[FileChainSigner] | None = None) -> Receipt:
        chain = self.chain
        nonce = chain.view(self.council, "nonces", self.council.address)
        digest = chain.view(self.council, "actDigest", target, data, nonce, FOREVER)
        signed = council_signature(digest, self.council_members[: self.needed] if signers is None else signers)
        return chain.send(self.deployer, self.council, "act", target, data, nonce, FOREVER, signed)

    def call(self, who: FileChainSigner, function: str, *values: Any) -> Receipt:
        """Somebody calls a registry's function."""
        return self.chain.send(who, self.contract_of[function], function, *values)

    def view(self, function: str, *values: Any) -> Any:
        return self.chain.view(self.contract_of[function], function, *values)

    def new_agency(self) -> Agency:
        """An agency with an ANCHOR and a STATUS key that may do everything alone."""
        agency = Agency(self, f"{next(self._codes)}".encode())
        self.govern("registerAgency", agency.code)
        agency.add_key("anchor", Role.ANCHOR)
        agency.add_key("status", Role.STATUS, alone=EVERYTHING)
        return agency

    def new_log(self, agency: Agency | None = None, records: int = 0, name: str = "seoul.example") -> LogOnChain:
        agency = agency or self.new_agency()
        receipt = self.govern("openLog", name, agency.code, 3600)
        log = LogOnChain(agency, receipt.event("LogOpened")["logId"], name)
        if records:
            log.grow(records)
        return log


@dataclass
class Agency:
    city: City
    code: bytes

    def signer(self, name: str) -> FileChainSigner:
        return self.city.chain.account(f"{self.code.decode()} {name}")

    def add_key(
        self,
        name: str,
        role: Role,
        *,
        alone: int = 0,
        officer: str | None = None,
        not_before: int = 0,
        not_after: int = 0,
    ) -> bytes:
        personal = role in (Role.STATUS, Role.OFFICER)
        who = hashlib.sha256((officer or name).encode()).digest() if personal else ZERO
        key_id = key_of(self.signer(name))
        self.city.govern("addKey", self.code, key_id, role, alone, who, not_before, not_after)
        return key_id


@dataclass
class LogOnChain:
    """A log and the tree behind it; all its leaves are equal, so that any size costs nothing."""

    agency: Agency
    log_id: bytes
    name: str
    tree: UniformTree = field(default_factory=UniformTree)
    size: int = 0
    head: tuple[bytes, int, int, bytes] = NONE
    history: list[tuple[int, tuple[bytes, int, int, bytes]]] = field(default_factory=list)

    @property
    def city(self) -> City:
        return self.agency.city

    def arguments(self, size: int, tree: UniformTree | None = None) -> tuple[Any, ...]:
        tree = tree or self.tree
        proof = tree.consistency(self.size, size) if 0 < self.size <= size else []
        return (self.log_id, self.size, self.head, size, tree.root(size), proof)

    def grow(self, size: int, by: FileChainSigner | None = None) -> Receipt:
        """Anchor the tree at this size."""
        by = by or self.agency.signer("anchor")
        receipt = self.city.call(by, "anchor", *self.arguments(size))
        event = receipt.event("CheckpointAnchored")
        self.size = size
        self.head = (event["root"], event["previousSize"], event["time"], event["keyId"])
        self.history.append((size, self.head))
        return receipt

    def succeed(self, size: int, head: tuple[bytes, int, int, bytes]) -> LogOnChain:
        receipt = self.city.govern("openSuccessor", self.name, self.log_id, head)
        return LogOnChain(
            self.agency, receipt.event("LogOpened")["logId"], self.name, self.tree, size, head if size else NONE
        )

    def act(self, indexes: Iterable[int] = (), **changes: Any) -> Act:
        return replace(Act(self.log_id, tuple(indexes)), **changes)

    def change(self, act: Act, by: FileChainSigner | None = None) -> Receipt:
        return self.city.call(by or self.agency.signer("status"), "change", act.tuple)

    def status(self, index: int, batch: int = 0) -> tuple[Status, Status, Status]:
        record, batch_status, worse = self.city.view("statusOf", self.log_id, index, batch)
        return Status(record), Status(batch_status), Status(worse)


@dataclass(frozen=True)
class Act:
    """An act in words of people; `tuple` is what the contract takes."""

    log_id: bytes
    indexes: tuple[int, ...] = ()
    batches: bool = False
    before: Status = Status.ACTIVE
    after: Status = Status.REVOKED
    reason: Reason = Reason.UNSPECIFIED
    retroactive: bool = False
    successor_log: bytes | None = None
    successors: tuple[int, ...] = ()
    raw: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    """Words and masks as they are to be, right or wrong."""

    @property
    def tuple(self) -> tuple[Any, ...]:
        words, masks = self.raw or lanes(self.indexes)
        later = self.successor_log or (self.log_id if self.successors else ZERO)
        named = (self.log_id, self.batches, self.before, self.after, self.reason, self.retroactive)
        return (*named, words, masks, later, self.successors)


def lanes(indexes: Iterable[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Words and masks that select these indexes."""
    masks: dict[int, int] = {}
    for index in sorted(indexes):
        masks[index // PER_WORD] = masks.get(index // PER_WORD, 0) | 1 << 2 * (index % PER_WORD)
    return tuple(masks), tuple(masks.values())


def key_of(signer: FileChainSigner) -> bytes:
    return bytes(12) + signer.address


def approve(city: City, act: Act, nonce: int, deadline: int, *officers: FileChainSigner) -> list[tuple[bytes, bytes]]:
    """Approvals over the contract's own digest."""
    digest = city.view("approvalDigest", act.tuple, nonce, deadline)
    return [(officer.address, ecdsa(officer, digest)) for officer in officers]
