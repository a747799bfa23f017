"""The evidence that this office makes is valid to an independent verifier, and shows no more than it should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.issuing import BUSAN, SEOUL, MemorySigner, Office, certificate, digest_of, running_office, step
from support.mirrored import IDENTITY, Mirrored

from ledger.errors import ConflictError, NotFoundError
from ledger.log.evidence import Disclose, EvidenceMaker
from ledger.ports.chain import AnchorEvent
from ledger.records.anchor_note import parse_anchor_part
from ledger.records.evidence import Withheld, parse_evidence
from ledger.records.note import parse_note
from ledger.records.parts import parse_reference
from ledger.records.tlog_proof import parse_tlog_proof
from ledger.values import Verdict
from ledger.verification.verifier import verify_evidence


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path, (SEOUL, BUSAN)) as running:
        yield running


def maker_of(office: Office, mirrored: Mirrored) -> EvidenceMaker:
    return EvidenceMaker(
        lookup=office.lookup,
        records=office.store.records,
        chain_store=office.store.chain,
        keyring=office.keyring,
        identity=IDENTITY,
        notes=mirrored.status_notes(),
    )


def issue(office: Office, *names: str) -> None:
    for name in names:
        office.issuance.submit(SEOUL, certificate(name)).result()


def test_anchored_evidence_is_valid_to_a_reader_with_a_trust_file(office: Office) -> None:
    mirrored = Mirrored(office)
    issue(office, "a", "b", "c")
    mirrored.anchor(office.logs[SEOUL])
    data = maker_of(office, mirrored).make(1, 1, Disclose.ALL)
    number = office.lookup.by_index(SEOUL, 1).number
    document = bytes.fromhex(digest_of("b"))
    report = verify_evidence(data, trust=mirrored.trust(), document=document, number=number)
    assert report.verdict is Verdict.VALID, report
    other = verify_evidence(data, trust=mirrored.trust(), document=bytes.fromhex(digest_of("a")))
    assert other.verdict is Verdict.ALTERED


def test_the_proof_is_against_the_first_anchor_that_covers_the_record(office: Office) -> None:
    mirrored, anchors = Mirrored(office), list[AnchorEvent]()
    for names in (("a", "b"), ("c",), ("d", "e")):
        issue(office, *names)
        anchors.append(mirrored.anchor(office.logs[SEOUL]))
    maker = maker_of(office, mirrored)
    for index, anchor in enumerate([anchors[0], anchors[0], anchors[1], anchors[2], anchors[2]]):
        evidence = parse_evidence(maker.make(1, index, Disclose.ALL))
        reference = parse_reference(evidence.chain[0])
        assert (reference.block, reference.transaction) == (anchor.place.block.number, anchor.place.transaction)
        checkpoint = parse_tlog_proof(evidence.log).checkpoint
        assert checkpoint == office.store.records.commit_at(1, anchor.size).checkpoint
    many = {view.index: data for view, data in maker.make_many(1, [4, 3, 0, 1, 2], Disclose.ALL)}
    for index in range(5):
        assert parse_evidence(many[index]).log == parse_evidence(maker.make(1, index, Disclose.ALL)).log
        report = verify_evidence(many[index], trust=mirrored.trust())
        assert report.verdict is Verdict.VALID, report


def test_before_its_anchor_evidence_says_so(office: Office) -> None:
    mirrored = Mirrored(office)
    issue(office, "a")
    mirrored.anchor(office.logs[SEOUL])
    issue(office, "b")
    evidence = parse_evidence(data := maker_of(office, mirrored).make(1, 1, Disclose.ALL))
    assert (evidence.chain, evidence.status) == ((), ())
    assert verify_evidence(data, trust=mirrored.trust()).verdict is Verdict.NOT_ANCHORED_YET


def test_strangers_see_digest_and_number_of_a_persons_document(office: Office) -> None:
    mirrored = Mirrored(office)
    issue(office, "홍길동")
    office.issuance.submit(SEOUL, step({"id": "p"}, sha256=digest_of("notice"))).result()
    mirrored.anchor(office.logs[SEOUL])
    maker = maker_of(office, mirrored)
    personal = parse_evidence(data := maker.make(1, 0, Disclose.PUBLIC))
    shown = [fact.path for fact in personal.facts if not isinstance(fact, Withheld)]
    assert shown == ["certificate.number", "document.sha256"]
    assert "홍길동".encode() not in data
    assert len(personal.facts) == 8
    assert verify_evidence(data, trust=mirrored.trust()).verdict is Verdict.VALID
    public = parse_evidence(maker.make(1, 1, Disclose.PUBLIC))
    assert not any(isinstance(fact, Withheld) for fact in public.facts)
    one = parse_evidence(maker.make(1, 0, frozenset({"holder.name"})))
    assert [fact.value for fact in one.facts if not isinstance(fact, Withheld)] == ["홍길동"]


def test_of_an_erased_record_no_evidence_is_made(office: Office) -> None:
    mirrored = Mirrored(office)
    issue(office, "a", "b")
    mirrored.anchor(office.logs[SEOUL])
    office.record_keys.destroy(1, 0)
    maker = maker_of(office, mirrored)
    with pytest.raises(ConflictError, match="erased"):
        maker.make(1, 0, Disclose.ALL)
    assert [view.index for view, _ in maker.make_many(1, [0, 1], Disclose.ALL)] == [1]
    with pytest.raises(NotFoundError):
        maker.make(1, 2, Disclose.ALL)


class NoStatus:
    def make(self, log_no: int, index: int) -> str:
        raise ConflictError("There is no status to speak of.")


def test_an_anchor_is_signed_anew_once_the_receipt_key_is_another_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored = Mirrored(office)
    issue(office, "a", "b")
    mirrored.anchor(office.logs[SEOUL])
    maker = maker_of(office, mirrored)
    maker._notes = NoStatus()  # type: ignore[assignment]  # the new key is not on this made-up chain

    def signed_by(index: int) -> bytes:
        note = parse_note(parse_anchor_part(parse_evidence(maker.make(1, index, Disclose.ALL)).chain[1]))
        return note.signatures[0].key_id

    before = signed_by(0)
    assert signed_by(1) == before
    new = MemorySigner(f"{office.logs[SEOUL].origin}/receipt", "another seed")
    monkeypatch.setattr(office.keyring, "note_signer", lambda origin, role: new)
    assert signed_by(0) == signed_by(1) == new.vkey().key_id != before
