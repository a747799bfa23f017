"""Signed notes and cosignatures beyond the vectors: signing, adding, and keys that must not be loaded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.formats import SIGNERS
from support.seeded import SeededSigner

from ledger.errors import EvidenceError, FormatError
from ledger.records import ed25519
from ledger.records.note import (
    LIMIT,
    Algorithm,
    SignedNote,
    add_signature,
    cosign,
    find_signature,
    format_note,
    make_vkey,
    parse_note,
    sign_note,
    verify_cosignature,
    verify_signature,
)
from ledger.values import Instant

LOG, OTHER = SIGNERS[:2]
TEXT = "sillok.example/6110000\n3\nroot\n"


def test_a_text_that_is_none_is_not_signed() -> None:
    for text in ("", "no newline", "control\x01\n", "lone \ud800\n", "a\ttab\n"):
        with pytest.raises(FormatError):
            sign_note(text, [LOG])
    with pytest.raises(FormatError, match="1 to 64"):
        sign_note(TEXT, [])
    with pytest.raises(FormatError, match="twice"):
        sign_note(TEXT, [LOG, LOG])


def test_signatures_are_added_at_the_end() -> None:
    note = add_signature(sign_note(TEXT, [LOG]), OTHER)
    assert note == sign_note(TEXT, [LOG, OTHER])
    with pytest.raises(FormatError, match="twice"):
        add_signature(note, OTHER)


def test_a_witness_says_when_it_saw_the_checkpoint() -> None:
    note = parse_note(cosign(sign_note(TEXT, [LOG]), OTHER, Instant(1_795_478_402)))
    witness = make_vkey(OTHER.name, OTHER.public, Algorithm.COSIGNATURE)
    assert verify_cosignature(note, witness) == 1_795_478_402
    verify_signature(note, witness)
    verify_signature(note, make_vkey(LOG.name, LOG.public))
    # The same key as an ordinary signer has another id: its lines can't be taken for one another.
    assert find_signature(note, make_vkey(OTHER.name, OTHER.public)) is None
    with pytest.raises(EvidenceError, match="no signature by this key"):
        verify_signature(note, make_vkey(OTHER.name, OTHER.public))


def test_an_ordinary_signature_is_no_cosignature() -> None:
    witness = make_vkey(OTHER.name, OTHER.public, Algorithm.COSIGNATURE)
    plain = sign_note(TEXT, [OTHER])
    ordinary = make_vkey(OTHER.name, OTHER.public)
    with pytest.raises(EvidenceError, match="no cosignature/v1"):
        verify_cosignature(parse_note(plain), ordinary)
    signature = parse_note(plain).signatures[0]
    relabelled = SignedNote(text=TEXT, signatures=(replace(signature, key_id=witness.key_id),))
    with pytest.raises(EvidenceError, match="no cosignature/v1"):
        verify_cosignature(parse_note(format_note(relabelled)), witness)


def test_a_note_without_its_parts_is_told_so() -> None:
    signature = sign_note(TEXT, [LOG]).partition("\n\n")[2]
    for text in (signature, f"\n{signature}", f"\n\n{signature}", TEXT + signature, f"{TEXT}\n{signature}"[:-1]):
        with pytest.raises(FormatError, match=r"a text, an empty line, and signature lines|ends with a newline"):
            parse_note(text)


def test_a_note_is_as_long_as_a_trust_file_can_be_and_no_longer() -> None:
    for text in ("x" * LIMIT + "\n", "실" * (LIMIT // 3) + "\n"):
        with pytest.raises(FormatError, match="at most 262144 bytes"):
            sign_note(text, [LOG])
    assert parse_note(sign_note("실" * (LIMIT // 3 - 100) + "\n", [LOG]))


def test_a_key_of_the_same_name_is_another_key() -> None:
    thief = SeededSigner(LOG.name, b"\x99" * 32)
    with pytest.raises(EvidenceError, match="no signature by this key") as refused:
        verify_signature(parse_note(sign_note(TEXT, [LOG])), make_vkey(thief.name, thief.public))
    assert refused.value.where == LOG.name


def test_keys_of_small_order_are_all_known() -> None:
    """The y of a point of order 8 solves d·y⁴ + 2y² = 1 with x² = −y²; found here by itself, not copied."""
    p, d = 2**255 - 19, -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)

    def roots(square: int) -> list[int]:
        root = pow(square, (p + 3) // 8, p)
        if root * root % p != square:
            root = root * pow(2, (p - 1) // 4, p) % p
        return [root, p - root] if root * root % p == square else []

    halves = [(sign * root - 1) * pow(d, -1, p) % p for root in roots((1 + d) % p)[:1] for sign in (1, -1)]
    order8 = {y for half in halves for y in roots(half) if roots(-y * y % p)}
    assert len(order8) == 2
    for y in (0, 1, p - 1, *order8):
        for sign in (0, 1):
            with pytest.raises(FormatError, match="small order"):
                ed25519.load_key((y | sign << 255).to_bytes(32, "little"))
    for y in (p, p + 1, 2**255 - 1):
        with pytest.raises(FormatError, match="canonical"):
            ed25519.load_key(y.to_bytes(32, "little"))
    on_curve = 0
    for y in range(2, 40):
        try:
            ed25519.load_key(y.to_bytes(32, "little"))
            on_curve += 1
        except FormatError:
            pass
    assert 5 < on_curve < 33, "about half of all y belong to a point"


def test_keys_and_signatures_of_another_length_or_form_are_told_so() -> None:
    """The library would refuse these too; ours must not rest on that, since another reader's might not."""
    for public in (b"", LOG.public[:-1], LOG.public + b"\0"):
        with pytest.raises(FormatError, match="32 bytes"):
            ed25519.load_key(public)
    signature = LOG.sign(b"message")
    ed25519.verify(LOG.public, signature, b"message")
    order = 2**252 + 27742317777372353535851937790883648493
    same = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    for other in (b"", signature[:-1], signature + b"\0", same):
        with pytest.raises(EvidenceError, match="canonical form"):
            ed25519.verify(LOG.public, other, b"message")
    with pytest.raises(EvidenceError, match="does not verify") as refused:
        ed25519.verify(LOG.public, signature, b"other message", where="here")
    assert refused.value.where == "here"
