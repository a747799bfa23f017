"""What holds for every frozen format: parse and encode are each other's inverse, and no second text has a meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import formats

from ledger.errors import FormatError
from ledger.records.bundle import encode_bundle, parse_bundle
from ledger.records.checkpoint import format_checkpoint, parse_checkpoint
from ledger.records.disclosure import parse_disclosure
from ledger.records.evidence import encode_evidence, parse_evidence
from ledger.records.note import format_note, make_vkey, parse_note, parse_vkey
from ledger.records.number import parse_number
from ledger.records.origin import parse_origin
from ledger.records.receipt import format_receipt, parse_receipt
from ledger.records.record import encode_record, parse_record
from ledger.records.status_note import format_status_note, parse_status_note
from ledger.records.tlog_proof import format_tlog_proof, parse_tlog_proof
from ledger.records.trust import format_trust, parse_trust_text


@dataclass
class Form:
    """A format as bytes: how a value is written, how bytes are read, and values to try."""

    write: Callable[[Any], bytes]
    read: Callable[[bytes], Any]
    values: st.SearchStrategy[Any]


def text_form(write: Callable[[Any], str], read: Callable[[str], Any], values: st.SearchStrategy[Any]) -> Form:
    return Form(lambda value: write(value).encode(), lambda data: read(data.decode()), values)


FORMS: dict[str, Form] = {
    "record": Form(encode_record, parse_record, formats.records()),
    "disclosure": text_form(lambda d: d.text, parse_disclosure, formats.disclosures),
    "checkpoint": text_form(format_checkpoint, parse_checkpoint, formats.checkpoints),
    "receipt": text_form(format_receipt, parse_receipt, formats.receipts),
    "status note": text_form(format_status_note, parse_status_note, formats.status_notes),
    "signed note": text_form(format_note, parse_note, formats.signed_notes),
    "tlog-proof": text_form(format_tlog_proof, parse_tlog_proof, formats.tlog_proofs),
    "evidence": Form(encode_evidence, parse_evidence, formats.evidences()),
    "trust file": text_form(format_trust, parse_trust_text, formats.trust_files()),
    "number": text_form(str, parse_number, formats.numbers),
    "origin": text_form(lambda name: name.origin, parse_origin, formats.origins.map(parse_origin)),
    "vkey": text_form(
        lambda vkey: vkey.text,
        parse_vkey,
        st.sampled_from([make_vkey(signer.name, signer.public) for signer in formats.SIGNERS]),
    ),
    "entry bundle": Form(encode_bundle, parse_bundle, st.lists(st.binary(max_size=9), max_size=9).map(tuple)),
}

slow = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_what_is_written_reads_back(form: Form) -> None:
    @slow
    @given(form.values)
    def check(value: Any) -> None:
        data = form.write(value)
        assert form.read(data) == value
        assert form.write(form.read(data)) == data

    check()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_one_changed_byte_is_refused_or_means_something_else(form: Form) -> None:
    """A change that still parses is another value, and is written exactly as it was changed."""

    @slow
    @given(form.values, st.data())
    def check(value: Any, draw: st.DataObject) -> None:
        changed = bytearray(form.write(value))
        if not changed:
            return
        # Half of the changes by one bit, as a disk or a hand slips; half by any byte, inserted or cut out.
        place = draw.draw(st.integers(0, len(changed) - 1))
        match draw.draw(st.sampled_from("bbric")):
            case "b":
                changed[place] ^= 1 << draw.draw(st.integers(0, 7))
            case "r":
                changed[place] = draw.draw(st.integers(0, 255).filter(lambda byte: byte != changed[place]))
            case "i":
                changed.insert(place, draw.draw(st.sampled_from(b'\x00 \n\r\t0"\xc2\xff')))
            case _:
                del changed[place]
        data = bytes(changed)
        if data == form.write(value):
            return  # a byte beside its equal was cut out or put in
        try:
            found = form.read(data)
        except (FormatError, UnicodeDecodeError):
            return
        assert found != value
        assert form.write(found) == data

    check()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_garbage_is_a_format_error_and_nothing_else(form: Form) -> None:
    @slow
    @given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")))
    def check(data: bytes) -> None:
        try:
            found = form.read(data)
        except (FormatError, UnicodeDecodeError):
            return
        assert form.write(found) == data

    check()
