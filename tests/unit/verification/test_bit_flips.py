"""No single flipped bit in evidence or document leaves a `valid` verdict standing: offline, exhaustively."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from support.office import DOCUMENT, NUMBER, digest, small_office

from ledger.hashing.digests import sha256
from ledger.values import Verdict
from ledger.verification.verifier import verify_evidence

# Where a flip makes another version or another format it cannot be checked; everywhere else it is refused.
SOFT = re.compile(rb'"evidence/v1"|"format":"[^"]*"')


def flips(data: bytes) -> Iterator[tuple[int, bytes]]:
    for place in range(len(data)):
        for bit in range(8):
            yield place, data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def test_no_flipped_bit_in_evidence_is_valid() -> None:
    office = small_office()
    data, trust, document = office.evidence(), office.trust(), digest(DOCUMENT)
    assert verify_evidence(data, trust=trust, document=document, number=NUMBER).verdict is Verdict.VALID
    soft = {place for match in SOFT.finditer(data) for place in range(*match.span())}
    seen: Counter[Verdict] = Counter()
    for place, flipped in flips(data):
        verdict = verify_evidence(flipped, trust=trust, document=document, number=NUMBER).verdict
        seen[verdict] += 1
        if verdict is Verdict.CANNOT_CHECK:
            assert place in soft, f"byte {place}: {data[place - 20 : place + 20]!r}"
    assert not seen[Verdict.VALID]
    assert set(seen) <= {Verdict.ALTERED, Verdict.UNKNOWN_ISSUER, Verdict.CANNOT_CHECK, Verdict.NOT_ANCHORED_YET}
    assert seen.total() == 8 * len(data)


def test_no_flipped_bit_in_the_document_is_valid() -> None:
    office = small_office()
    data, trust = office.evidence(), office.trust()
    for _, flipped in flips(DOCUMENT):
        report = verify_evidence(data, trust=trust, document=sha256(flipped))
        assert report.verdict is Verdict.ALTERED


def test_no_cut_and_no_doubled_byte_is_valid() -> None:
    office = small_office()
    data, trust = office.evidence(), office.trust()
    for place in range(len(data)):
        for changed in (data[:place], data[:place] + data[place + 1 :], data[:place] + data[place : place + 1] * 2):
            rest = changed if changed != data else b""
            assert verify_evidence(rest, trust=trust).verdict is not Verdict.VALID
