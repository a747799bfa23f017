"""What clerks and operators hand in, as targets: NDJSON, CSV and the keystore."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from unittest.mock import patch

from fuzz.target import FalseValidError, Target

from ledger.cli import inputs
from ledger.errors import InputError, KeystoreError
from ledger.hashing.digests import sha256
from ledger.keys import sealed_file
from ledger.keys.entries import KeyState, Purpose, encode_entries, make_entry, parse_entries
from ledger.log.intake import parse_line

SHA256 = "0c" * 32
LINES = [
    {"kind": "document", "sha256": SHA256},
    {"kind": "certificate", "sha256": SHA256, "number": "1234-5678-9012-3459", "validUntil": "2027-02-28T15:00:00Z"},
    {"kind": "certificate", "sha256": SHA256, "facts": {"holder.name": "홍길동", "holder.age": 30, "a.b": True}},
    {"kind": "procurement/award", "facts": {"award.amount": "702000000"}, "process": {"id": "ocds-1", "seq": 3}},
    {"kind": "document", "sha256": SHA256, "supersedes": 0, "validFrom": "2026-01-01T00:00:00Z"},
]
JSON_WORDS = (
    b'"kind":"document"', b'"kind":"certificate"', b'"sha256":"' + b"00" * 32 + b'"', b'"facts":{',
    b'"process":{"id":"',
    b'"seq":', b'"gap":true', b'"path":"', b'"supersedes":', b'"validFrom":"', b'"number":"1234-5678-9012-3459"',
)  # fmt: skip


def new_folder() -> str:
    """A new folder, in memory where the machine has such a file system: one file is written for each input."""
    memory = Path("/dev/shm")
    return tempfile.mkdtemp(prefix="sillok-fuzz-", dir=memory if memory.is_dir() else None)


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def line() -> Target:
    """One submission, alone or as a line of bulk input; the way a service reads it."""

    def run(data: bytes) -> str:
        submission = parse_line(data)
        if submission.digest() != parse_line(data).digest():
            raise FalseValidError("one request has two digests")
        return f"taken {submission.kind}"

    return Target(
        name="submission", seeds=[encoded(one) for one in LINES], run=run, declared=(InputError,), words=JSON_WORDS
    )


def _list(name: str, suffix: str, forms: list[bytes], words: tuple[bytes, ...]) -> Target:
    folder = Path(new_folder())
    (folder / "there.pdf").write_bytes(b"%PDF")
    path = folder / f"list{suffix}"
    defaults = inputs.Defaults()

    def run(data: bytes) -> str:
        if b"dev/" in data or b"proc/" in data or b"sys/" in data:
            return "left out"  # files without end are the operating system's
        path.write_bytes(data)
        wanted = inputs.count([path])
        problems = 0
        for place, entry in enumerate(inputs.entries([path], defaults), start=1):
            problems += entry.problem is not None
            if b"\n" in entry.line:
                raise FalseValidError("one input became two lines")
            if place > wanted:
                raise FalseValidError("there are more entries than were counted")
        return f"{min(wanted, 3)} entries, {min(problems, 3)} refused"

    return Target(name=name, seeds=forms, run=run, declared=(InputError,), words=words)


def ndjson_file() -> Target:
    """A file of NDJSON, as `sillok anchor` reads it."""
    whole = b"\n".join(encoded(one) for one in LINES)
    with_paths = encoded({"path": "there.pdf"}) + b"\n" + encoded({"path": "gone.pdf", "kind": "document"})
    return _list("ndjson-file", ".ndjson", [whole, with_paths], JSON_WORDS)


def csv_file() -> Target:
    """A table, as `sillok anchor` reads it."""
    tables = [
        b'path,kind,number,holder.name\nthere.pdf,certificate,1234-5678-9012-3459,"Hong, Gildong"\n',
        b"sha256,kind,process.id,process.seq,award.amount\n" + SHA256.encode() + b",procurement/award,ocds-1,2,7\n",
        b"\xef\xbb\xbfsha256,kind,supersedes\r\n" + SHA256.encode() + b",document,0\r\n",
    ]
    words = (b",", b'"', b'""', b"\n", b"path", b"sha256", b"kind", b"process.seq", b"supersedes", b"a.b", b"\r")
    return _list("csv-file", ".csv", tables, words)


def keystore_file() -> Target:
    """The sealed file. scrypt runs once: for another salt it stands for a key that no password gives."""
    path = Path("keystore.json")
    key = sealed_file.derive("correct horse battery staple", bytes(32))
    folder = Path(new_folder())
    plain = _entries()
    good = sealed_file.write(folder / "keystore.json", key, plain)

    def derived(_password: str, salt: bytes | None = None) -> sealed_file.FileKey:
        other = sha256(salt or b"")
        return key if salt == key.salt else sealed_file.FileKey(salt=salt or b"", check=other[:16], secret=other)

    def run(data: bytes) -> str:
        with patch.object(sealed_file, "derive", derived):
            _, document = sealed_file.unseal(path, data, "correct horse battery staple")
        if document != plain:
            raise FalseValidError("a damaged keystore was opened")
        return "opened"

    words = (b'"sillok"', b'"keystore/v1"', b'"kdf"', b'"cipher"', b'"nonce"', b'"n": ', b"null")
    return Target(name="keystore", seeds=[good], run=run, declared=(KeystoreError,), words=words)


def _entries() -> bytes:
    made = [
        make_entry(Purpose.NOTE, "sillok.test/6110000", KeyState.CURRENT, bytes(31) + b"\1"),
        make_entry(Purpose.ANCHOR, "6110000", KeyState.CURRENT, bytes(31) + b"\2"),
        make_entry(Purpose.TRUST, "sillok.test/trust", KeyState.ENDED, bytes(31) + b"\3"),
    ]
    return encode_entries(made)


def keystore_entries() -> Target:
    """The document inside of the sealed file: opened with the right password, and still not believed."""

    def run(data: bytes) -> str:
        entries = parse_entries(data)
        for entry in entries:
            repr((entry.info.agency, entry.info.origin, entry.info.address))
        if [e.info.key_id for e in parse_entries(encode_entries(entries))] != [e.info.key_id for e in entries]:
            raise FalseValidError("what was read is not what is written")
        return "taken"

    declared = (ValueError, KeystoreError)
    return Target(name="keystore-entries", seeds=[_entries()], run=run, declared=declared)
