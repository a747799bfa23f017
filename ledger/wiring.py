"""Joins adapters to services, once: the only place that knows which store, chain and keystore are used.

`open_services` opens everything that one data folder holds; nothing runs yet. `Services.start` starts what works in
the background. `sillok up` does both, `sillok fsck` only the first.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.chain.deploy import deploy
from ledger.chain.deployment import Deployment, Terms, load_deployment
from ledger.chain.ethereum import EthereumChain
from ledger.chain.governor import Governor
from ledger.chain.keeper import ChainKeeper
from ledger.chain.launcher import LocalChainProcess
from ledger.errors import ChainError, StoreError
from ledger.keys.keystore import Keystore
from ledger.keys.password import ensure_password_file, read_password
from ledger.log.agencies import Agencies
from ledger.log.agency_keys import AgencyKeys
from ledger.log.anchorer import Anchorer
from ledger.log.chain_loop import ChainLoop
from ledger.log.evidence import Disclose, EvidenceMaker
from ledger.log.fsck import Fsck
from ledger.log.health import Health
from ledger.log.issuance import Issuance
from ledger.log.lookup import Lookup
from ledger.log.mirror import Mirror
from ledger.log.outbox import Outbox
from ledger.log.status import StatusService
from ledger.log.status_notes import StatusNotes
from ledger.log.status_sender import StatusSender
from ledger.log.successor import SuccessorLogs
from ledger.log.trust_file import TrustFiles
from ledger.ports.agencies import AgencyStore
from ledger.ports.chain import LogState
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import RecordKeys
from ledger.ports.records import LogInfo, RecordStore
from ledger.procurement.service import Tracing
from ledger.settings import Settings
from ledger.store.opening import open_store
from ledger.store.record_keys import open_record_keys
from ledger.values import Instant, LogIndex
from ledger.verification.service import Verification

LOCK_FILE: Final = "lock"
TRUST_FILE: Final = "trust.note"


def now() -> Instant:
    """The wall clock, in whole seconds UTC."""
    return Instant(int(time.time()))


@dataclass(slots=True, kw_only=True)
class Services:
    """Everything that one data folder offers. Close it when done."""

    settings: Settings
    records: RecordStore
    chain_store: ChainStore
    agency_store: AgencyStore
    chain: EthereumChain
    keyring: Keystore
    agencies: Agencies
    issuance: Issuance
    lookup: Lookup
    evidence: EvidenceMaker
    status: StatusService
    tracing: Tracing
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
        self.issuance.start()
        self.loop.start()

    def stop(self) -> None:
        """Commit what waits, and end the threads. What is not anchored yet is anchored after the next start."""
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
    with ExitStack() as opened:
        _lock(settings.data, opened)
        keyring = _open_keystore(settings, ask_password)
        child = _start_chain(settings, opened)
        deployment = _deployment(settings, child, keyring)
        chain = EthereumChain(
            settings.rpc_url or (lambda: _url(settings, child)),
            deployment,
            finality=settings.finality,
            timeout_s=settings.rpc_timeout_s,
        )
        opened.callback(chain.close)
        keyring.refuse_well_known(chain.identity())
        store = open_store(settings.data / "ledger.db")
        opened.callback(store.close)
        record_keys = open_record_keys(settings.data / "record-keys.db")
        opened.callback(record_keys.close)
        parts = _Adapters(
            settings=settings,
            keyring=keyring,
            deployment=deployment,
            chain=chain,
            records=store.records,
            chain_store=store.chain,
            agency_store=store.agencies,
            record_keys=record_keys,
        )
        keeper = ChainKeeper(child) if child is not None else None
        return _join(parts, keeper, _url(settings, child), opened.pop_all())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Adapters:
    """What the services stand on."""

    settings: Settings
    keyring: Keystore
    deployment: Deployment
    chain: EthereumChain
    records: RecordStore
    chain_store: ChainStore
    agency_store: AgencyStore
    record_keys: RecordKeys


def _join(parts: _Adapters, keeper: ChainKeeper | None, rpc_url: str, opened: ExitStack) -> Services:
    """Build every service once, from the bottom up."""
    records, chain_store, chain, identity = parts.records, parts.chain_store, parts.chain, parts.chain.identity()
    loop = _chain_loop(parts)
    notes = StatusNotes(records=records, chain_store=chain_store, keyring=parts.keyring, identity=identity)
    status = StatusService(records=records, chain_store=chain_store, notes=notes, clock=now)
    lookup = Lookup(records, parts.record_keys)
    evidence = EvidenceMaker(
        lookup=lookup,
        records=records,
        chain_store=chain_store,
        keyring=parts.keyring,
        identity=identity,
        status_note=status.status_note,
    )
    issuance = Issuance(
        records=records,
        record_keys=parts.record_keys,
        keyring=parts.keyring,
        clock=now,
        status_of=lambda log_no, index: status.status_now(log_no, index).worse,
        is_open=lambda log: _is_open(chain_store, log),
        workers=os.cpu_count() or 1,
    )
    trust = _trust_files(parts)

    def public(log_no: int, index: LogIndex) -> bytes:
        return evidence.make(log_no, index, Disclose.PUBLIC)

    return Services(
        settings=parts.settings,
        records=records,
        chain_store=chain_store,
        agency_store=parts.agency_store,
        chain=chain,
        keyring=parts.keyring,
        agencies=_agencies(parts, loop.mirror, issuance),
        issuance=issuance,
        lookup=lookup,
        evidence=evidence,
        status=status,
        tracing=Tracing(records=records, chain_store=chain_store, lookup=lookup, evidence=public),
        verification=Verification(
            finder=lookup,
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
        fsck=Fsck(records=records, record_keys=parts.record_keys, chain_store=chain_store, chain=chain),
        loop=loop,
        rpc_url=rpc_url,
        _keeper=keeper,
        _open=opened,
    )


def _chain_loop(parts: _Adapters) -> ChainLoop:
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
        clock=now,
        poll_s=parts.settings.chain_poll_s,
    )


def _agencies(parts: _Adapters, mirror: Mirror, switch: Issuance) -> Agencies:
    governor = Governor(parts.chain, parts.keyring.governor_signers())
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


def _trust_files(parts: _Adapters) -> TrustFiles:
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


def _lock(data: Path, opened: ExitStack) -> None:
    """Hold the folder: one service, or one fsck, at a time. The lock ends with the process, however it ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"The data folder cannot be written: {error.strerror}.", where=str(data)) from error
    opened.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StoreError(
            "A service runs on this data folder already.",
            where=str(data),
            fix="Stop it, or name another with --data.",
        ) from error


