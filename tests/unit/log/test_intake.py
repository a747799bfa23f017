"""What is no submission is refused with the place where it is wrong; what is one means one thing."""

from __future__ import annotations

import json
import os
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import EvidenceError, FormatError, InputError
from ledger.log.intake import parse_line, parse_submission
from ledger.log.limits import MAX_DISCLOSURE_BYTES
from ledger.log.preparing import prepare
from ledger.log.sealing import open_sealed, seal
from ledger.merkle.tree import tree_head
from ledger.records.disclosure import Fact, disclose
from ledger.records.evidence import MAX_BYTES
from ledger.records.kinds import KINDS
from ledger.records.number import number_from_random
from ledger.records.record import parse_record
from ledger.values import Instant

SHA = "ab" * 32
GOOD: dict[str, object] = {
    "kind": "certificate",
    "sha256": SHA,
    "number": number_from_random(3),
    "facts": {"holder.name": "홍길동", "age": 3, "resident": True},
    "process": {"id": "ocds-1", "seq": 2},
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00Z",
    "supersedes": 4,
}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": None}, "kind"),
        ({"kind": "passport"}, "kind"),
        ({"kind": "erasure"}, "kind"),
        ({"sha256": None}, "sha256"),
        ({"sha256": "AB" * 32}, "sha256"),
        ({"sha256": "ab" * 31}, "sha256"),
        ({"sha256": 5}, "sha256"),
        ({"number": "1234-5678-9012-3450"}, None),
        ({"number": 1234}, "number"),
        ({"kind": "dataset"}, "number"),
        ({"facts": []}, "facts"),
        ({"facts": {"money": 1.5}}, "facts.money"),
        ({"facts": {"none": None}}, "facts.none"),
        ({"facts": {"many": [1]}}, "facts.many"),
        ({"facts": {"document.sha256": SHA}}, "facts.document.sha256"),
        ({"facts": {"certificate.number": "x"}}, "facts.certificate.number"),
        ({"facts": {"pad.1": ""}}, "facts.pad.1"),
        ({"facts": {"no path": ""}}, None),
        ({"facts": {"long": "가" * 1366}}, "long"),
        ({"facts": {"big": 2**53}}, "big"),
        ({"facts": {"zero": "\0"}}, "zero"),
        ({"facts": {"half": "\ud800"}}, "half"),
        ({"facts": {f"f{n}": n for n in range(63)}}, "facts"),
        ({"process": "ocds"}, "process"),
        ({"process": {"seq": 1}}, "process.id"),
        ({"process": {"id": "a b"}}, "record.process.id"),
        ({"process": {"id": "p" * 129}}, "record.process.id"),
        ({"process": {"id": "p", "seq": 0}}, "process.seq"),
        ({"process": {"id": "p", "seq": True}}, "process.seq"),
        ({"process": {"id": "p", "gap": 1}}, "process.gap"),
        ({"process": {"id": "p", "more": 1}}, "process"),
        ({"validFrom": "2026-01-01"}, "validFrom"),
        ({"validUntil": "2025-01-01T00:00:00Z"}, "validUntil"),
        ({"supersedes": -1}, "supersedes"),
        ({"supersedes": 2**53}, "supersedes"),
        ({"agency": "6110000"}, "agency"),
    ],
)
def test_a_refusal_names_the_place(change: dict[str, object], where: str | None) -> None:
    with pytest.raises(InputError) as refused:
        parse_submission({**GOOD, **change})
    assert refused.value.where == where
    assert "홍길동" not in str(refused.value)


def test_every_kind_but_erasure_can_be_submitted() -> None:
    for kind in KINDS - {"erasure"}:
        assert parse_submission({"kind": kind, "sha256": SHA}).kind == kind
    with pytest.raises(FormatError, match="nothing to record"):
        parse_submission({"kind": "activity"})


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"NaN", b'{"kind":NaN}', b'{"a":1,"a":1}', b"\xff", b"[" * 10**5, b'{"kind":"\xff"}']
)
def test_a_line_that_is_no_object_is_refused(line: bytes) -> None:
    with pytest.raises(FormatError):
        parse_line(line)


