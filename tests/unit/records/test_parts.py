"""Parts of evidence whose formats are known, and bundles of records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from support import formats

from ledger.errors import FormatError
from ledger.hashing.encodings import b64u_encode
from ledger.records.bundle import encode_bundle, parse_bundle
from ledger.records.evidence import part_format
from ledger.records.parts import Reference, Renewal, parse_reference, parse_renewal, parse_status_part, status_part
from ledger.values import Address, Digest32, TreeSize

REFERENCE = Reference(
    block=42,
    chain_id=9002,
    genesis=Digest32(b"\x81" * 32),
    registry=Address(b"\xe9" * 20),
    transaction=Digest32(b"\xe0" * 32),
)
RENEWAL = Renewal(size=TreeSize(7), path=(Digest32(b"\x07" * 32),))


@given(formats.references, formats.renewals, formats.texts)
def test_parts_come_out_as_they_went_in(reference: Reference, renewal: Renewal, note: str) -> None:
    assert parse_reference(reference.to_part()) == reference
    assert parse_renewal(renewal.to_part()) == renewal
    assert parse_status_part(status_part(note)) == note
    assert part_format(status_part(note)) == "note/v1"


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "reference/v2"},
        {"extra": 1},
        {"block": None},
        {"block": -1},
        {"block": 2**53},
        {"block": True},
        {"chainId": "9002"},
        {"genesis": "0x" + "81" * 32},
        {"genesis": "81" * 31},
        {"genesis": ("81" * 32).upper().replace("8", "A")},
        {"registry": "e9" * 32},
        {"transaction": 7},
    ],
)
def test_another_reference_is_refused(changes: dict[str, Any]) -> None:
    part = {name: value for name, value in {**REFERENCE.to_part(), **changes}.items() if value is not None}
    with pytest.raises(FormatError) as refused:
        parse_reference(part)
    assert refused.value.where is not None
    assert refused.value.where.startswith("chain")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "consistency/v2"},
        {"extra": 1},
        {"size": -1},
        {"size": True},
        {"path": "x"},
        {"path": [1]},
        {"path": [b64u_encode(bytes(31))]},
        {"path": [b64u_encode(bytes(32))] * 65},
    ],
)
def test_another_renewal_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        parse_renewal({**RENEWAL.to_part(), **changes})


@pytest.mark.parametrize(
    "part", [{"format": "note/v2", "note": "x"}, {"format": "note/v1"}, {"format": "note/v1", "note": 1}]
)
def test_another_status_part_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        parse_status_part(part)
    with pytest.raises(FormatError):
        parse_status_part({**status_part("x"), "extra": 1})


def test_a_part_says_its_format() -> None:
    for part in ({}, {"format": 1}):
        with pytest.raises(FormatError):
            part_format(part)


def test_a_bundle_holds_up_to_256_whole_records() -> None:
    full = [b"{%d}" % n for n in range(256)]
    assert parse_bundle(encode_bundle(full)) == tuple(full)
    with pytest.raises(FormatError, match="more than 256"):
        parse_bundle(encode_bundle([*full, b"{}"]))
    for cut in (1, 2, 3):
        with pytest.raises(FormatError, match="ends within"):
            parse_bundle(encode_bundle([b"{}", b"{}"])[:-cut])
