"""What each step of a record costs in CPU, of the thread that does it: figures that a busy machine hardly moves.

    PYTHONPATH=tests:. .venv/bin/python -m bench.cpu_bench

The clock is the thread's own, so waiting for the disk, for the interpreter and for other programs is left out. Peers
are loops of what the step can't do without.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.intake_bench import KINDS, lines
from bench.row import Row
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from support.issuing import NOW, SEOUL, Office, running_office
from support.mirrored import IDENTITY, Mirrored

from ledger.log.collector import calm_collector
from ledger.log.entropy import RandomPool
from ledger.log.evidence import Disclose, EvidenceMaker
from ledger.log.intake import parse_line
from ledger.log.preparing import Prepared, prepare
from ledger.log.status_view import StatusReader
from ledger.records.trust import TrustFile
from ledger.values import Digest32, LogIndex, Verdict
from ledger.verification.service import Verification

_BARE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_BARE_SEALED = AESGCM(bytes(32)).encrypt(bytes(12), bytes(900), None)
ROUNDS = 9
MANY = 4_096
FEW = 64


def cpu_us(action: Callable[[], object], count: int) -> float:
    """Median CPU of this thread for one of `count`, in µs."""
    found = []
    for _ in range(ROUNDS):
        begin = time.thread_time()
        action()
        found.append((time.thread_time() - begin) / count * 1e6)
    return median(found)


def preparing(kind: str) -> Iterator[Row]:
    """Parse, draw, commit, seal and encode: what callers and helper processes do."""
    made = list(lines(kind, 1_000, "cpu"))
    pool = RandomPool()

    def prepared() -> list[Prepared]:
        return [_prepare(line, f"k{n}", pool) for n, line in enumerate(made)]

    facts = 8 if kind == "certificate" else 2

    def bare() -> None:
        for line in made:
            json.loads(line)
            # One digest a fact, one a node of the commitment, the record's own, and the request's.
            for _ in range(2 * facts + 1):
                hashlib.sha256(line).digest()

    yield _row(
        f"prepare a {kind}", cpu_us(prepared, len(made)), "its JSON and SHA-256 alone", cpu_us(bare, len(made))
    )


def writing(office: Office, kind: str, size: int) -> Iterator[Row]:
    """The sequencer's steps for one group, and bare SQLite inserting the same rows and keys without waiting."""
    sequencer, pool = office.issuance._sequencer(SEOUL), RandomPool()
    process, spent = sequencer._process, []

    def timed(group: object) -> None:
        begin = time.thread_time()
        process(group)  # type: ignore[arg-type]
        spent.append((time.thread_time() - begin) / size * 1e6)

    sequencer._process = timed  # type: ignore[method-assign]
    for number in range(ROUNDS + 2):
        group = [
            _prepare(line, f"{kind}{number}/{n}", pool) for n, line in enumerate(lines(kind, size, f"{number}x"))
        ]
        sequencer.submit(group, with_proofs=size == FEW).result()
    sequencer._process = process  # type: ignore[method-assign]
    yield _row(f"write a {kind} in a group of {size:,}", median(spent[2:]), "bare SQLite", bare_us(size))


def evidence(office: Office) -> Iterator[Row]:
    """Evidence of a whole log, and what one certificate's can't do without; then answers about its first records."""
    pool, mirrored = RandomPool(), Mirrored(office)
    group = [_prepare(line, f"e{n}", pool) for n, line in enumerate(lines("certificate", MANY, "e"))]
    office.issuance._sequencer(SEOUL).submit(group, with_proofs=False).result()
    mirrored.anchor(office.logs[SEOUL])
    mirrored.add_anchor_key(office.logs[SEOUL])
    maker = EvidenceMaker(
        lookup=office.lookup,
        records=office.store.records,
        chain_store=office.store.chain,
        keyring=office.keyring,
        identity=IDENTITY,
        notes=mirrored.status_notes(),
    )
    indexes = [LogIndex(place) for place in range(MANY)]

    def made() -> None:
        assert sum(1 for _ in maker.make_many(1, indexes, Disclose.ALL)) == MANY

    yield _row(
        f"evidence of one certificate of {MANY:,}",
        cpu_us(made, MANY),
        "a signature, a decryption, nine hashes",
        cpu_us(lambda: [_bare_crypto(verified=0) for _ in range(FEW)], FEW),
    )
    yield from answering(office, mirrored, maker)


