"""What a writer refuses, and that a reader's refusal names the place."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import FormatError
from ledger.hashing.encodings import b64u_encode
from ledger.records.commitment import commit, next_count, pad_facts
from ledger.records.disclosure import Fact, disclose, normalise, parse_disclosure
from ledger.records.evidence import Evidence, encode_evidence, parse_evidence
from ledger.records.kinds import KINDS, is_personal, is_public
from ledger.records.number import number_from_random, read_number
from ledger.records.origin import compose_origin
from ledger.records.receipt import Receipt, format_receipt
from ledger.records.record import ProcessStep, Record, encode_record, parse_record
from ledger.values import AgencyCode, Digest32, Instant, LogIndex, Root, TreeSize

RECORD = Record(
    agency=AgencyCode("6110000"),
    commitment=Digest32(bytes(32)),
    facts=1,
    kind="document",
    recorded_at=Instant(1_795_478_400),
)


@pytest.mark.parametrize(
    ("member", "changes"),
    [
        ("record.agency", {"agency": AgencyCode("611000")}),
        ("record.commitment", {"commitment": Digest32(bytes(31))}),
        ("record.facts", {"facts": 3}),
        ("record.kind", {"kind": "Document"}),
        ("record.kind", {"kind": "d" * 65}),
        ("record.batch", {"batch": 0}),
        ("record.erases", {"erases": LogIndex(-1)}),
        ("record.supersedes", {"supersedes": LogIndex(2**53)}),
        ("record.process.id", {"process": ProcessStep(id='a"', seq=1)}),
        ("record.process.id", {"process": ProcessStep(id="a" * 129, seq=1)}),
        ("record.process.seq", {"process": ProcessStep(id="a", seq=0)}),
        ("record.validUntil", {"valid_from": Instant(2), "valid_until": Instant(2)}),
        ("record", {"recorded_at": Instant(10**15)}),
    ],
)
def test_a_record_out_of_the_format_is_not_written(member: str, changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as refused:
        encode_record(replace(RECORD, **changes))
    assert refused.value.where == member


@pytest.mark.parametrize(
    ("member", "old", "new"),
    [
        ("record.facts", b'"facts":1', b'"facts":true'),
        ("record.batch", b'"commitment"', b'"batch":true,"commitment"'),
        ("record.v", b'"v":1', b'"v":false'),
        ("record.kind", b'"document"', b"7"),
        ("record.recordedAt", b"00:00Z", b"00:60Z"),
        ("record.process", b'"recordedAt"', b'"process":[],"recordedAt"'),
        ("record.holder", b'"kind"', b'"holder":"x","kind"'),
    ],
)
def test_a_refused_record_names_the_member(member: str, old: bytes, new: bytes) -> None:
    leaf = encode_record(RECORD)
    assert old in leaf
    with pytest.raises(FormatError) as refused:
        parse_record(leaf.replace(old, new))
    assert refused.value.where == member


def test_a_salt_has_sixteen_bytes() -> None:
    for length in (0, 15, 17):
        with pytest.raises(FormatError, match="16 bytes"):
            disclose(Fact(path="a", value="b"), bytes(length))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("1a", "b"),
        ("a" * 65, "b"),
        ("a", "x" * 4097),
        ("a", "가" * 1366),
        ("a", "\0"),
        ("a", "\ud800"),
        ("a", 2**53),
        ("document.sha256", "AB" * 32),
        ("document.sha256", True),
        ("certificate.number", "1234-5678-9012-3458"),
        ("certificate.number", 1),
    ],
)
def test_a_fact_out_of_the_format_is_not_salted(path: str, value: Any) -> None:
    with pytest.raises(FormatError):
        disclose(Fact(path=path, value=value), bytes(16))


def test_the_longest_fact_of_all_reads_back() -> None:
    """4,096 control characters take six characters each in JSON: the limit on a disclosure's length allows it."""
    longest = disclose(Fact(path="p" * 64, value="\x01" * 4096), bytes(16))
    assert parse_disclosure(longest.text) == longest
    with pytest.raises(FormatError, match="too many"):
        parse_disclosure(b64u_encode(base64.b64decode(longest.text + "=" * (-len(longest.text) % 4)) + b" " * 900))


