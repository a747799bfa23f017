"""The hand-written encoders of record and disclosure say what the library `rfc8785` says."""

from __future__ import annotations

import base64

import rfc8785
from hypothesis import given, settings
from support import formats

from ledger.records.disclosure import Disclosure
from ledger.records.record import Record, encode_record
from ledger.values import format_instant


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


@settings(max_examples=300, deadline=None)
@given(formats.disclosures)
def test_a_disclosure_is_rfc8785(disclosure: Disclosure) -> None:
    expected = rfc8785.dumps([b64u(disclosure.salt), disclosure.path, disclosure.value])
    assert disclosure.text == b64u(expected)
    assert disclosure.text.startswith("W"), "no leaf of a commitment can be a leaf of a log, which starts with {"
