"""The examples of docs/spec are what our code reads and writes, and they fit together over all pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.hashing.encodings import b64u_decode, b64u_encode
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.verify import verify_inclusion
from ledger.records.checkpoint import format_checkpoint, parse_checkpoint
from ledger.records.commitment import commit
from ledger.records.disclosure import parse_disclosure
from ledger.records.evidence import Disclosure, encode_evidence, parse_evidence
from ledger.records.kinds import KINDS
from ledger.records.note import SignedNote, format_note, parse_note, parse_vkey, verify_signature
from ledger.records.number import parse_number
from ledger.records.origin import parse_origin
from ledger.records.parts import parse_reference, parse_status_part
from ledger.records.receipt import format_receipt, parse_receipt
from ledger.records.record import encode_record, parse_record
from ledger.records.status_note import format_status_note, parse_status_note
from ledger.records.tlog_proof import parse_tlog_proof
from ledger.records.trust import format_trust, parse_trust, parse_trust_text
from ledger.verification.report import CHECK_NAMES

SPEC = Path(__file__).resolve().parents[3] / "docs" / "spec"
PAGES = (
    "checks",
    "commitment",
    "disclosure",
    "evidence",
    "kinds",
    "log-and-checkpoint",
    "number",
    "receipt",
    "record",
    "status-note",
    "trust-file",
)
BLOCK = re.compile(r"^```(text|json) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, name: str | None = None) -> list[tuple[str, str]]:
    found = [(match[2], match[3]) for match in BLOCK.finditer((SPEC / f"{page}.md").read_text(encoding="utf-8"))]
    return [block for block in found if name in (None, block[0])]


def one(page: str, name: str) -> str:
    found = blocks(page, name)
    assert found, f"{page}.md lacks an example {name}"
    return found[0][1]


def note_of(read: Callable[[str], Any], write: Callable[[Any], str]) -> Callable[[str], str]:
    def again(text: str) -> str:
        note = parse_note(text)
        return format_note(SignedNote(text=write(read(note.text)), signatures=note.signatures))

    return again


def line_of(function: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "".join(f"{function(line)}\n" for line in text.splitlines())


AGAIN: dict[str, Callable[[str], str]] = {
    "disclosure": line_of(lambda line: parse_disclosure(line).text),
    "commitment-disclosures": line_of(lambda line: parse_disclosure(line).text),
    "disclosure-json": line_of(lambda line: b64u_decode(parse_disclosure(b64u_encode(line.encode())).text).decode()),
    "disclosure-leaf-hash": lambda _: leaf_hash(one("disclosure", "disclosure").strip().encode()).hex() + "\n",
    "commitment": lambda _: (
        b64u_encode(
            commit([parse_disclosure(line) for line in one("commitment", "commitment-disclosures").split()]).digest
        )
        + "\n"
    ),
    "record": line_of(lambda line: encode_record(parse_record(line.encode())).decode()),
    "record-leaf-hash": lambda _: leaf_hash(one("record", "record").strip().encode()).hex() + "\n",
    "kinds": lambda _: "".join(f"{kind}\n" for kind in sorted(KINDS)),
    "checkpoint-note": note_of(parse_checkpoint, format_checkpoint),
    "origin": line_of(lambda line: parse_origin(line).origin),
    "vkey": line_of(lambda line: parse_vkey(line).text),
    "receipt-note": note_of(parse_receipt, format_receipt),
    "status-note": note_of(parse_status_note, format_status_note),
    "number": line_of(parse_number),
    "evidence": line_of(lambda line: encode_evidence(parse_evidence(line.encode())).decode()),
    "trust-note": note_of(parse_trust_text, format_trust),
    "checks": lambda _: "".join(f"{number} {name}\n" for number, name in enumerate(CHECK_NAMES, start=1)),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_a_whole_example_that_our_code_writes(page: str) -> None:
    text = (SPEC / f"{page}.md").read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(blocks(page)), "each block says what it is an example of"
    first = BLOCK.search(text)
    assert first, "a page without an example"
    assert first.start() < text.find("\n## ") or "\n## " not in text, "the example comes first"
    for name, content in blocks(page):
        assert AGAIN[name](content) == content, name


def test_the_pages_tell_of_one_record() -> None:
    """Disclosure, commitment, record, proof, checkpoint, receipt, status and trust file belong together."""
    evidence = parse_evidence(one("evidence", "evidence").strip().encode())
    assert evidence.leaf.decode() + "\n" == one("record", "record")
    record = parse_record(evidence.leaf)
    shown = [fact for fact in evidence.facts if isinstance(fact, Disclosure)]
    assert "".join(fact.text + "\n" for fact in shown) == one("commitment", "commitment-disclosures")
    assert commit(shown).digest == record.commitment
    assert shown[0].value == one("number", "number").strip()

    trust = parse_trust(one("trust-file", "trust-note"))
    log = trust.log(one("log-and-checkpoint", "origin").strip())
    assert log is not None
    vkey, receipt_vkey = log.note_keys[0].vkey, log.receipt_keys[0].vkey
    assert vkey is not None
    assert receipt_vkey is not None
    assert vkey.text == one("log-and-checkpoint", "vkey").strip()

    proof = parse_tlog_proof(evidence.log)
    assert proof.checkpoint == one("log-and-checkpoint", "checkpoint-note")
    note = parse_note(proof.checkpoint)
    verify_signature(note, vkey)
    head = parse_checkpoint(note.text)
    verify_inclusion(
        leaf_hash=leaf_hash(evidence.leaf), index=proof.index, size=head.size, path=proof.path, root=head.root
    )
    receipt = parse_note(one("receipt", "receipt-note"))
    verify_signature(receipt, receipt_vkey)
    assert parse_receipt(receipt.text).root == head.root
    status = one("status-note", "status-note")
    assert parse_status_part(evidence.status[0]) == status
    verify_signature(parse_note(status), receipt_vkey)
    reference = parse_reference(evidence.chain[0])
    chain = trust.chain(reference.genesis)
    assert chain is not None
    assert chain.one_operator
    assert chain.registries[0].address == reference.registry


def test_the_table_of_checks_has_their_names() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| ([a-z-]+) \|", (SPEC / "checks.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [(int(number), name) for number, name in rows] == list(enumerate(CHECK_NAMES, start=1))


def test_every_kind_is_in_the_table() -> None:
    rows = [line for line in (SPEC / "kinds.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert {kind for row in rows for kind in re.findall(r"`([a-z/-]+)`", row.split("|")[1])} == KINDS


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        text = (SPEC / f"{page}.md").read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)", text):
            assert (SPEC / target).exists(), f"{page}.md links to {target}"
        for target in re.findall(r"`(tests/vectors/[a-z*-]+\.json)`", text):
            assert list(SPEC.parents[1].glob(target)), f"{page}.md names {target}"
