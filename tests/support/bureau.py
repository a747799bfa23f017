"""One agency's back office on a real chain with a real store: every service that speaks with the chain, step by step.

Records come through the real intake; the chain's services are stepped by hand, so that a test says when they act.

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
from dataclasses import dataclass
from pathlib import Path

from ledger.chain.act_file import ActFolder
from ledger.chain.deployment import Deployment
from ledger.chain.ethereum import EthereumChain
from ledger.chain.governor import Governor
from ledger.keys.keystore import Keystore
from ledger.log.agencies import Agencies, Registered
from ledger.log.agency_keys import AgencyKeys
from ledger.log.anchorer import Anchorer
from ledger.log.chain_loop import ChainLoop
from ledger.log.evidence import EvidenceMaker
from ledger.log.fsck import Fsck
from ledger.log.fsck_findings import Finding, Severity
from ledger.log.health import Health
from ledger.log.intake import parse_submission
from ledger.log.issuance import Issuance
from ledger.log.lookup import Lookup
from ledger.log.mirror import Mirror
from ledger.log.outbox import Outbox
from ledger.log.status import StatusService
from ledger.log.status_notes import StatusNotes
from ledger.log.status_sender import StatusSender
from ledger.log.successor import SuccessorLogs
from ledger.log.trust_file import TrustFiles
from ledger.log.undoing import Undoer
from ledger.ports.chain import Chain, SignedTransaction, TransactionOutcome
from ledger.ports.keys import ChainSigner
from ledger.ports.records import LogInfo
from ledger.store import Store, open_record_keys, open_store
from ledger.store.record_keys import SqlRecordKeys
from ledger.values import AgencyCode, Instant, LogIndex, TreeSize

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
class Bureau:
    """Everything of one data folder."""

    folder: Path
    chain: Chain
    store: Store
    record_keys: SqlRecordKeys
    keystore: Keystore
    governor: Governor
    clock: TestClock
    issuance: Issuance
    evidence: EvidenceMaker
    fsck: Fsck
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
        clock = TestClock()
        governor = Governor(ethereum, council, acts=ActFolder(folder / "council"))
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
        identity = ethereum.identity()
        notes = StatusNotes(records=store.records, chain_store=store.chain, keyring=keystore, identity=identity)
        status = StatusService(records=store.records, chain_store=store.chain, notes=notes, clock=clock)
        issuance = Issuance(
            records=store.records,
            record_keys=record_keys,
            keyring=keystore,
            clock=clock,
            status_of=lambda log_no, index: status.status_now(log_no, index).worse,
        )
        loop = ChainLoop(
            mirror=mirror,
            outbox=outbox,
            anchorer=anchorer,
            sender=sender,
            undoer=Undoer(
                chain=chain, chain_store=store.chain, records=store.records, keyring=keystore, outbox=outbox
            ),
            clock=clock,
            poll_s=0.02,
            intake=issuance,
        )
        loop.look()
        issuance.start()
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
            switch=issuance,
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
            issuance=issuance,
            evidence=EvidenceMaker(
                lookup=Lookup(store.records, record_keys),
                records=store.records,
                chain_store=store.chain,
                keyring=keystore,
                identity=identity,
                notes=notes,
            ),
            fsck=Fsck(records=store.records, chain_store=store.chain, record_keys=record_keys, chain=chain),
            mirror=mirror,
            outbox=outbox,
            anchorer=anchorer,
            sender=sender,
            loop=loop,
            status=status,
            keys=keys,
            successors=successors,
            agencies=Agencies(
                store=store.agencies,
                records=store.records,
                governance=governor,
                keys=keys,
                successors=successors,
                mirror=mirror,
                switch=issuance,
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
                sequencer_troubles=issuance.troubles,
            ),
            ethereum=ethereum,
        )

    def close(self) -> None:
        self.loop.stop()
        self.issuance.stop()
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

    def issue(self, count: int, *, job: str | None = None, supersedes: Sequence[int] = ()) -> list[LogIndex]:
        """Issue certificates and wait until they are on disk: a job of that name is one issuing batch."""
        lines = [self._submission(supersedes[i] if supersedes else None) for i in range(count)]
        if job is None:
            futures = [self.issuance.submit(self.code, parse_submission(line)) for line in lines]
            return sorted(future.result(30).index for future in futures)
        results = list(self.issuance.submit_many(self.code, job, lines))
        return sorted(result.accepted.index for result in results)

    def fsck_errors(self) -> list[Finding]:
        """Everything that fsck calls an error."""
        return [finding for finding in self.fsck.run() if finding.severity is Severity.ERROR]

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

    def _submission(self, supersedes: int | None) -> dict[str, object]:
        line: dict[str, object] = {
            "kind": "certificate",
            "sha256": os.urandom(32).hex(),
            "facts": {"holder.name": "홍길동"},
        }
        return line if supersedes is None else {**line, "supersedes": supersedes}


def size_of(bureau: Bureau) -> TreeSize:
    """Records of the bureau's newest log."""
    return bureau.store.records.tree_size(bureau.log.log_no)


def send_mined(chain: Chain, signed: SignedTransaction) -> None:
    """Send behind the service's back, and wait for the block: anvil answers before it is there."""
    chain.send([signed])
    until = time.monotonic() + 30
    while chain.states([signed.hash])[0].outcome is TransactionOutcome.PENDING:
        assert time.monotonic() < until, "not mined"
        time.sleep(0.01)