def _open_keystore(settings: Settings, ask: Callable[[], str] | None) -> Keystore:
    path, given = settings.data / "keystore.json", settings.keystore_password
    if settings.keystore_password_file is None and given is None and settings.rpc_url is None:
        # The embedded default: whoever has the data folder has everything in it, and `sillok up` says so.
        password = ensure_password_file(settings.data / "keystore.password")
    else:
        secret = given.get_secret_value() if given is not None else None
        password = read_password(file=settings.keystore_password_file, given=secret, prompt=ask)
    return Keystore.open(path, password) if path.exists() else _new_keystore(path, password, settings)


def _new_keystore(path: Path, password: str, settings: Settings) -> Keystore:
    """A keystore with the keys of the installation; an agency's keys are drawn when it is registered."""
    keystore = Keystore.create(path, password)
    keystore.add_trust_key(f"{settings.log_name}/trust")
    if settings.rpc_url is None:
        # The embedded chain starts with a council of one and no delay; elsewhere the council's keys are with others.
        keystore.add_council_key()
        keystore.add_deployer_key()
    return keystore


def _start_chain(settings: Settings, opened: ExitStack) -> LocalChainProcess | None:
    if settings.rpc_url is not None:
        return None
    child = LocalChainProcess(settings.data / "chain")
    child.start()
    opened.callback(child.stop)
    return child


def _url(settings: Settings, child: LocalChainProcess | None) -> str:
    return child.url if child is not None else str(settings.rpc_url)


def _deployment(settings: Settings, child: LocalChainProcess | None, keyring: Keystore) -> Deployment:
    """The contracts of this chain: on the embedded one put there at the first start, elsewhere by an operator."""
    folder = settings.data / "deployments"
    if child is None:
        found = sorted(folder.glob("*.json"))
        if len(found) != 1:
            raise ChainError(
                "Which contracts to use on this chain is not known.",
                where=str(folder),
                fix="Deploy them with scripts/deploy.py, and put its deployments/<chainId>.json there.",
            )
        return load_deployment(found[0])
    members = tuple(signer.address for signer in keyring.governor_signers())
    terms = Terms(members=members, threshold=1, minimum_delay_s=0)
    return deploy(child.url, keyring.deployer_signer(), folder, terms)
