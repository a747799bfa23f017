"""A small issuing office: a real store, real keys in memory, one sequencer a log; only the chain is left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import KeystoreError
from ledger.log.entropy import RandomPool
from ledger.log.intake import Submission, parse_submission
from ledger.log.issuance import Issuance
from ledger.log.lookup import Lookup
from ledger.ports.records import LogInfo
from ledger.records.note import VerifierKey, make_vkey
from ledger.records.origin import compose_origin, log_id, receipt_name
from ledger.store import Store, open_record_keys, open_store
from ledger.store.record_keys import SqlRecordKeys
from ledger.values import Instant, LogIndex, Origin, Role, Status, TreeSize

NOW = Instant(1_795_000_000)
SEOUL, BUSAN = "6110000", "6260000"


class MemorySigner:
    """A note key made from a seed."""

    def __init__(self, name: str, seed: str) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def vkey(self) -> VerifierKey:
        return make_vkey(self.name, self.public)


class MemoryKeyring:
    """NOTE and RECEIPT keys of any log, made as they are asked for."""

    def __init__(self) -> None:
        self._made: dict[tuple[Origin, Role], MemorySigner] = {}

    def note_signer(self, origin: Origin, role: Role) -> MemorySigner:
        made = self._made.get((origin, role))
        if made is None:
            name = origin if role is Role.NOTE else receipt_name(origin)
            made = self._made[origin, role] = MemorySigner(name, f"{origin} {role.name}")
        return made

    def chain_signer(self, agency: str, role: Role) -> MemorySigner:
        raise KeystoreError("There is no chain here.")

    def governor_signers(self) -> Sequence[object]:
        return ()


@dataclass
class Statuses:
    """Statuses as a test sets them."""

    of: dict[tuple[int, LogIndex], Status] = field(default_factory=dict)

    def __call__(self, log_no: int, index: LogIndex) -> Status:
        return self.of.get((log_no, index), Status.ACTIVE)


@dataclass
class Office:
    """What a test needs of a running office."""

    store: Store
    record_keys: SqlRecordKeys
    keyring: MemoryKeyring
    statuses: Statuses
    issuance: Issuance
    lookup: Lookup
    logs: dict[str, LogInfo]


def add_log(store: Store, agency: str) -> LogInfo:
    origin = compose_origin("sillok.example", agency)
    return store.records.add_log(
        origin=origin, log_id=log_id(origin), agency=agency, generation=1, max_delay_s=3600, start=TreeSize(0)
    )


@contextmanager
def running_office(folder: Path, agencies: Sequence[str] = (SEOUL,), workers: int = 0) -> Iterator[Office]:
    """Open (or make) an office in a folder, and stop it at the end."""
    store, record_keys = open_store(folder / "ledger.db"), open_record_keys(folder / "record-keys.db")
    logs = {log.agency: log for log in store.records.logs()}
    for agency in agencies:
        if agency not in logs:
            logs[agency] = add_log(store, agency)
    keyring, statuses = MemoryKeyring(), Statuses()
    issuance = Issuance(
        records=store.records,
        record_keys=record_keys,
        keyring=keyring,
        clock=lambda: NOW,
        status_of=statuses,
        workers=workers,
        random=RandomPool(),
    )
    issuance.start()
    try:
        yield Office(
            store=store,
            record_keys=record_keys,
            keyring=keyring,
            statuses=statuses,
            issuance=issuance,
            lookup=Lookup(store.records, record_keys),
            logs=logs,
        )
    finally:
        issuance.stop()
        record_keys.close()
        store.close()


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def certificate(name: str, **members: object) -> Submission:
    """A certificate whose document is the bytes of `name`."""
    return parse_submission(
        {"kind": "certificate", "sha256": digest_of(name), "facts": {"holder.name": name}, **members}
    )


def step(process: dict[str, object], kind: str = "procurement/tender", **members: object) -> Submission:
    return parse_submission({"kind": kind, "facts": {"tender.title": "WiFi"}, "process": process, **members})
