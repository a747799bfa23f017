"""A clerk submits; what comes back is on disk, provable, and the same when it is sent again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.issuing import BUSAN, NOW, SEOUL, Office, certificate, digest_of, running_office, step

from ledger.errors import BusyError, ConflictError, FormatError, NotFoundError
from ledger.log.intake import parse_submission
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.verify import verify_inclusion
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.note import parse_note, verify_signature
from ledger.records.number import number_from_random, parse_number
from ledger.records.receipt import parse_receipt
from ledger.records.record import parse_record
from ledger.values import Role, Status

NUMBER = number_from_random(123_456_789)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path, (SEOUL, BUSAN)) as running:
        yield running


def test_the_receipt_is_signed_and_the_proof_leads_to_its_root(office: Office) -> None:
    for name in ("a", "b", "c"):
        accepted = office.issuance.submit(SEOUL, certificate(name)).result()
    note = parse_note(accepted.receipt)
    verify_signature(note, office.keyring.note_signer(accepted.log.origin, Role.RECEIPT).vkey())
    receipt = parse_receipt(note.text)
    assert (receipt.size, receipt.signed_at, receipt.deadline) == (3, NOW, NOW + 3600)
    verify_inclusion(
        leaf_hash=leaf_hash(accepted.leaf), index=2, size=accepted.size, path=accepted.proof, root=receipt.root
    )
    head = office.store.records.head(accepted.log.log_no)
    checkpoint = parse_note(head.checkpoint)
    verify_signature(checkpoint, office.keyring.note_signer(accepted.log.origin, Role.NOTE).vkey())
    assert parse_checkpoint(checkpoint.text).root == receipt.root


def test_a_certificate_says_nothing_about_its_holder_outside_its_facts(office: Office) -> None:
    accepted = office.issuance.submit(SEOUL, certificate("홍길동")).result()
    record = parse_record(accepted.leaf)
    assert (record.kind, record.facts, record.batch) == ("certificate", 8, None)
    stored = office.store.records.record(accepted.log.log_no, 0)
    assert "홍길동".encode() not in stored.leaf + stored.sealed_facts
    view = office.lookup.by_number(accepted.number)
    assert {fact.path: fact.value for fact in view.disclosures}["holder.name"] == "홍길동"
    assert [fact.path for fact in view.public()] == ["certificate.number", "document.sha256"]


def test_the_same_key_gives_the_same_record_and_another_request_a_conflict(office: Office) -> None:
    first = office.issuance.submit(SEOUL, certificate("a"), "key").result()
    again = office.issuance.submit(SEOUL, certificate("a"), "key").result()
    assert (first.created, again.created) == (True, False)
    assert (again.index, again.number, again.leaf, again.receipt) == (0, first.number, first.leaf, first.receipt)
    assert again.proof == first.proof
    with pytest.raises(ConflictError, match="idempotency key"):
        office.issuance.submit(SEOUL, certificate("b"), "key").result()
    other = office.issuance.submit(BUSAN, certificate("b"), "key").result()
    assert other.created, "a key is scoped to its log"


def test_a_key_is_used_also_where_the_document_was_known(office: Office) -> None:
    """Found by trying any mix of requests twice: else the key could be bound to another document later."""
    office.issuance.submit(SEOUL, certificate("a"), "one").result()
    assert not office.issuance.submit(SEOUL, certificate("a"), "two").result().created
    with pytest.raises(ConflictError, match="idempotency key"):
        office.issuance.submit(SEOUL, certificate("b"), "two").result()
    assert not office.issuance.submit(SEOUL, certificate("a"), "two").result().created


def test_the_same_document_and_number_give_the_same_record_while_it_stands(office: Office) -> None:
    first = office.issuance.submit(SEOUL, certificate("a", number=NUMBER)).result()
    assert first.number == NUMBER
    for status in (Status.ACTIVE, Status.SUSPENDED):
        office.statuses.of[first.log.log_no, 0] = status
        assert office.issuance.submit(SEOUL, certificate("a", number=NUMBER)).result().index == 0
        assert office.issuance.submit(SEOUL, certificate("a")).result().index == 0
    for status in (Status.REVOKED, Status.SUPERSEDED):
        office.statuses.of[first.log.log_no, 0] = status
        with pytest.raises(ConflictError, match=status.name.lower()):
            office.issuance.submit(SEOUL, certificate("a", number=NUMBER)).result()


def test_a_number_belongs_to_one_document_of_one_agency(office: Office) -> None:
    office.issuance.submit(SEOUL, certificate("a", number=NUMBER)).result()
    with pytest.raises(ConflictError, match="another document"):
        office.issuance.submit(SEOUL, certificate("b", number=NUMBER)).result()
    with pytest.raises(ConflictError, match="another document"):
        office.issuance.submit(BUSAN, certificate("a", number=NUMBER)).result()
    with pytest.raises(ConflictError, match="another number"):
        office.issuance.submit(SEOUL, certificate("a", number=number_from_random(7))).result()
    assert office.issuance.submit(BUSAN, certificate("a")).result().created, "two offices may hold the same document"


def test_twins_that_wait_together_become_one_record(office: Office) -> None:
    futures = [office.issuance.submit(SEOUL, certificate("a"), "key") for _ in range(50)]
    accepted = [future.result() for future in futures]
    assert {one.index for one in accepted} == {0}
    assert sum(one.created for one in accepted) == 1
    assert office.store.records.tree_size(1) == 1


def test_steps_of_a_process_are_numbered_without_gaps(office: Office) -> None:
    submit = office.issuance.submit
    drawn = [parse_record(submit(SEOUL, step({"id": "ocds-1"})).result().leaf).process.seq for _ in range(2)]
    assert drawn == [1, 2]
    submit(SEOUL, step({"id": "ocds-1", "seq": 3})).result()
    for behind in (1, 3):
        with pytest.raises(ConflictError, match="behind"):
            submit(SEOUL, step({"id": "ocds-1", "seq": behind})).result()
    with pytest.raises(ConflictError, match="next step of this process here is 4, not 6"):
        submit(SEOUL, step({"id": "ocds-1", "seq": 6})).result()
    submit(SEOUL, step({"id": "ocds-1", "seq": 6, "gap": True})).result()
    assert [record.process_seq for record in office.store.records.process("ocds-1")] == [1, 2, 3, 6]


def test_a_correction_names_a_record_that_stands(office: Office) -> None:
    first = office.issuance.submit(SEOUL, certificate("a")).result()
    second = office.issuance.submit(SEOUL, certificate("a, corrected", supersedes=0)).result()
    assert parse_record(second.leaf).supersedes == 0
    assert second.number != first.number
    with pytest.raises(NotFoundError, match="no record 9"):
        office.issuance.submit(SEOUL, certificate("x", supersedes=9)).result()
    office.statuses.of[first.log.log_no, 0] = Status.REVOKED
    with pytest.raises(ConflictError, match="revoked already"):
        office.issuance.submit(SEOUL, certificate("y", supersedes=0)).result()


def test_a_refused_submission_leaves_no_hole(office: Office) -> None:
    submit = office.issuance.submit
    futures = [submit(SEOUL, certificate(str(n), **({"supersedes": 10**6} if n % 2 else {}))) for n in range(20)]
    refused = [future.exception() for future in futures]
    assert [isinstance(error, NotFoundError) for error in refused] == [n % 2 == 1 for n in range(20)]
    assert [future.result().index for future, error in zip(futures, refused, strict=True) if not error] == [
        *range(10)
    ]


def test_numbers_are_drawn_well_formed(office: Office) -> None:
    numbers = [office.issuance.submit(SEOUL, certificate(str(n))).result().number for n in range(30)]
    assert len({parse_number(number) for number in numbers}) == 30


def test_public_kinds_show_every_fact(office: Office) -> None:
    office.issuance.submit(SEOUL, step({"id": "p"}, sha256=digest_of("notice"))).result()
    (view,) = office.lookup.by_digest(bytes.fromhex(digest_of("notice")))
    assert [fact.path for fact in view.public()] == ["document.sha256", "tender.title"]
    assert office.lookup.by_index(SEOUL, 0) == view == office.lookup.by_index(view.log.origin, 0)
    assert view.record.facts == 2


def test_a_step_and_a_document_may_rest_on_the_same_file(office: Office) -> None:
    for n in (1, 2):
        assert office.issuance.submit(SEOUL, step({"id": "p", "seq": n}, sha256=digest_of("f"))).result().created
    document = parse_submission({"kind": "document", "sha256": digest_of("f")})
    assert office.issuance.submit(SEOUL, document).result().created
    assert not office.issuance.submit(SEOUL, document).result().created
    assert [view.index for view in office.lookup.by_digest(bytes.fromhex(digest_of("f")))] == [0, 1, 2]


def test_an_erased_record_discloses_nothing(office: Office) -> None:
    accepted = office.issuance.submit(SEOUL, certificate("a")).result()
    office.record_keys.destroy(accepted.log.log_no, 0)
    view = office.lookup.by_index(SEOUL, 0)
    assert view.erased
    assert (view.public(), view.number, view.sha256) == ((), None, None)


def test_after_stopping_nothing_is_taken_and_the_place_is_free(tmp_path: Path) -> None:
    with running_office(tmp_path) as office:
        waiting = [office.issuance.submit(SEOUL, certificate(str(n))) for n in range(100)]
        office.issuance.release(office.logs[SEOUL].log_no)
        assert all(future.result().created for future in waiting), "what waits is committed first"
        with pytest.raises(NotFoundError, match="no open log"):
            office.issuance.submit(SEOUL, certificate("late"))
        office.issuance.adopt(office.logs[SEOUL])
        assert office.issuance.submit(SEOUL, certificate("late")).result().index == 100
    with running_office(tmp_path) as office:
        assert office.issuance.submit(SEOUL, certificate("0")).result().index == 0


def test_too_many_at_once_are_told_to_come_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.log.sequencer.MAX_WAITING", 0)
    with pytest.raises(BusyError, match="wait already"):
        office.issuance.submit(SEOUL, certificate("a"))


def test_a_drawn_number_that_is_in_use_is_one_callers_problem(office: Office) -> None:
    """Once in a thousand years; the store refuses it all the same, and the rest of the group must not fail."""
    office.issuance._random = bytes
    first = office.issuance.submit(SEOUL, certificate("a")).result()
    office.issuance._random = os.urandom
    good = [office.issuance.submit(SEOUL, certificate(f"good {n}")) for n in range(20)]
    office.issuance._random = bytes
    unlucky = office.issuance.submit(SEOUL, certificate("b"))
    with pytest.raises(ConflictError, match="drawn number is in use"):
        unlucky.result()
    assert all(future.result().created for future in good)
    assert first.number == number_from_random(0)
    assert office.issuance.troubles() == {}


@pytest.mark.parametrize("key", ["", "k" * 201, "two words", "키"])
def test_a_key_is_a_plain_word(office: Office, key: str) -> None:
    with pytest.raises(FormatError, match="visible ASCII"):
        office.issuance.submit(SEOUL, certificate("a"), key)
