"""The anchor note is read in exactly one form, and says what the event said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.errors import FormatError, UnknownVersionError
from ledger.records.anchor_note import (
    AnchorNote,
    anchor_part,
    format_anchor_note,
    parse_anchor_note,
    parse_anchor_part,
)
from ledger.values import Address, Digest32, Instant, KeyId, Origin, Root, TreeSize

NOTE = AnchorNote(
    origin=Origin("sillok.seoul.example/6110000"),
    size=TreeSize(3),
    root=Root(bytes(range(32))),
    previous_size=TreeSize(1),
    chain_id=9002,
    genesis=Digest32(b"\x11" * 32),
    registry=Address(b"\x22" * 20),
    transaction=Digest32(b"\x33" * 32),
    key_id=KeyId(bytes(12) + b"\x44" * 20),
    block_number=42,
    block_time=Instant(1_795_478_700),
)
TEXT = """sillok-anchor/v1
sillok.seoul.example/6110000
3
AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
1
9002
1111111111111111111111111111111111111111111111111111111111111111
2222222222222222222222222222222222222222
3333333333333333333333333333333333333333333333333333333333333333
0000000000000000000000004444444444444444444444444444444444444444
42
2026-11-24T00:05:00Z
"""


def test_the_note_is_these_twelve_lines() -> None:
    assert format_anchor_note(NOTE) == TEXT
    assert parse_anchor_note(TEXT) == NOTE


@pytest.mark.parametrize("line", range(12))
def test_every_line_is_needed_and_has_one_form(line: int) -> None:
    lines = TEXT.splitlines()
    for changed in (lines[:line] + lines[line + 1 :], [*lines[:line], lines[line] + " ", *lines[line + 1 :]]):
        with pytest.raises(FormatError):
            parse_anchor_note("\n".join(changed) + "\n")


def test_another_version_is_told_from_another_text() -> None:
    with pytest.raises(UnknownVersionError):
        parse_anchor_note(TEXT.replace("/v1\n", "/v2\n"))
    with pytest.raises(FormatError, match="not an anchor note"):
        parse_anchor_note(TEXT.replace("sillok-anchor", "sillok-ancho"))


def test_an_anchor_grows_the_log() -> None:
    with pytest.raises(FormatError, match="above"):
        format_anchor_note(replace(NOTE, previous_size=TreeSize(3)))
    with pytest.raises(FormatError, match="above"):
        parse_anchor_note(TEXT.replace("\n1\n", "\n3\n"))


def test_the_part_holds_a_note_and_nothing_else() -> None:
    assert parse_anchor_part(anchor_part("x")) == "x"
    for part in ({"format": "anchor-note/v2", "note": "x"}, {"format": "anchor-note/v1", "note": "x", "more": 1}):
        with pytest.raises(FormatError):
            parse_anchor_part(part)
