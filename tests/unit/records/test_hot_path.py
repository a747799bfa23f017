"""The hand-written encoders of record and disclosure say what the library `rfc8785` says."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given, settings
from support import formats

from ledger.errors import FormatError
from ledger.hashing.canonical import Json
from ledger.records.disclosure import Disclosure
from ledger.records.evidence import Evidence, Withheld, encode_evidence, parse_evidence
from ledger.records.record import Record, encode_record
from ledger.values import LeafHash, format_instant


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@settings(max_examples=300, deadline=None)
@given(formats.records())
def test_a_record_is_rfc8785(record: Record) -> None:
    optional = {
        "batch": record.batch,
        "erases": record.erases,
        "supersedes": record.supersedes,
        "process": None if record.process is None else {"id": record.process.id, "seq": record.process.seq},
        "validFrom": None if record.valid_from is None else format_instant(record.valid_from),
        "validUntil": None if record.valid_until is None else format_instant(record.valid_until),
    }
    members = {
        "v": 1,
        "agency": record.agency,
        "commitment": b64u(record.commitment),
        "facts": record.facts,
        "kind": record.kind,
        "recordedAt": format_instant(record.recorded_at),
        **{name: value for name, value in optional.items() if value is not None},
    }
    assert encode_record(record) == rfc8785.dumps(members)  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(formats.evidences())
def test_evidence_is_rfc8785(evidence: Evidence) -> None:
    lists = ("chain", "status", "keys", "tokens", "renewals")
    members = {
        "sillok": "evidence/v1",
        "record": b64u(evidence.leaf),
        "log": evidence.log,
        "facts": [{"d": f.text} if isinstance(f, Disclosure) else {"h": b64u(f.leaf_hash)} for f in evidence.facts],
        **{name: list(getattr(evidence, name)) for name in lists if getattr(evidence, name)},
    }
    assert encode_evidence(evidence) == rfc8785.dumps(members)


def test_parts_nest_no_deeper_in_evidence_than_elsewhere() -> None:
    """The outer form is written by hand, so its own level is counted too."""
    deepest: Json = 1
    for _ in range(13):
        deepest = [deepest]
    fact = Withheld(leaf_hash=LeafHash(bytes(32)))
    fine = Evidence(leaf=b"", facts=(fact,), log="", chain=({"format": "x", "y": deepest},))
    assert parse_evidence(encode_evidence(fine)) == fine
    with pytest.raises(FormatError, match="deeper"):
        encode_evidence(replace(fine, chain=({"format": "x", "y": [deepest]},)))


@settings(max_examples=300, deadline=None)
@given(formats.disclosures)
def test_a_disclosure_is_rfc8785(disclosure: Disclosure) -> None:
    expected = rfc8785.dumps([b64u(disclosure.salt), disclosure.path, disclosure.value])
    assert disclosure.text == b64u(expected)
    assert disclosure.text.startswith("W"), "no leaf of a commitment can be a leaf of a log, which starts with {"