def test_the_digest_of_a_request_is_of_what_it_means() -> None:
    one = parse_line(json.dumps(GOOD).encode())
    turned = parse_line(json.dumps(dict(reversed(GOOD.items())), indent=2, ensure_ascii=False).encode())
    assert turned.digest() == one.digest()
    decomposed = {**GOOD, "facts": {**GOOD["facts"], "holder.name": unicodedata.normalize("NFD", "홍길동")}}
    assert parse_submission(decomposed).digest() == one.digest(), "text is put into NFC first"
    others = [
        {**GOOD, "kind": "document"},
        {**GOOD, "sha256": "cd" * 32},
        {**GOOD, "number": number_from_random(4)},
        {**GOOD, "facts": {**GOOD["facts"], "age": "3"}},
        {**GOOD, "facts": {**GOOD["facts"], "age": True}},
        {**GOOD, "process": {"id": "ocds-1"}},
        {**GOOD, "validFrom": "2026-01-01T00:00:01Z"},
        {**GOOD, "validUntil": "2027-01-01T00:00:01Z"},
        {**GOOD, "supersedes": 5},
        {name: value for name, value in GOOD.items() if name != "supersedes"},
    ]
    assert len({parse_submission(other).digest() for other in [GOOD, *others]}) == len(others) + 1


@pytest.mark.parametrize(
    ("facts", "kind", "count"),
    [
        (0, "certificate", 8),
        (6, "certificate", 8),
        (7, "certificate", 16),
        (62, "certificate", 64),
        (0, "document", 2),
        (1, "document", 4),
        (1, "procurement/plan", 2),
        (3, "dataset", 4),
    ],
)
def test_the_count_of_facts_says_little(facts: int, kind: str, count: int) -> None:
    submission = parse_submission({"kind": kind, "sha256": SHA, "facts": {f"f{n}": n for n in range(facts)}})
    made = prepare(
        submission,
        agency="6110000",
        idempotency_key=None,
        request_digest=submission.digest(),
        batch=None,
        now=Instant(0),
        random=os.urandom,
    )
    record = parse_record(made.leaf)
    assert record.facts == count
    opened = open_sealed(made.sealed, key=made.key, commitment=record.commitment)
    assert len(opened) == count
    assert tree_head([fact.leaf_hash for fact in opened]) == record.commitment
    assert [fact.path for fact in opened] == sorted(fact.path for fact in opened)
    assert len({fact.salt for fact in opened}) == count
    assert made.key not in {fact.salt for fact in opened}


def test_facts_that_fit_no_evidence_are_refused_at_once() -> None:
    submission = parse_submission(
        {"kind": "document", "sha256": SHA, "facts": {f"f{n}": "가" * 1365 for n in range(40)}}
    )
    with pytest.raises(FormatError, match="fit into evidence"):
        prepare(
            submission,
            agency="6110000",
            idempotency_key=None,
            request_digest=submission.digest(),
            batch=None,
            now=Instant(0),
            random=os.urandom,
        )
    assert MAX_DISCLOSURE_BYTES + 64 * 8 + 64 * 1024 < MAX_BYTES


@settings(deadline=None)
@given(values=st.lists(st.text(max_size=50).filter(lambda text: "\0" not in text), min_size=1, max_size=4))
def test_sealed_facts_open_under_their_key_and_commitment_only(values: list[str]) -> None:
    try:
        facts = [disclose(Fact(path=f"f{n}", value=value), os.urandom(16)) for n, value in enumerate(values)]
    except FormatError:
        return
    key, commitment = os.urandom(32), os.urandom(32)
    sealed = seal(facts, key=key, commitment=commitment)
    assert list(open_sealed(sealed, key=key, commitment=commitment)) == facts
    for other in ({"key": os.urandom(32), "commitment": commitment}, {"key": key, "commitment": os.urandom(32)}):
        with pytest.raises(EvidenceError, match="altered on disk"):
            open_sealed(sealed, **other)
    with pytest.raises(EvidenceError):
        open_sealed(sealed[:-1] + bytes([sealed[-1] ^ 1]), key=key, commitment=commitment)
