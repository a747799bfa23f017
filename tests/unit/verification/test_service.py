"""Verification by a whole running service: real store, chain and keys; and the reader's own checks after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.papers import silent_chain
from support.service import BUSAN, SEOUL, Office, running_office

from ledger.cli import main
from ledger.errors import ChainError
from ledger.hashing.digests import sha256
from ledger.log.evidence import Disclose
from ledger.log.status_rules import StatusChange
from ledger.store.record_keys import open_record_keys
from ledger.values import Digest32, Instant, LogIndex, Reason, Status, Verdict
from ledger.verification.report import Outcome, Report, Source
from ledger.verification.verifier import verify_evidence

PAPERS = [b"paper one", b"paper two", b"paper three", b"paper four", b"paper five"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        for place, paper in enumerate(PAPERS):
            facts = {"holder.name": "홍길동", "certificate.type": "residence"}
            running.issue({"kind": "certificate", "sha256": sha256(paper).hex(), "facts": facts}, key=f"k{place}")
        running.wait_anchored(len(PAPERS))
        yield running


def number_of(office: Office, index: int) -> str:
    number = office.services.lookup.by_index(SEOUL, LogIndex(index)).number
    assert number is not None
    return number


def log_no(office: Office) -> int:
    return office.services.lookup.log_of(SEOUL).log_no


def change(office: Office, index: int, after: Status, *, retroactive: bool = False) -> None:
    """Change a status, and wait until it is final."""
    services = office.services
    request = services.status.change(
        SEOUL,
        StatusChange(after=after, indexes=(LogIndex(index),), reason=Reason.UNSPECIFIED, retroactive=retroactive),
        idempotency_key=None,
        actor="test",
    )
    end = time.monotonic() + 60
    while services.chain_store.status_request(request.act_no).state != "final":
        assert time.monotonic() < end
        time.sleep(0.05)


def time_of(report: Report) -> Instant:
    assert report.about.anchored_at is not None
    return report.about.anchored_at


def test_a_file_is_valid_by_its_digest_and_strangers_see_no_name(office: Office) -> None:
    report = office.services.verification.by_digest(sha256(PAPERS[0]))
    assert report.verdict is Verdict.VALID
    assert {row.number for row in report.checks if row.outcome is not Outcome.PASSED} == {18}
    assert report.check(10).source is Source.CHAIN
    assert report.check(15).source is Source.SERVICE
    assert report.evidence is not None
    again = verify_evidence(report.evidence, trust=office.services.trust.current(Instant(int(time.time()))))
    assert again.about.withheld > 0
    assert "홍길동" not in str(report.to_json())


def test_a_number_checks_the_record_and_with_a_file_the_file(office: Office) -> None:
    verification, number = office.services.verification, number_of(office, 0)
    alone = verification.by_number(number)
    assert alone.verdict is Verdict.VALID
    assert any("no document was compared" in note for note in alone.notes)
    assert verification.by_number(number, sha256(PAPERS[0])).verdict is Verdict.VALID
    assert verification.by_number(number, sha256(PAPERS[1])).verdict is Verdict.ALTERED


def test_what_matches_nothing_is_not_found_and_never_altered(office: Office) -> None:
    verification = office.services.verification
    for report in (verification.by_digest(sha256(b"unknown")), verification.by_number("0000-0000-0000-0001")):
        assert report.verdict is Verdict.NOT_FOUND
        assert all(row.outcome is Outcome.NOT_RUN for row in report.checks)
        assert report.as_of is not None


def test_a_withdrawal_leaves_earlier_instants_valid_and_a_cancellation_none(office: Office) -> None:
    verification = office.services.verification
    before = time_of(verification.by_digest(sha256(PAPERS[1])))
    time.sleep(1.1)  # block times are whole seconds: the acts must lie in a later one
    change(office, 1, Status.REVOKED)
    change(office, 2, Status.REVOKED, retroactive=True)
    withdrawn, cancelled = (verification.by_digest(sha256(PAPERS[place])) for place in (1, 2))
    assert withdrawn.verdict is cancelled.verdict is Verdict.REVOKED
    assert not withdrawn.about.from_the_start
    assert cancelled.about.from_the_start
    assert verification.by_digest(sha256(PAPERS[1]), before).verdict is Verdict.VALID
    assert verification.by_digest(sha256(PAPERS[2]), before).verdict is Verdict.REVOKED


def test_before_it_was_anchored_and_after_now_there_is_no_valid(office: Office) -> None:
    verification = office.services.verification
    anchored = time_of(verification.by_digest(sha256(PAPERS[0])))
    assert verification.by_digest(sha256(PAPERS[0]), Instant(anchored - 1)).verdict is Verdict.NOT_ANCHORED_YET
    later = Instant(int(time.time()) + 3600)
    assert verification.by_digest(sha256(PAPERS[0]), later).verdict is Verdict.CANNOT_CHECK


def test_old_evidence_in_a_holders_hand_meets_todays_status(office: Office) -> None:
    services = office.services
    data = services.evidence.make(log_no(office), LogIndex(3), Disclose.ALL)
    assert services.verification.by_evidence(data, sha256(PAPERS[3])).verdict is Verdict.VALID
    change(office, 3, Status.SUSPENDED)
    assert services.verification.by_evidence(data, sha256(PAPERS[3])).verdict is Verdict.SUSPENDED
    change(office, 3, Status.ACTIVE)
    assert services.verification.by_evidence(data, sha256(PAPERS[3])).verdict is Verdict.VALID


def test_evidence_that_was_made_before_the_anchor_is_led_to_it(office: Office) -> None:
    services = office.services
    accepted = office.issue({"kind": "document", "sha256": sha256(b"early").hex()})
    index = accepted["index"]
    assert isinstance(index, int)
    early = services.evidence.make(log_no(office), LogIndex(index), Disclose.ALL)
    office.issue({"kind": "document", "sha256": sha256(b"later").hex()})
    office.wait_anchored(index + 2)
    assert services.verification.by_evidence(early, sha256(b"early")).check(10).outcome is Outcome.PASSED


def test_of_two_offices_that_recorded_the_same_file_a_valid_record_counts(office: Office) -> None:
    paper, verification = sha256(b"recorded twice"), office.services.verification
    here = {"kind": "document", "sha256": paper.hex()}
    answer = office.call("POST", f"/v1/agencies/{BUSAN}/records", role="other clerk", json=here)
    assert answer.status_code == 201, answer.text
    first = office.issue(here)["index"]
    assert isinstance(first, int)
    office.wait_anchored(first + 1)
    end = time.monotonic() + 60
    while verification.by_digest(paper, None).verdict is not Verdict.VALID:
        assert time.monotonic() < end
    change(office, first, Status.REVOKED)
    report = verification.by_digest(paper)
    assert report.verdict is Verdict.VALID
    assert report.about.agency == BUSAN


def test_what_the_office_erased_is_erased_and_the_holders_evidence_still_counts(office: Office) -> None:
    services, paper = office.services, sha256(b"to be erased")
    index = office.issue({"kind": "certificate", "sha256": paper.hex()})["index"]
    assert isinstance(index, int)
    office.wait_anchored(index + 1)
    kept = services.evidence.make(log_no(office), LogIndex(index), Disclose.ALL)
    keys = open_record_keys(office.settings.data / "record-keys.db")
    keys.destroy(log_no(office), LogIndex(index))
    keys.close()
    assert services.verification.by_digest(paper).verdict is Verdict.ERASED
    assert services.verification.by_evidence(kept, paper).verdict is Verdict.VALID


def test_evidence_of_somebody_elses_log_is_of_an_unknown_issuer(office: Office) -> None:
    data = office.services.evidence.make(log_no(office), LogIndex(0), Disclose.ALL)
    other = data.replace(b"sillok.example/6110000", b"sillok.elsewhere/6110000")
    assert office.services.verification.by_evidence(other).verdict is Verdict.UNKNOWN_ISSUER
    assert office.services.verification.by_evidence(b"no evidence").verdict is Verdict.ALTERED


def test_a_chain_that_does_not_answer_gives_no_verdict(office: Office) -> None:
    with silent_chain(office):
        with pytest.raises(ChainError):
            office.services.verification.by_digest(sha256(PAPERS[0]))
        assert office.services.verification.by_digest(sha256(b"unknown")).verdict is Verdict.NOT_FOUND
        answer = office.get(f"/v1/verifications?sha256={sha256(PAPERS[0]).hex()}")
    assert answer.status_code == 503
    assert "verdict" not in answer.json()


def test_the_command_line_asks_the_service_and_offline_nobody(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper, trust = tmp_path / "paper.pdf", tmp_path / "trust.note"
    paper.write_bytes(PAPERS[4])
    trust.write_text(office.get("/v1/trust").text)
    online = ["verify", str(paper), "--trust", str(trust), "--url", office.url]
    assert main.main(online) == 0
    data = office.services.evidence.make(log_no(office), LogIndex(4), Disclose.ALL)
    (tmp_path / "paper.pdf.evidence").write_bytes(data)
    assert main.main(online) == 0
    assert main.main(["verify", str(paper), "--trust", str(trust), "--offline"]) == 0
    change(office, 4, Status.REVOKED)
    capsys.readouterr()
    assert main.main(online) == 1
    assert "revoked: Agency 6110000 revoked this document" in capsys.readouterr().out


def test_no_flipped_bit_of_real_evidence_is_valid(office: Office) -> None:
    services = office.services
    data = services.evidence.make(log_no(office), LogIndex(0), Disclose.ALL)
    trust, document = services.trust.current(Instant(int(time.time()))), Digest32(sha256(PAPERS[0]))
    assert verify_evidence(data, trust=trust, document=document).verdict is Verdict.VALID
    for place in range(len(data)):
        flipped = data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]
        assert verify_evidence(flipped, trust=trust, document=document).verdict is not Verdict.VALID
