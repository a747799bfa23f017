"""Every service of one data folder, joined from the bottom up."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from ledger.accounts.service import Accounts
from ledger.chain.act_file import ActFolder
from ledger.chain.ethereum import EthereumChain
from ledger.chain.governor import Governor
from ledger.chain.keeper import ChainKeeper
from ledger.holding import HeldFolder, hold_folder
from ledger.keys.keystore import Keystore
from ledger.locks import FileLock
from ledger.log.agencies import Agencies
from ledger.log.agency_keys import AgencyKeys
from ledger.log.anchorer import Anchorer
from ledger.log.chain_loop import ChainLoop
from ledger.log.entropy import RandomPool
from ledger.log.evidence import Disclose, EvidenceMaker
from ledger.log.fsck import Fsck
from ledger.log.health import Health
from ledger.log.issuance import Issuance
from ledger.log.limits import MAX_HELPERS
from ledger.log.lookup import Lookup
from ledger.log.mirror import Mirror
from ledger.log.outbox import Outbox
from ledger.log.status import StatusService
from ledger.log.status_notes import StatusNotes
from ledger.log.status_sender import StatusSender
from ledger.log.successor import SuccessorLogs
from ledger.log.trust_file import TrustFiles
from ledger.log.undoing import Undoer
from ledger.office.desk import Desk
from ledger.ports.agencies import AgencyStore
from ledger.ports.chain import LogState
from ledger.ports.chain_store import ChainStore
from ledger.ports.records import LogInfo, RecordStore
from ledger.ports.verification import MadeEvidence
from ledger.procurement.catalogue import Catalogue
from ledger.procurement.service import Tracing
from ledger.settings import Settings
from ledger.values import LogIndex
from ledger.verification.service import Verification
from ledger.wiring.clock import now
from ledger.wiring.desk import join_desk
from ledger.wiring.folder import PAUSE_FILE, Adapters, open_adapters

TRUST_FILE: Final = "trust.note"
COUNCIL_FOLDER: Final = "council"


@dataclass(slots=True, kw_only=True)
class Services:
    """Everything that one data folder offers. Close it when done."""

    settings: Settings
    records: RecordStore
    chain_store: ChainStore
    agency_store: AgencyStore
    accounts: Accounts
    desk: Desk
    chain: EthereumChain
    keyring: Keystore
    governor: Governor
    agencies: Agencies
    issuance: Issuance
    lookup: Lookup
    evidence: EvidenceMaker
    status: StatusService
    tracing: Tracing
    catalogue: Catalogue
    verification: Verification
    trust: TrustFiles
    health: Health
    fsck: Fsck
    loop: ChainLoop
    rpc_url: str
    """Where the chain listened when this was opened; a keeper starts the embedded one on the same port again."""
    _keeper: ChainKeeper | None = field(repr=False)
    _open: ExitStack = field(repr=False)

    def start(self) -> None:
        """Start what works in the background: the sequencers, the chain loop, the keeper of the embedded chain.

        Raises:
            StoreError: another process writes to a log of this folder.
        """
        if self._keeper is not None:
            self._keeper.start()
        self.agencies.resume()
        # Before a record is accepted: an old copy of the store must give out no receipt.
        self.loop.look()
        self.issuance.start()
        self.loop.start()
        self.desk.start()

    def stop(self) -> None:
        """Commit what waits, and end the threads. What is not anchored yet is anchored after the next start."""
        self.desk.stop()
        self.issuance.stop()
        self.loop.stop()
        if self._keeper is not None:
            self._keeper.stop()

    def close(self) -> None:
        """Close chain, store and folder."""
        self._open.close()


def open_services(settings: Settings, *, ask_password: Callable[[], str] | None = None) -> Services:
    """Open a data folder, make what is missing in it, and join everything; nothing runs yet.

    Args:
        settings: what the service was told.
        ask_password: asks a person for the keystore's password where no setting says it.

    Raises:
        StoreError: the folder cannot be written, or another service runs on it.
        KeystoreError: the keystore cannot be opened with this password.
        ChainError: the chain does not answer, is another one, or has no contracts.
    """
    return open_services_of(hold_folder(settings), ask_password=ask_password)


def open_services_of(folder: HeldFolder, *, ask_password: Callable[[], str] | None = None) -> Services:
    """The same of a folder that is held already; it belongs to the services from here on, and is closed with them.

    Raises: as `open_services`.
    """
    with folder:
        return _join(open_adapters(folder, ask_password), folder.opened.pop_all())


def _join(parts: Adapters, opened: ExitStack) -> Services:
    """Build every service once, from the bottom up."""
    records, chain_store, chain, identity = parts.records, parts.chain_store, parts.chain, parts.chain.identity()
    notes = StatusNotes(records=records, chain_store=chain_store, keyring=parts.keyring, identity=identity)
    status = StatusService(records=records, chain_store=chain_store, notes=notes, clock=now)
    lookup = Lookup(records, parts.record_keys)
    evidence = EvidenceMaker(
        lookup=lookup,
        records=records,
        chain_store=chain_store,
        keyring=parts.keyring,
        identity=identity,
        notes=notes,
    )
    issuance = Issuance(
        records=records,
        record_keys=parts.record_keys,
        keyring=parts.keyring,
        clock=now,
        status_of=lambda log_no, index: status.status_now(log_no, index).worse,
        is_open=lambda log: _is_open(chain_store, log),
        workers=min(os.cpu_count() or 1, MAX_HELPERS),
        random=RandomPool(),
    )
    loop = _chain_loop(parts, issuance)
    acts = ActFolder(parts.settings.data / COUNCIL_FOLDER)
    governor = Governor(parts.chain, parts.keyring.governor_signers(), acts=acts)
    trust = _trust_files(parts)

    def public(log_no: int, index: LogIndex) -> MadeEvidence:
        return evidence.made(log_no, index, Disclose.PUBLIC)

    return Services(
        settings=parts.settings,
        records=records,
        chain_store=chain_store,
        agency_store=parts.agency_store,
        desk=join_desk(parts, issuance, status),
        accounts=Accounts(
            parts.account_store,
            clock=now,
            idle_s=parts.settings.session_idle_s,
            longest_s=parts.settings.session_longest_s,
        ),
        chain=chain,
        keyring=parts.keyring,
        governor=governor,
        agencies=_agencies(parts, governor, loop.mirror, issuance),
        issuance=issuance,
        lookup=lookup,
        evidence=evidence,
        status=status,
        catalogue=Catalogue(records=records, lookup=lookup),
        tracing=Tracing(records=records, chain_store=chain_store, lookup=lookup, evidence=public),
        verification=Verification(
            evidence=public,
            records=records,
            chain_store=chain_store,
            chain=chain,
            history=status,
            trust=lambda: trust.current(now()),
            clock=now,
        ),
        trust=trust,
        health=Health(
            records=records,
            chain_store=chain_store,
            loop=loop,
            clock=now,
            age_s=parts.settings.anchor_age_s,
            sequencer_troubles=issuance.troubles,
        ),
        fsck=Fsck(
            records=records,
            record_keys=parts.record_keys,
            chain_store=chain_store,
            chain=chain,
            beside=(os.cpu_count() or 1) > 1,
        ),
        loop=loop,
        rpc_url=parts.rpc_url,
        _keeper=parts.keeper,
        _open=opened,
    )


def _chain_loop(parts: Adapters, issuance: Issuance) -> ChainLoop:
    chain, chain_store, records, keyring = parts.chain, parts.chain_store, parts.records, parts.keyring
    outbox = Outbox(chain, chain_store, keyring, stuck_after_s=parts.settings.stuck_after_s)
    return ChainLoop(
        mirror=Mirror(chain, chain_store, first_block=parts.deployment.block),
        outbox=outbox,
        anchorer=Anchorer(
            chain=chain,
            chain_store=chain_store,
            records=records,
            keyring=keyring,
            outbox=outbox,
            age_s=parts.settings.anchor_age_s,
            count=parts.settings.anchor_count,
        ),
        sender=StatusSender(chain=chain, chain_store=chain_store, records=records, keyring=keyring, outbox=outbox),
        undoer=Undoer(chain=chain, chain_store=chain_store, records=records, keyring=keyring, outbox=outbox),
        clock=now,
        poll_s=parts.settings.chain_poll_s,
        intake=issuance,
        pause=FileLock(parts.settings.data / PAUSE_FILE),
    )


def _agencies(parts: Adapters, governor: Governor, mirror: Mirror, switch: Issuance) -> Agencies:
    keys = AgencyKeys(
        chain_store=parts.chain_store,
        governance=governor,
        maker=parts.keyring,
        mirror=mirror,
        clock=now,
        overlap_s=parts.settings.max_delay_s,
    )
    successors = SuccessorLogs(
        chain=parts.chain,
        chain_store=parts.chain_store,
        records=parts.records,
        record_keys=parts.record_keys,
        governance=governor,
        keyring=parts.keyring,
        keys=keys,
        mirror=mirror,
        switch=switch,
        clock=now,
    )
    return Agencies(
        store=parts.agency_store,
        records=parts.records,
        governance=governor,
        keys=keys,
        successors=successors,
        mirror=mirror,
        switch=switch,
        clock=now,
        log_name=parts.settings.log_name,
        max_delay_s=parts.settings.max_delay_s,
    )


def _trust_files(parts: Adapters) -> TrustFiles:
    return TrustFiles(
        parts.settings.data / TRUST_FILE,
        records=parts.records,
        chain_store=parts.chain_store,
        keyring=parts.keyring,
        maker=parts.keyring,
        identity=parts.chain.identity(),
        registry=parts.deployment.addresses()["CheckpointRegistry"],
        first_block=parts.deployment.block,
    )


def _is_open(chain_store: ChainStore, log: LogInfo) -> bool:
    """Whether the chain lets this log be anchored, by the newest event that is mirrored."""
    event = chain_store.log_event(log.log_id)
    return event is None or event.state is LogState.OPEN
