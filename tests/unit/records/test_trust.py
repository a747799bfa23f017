"""Which trust file a reader believes: the first by its digest, each next by the signers of the one before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.formats import SIGNERS
from support.seeded import SeededSigner

from ledger.errors import EvidenceError, FormatError
from ledger.hashing.digests import sha256
from ledger.records.note import add_signature, make_vkey, parse_note
from ledger.records.trust import (
    Signers,
    TrustedKey,
    TrustedRegistry,
    TrustFile,
    parse_trust,
    sign_trust,
    trust_digest,
)
from ledger.values import Address, Instant, KeyId, parse_instant

ALICE, BOB, CAROL, DAVE = SIGNERS


def signers(quorum: int, *members: SeededSigner) -> Signers:
    return Signers(keys=tuple(make_vkey(member.name, member.public) for member in members), quorum=quorum)


FIRST = TrustFile(sequence=1, issued_at=parse_instant("2026-11-23T00:00:00Z"), signers=signers(2, ALICE, BOB, CAROL))
SECOND = replace(FIRST, sequence=2, previous=trust_digest(FIRST), signers=signers(1, DAVE))


def test_a_first_file_is_known_by_its_digest_or_chosen() -> None:
    note = sign_trust(FIRST, [ALICE, BOB])
    assert parse_trust(note) == FIRST
    assert parse_trust(note, digest=trust_digest(FIRST)) == FIRST
    assert trust_digest(FIRST) == sha256(parse_note(note).text.encode())
    with pytest.raises(EvidenceError, match="another digest") as refused:
        parse_trust(note, digest=trust_digest(SECOND))
    assert refused.value.actual == trust_digest(FIRST).hex()


def test_a_file_that_too_few_signed_is_refused() -> None:
    with pytest.raises(EvidenceError, match="Too few"):
        parse_trust(sign_trust(FIRST, [ALICE]))
    with pytest.raises(EvidenceError, match="Too few"):
        parse_trust(sign_trust(FIRST, [ALICE, DAVE]))
    thief = SeededSigner(ALICE.name, b"\x66" * 32)
    with pytest.raises(EvidenceError, match="Too few"):
        parse_trust(sign_trust(FIRST, [BOB, thief]))


def test_a_signers_line_that_does_not_verify_refuses_the_file() -> None:
    note = sign_trust(FIRST, [ALICE, BOB, CAROL])
    changed = parse_note(note)
    other = sign_trust(SECOND, [CAROL])
    line = next(line for line in other.splitlines() if line.startswith("— "))
    forged = "".join(f"{line}\n" if text.startswith(f"— {CAROL.name}") else f"{text}\n" for text in note.splitlines())
    assert parse_note(forged).text == changed.text
    with pytest.raises(EvidenceError, match="does not verify"):
        parse_trust(forged)


def test_the_next_file_is_signed_by_the_signers_before_it() -> None:
    rotated = sign_trust(SECOND, [ALICE, BOB, DAVE])
    assert parse_trust(rotated, previous=FIRST) == SECOND
    assert parse_trust(rotated) == SECOND, "who has only this file finds its own signers on it"
    with pytest.raises(EvidenceError, match="Too few"):
        parse_trust(sign_trust(SECOND, [DAVE]), previous=FIRST)
    assert parse_trust(add_signature(sign_trust(SECOND, [ALICE]), CAROL), previous=FIRST) == SECOND


def test_an_older_file_or_one_that_skips_is_refused() -> None:
    with pytest.raises(EvidenceError, match="older"):
        parse_trust(sign_trust(FIRST, [ALICE, BOB]), previous=SECOND)
    third = replace(SECOND, sequence=3, previous=trust_digest(SECOND))
    with pytest.raises(EvidenceError, match="does not follow"):
        parse_trust(sign_trust(third, [ALICE, BOB, DAVE]), previous=FIRST)
    skips = replace(SECOND, sequence=3)
    with pytest.raises(EvidenceError, match="does not follow"):
        parse_trust(sign_trust(skips, [ALICE, BOB]), previous=FIRST)
    fork = replace(SECOND, previous=trust_digest(SECOND))
    with pytest.raises(EvidenceError, match="does not follow"):
        parse_trust(sign_trust(fork, [ALICE, BOB]), previous=FIRST)
    rival = replace(FIRST, issued_at=Instant(FIRST.issued_at + 1))
    with pytest.raises(EvidenceError, match="older"):
        parse_trust(sign_trust(rival, [ALICE, BOB]), previous=FIRST)
    again = sign_trust(FIRST, [BOB, CAROL])
    assert parse_trust(again, previous=FIRST) == FIRST, "the file that is believed already is no older one"


def test_what_the_format_has_no_place_for_is_not_signed() -> None:
    with pytest.raises(FormatError, match="quorum"):
        sign_trust(replace(FIRST, signers=signers(2, ALICE)), [ALICE])


def test_windows_include_their_start_and_not_their_end() -> None:
    key = TrustedKey(key=KeyId(bytes(32)), from_=Instant(10), until=Instant(20), compromised_since=Instant(15))
    assert [key.in_window(Instant(t)) for t in (9, 10, 14, 15, 19, 20)] == [False, True, True, False, False, False]
    assert TrustedKey(key=KeyId(bytes(32)), from_=Instant(10)).in_window(Instant(10**9))
    registry = TrustedRegistry(address=Address(bytes(20)), from_=5, until=7)
    assert [registry.counts_at(block) for block in (4, 5, 6, 7)] == [False, True, True, False]
