"""One agency's back office on a real chain with a real store: every service that speaks with the chain, step by step.

A scribe commits records as the sequencer would, without its queue.

with running_chain("embedded") as running, deployed_on(running) as deployed:
    bureau = Bureau.open(folder, deployed, keystore)
    bureau.register("6110000")
    bureau.issue(3)
    bureau.settle()          # anchored, and the anchor is mirrored
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.chain.deployment import Deployment
from ledger.chain.ethereum import EthereumChain
from ledger.chain.governor import Governor
from ledger.keys.keystore import Keystore
from ledger.log.agencies import Agencies, Registered
from ledger.log.agency_keys import AgencyKeys
from ledger.log.anchorer import Anchorer
from ledger.log.chain_loop import ChainLoop
from ledger.log.health import Health
from ledger.log.mirror import Mirror
from ledger.log.outbox import Outbox
from ledger.log.status import StatusService
from ledger.log.status_notes import StatusNotes
from ledger.log.status_sender import StatusSender
from ledger.log.successor import SuccessorLogs
from ledger.log.trust_file import TrustFiles
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tiles import append
from ledger.ports.chain import Chain
from ledger.ports.keys import ChainSigner
from ledger.ports.records import GroupCommit, LogInfo, NewRecord
from ledger.records.checkpoint import Checkpoint, format_checkpoint
from ledger.records.commitment import commit
from ledger.records.disclosure import Fact, disclose
from ledger.records.note import sign_note
from ledger.records.receipt import Receipt, format_receipt
from ledger.records.record import Record, encode_record
from ledger.store import Store, open_record_keys, open_store
from ledger.store.record_keys import SqlRecordKeys
from ledger.values import AgencyCode, Digest32, Instant, LogIndex, Role, TreeSize

LOG_NAME = "sillok.example"
MAX_DELAY_S = 3600
FIRST = AgencyCode("6110000")


class TestClock:
    """The wall clock, which a test can set ahead."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead_s = 0

    def __call__(self) -> Instant:
        return Instant(int(time.time()) + self.ahead_s)


@dataclass
class Switch:
    """A `LogSwitch` that remembers who was told what."""

    released: list[int] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)

    def release(self, log_no: int) -> None:
        self.released.append(log_no)

    def adopt(self, log: LogInfo) -> None:
        self.adopted.append(log.origin)