def test_intake_puts_text_into_nfc_and_nothing_else() -> None:
    decomposed = "\u1112\u1169\u11bc"  # 홍 as three jamo
    assert normalise(Fact(path="holder.name", value=decomposed)) == Fact(path="holder.name", value="홍")
    for value in (True, 7, "ascii"):
        assert normalise(Fact(path="a", value=value)) == Fact(path="a", value=value)
    untouched = disclose(Fact(path="holder.name", value=decomposed), bytes(16))
    assert parse_disclosure(untouched.text).value == decomposed


def test_padding_fills_to_a_fixed_count() -> None:
    facts = [Fact(path="document.sha256", value="ab" * 32), Fact(path="holder.name", value="홍길동")]
    padded = pad_facts(facts, 8)
    assert [fact.path for fact in padded[2:]] == [f"pad.{n}" for n in range(1, 7)]
    committed = commit([disclose(fact, bytes([n] * 16)) for n, fact in enumerate(padded)])
    assert [d.path for d in committed.disclosures] == sorted(d.path for d in committed.disclosures)
    assert [next_count(n) for n in (1, 2, 3, 5, 9, 64)] == [1, 2, 4, 8, 16, 64]
    for wrong in (0, 65):
        with pytest.raises(FormatError):
            next_count(wrong)
    with pytest.raises(FormatError, match="don't fit"):
        pad_facts(padded, 4)
    with pytest.raises(FormatError, match="16, 32"):
        pad_facts(facts, 3)
    with pytest.raises(FormatError, match="16, 32"):
        commit(committed.disclosures[:3])


def test_evidence_has_an_upper_bound_and_names_what_it_refuses() -> None:
    long = tuple(disclose(Fact(path=f"p{n}", value="x" * 4096), bytes(16)) for n in range(64))
    with pytest.raises(FormatError, match="at most 262144"):
        encode_evidence(Evidence(leaf=b"", facts=long, log=""))
    fine = encode_evidence(Evidence(leaf=b"", facts=long[:1], log=""))
    assert parse_evidence(fine).facts == long[:1]
    for member, old, new in (
        ("facts", b'"facts":[', b'"facts":{"a":['),
        ("record", b'"record":""', b'"record":[]'),
        ("log", b'"log":""', b'"log":7'),
    ):
        data = fine.replace(old, new)
        if member == "facts":
            data = data.replace(b'],"log"', b']},"log"')
        with pytest.raises(FormatError) as refused:
            parse_evidence(data)
        assert refused.value.where == member


def test_a_path_twice_is_named() -> None:
    fact = disclose(Fact(path="holder.name", value="a"), bytes(16))
    with pytest.raises(FormatError, match="twice") as refused:
        commit([fact, disclose(Fact(path="holder.name", value="b"), bytes(16))])
    assert refused.value.where == "holder.name"


def test_a_number_typed_by_hand_is_forgiven_its_spaces() -> None:
    for typed in ("1234567890123459", " 1234 5678 9012 3459 ", "1234–5678–9012–3459", "1234-5678 90123459"):
        assert read_number(typed) == "1234-5678-9012-3459"
    for typed in ("", "1234", "1234-5678-9012-3458", "x" * 100, "1234 5678 9012 345O"):
        with pytest.raises(FormatError):
            read_number(typed)
    for random in (-1, 10**15):
        with pytest.raises(FormatError):
            number_from_random(random)


def test_a_receipt_promises_something() -> None:
    receipt = Receipt(
        origin=compose_origin("a", AgencyCode("6110000")),
        size=TreeSize(1),
        root=Root(bytes(32)),
        signed_at=Instant(5),
        deadline=Instant(5),
    )
    assert format_receipt(receipt)
    for wrong in (replace(receipt, size=TreeSize(0)), replace(receipt, deadline=Instant(4))):
        with pytest.raises(FormatError):
            format_receipt(wrong)


def test_only_certificates_are_about_a_person_and_unknown_kinds_are_never_public() -> None:
    assert {kind for kind in KINDS if is_personal(kind)} == {"certificate"}
    assert not is_public("certificate")
    assert not is_public("moon-base")
    assert is_public("procurement/award")
    assert is_public("procurement/inspection"), "a later step of a procurement is public like its siblings"
    assert not is_public("erasure")