def answering(office: Office, mirrored: Mirrored, maker: EvidenceMaker) -> Iterator[Row]:
    """An answer by digest as the service gives it, without HTTP and with a chain that answers at once."""
    trust = mirrored.trust()

    def trusted() -> TrustFile:
        office.store.chain.cursor()
        return trust

    verification = Verification(
        evidence=lambda log_no, index: maker.made(log_no, index, Disclose.PUBLIC),
        records=office.store.records,
        chain_store=office.store.chain,
        chain=mirrored,  # type: ignore[arg-type]  # only its identity and its newest block are asked for
        history=StatusReader(office.store.records, office.store.chain),
        trust=trusted,
        clock=lambda: NOW,
    )
    digests = [Digest32(hashlib.sha256(f"e{n}".encode()).digest()) for n in range(4 * FEW)]
    assert verification.by_digest(digests[0]).verdict is Verdict.VALID

    def answered() -> None:
        for digest in digests:
            json.dumps(verification.by_digest(digest).to_json())

    yield _row(
        "answer a verification by digest, without HTTP",
        cpu_us(answered, len(digests)),
        "that, and a signature verified",
        cpu_us(lambda: [_bare_crypto(verified=1) for _ in range(FEW)], FEW),
    )


def _bare_crypto(*, verified: int) -> None:
    """Sign one note, open the facts of one certificate and hash them; verify so many signatures."""
    signature = _BARE_KEY.sign(bytes(200))
    for _ in range(verified):
        _BARE_KEY.public_key().verify(signature, bytes(200))
    AESGCM(bytes(32)).decrypt(bytes(12), _BARE_SEALED, None)
    for _ in range(9):  # the record, and its facts
        hashlib.sha256(_BARE_SEALED).digest()


def bare_us(size: int) -> float:
    """CPU of inserting `size` rows with a unique number, a unique digest and a unique key, and a record key."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE records (place INTEGER PRIMARY KEY, leaf BLOB, sealed BLOB)",
            "CREATE TABLE numbers (number INTEGER PRIMARY KEY, place INTEGER)",
            "CREATE TABLE digests (sha256 BLOB, log INTEGER, place INTEGER, PRIMARY KEY (sha256, log)) WITHOUT ROWID",
            "CREATE TABLE keys (name TEXT PRIMARY KEY, request BLOB, place INTEGER) WITHOUT ROWID",
            "CREATE TABLE record_keys (place INTEGER PRIMARY KEY, key BLOB)",
        ):
            connection.execute(statement)
        leaf, sealed, at = bytes(220), bytes(180), 0

        def insert() -> None:
            nonlocal at
            places = range(at, at + size)
            at += size
            drawn = [(os.urandom(32), place) for place in places]
            connection.execute("BEGIN IMMEDIATE")
            for statement, rows in (
                ("INSERT INTO records VALUES (?, ?, ?)", [(place, leaf, sealed) for place in places]),
                ("INSERT OR IGNORE INTO numbers VALUES (?, ?)", [(int.from_bytes(one[:6]), at) for one, at in drawn]),
                ("INSERT INTO digests VALUES (?, 1, ?)", drawn),
                ("INSERT INTO keys VALUES (?, ?, ?)", [(f"job/{at}", one, at) for one, at in drawn]),
                ("INSERT INTO record_keys VALUES (?, ?)", [(at, one) for one, at in drawn]),
            ):
                connection.executemany(statement, rows)
            connection.execute("COMMIT")

        insert()
        spent = cpu_us(insert, size)
        connection.close()
    return spent


def _prepare(line: bytes, key: str, pool: RandomPool) -> Prepared:
    submission = parse_line(line)
    return prepare(
        submission,
        agency=SEOUL,
        idempotency_key=key,
        request_digest=Digest32(submission.digest()),
        batch=None,
        now=NOW,
        random=pool,
    )


def _row(measure: str, value: float, peer: str, bare: float) -> Row:
    return Row(
        measure=measure, value=value, unit="us of CPU", peer=f"{peer} ({bare:.1f} us)", ratio=value / bare, aim="",
        met=None,
    )  # fmt: skip


def rows() -> Iterator[Row]:
    """Every step, for both kinds."""
    calm_collector()
    for kind in KINDS:
        yield from preparing(kind)
    for kind in KINDS:
        for size in (FEW, MANY):
            with tempfile.TemporaryDirectory() as folder, running_office(Path(folder)) as office:
                yield from writing(office, kind, size)
    with tempfile.TemporaryDirectory() as folder, running_office(Path(folder)) as office:
        yield from evidence(office)


if __name__ == "__main__":
    for one in rows():
        print(one.text(), flush=True)
