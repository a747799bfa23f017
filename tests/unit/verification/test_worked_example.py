"""The worked example of the formats, verified with its own trust file: made elsewhere, by none of our code."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.shared import shared

from ledger.hashing.digests import sha256
from ledger.records.trust import TrustFile, parse_trust
from ledger.values import Verdict, format_instant, parse_instant
from ledger.verification.report import Outcome
from ledger.verification.verifier import verify_evidence


@pytest.fixture
def example() -> Path:
    return shared("vectors/worked-example/trust.note").parent


@pytest.fixture
def trust(example: Path) -> TrustFile:
    return parse_trust((example / "trust.note").read_text())


def test_the_full_evidence_is_valid_by_the_offices_word_and_says_so(example: Path, trust: TrustFile) -> None:
    data = (example / "record-0-full.evidence").read_bytes()
    document = sha256((example / "document.txt").read_bytes())
    report = verify_evidence(data, trust=trust, document=document, number="1234-5678-9012-3459")
    assert report.verdict is Verdict.VALID
    assert report.as_of is not None
    assert format_instant(report.as_of) == "2026-11-24T00:05:00Z"
    assert [c.number for c in report.checks if c.outcome is Outcome.NOT_RUN] == [11]
    assert not [c for c in report.checks if c.outcome is Outcome.FAILED]
    assert "office" in report.check(10).text
    assert any("9002" in note and "alone" in note for note in report.notes)
    assert report.about.index == 0
    assert report.about.number == "1234-5678-9012-3459"


def test_it_is_valid_at_its_own_instant_and_at_no_other(example: Path, trust: TrustFile) -> None:
    data = (example / "record-0-full.evidence").read_bytes()
    at = {
        moment: verify_evidence(data, trust=trust, as_of=parse_instant(moment)).verdict
        for moment in ("2026-11-24T00:05:00Z", "2026-11-24T00:04:59Z", "2026-11-24T00:05:01Z", "2027-02-23T15:00:00Z")
    }
    assert list(at.values()) == [Verdict.VALID, Verdict.CANNOT_CHECK, Verdict.CANNOT_CHECK, Verdict.EXPIRED]


def test_without_a_trust_file_the_issuer_is_unknown(example: Path) -> None:
    report = verify_evidence((example / "record-0-full.evidence").read_bytes(), trust=None)
    assert report.verdict is Verdict.UNKNOWN_ISSUER
    assert report.check(7).outcome is Outcome.FAILED


@pytest.mark.parametrize("name", ["record-0.evidence", "record-2-name-withheld.evidence"])
def test_evidence_without_an_anchor_is_not_anchored_yet(example: Path, trust: TrustFile, name: str) -> None:
    assert verify_evidence((example / name).read_bytes(), trust=trust).verdict is Verdict.NOT_ANCHORED_YET


def test_another_document_is_altered_and_another_number_too(example: Path, trust: TrustFile) -> None:
    data = (example / "record-0-full.evidence").read_bytes()
    assert verify_evidence(data, trust=trust, document=sha256(b"another")).verdict is Verdict.ALTERED
    assert verify_evidence(data, trust=trust, number="0000-0000-0000-0001").verdict is Verdict.ALTERED
