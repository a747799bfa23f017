"""The frozen formats as targets: what is taken comes out as it went in; what nobody signed is never good."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz.target import FalseValidError, Target
from support.office import DOCUMENT, NUMBER, Office, digest, small_office
from support.oracle_rfc9162 import inclusion_root

from ledger.errors import EvidenceError, InputError
from ledger.hashing.canonical import encode, parse
from ledger.merkle.verify import verify_inclusion
from ledger.procurement.export import encode_export, parse_export
from ledger.records.anchor_note import format_anchor_note, parse_anchor_note
from ledger.records.checkpoint import format_checkpoint, parse_checkpoint
from ledger.records.disclosure import parse_disclosure
from ledger.records.evidence import encode_evidence, parse_evidence
from ledger.records.note import format_note, make_vkey, parse_note, parse_vkey, verify_signature
from ledger.records.number import parse_number
from ledger.records.origin import parse_origin
from ledger.records.receipt import format_receipt, parse_receipt
from ledger.records.record import encode_record, parse_record
from ledger.records.status_note import format_status_note, parse_status_note
from ledger.records.tlog_proof import format_tlog_proof, parse_tlog_proof
from ledger.records.trust import format_trust, parse_trust, parse_trust_text
from ledger.values import Digest32, LeafHash, LogIndex, Root, Status, TreeSize, Verdict
from ledger.verification.verifier import verify_evidence

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
WORDS = (
    b'"sillok":"evidence/v1"', b'"format":"note/v1"', b'"format":"reference/v1"', b'{"d":"', b'{"h":"',
    b"\xe2\x80\x94 ",
    b"sillok.test/6110000", b"c2sp.org/tlog-proof@v1", b"index 0", b"2026-11-24T00:00:00Z", b"active", b"revoked",
)  # fmt: skip


def cases(name: str) -> list[dict[str, Any]]:
    """Every case of one vector file."""
    found: list[dict[str, Any]] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


def seeds(name: str) -> list[bytes]:
    """Every form of one vector file, good and bad."""
    return [base64.b64decode(case["b64"]) if "b64" in case else _bytes(case["text"]) for case in cases(name)]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def as_text(data: bytes) -> str:
    """Bytes as the text of a parser that takes text: whatever is no UTF-8 becomes lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def _round(read: Callable[[Any], Any], write: Callable[[Any], Any], form: Callable[[bytes], Any]) -> Any:
    def run(data: bytes) -> str:
        given = form(data)
        if write(read(given)) != given:
            raise FalseValidError("what was read is not what is written")
        return "taken"

    return run


_FORMS: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any], Callable[[bytes], Any]]] = {
    "number": ("numbers.json", parse_number, str, as_text),
    "origin": ("origins.json", parse_origin, lambda name: name.origin, as_text),
    "checkpoint": ("checkpoints.json", parse_checkpoint, format_checkpoint, as_text),
    "receipt": ("receipts.json", parse_receipt, format_receipt, as_text),
    "status-note": ("status-notes.json", parse_status_note, format_status_note, as_text),
    "vkey": ("keys.json", parse_vkey, lambda vkey: vkey.text, as_text),
    "tlog-proof": ("tlog-proofs.json", parse_tlog_proof, format_tlog_proof, as_text),
    "trust-text": ("trust-files.json", parse_trust_text, format_trust, as_text),
    "disclosure": ("disclosures.json", parse_disclosure, lambda one: one.text, as_text),
    "record": ("records.json", parse_record, encode_record, bytes),
    "evidence": ("evidence.json", parse_evidence, encode_evidence, bytes),
}


def form(name: str) -> Target:
    """A frozen format: read and written again."""
    file, read, write, given = _FORMS[name]
    return Target(
        name=name,
        seeds=seeds(file),
        run=_round(read, write, given),
        declared=(InputError,),
        words=WORDS,
    )


def anchor_note() -> Target:
    """The service's word on an anchor."""
    office = small_office()
    text = parse_note(str(office.anchor_note()["note"])).text
    run = _round(parse_anchor_note, format_anchor_note, as_text)
    return Target(name="anchor-note", seeds=[text.encode()], run=run, declared=(InputError,), words=WORDS)


def canonical() -> Target:
    """Canonical JSON: what is taken is what RFC 8785 writes."""
    forms = [data for name in ("records.json", "evidence.json") for data in seeds(name)]
    run = _round(lambda data: parse(data, limit=1 << 20), encode, bytes)
    return Target(name="canonical-json", seeds=forms, run=run, declared=(InputError,), words=WORDS)


