"""Our own vectors, run by Python. The same files are run by Solidity (tests/contracts) and later by the browser."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import EvidenceError, FormatError, UnknownVersionError
from ledger.hashing.digests import sha256
from ledger.merkle import tiles
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head
from ledger.merkle.verify import verify_consistency, verify_inclusion
from ledger.records.checkpoint import format_checkpoint, parse_checkpoint
from ledger.records.commitment import commit
from ledger.records.disclosure import Fact, disclose, parse_disclosure
from ledger.records.evidence import encode_evidence, parse_evidence
from ledger.records.note import format_note, parse_note, parse_vkey, verify_signature
from ledger.records.number import parse_number
from ledger.records.origin import compose_origin, parse_origin
from ledger.records.receipt import format_receipt, parse_receipt
from ledger.records.record import encode_record, parse_record
from ledger.records.status_note import format_status_note, parse_status_note
from ledger.records.tlog_proof import format_tlog_proof, parse_tlog_proof
from ledger.records.trust import format_trust, parse_trust_text
from ledger.values import Digest32, LeafHash, LogIndex, Root, TreeSize
from tests.vectors.make import FILES, render

FOLDER = Path(__file__).parent
Case = dict[str, Any]


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads((FOLDER / name).read_text(encoding="utf-8"))]


def every(forms: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]) -> list[Any]:
    return [
        pytest.param(*functions, case, id=f"{name}: {case['name']}")
        for name, functions in forms.items()
        for case in json.loads((FOLDER / name).read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_their_maker_writes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == render(FILES[name]()), "run python -m tests.vectors.make"


def test_they_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json")) < 1_000_000


TEXTS = {
    "numbers.json": (parse_number, str),
    "origins.json": (parse_origin, lambda name: name.origin),
    "checkpoints.json": (parse_checkpoint, format_checkpoint),
    "receipts.json": (parse_receipt, format_receipt),
    "status-notes.json": (parse_status_note, format_status_note),
    "keys.json": (parse_vkey, lambda vkey: vkey.text),
    "tlog-proofs.json": (parse_tlog_proof, format_tlog_proof),
    "trust-files.json": (parse_trust_text, format_trust),
    "disclosures.json": (parse_disclosure, lambda disclosure: disclosure.text),
}
BYTES = {"records.json": (parse_record, encode_record), "evidence.json": (parse_evidence, encode_evidence)}


@pytest.mark.parametrize(("read", "write", "case"), every(TEXTS) + every(BYTES))
def test_good_forms_come_out_as_they_went_in_and_bad_ones_are_refused(
    read: Callable[[Any], Any], write: Callable[[Any], Any], case: Case
) -> None:
    data = base64.b64decode(case["b64"]) if "b64" in case else case["text"]
    if case["valid"]:
        assert write(read(data)) == data
        return
    with pytest.raises(FormatError) as refused:
        read(data)
    assert isinstance(refused.value, UnknownVersionError) == (case.get("error") == "unknown-version")


@pytest.mark.parametrize("case", [c for c in cases("disclosures.json") if c.values[0]["valid"]])
def test_a_disclosure_holds_what_it_says(case: Case) -> None:
    disclosure = parse_disclosure(case["text"])
    value = case["value"]
    assert (disclosure.path, disclosure.value) == (case["path"], value)
    assert type(disclosure.value) is type(value)
    assert disclosure.leaf_hash.hex() == case["leafHash"]
    assert disclose(Fact(path=case["path"], value=value), disclosure.salt) == disclosure


@pytest.mark.parametrize("case", [c for c in cases("records.json") if c.values[0]["valid"]])
def test_a_record_has_its_leaf_hash(case: Case) -> None:
    assert leaf_hash(base64.b64decode(case["b64"])).hex() == case["leafHash"]


@pytest.mark.parametrize("case", [c for c in cases("origins.json") if c.values[0]["valid"]])
def test_an_origin_is_composed_of_its_parts(case: Case) -> None:
    assert compose_origin(case["log"], case["agency"], case["generation"]) == case["text"]


@pytest.mark.parametrize("case", cases("commitments.json"))
def test_commitment(case: Case) -> None:
    drawn = [parse_disclosure(text) for text in case["disclosures"]]
    for order in (drawn, drawn[::-1]):
        assert commit(order).digest.hex() == case["digest"]
    with pytest.raises(FormatError):
        commit([*drawn[:-1], drawn[0], drawn[0]][: len(drawn)] if len(drawn) > 1 else [])


@pytest.mark.parametrize("case", cases("notes.json"))
def test_note(case: Case) -> None:
    vkey = parse_vkey(case["vkey"])
    if case.get("error") == "format":
        with pytest.raises(FormatError):
            parse_note(case["note"])
        return
    note = parse_note(case["note"])
    assert format_note(note) == case["note"]
    if case["valid"]:
        verify_signature(note, vkey)
        return
    with pytest.raises(EvidenceError):
        verify_signature(note, vkey)


def hashes(texts: list[str]) -> list[Digest32]:
    return [Digest32(bytes.fromhex(text)) for text in texts]


@pytest.mark.parametrize("case", cases("merkle-heads.json"))
def test_head(case: Case) -> None:
    assert tree_head([leaf_hash(leaf.encode()) for leaf in case["leaves"]]).hex() == case["root"]


@pytest.mark.parametrize("case", cases("merkle-inclusion.json"))
def test_inclusion(case: Case) -> None:
    def check() -> None:
        verify_inclusion(
            leaf_hash=LeafHash(bytes.fromhex(case["leafHash"])),
            index=LogIndex(case["index"]),
            size=TreeSize(case["size"]),
            path=hashes(case["path"]),
            root=Root(bytes.fromhex(case["root"])),
        )

    if case["valid"]:
        check()
        return
    with pytest.raises(EvidenceError):
        check()


@pytest.mark.parametrize("case", cases("merkle-consistency.json"))
def test_consistency(case: Case) -> None:
    def check() -> None:
        verify_consistency(
            old_size=TreeSize(case["oldSize"]),
            size=TreeSize(case["size"]),
            path=hashes(case["path"]),
            old_root=Root(bytes.fromhex(case["oldRoot"])),
            root=Root(bytes.fromhex(case["root"])),
        )

    if case["valid"]:
        check()
        return
    with pytest.raises(EvidenceError):
        check()


@pytest.mark.parametrize("case", cases("tiles.json"))
def test_tiles(case: Case) -> None:
    leaves = [leaf_hash(case["leaf"].replace("{i}", str(i)).encode()) for i in range(case["size"])]
    made = tiles.append(tiles.Overlay(None, {}), TreeSize(0), leaves).tiles  # type: ignore[arg-type]
    found = {f"{level}/{n}": {"width": len(t) // 32, "sha256": sha256(t).hex()} for (level, n), t in made.items()}
    assert found == case["tiles"]