@dataclass
class Bureau:
    """Everything of one data folder."""

    folder: Path
    chain: Chain
    store: Store
    record_keys: SqlRecordKeys
    keystore: Keystore
    governor: Governor
    clock: TestClock
    switch: Switch
    mirror: Mirror
    outbox: Outbox
    anchorer: Anchorer
    sender: StatusSender
    loop: ChainLoop
    status: StatusService
    keys: AgencyKeys
    successors: SuccessorLogs
    agencies: Agencies
    trust: TrustFiles
    health: Health
    ethereum: EthereumChain
    code: AgencyCode = FIRST

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        url: str,
        deployment: Deployment,
        council: Sequence[ChainSigner],
        keystore: Keystore,
        finality: str = "instant",
        stuck_after_s: int = 60,
        age_s: float = 0,
        count: int = 100_000,
        around: Callable[[Chain], Chain] = lambda chain: chain,
    ) -> Bureau:
        """Open or make the store in `folder`; `around` may put something between the services and the chain."""
        ethereum = EthereumChain(url, deployment, finality=finality, timeout_s=60)
        chain = around(ethereum)
        store = open_store(folder / "ledger.db")
        record_keys = open_record_keys(folder / "record-keys.db")
        clock, switch = TestClock(), Switch()
        governor = Governor(ethereum, council)
        mirror = Mirror(chain, store.chain, first_block=deployment.block)
        outbox = Outbox(chain, store.chain, keystore, stuck_after_s=stuck_after_s)
        anchorer = Anchorer(
            chain=chain,
            chain_store=store.chain,
            records=store.records,
            keyring=keystore,
            outbox=outbox,
            age_s=age_s,
            count=count,
        )
        sender = StatusSender(
            chain=chain, chain_store=store.chain, records=store.records, keyring=keystore, outbox=outbox
        )
        loop = ChainLoop(mirror=mirror, outbox=outbox, anchorer=anchorer, sender=sender, clock=clock, poll_s=0.02)
        identity = ethereum.identity()
        notes = StatusNotes(records=store.records, chain_store=store.chain, keyring=keystore, identity=identity)
        keys = AgencyKeys(
            chain_store=store.chain,
            governance=governor,
            maker=keystore,
            mirror=mirror,
            clock=clock,
            overlap_s=MAX_DELAY_S,
        )
        successors = SuccessorLogs(
            chain=chain,
            chain_store=store.chain,
            records=store.records,
            record_keys=record_keys,
            governance=governor,
            keyring=keystore,
            keys=keys,
            mirror=mirror,
            switch=switch,
            clock=clock,
        )
        return cls(
            folder=folder,
            chain=chain,
            store=store,
            record_keys=record_keys,
            keystore=keystore,
            governor=governor,
            clock=clock,
            switch=switch,
            mirror=mirror,
            outbox=outbox,
            anchorer=anchorer,
            sender=sender,
            loop=loop,
            status=StatusService(records=store.records, chain_store=store.chain, notes=notes, clock=clock),
            keys=keys,
            successors=successors,
            agencies=Agencies(
                store=store.agencies,
                records=store.records,
                governance=governor,
                keys=keys,
                successors=successors,
                mirror=mirror,
                switch=switch,
                clock=clock,
                log_name=LOG_NAME,
                max_delay_s=MAX_DELAY_S,
            ),
            trust=TrustFiles(
                folder / "trust.note",
                records=store.records,
                chain_store=store.chain,
                keyring=keystore,
                maker=keystore,
                identity=identity,
                registry=ethereum.registries()["CheckpointRegistry"],
                first_block=deployment.block,
            ),
            health=Health(
                records=store.records,
                chain_store=store.chain,
                loop=loop,
                clock=clock,
                age_s=age_s,
                sequencer_troubles=dict,
            ),
            ethereum=ethereum,
        )

    def close(self) -> None:
        self.loop.stop()
        self.store.close()
        self.record_keys.close()
        self.ethereum.close()

    def register(self, code: str) -> Registered:
        """Register the agency that `issue` and `log` are about."""
        self.code = AgencyCode(code)
        return self.agencies.register(self.code, name_ko="서울특별시", name_en="Seoul", contact="02-120")

    @property
    def log(self) -> LogInfo:
        """The agency's newest log."""
        return self.agencies.log(self.code)

    def issue(
        self, count: int, *, batch: int | None = None, supersedes: Sequence[int] = (), at: Instant | None = None
    ) -> list[LogIndex]:
        """Commit a group of certificates, as the sequencer would; the receipt is signed at `at`."""
        log, records = self.log, self.store.records
        old = records.tree_size(log.log_no)
        now = at if at is not None else self.clock()
        fresh = [self._record(log, now, batch, supersedes[i] if supersedes else None) for i in range(count)]
        grown = append(records.tiles(log.log_no), old, [one.leaf_hash for one, _ in fresh])
        self.record_keys.put(log.log_no, [(LogIndex(old + i), key) for i, (_, key) in enumerate(fresh)])
        checkpoint = Checkpoint(origin=log.origin, size=grown.size, root=grown.root)
        deadline = Instant(now + log.max_delay_s)
        receipt = Receipt(origin=log.origin, size=grown.size, root=grown.root, signed_at=now, deadline=deadline)
        records.commit_group(
            GroupCommit(
                log_no=log.log_no,
                old_size=old,
                size=grown.size,
                root=grown.root,
                records=[one for one, _ in fresh],
                tiles=grown.tiles,
                checkpoint=sign_note(
                    format_checkpoint(checkpoint), [self.keystore.note_signer(log.origin, Role.NOTE)]
                ),
                receipt=sign_note(format_receipt(receipt), [self.keystore.note_signer(log.origin, Role.RECEIPT)]),
                signed_at=now,
                deadline=deadline,
            )
        )
        return [LogIndex(index) for index in range(old, grown.size)]

    def settle(self) -> None:
        """Step until nothing is on the way and everything that can be anchored is."""
        until = time.monotonic() + 60
        while True:
            self.loop.step(at_once=True)
            head = self.store.records.head(self.log.log_no)
            last = self.store.chain.last_anchor(self.log.log_no)
            anchored = head is None or (last is not None and last.size >= head.size)
            quiet = not self.store.chain.outgoing() and not self.store.chain.open_status_requests()
            if anchored and quiet:
                return
            assert time.monotonic() < until, self.health.snapshot()
            time.sleep(0.01)

    def _record(
        self, log: LogInfo, now: Instant, batch: int | None, supersedes: int | None
    ) -> tuple[NewRecord, bytes]:
        commitment = commit([disclose(Fact(path="document.sha256", value=os.urandom(32).hex()), os.urandom(16))])
        record = Record(
            agency=log.agency,
            commitment=commitment.digest,
            facts=1,
            kind="certificate",
            recorded_at=now,
            batch=batch,
            supersedes=None if supersedes is None else LogIndex(supersedes),
        )
        leaf = encode_record(record)
        new = NewRecord(
            leaf=leaf,
            leaf_hash=leaf_hash(leaf),
            sealed_facts=b"sealed",
            sha256=None,
            number=None,
            idempotency_key=None,
            request_digest=Digest32(bytes(32)),
            kind="certificate",
            batch=batch,
            process_id=None,
            process_seq=None,
        )
        return new, os.urandom(32)


def size_of(bureau: Bureau) -> TreeSize:
    """Records of the bureau's newest log."""
    return bureau.store.records.tree_size(bureau.log.log_no)