def note() -> Target:
    """A signed note: no change of text or signature verifies."""
    office = small_office()
    vkey = make_vkey(office.note_key.name, office.note_key.public)
    good = office.checkpoint(office.size)
    signed = parse_note(good)

    def run(data: bytes) -> str:
        text = as_text(data)
        found = parse_note(text)
        if format_note(found) != text:
            raise FalseValidError("what was read is not what is written")
        verify_signature(found, vkey)
        if found.text != signed.text:
            raise FalseValidError("a text that nobody signed verifies")
        return "verified"

    others = [_bytes(case["note"]) for case in cases("notes.json")]
    return Target(
        name="note", seeds=[good.encode(), office.cosigned(good).encode(), *others], run=run,
        declared=(InputError, EvidenceError), words=WORDS,
    )  # fmt: skip


def trust_note() -> Target:
    """A whole trust file, followed from one that is believed: nothing but what its signers signed."""
    office = small_office()
    believed, good = office.trust(), office.trust_note()
    signed = parse_note(good).text

    def run(data: bytes) -> str:
        taken = parse_trust(as_text(data), previous=believed)
        if format_trust(taken) != signed:
            raise FalseValidError("a trust file that nobody signed is believed")
        return "believed"

    declared = (InputError, EvidenceError)
    return Target(name="trust-note", seeds=[good.encode()], run=run, declared=declared, words=WORDS)


def inclusion() -> Target:
    """An inclusion proof: this verifier and one that is RFC 9162 word for word agree on everything."""
    packed = [
        case["index"].to_bytes(8, "big") + case["size"].to_bytes(8, "big")
        + bytes.fromhex(case["leafHash"] + case["root"] + "".join(case["path"]))
        for case in cases("merkle-inclusion.json")
        if 0 <= case["index"] < 2**64 and 0 <= case["size"] < 2**64
    ]  # fmt: skip

    def run(data: bytes) -> str:
        index, size = int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big")
        leaf, root, rest = data[16:48].ljust(32, b"\0"), data[48:80].ljust(32, b"\0"), data[80:]
        path = [Digest32(rest[at : at + 32].ljust(32, b"\0")) for at in range(0, len(rest), 32)]
        expected = inclusion_root(leaf, index, size, path)
        try:
            verify_inclusion(
                leaf_hash=LeafHash(leaf), index=LogIndex(index), size=TreeSize(size), path=path, root=Root(root)
            )
        except EvidenceError:
            if expected == root and size < 2**53:
                raise FalseValidError("a proof is refused that RFC 9162 takes") from None
            raise
        if expected != root:
            raise FalseValidError("a proof is taken that RFC 9162 refuses")
        return "included"

    return Target(name="inclusion-proof", seeds=packed, run=run, declared=(InputError, EvidenceError))


def verdict() -> Target:
    """The nineteen checks: no exception on any bytes, and `valid` only for a record that was issued and stands."""
    office = small_office()
    trust, document = office.trust(), digest(DOCUMENT)
    stands = office.evidence()
    whole = parse_evidence(stands)
    revoked = office.evidence(status=[office.status(0, status=Status.REVOKED)])
    suspended = office.evidence(status=[office.status(0, batch_status=Status.SUSPENDED)])
    bare = office.evidence(withhold=("holder.name",))
    shown = {item.text for item in office.issued[0].disclosures}

    def run(data: bytes) -> str:
        report = verify_evidence(data, trust=trust, document=document, number=NUMBER)
        json.dumps(report.to_json(), ensure_ascii=False).encode("utf-8")
        if report.verdict is Verdict.VALID:
            read = parse_evidence(data)
            parts = [json.dumps(part, sort_keys=True) for part in read.status]
            known = [json.dumps(part, sort_keys=True) for part in whole.status]
            told = {item.text for item in read.facts if hasattr(item, "text")}
            if read.leaf != whole.leaf or not told <= shown or not set(known) & set(parts):
                raise FalseValidError("evidence that nobody made is valid")
        return str(report.verdict)

    declared: tuple[type[BaseException], ...] = ()
    return Target(
        name="verdict", seeds=[stands, bare, revoked, suspended, _pinned(office)], run=run, declared=declared,
        words=WORDS,
    )  # fmt: skip


def _pinned(office: Office) -> bytes:
    return office.evidence(chain=[office.reference()])


def export() -> Target:
    """The export of a process."""
    office = small_office()
    step = {"evidence": office.evidence(1).decode(), "index": 1, "origin": office.origin, "seq": 1}
    value: Any = {
        "heads": [{"checkpoint": office.checkpoint(office.size), "origin": office.origin}],
        "listed": [{"index": 1, "origin": office.origin, "seq": 1}],
        "process": "ocds-213czf-000-00001",
        "sillok": "process-export/v1",
        "steps": [step | {"acceptedAt": "2026-11-24T00:00:00Z"}],
    }
    run = _round(parse_export, encode_export, bytes)
    return Target(name="process-export", seeds=[encode(value)], run=run, declared=(InputError,), words=WORDS)
