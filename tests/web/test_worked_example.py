"""The worked example of the formats in the browser's verifier: made elsewhere, by none of our code."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from support.browser_verifier import BrowserVerifier
from support.shared import shared

from ledger.values import Instant, parse_instant


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserVerifier]:
    with BrowserVerifier() as running:
        yield running


@pytest.fixture
def example() -> Path:
    return shared("vectors/worked-example/trust.note").parent


@pytest.fixture
def trust(example: Path) -> str:
    return (example / "trust.note").read_text()


def test_the_full_evidence_is_valid_by_the_offices_word_and_says_so(
    browser: BrowserVerifier, example: Path, trust: str
) -> None:
    document = sha256((example / "document.txt").read_bytes()).digest()
    data = (example / "record-0-full.evidence").read_bytes()
    report = browser.verify(data, trust=trust, document=document, number="1234-5678-9012-3459")
    assert report["verdict"] == "valid"
    assert report["asOf"] == "2026-11-24T00:05:00Z"
    assert [row["number"] for row in report["checks"] if row["outcome"] != "passed"] == [11]
    assert report["checks"][9]["source"] == "office"
    assert report["about"]["number"] == "1234-5678-9012-3459"
    assert any("9002" in note and "alone" in note for note in report["notes"])


def test_it_is_valid_at_its_own_instant_and_at_no_other(browser: BrowserVerifier, example: Path, trust: str) -> None:
    data = (example / "record-0-full.evidence").read_bytes()

    def at(text: str) -> str:
        moment: Instant = parse_instant(text)
        verdict: str = browser.verify(data, trust=trust, as_of=moment)["verdict"]
        return verdict

    assert at("2026-11-24T00:05:00Z") == "valid"
    assert at("2026-11-24T00:04:59Z") == at("2026-11-24T00:05:01Z") == "cannot-check"
    assert at("2027-02-23T15:00:00Z") == "expired"


def test_without_a_trust_file_the_issuer_is_unknown(browser: BrowserVerifier, example: Path) -> None:
    report = browser.verify((example / "record-0-full.evidence").read_bytes(), trust=None)
    assert report["verdict"] == "unknown-issuer"
    assert report["about"] == {}


@pytest.mark.parametrize("name", ["record-0.evidence", "record-2-name-withheld.evidence"])
def test_evidence_without_an_anchor_is_not_anchored_yet(
    browser: BrowserVerifier, example: Path, trust: str, name: str
) -> None:
    assert browser.verify((example / name).read_bytes(), trust=trust)["verdict"] == "not-anchored-yet"


def test_another_document_is_altered_and_another_number_too(
    browser: BrowserVerifier, example: Path, trust: str
) -> None:
    data = (example / "record-0-full.evidence").read_bytes()
    assert browser.verify(data, trust=trust, document=sha256(b"another").digest())["verdict"] == "altered"
    assert browser.verify(data, trust=trust, number="0000-0000-0000-0001")["verdict"] == "altered"


def test_a_browser_without_ed25519_cannot_check_and_never_calls_it_altered(example: Path, trust: str) -> None:
    data = (example / "record-0-full.evidence").read_bytes()
    with BrowserVerifier() as without:
        report = without.verify(data, trust=trust, without="ed25519")
    assert report["verdict"] == "cannot-check"
    rows = {row["number"]: row["outcome"] for row in report["checks"]}
    assert {rows[number] for number in range(1, 8)} == {"passed"}
    assert rows[8] == rows[14] == "not-run"
    assert "failed" not in rows.values()
    assert "Ed25519" in report["checks"][7]["text"]
