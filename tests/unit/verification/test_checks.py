"""Every check has stories in which it alone is to blame, and each ends in the verdict that formats.md gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.office import (
    AGENCY,
    DOCUMENT,
    NUMBER,
    T0,
    Office,
    act,
    digest,
    signer,
    small_office,
    status_facts,
)

from ledger.hashing.canonical import encode, parse
from ledger.hashing.encodings import b64u_decode, b64u_encode
from ledger.records.evidence import MAX_BYTES
from ledger.records.note import Algorithm, add_signature, make_vkey, sign_note
from ledger.records.parts import Renewal, status_part
from ledger.records.trust import TrustedKey, TrustedRegistry, ValidatorSet
from ledger.values import Instant, KeyId, LogIndex, Origin, Role, Status, TreeSize, Verdict
from ledger.verification.report import Outcome, Report, Source
from ledger.verification.verifier import verify_evidence

Story = Callable[[Office], Report]
STORIES: list[Any] = []
"""(story, number of the check to blame, outcome, verdict)."""


def story(check: int, outcome: Outcome, verdict: Verdict) -> Callable[[Story], Story]:
    def keep(function: Story) -> Story:
        STORIES.append(pytest.param(function, check, outcome, verdict, id=f"{check}-{function.__name__}"))
        return function

    return keep


def verify(office: Office, data: bytes | None = None, **given: Any) -> Report:
    """Verify with the office's own trust file, document, number and chain, unless the story changes one of them."""
    settings: dict[str, Any] = {
        "trust": office.trust(),
        "document": digest(DOCUMENT),
        "number": NUMBER,
        "chain": office.chain_facts(),
    }
    return verify_evidence(office.evidence() if data is None else data, **(settings | given))


def edited(data: bytes, **members: Any) -> bytes:
    """Evidence with other members at its top, in canonical form."""
    value = parse(data, limit=MAX_BYTES, where="test")
    assert isinstance(value, dict)
    return encode({**value, **members})


def blamed(report: Report) -> set[int]:
    return {row.number for row in report.checks if row.outcome is Outcome.FAILED or row.demands is not None}


@pytest.mark.parametrize(("tell", "check", "outcome", "verdict"), STORIES)
def test_story(tell: Story, check: int, outcome: Outcome, verdict: Verdict) -> None:
    report = tell(small_office())
    assert blamed(report) == {check}
    assert report.check(check).outcome is outcome
    assert report.verdict is verdict
    assert [row.number for row in report.checks] == list(range(1, 20))
    assert all(row.text for row in report.checks)


def test_every_check_has_a_story() -> None:
    assert {parameters.values[1] for parameters in STORIES} == set(range(1, 19))  # 19 can't be to blame


FAILED, NOT_RUN = Outcome.FAILED, Outcome.NOT_RUN


# -- 1 to 6: the bytes --


@story(1, FAILED, Verdict.ALTERED)
def a_final_newline_is_added(office: Office) -> Report:
    return verify(office, office.evidence() + b"\n")


@story(1, FAILED, Verdict.ALTERED)
def a_member_is_added(office: Office) -> Report:
    return verify(office, edited(office.evidence(), more="x"))


@story(1, FAILED, Verdict.ALTERED)
def it_is_no_evidence_at_all(office: Office) -> Report:
    return verify(office, b"%PDF-1.7")


@story(1, NOT_RUN, Verdict.CANNOT_CHECK)
def it_is_of_a_later_version(office: Office) -> Report:
    return verify(office, edited(office.evidence(), sillok="evidence/v2"))


def with_leaf(office: Office, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Evidence whose record was changed and whose log has that record: the office itself did this."""
    record = parse(office.issued[0].leaf, limit=1024, where="test")
    assert isinstance(record, dict)
    change(record)
    leaf = encode(record)
    again = small_office()
    again.issued.clear()
    again.tiles.clear()
    again.anchors.clear()
    again.append(leaf)
    again.issued.append(replace(office.issued[0], leaf=leaf))
    again.anchor(block=42, time=60)
    office.anchors[:] = again.anchors
    office.tiles, office.issued = again.tiles, again.issued
    return office.evidence()


@story(2, FAILED, Verdict.ALTERED)
def the_record_has_a_strange_member(office: Office) -> Report:
    return verify(office, with_leaf(office, lambda record: record.update(holder="홍길동")))


@story(2, NOT_RUN, Verdict.CANNOT_CHECK)
def the_record_is_of_a_later_version(office: Office) -> Report:
    return verify(office, with_leaf(office, lambda record: record.update(v=2)))


def facts_of(office: Office) -> list[Any]:
    value = parse(office.evidence(), limit=MAX_BYTES, where="test")
    assert isinstance(value, dict)
    facts = value["facts"]
    assert isinstance(facts, list)
    return facts


@story(3, FAILED, Verdict.ALTERED)
def half_of_the_facts_are_missing(office: Office) -> Report:
    return verify(office, edited(office.evidence(), facts=facts_of(office)[:2]))


@story(3, FAILED, Verdict.ALTERED)
def two_facts_changed_places(office: Office) -> Report:
    one, two, *rest = facts_of(office)
    return verify(office, edited(office.evidence(), facts=[two, one, *rest]))


@story(3, FAILED, Verdict.ALTERED)
def a_fact_is_there_twice(office: Office) -> Report:
    one, _, *rest = facts_of(office)
    return verify(office, edited(office.evidence(), facts=[one, one, *rest]))


@story(3, FAILED, Verdict.ALTERED)
def a_disclosure_is_no_list_of_three(office: Office) -> Report:
    broken = {"d": b64u_encode(b'["AAECAwQFBgcICQoLDA0ODw","holder.name"]')}
    return verify(office, edited(office.evidence(), facts=[broken, *facts_of(office)[1:]]))


@story(4, FAILED, Verdict.ALTERED)
def the_holders_name_was_changed(office: Office) -> Report:
    facts = facts_of(office)
    text = b64u_decode(facts[2]["d"], where="test").replace("홍길동".encode(), "홍길순".encode())
    return verify(office, edited(office.evidence(), facts=[*facts[:2], {"d": b64u_encode(text)}, *facts[3:]]))


@story(5, FAILED, Verdict.ALTERED)
def the_log_proof_is_of_no_known_version(office: Office) -> Report:
    log = office.proof(0, 3).replace("tlog-proof@v1", "tlog-proof@v2")
    return verify(office, office.evidence(log=log))


@story(5, FAILED, Verdict.ALTERED)
def the_checkpoint_is_of_an_empty_log(office: Office) -> Report:
    text = office.proof(0, 3)
    return verify(office, office.evidence(log=text.replace("\n3\n", "\n0\n")))


@story(6, FAILED, Verdict.ALTERED)
def the_proof_is_of_another_index(office: Office) -> Report:
    return verify(office, office.evidence(log=office.proof(0, 3).replace("index 0", "index 1")))


@story(6, FAILED, Verdict.ALTERED)
def a_record_supersedes_itself(office: Office) -> Report:
    return verify(office, with_leaf(office, lambda record: record.update(supersedes=0)))


@story(6, FAILED, Verdict.ALTERED)
def a_record_erases_one_after_it(office: Office) -> Report:
    return verify(office, with_leaf(office, lambda record: record.update(erases=7)))


# -- 7 to 9: whose it is --


@story(7, FAILED, Verdict.UNKNOWN_ISSUER)
def no_trust_file_is_given(office: Office) -> Report:
    return verify(office, trust=None)


@story(7, FAILED, Verdict.UNKNOWN_ISSUER)
def the_trust_file_knows_another_log(office: Office) -> Report:
    return verify(office, trust=office.trust(origin=Origin(f"other.test/{AGENCY}")))


@story(7, FAILED, Verdict.ALTERED)
def the_record_names_another_agency_than_its_log(office: Office) -> Report:
    return verify(office, with_leaf(office, lambda record: record.update(agency="6260000")))


@story(8, FAILED, Verdict.UNKNOWN_ISSUER)
def somebody_else_signed_the_checkpoint(office: Office) -> Report:
    note = office.checkpoint(3, by=signer(office.origin, "thief"))
    return verify(office, office.evidence(log=office.proof(0, 3, note)))


@story(8, FAILED, Verdict.ALTERED)
def the_signature_is_not_of_this_checkpoint(office: Office) -> Report:
    right, other = office.checkpoint(3), office.checkpoint(3, root=office.root(2))
    note = right.split("\n\n")[0] + "\n\n" + other.split("\n\n")[1]
    return verify(office, office.evidence(log=office.proof(0, 3, note)))


@story(8, FAILED, Verdict.UNKNOWN_ISSUER)
def a_stranger_signed_too(office: Office) -> Report:
    note = add_signature(office.checkpoint(3), signer("stranger.test", "stranger"))
    return verify(office, office.evidence(log=office.proof(0, 3, note)))


@story(8, FAILED, Verdict.ALTERED)
def two_keys_of_the_log_signed(office: Office) -> Report:
    second = signer(office.origin, "second")
    keys = (office.trusted_key(office.note_key), office.trusted_key(second))
    note = add_signature(office.checkpoint(3), second)
    return verify(office, office.evidence(log=office.proof(0, 3, note)), trust=office.trust(note_keys=keys))


@story(8, FAILED, Verdict.ALTERED)
def only_a_witness_signed(office: Office) -> Report:
    whole = office.cosigned(office.checkpoint(3))
    text, lines = whole.split("\n\n")
    note = text + "\n\n" + lines.split("\n")[1] + "\n"
    return verify(office, office.evidence(log=office.proof(0, 3, note)))


@story(9, FAILED, Verdict.CANNOT_CHECK)
def no_witness_cosigned(office: Office) -> Report:
    return verify(office, trust=office.trust(quorum=1))


@story(9, FAILED, Verdict.ALTERED)
def a_cosignature_does_not_verify(office: Office) -> Report:
    right = office.cosigned(office.checkpoint(3))
    other = office.cosigned(office.checkpoint(3, root=office.root(2)))
    lines = [right.split("\n\n")[1].split("\n")[0], other.split("\n\n")[1].split("\n")[1]]
    note = right.split("\n\n")[0] + "\n\n" + "\n".join(lines) + "\n"
    return verify(office, office.evidence(log=office.proof(0, 3, note)))


# -- 10 to 13: when, and by which keys --


@story(10, NOT_RUN, Verdict.NOT_ANCHORED_YET)
def the_evidence_names_no_anchor(office: Office) -> Report:
    return verify(office, office.evidence(chain=(), status=()), chain=None)


@story(10, FAILED, Verdict.NOT_ANCHORED_YET)
def the_chain_knows_no_anchor(office: Office) -> Report:
    return verify(office, office.evidence(chain=()), chain=office.chain_facts(anchors=()))


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def the_record_is_anchored_at_another_size(office: Office) -> Report:
    office.issue({"document.sha256": digest("later").hex()})
    later = office.anchor(block=43, time=70)
    return verify(office, office.evidence(size=3), chain=office.chain_facts(anchors=(later,)))


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def the_chain_is_another_one(office: Office) -> Report:
    return verify(office, chain=office.chain_facts(genesis=digest("another genesis")))


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def the_chain_has_the_genesis_and_another_id(office: Office) -> Report:
    return verify(office, chain=office.chain_facts(chain_id=1))


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def the_chain_is_not_one_of_the_log(office: Office) -> Report:
    return verify(office, office.evidence(status=()), trust=office.trust(chains=(digest("other"),)))


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def the_registry_does_not_count_at_that_block(office: Office) -> Report:
    late = {"registries": (TrustedRegistry(address=office.registry, from_=43),)}
    return verify(office, trust=office.trust(chain=late))


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def the_registry_is_unknown(office: Office) -> Report:
    other = {"registries": (TrustedRegistry(address=digest("other")[:20], from_=1),)}
    return verify(office, trust=office.trust(chain=other))


@story(10, FAILED, Verdict.ALTERED)
def the_reference_names_another_transaction_than_the_chain(office: Office) -> Report:
    part = office.reference(transaction=digest("another transaction"))
    return verify(office, office.evidence(chain=[part]))


@story(10, FAILED, Verdict.ALTERED)
def the_reference_names_another_block_than_the_chain(office: Office) -> Report:
    return verify(office, office.evidence(chain=[office.reference(block=41)]))


@story(10, FAILED, Verdict.ALTERED)
def the_anchor_note_says_another_time_than_the_chain(office: Office) -> Report:
    part = office.anchor_note(block_time=Instant(T0 + 59))
    return verify(office, office.evidence(chain=[office.reference(), part]))


@story(10, FAILED, Verdict.ALTERED)
def reference_and_anchor_note_disagree_offline(office: Office) -> Report:
    parts = [office.reference(transaction=digest("flipped")), office.anchor_note()]
    return verify(office, office.evidence(chain=parts), chain=None)


@story(10, FAILED, Verdict.ALTERED)
def the_anchor_note_is_about_another_checkpoint(office: Office) -> Report:
    parts = [office.reference(), office.anchor_note(root=office.root(2))]
    return verify(office, office.evidence(chain=parts), chain=None)


@story(10, FAILED, Verdict.ALTERED)
def there_are_two_anchor_notes(office: Office) -> Report:
    parts = [office.reference(), office.anchor_note(), office.anchor_note()]
    return verify(office, office.evidence(chain=parts), chain=None)


@story(10, FAILED, Verdict.UNKNOWN_ISSUER)
def the_anchor_note_is_by_a_stranger(office: Office) -> Report:
    parts = [office.reference(), office.anchor_note(by=signer("stranger.test", "stranger"))]
    return verify(office, office.evidence(chain=parts), chain=None)


@story(10, FAILED, Verdict.UNKNOWN_ISSUER)
def the_anchor_notes_key_is_out_of_its_window(office: Office) -> Report:
    old = signer(office.receipt_key.name, "old receipt key")
    keys = (office.trusted_key(office.receipt_key), office.trusted_key(old, until=Instant(T0 + 300)))
    parts = [office.reference(), office.anchor_note(by=old)]
    return verify(office, office.evidence(chain=parts), chain=None, trust=office.trust(receipt_keys=keys))


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def a_part_of_another_format_stands_beside_the_reference_offline(office: Office) -> Report:
    strange = {"format": "anchor-note/v3", "note": "x"}
    return verify(office, office.evidence(chain=[office.reference(), strange]), chain=None)


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def only_a_chain_proof_that_cannot_be_run_is_there(office: Office) -> Report:
    return verify(office, office.evidence(chain=[{"format": "cometbft/v1"}]), chain=None)


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def a_reference_alone_on_a_chain_of_several_operators(office: Office) -> Report:
    validators = (ValidatorSet(validators=((bytes(32), 1),), from_=1),)
    trust = office.trust(chain={"name": "bft", "validators": validators})
    return verify(office, chain=None, trust=trust)


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def a_reference_without_a_status_note_offline(office: Office) -> Report:
    return verify(office, office.evidence(chain=[office.reference()], status=()), chain=None)


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def an_anchor_note_without_a_status_note_offline(office: Office) -> Report:
    return verify(office, office.evidence(status=()), chain=None)


@story(10, NOT_RUN, Verdict.CANNOT_CHECK)
def the_reference_names_a_chain_that_nobody_knows(office: Office) -> Report:
    part = office.reference(genesis=digest("another genesis"))
    return verify(office, office.evidence(chain=[part]), chain=None)


@story(11, FAILED, Verdict.ALTERED)
def the_log_signed_another_root_than_it_anchored(office: Office) -> Report:
    anchor = replace(office.anchors[0], root=digest("the other face"))
    return verify(office, office.evidence(chain=[office.reference()]), chain=office.chain_facts(anchors=(anchor,)))


@story(11, FAILED, Verdict.ALTERED)
def a_pin_has_another_root_for_the_size(office: Office) -> Report:
    pin = office.pin(root=digest("the other face"), registry=digest("elsewhere")[:20])
    return verify(office, chain=None, trust=office.trust(pins=[pin]))


@story(11, FAILED, Verdict.ALTERED)
def the_anchored_tree_does_not_begin_with_the_checkpoint(office: Office) -> Report:
    office.issue({"document.sha256": digest("later").hex()})
    later = office.anchor(block=43, time=70)
    other = replace(later, root=digest("the other face"))
    facts = office.chain_facts(anchors=(other,), link=office.link(3, 4))
    return verify(office, office.evidence(size=3, chain=()), chain=facts)


def ended(office: Office) -> dict[str, Any]:
    return {"registries": (TrustedRegistry(address=office.registry, from_=1, until=100),)}


@story(12, NOT_RUN, Verdict.CANNOT_CHECK)
def the_era_ended_and_nothing_is_pinned(office: Office) -> Report:
    return verify(office, trust=office.trust(chain=ended(office)))


@story(12, NOT_RUN, Verdict.CANNOT_CHECK)
def the_era_ended_and_the_pin_is_of_another_contract(office: Office) -> Report:
    pin = office.pin(registry=digest("elsewhere")[:20])
    return verify(office, trust=office.trust(chain=ended(office), pins=[pin]))


@story(12, NOT_RUN, Verdict.CANNOT_CHECK)
def the_era_ended_and_there_is_no_path_to_the_pin(office: Office) -> Report:
    office.issue({"document.sha256": digest("later").hex()})
    pin = office.pin(office.anchor(block=43, time=70))
    return verify(office, office.evidence(size=3), trust=office.trust(chain=ended(office), pins=[pin]))


@story(12, FAILED, Verdict.ALTERED)
def the_path_to_the_pin_does_not_hold(office: Office) -> Report:
    office.issue({"document.sha256": digest("later").hex()})
    pin = office.pin(office.anchor(block=43, time=70))
    path = (digest("wrong"), *office.link(3, 4).path[1:])
    renewal = Renewal(size=TreeSize(4), path=path).to_part()
    data = office.evidence(size=3, renewals=[renewal])
    return verify(office, data, trust=office.trust(chain=ended(office), pins=[pin]))


@story(12, FAILED, Verdict.ALTERED)
def a_renewal_that_is_not_needed_is_malformed(office: Office) -> Report:
    return verify(office, office.evidence(renewals=[{"format": "consistency/v1", "size": 3}]))


def ended_note_key(office: Office, **window: int) -> tuple[TrustedKey, ...]:
    instants = {name: Instant(T0 + at) for name, at in window.items()}
    return (office.trusted_key(office.note_key, **instants),)


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_note_key_ended_in_the_second_of_the_anchor(office: Office) -> Report:
    return verify(office, trust=office.trust(note_keys=ended_note_key(office, until=60)))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_note_key_was_compromised_before_the_anchor(office: Office) -> Report:
    return verify(office, trust=office.trust(note_keys=ended_note_key(office, compromised_since=60)))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_chain_says_that_the_note_key_ended(office: Office) -> Report:
    keys = [replace(key, not_after=Instant(T0 + 60)) if key.role is Role.NOTE else key for key in office.key_facts()]
    return verify(office, chain=office.chain_facts(keys=tuple(keys)))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_chain_says_that_the_note_key_was_compromised(office: Office) -> Report:
    since = Instant(T0 + 1)
    keys = [replace(key, compromised_since=since) if key.role is Role.NOTE else key for key in office.key_facts()]
    return verify(office, chain=office.chain_facts(keys=tuple(keys)))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_chain_does_not_know_the_note_key(office: Office) -> Report:
    keys = tuple(key for key in office.key_facts() if key.role is not Role.NOTE)
    return verify(office, chain=office.chain_facts(keys=keys))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_anchor_key_is_not_in_the_trust_file(office: Office) -> Report:
    return verify(office, trust=office.trust(anchor_keys=()))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_anchor_key_was_compromised(office: Office) -> Report:
    key = TrustedKey(key=office.anchor_key, from_=Instant(T0), compromised_since=Instant(T0 + 60))
    return verify(office, trust=office.trust(anchor_keys=(key,)))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_chain_says_that_the_anchor_key_was_compromised(office: Office) -> Report:
    since = Instant(T0 + 60)
    keys = [replace(key, compromised_since=since) if key.role is Role.ANCHOR else key for key in office.key_facts()]
    return verify(office, chain=office.chain_facts(keys=tuple(keys)))


@story(13, FAILED, Verdict.UNKNOWN_ISSUER)
def the_anchor_notes_time_is_after_the_note_key_ended(office: Office) -> Report:
    return verify(office, chain=None, trust=office.trust(note_keys=ended_note_key(office, until=60)))


@story(13, NOT_RUN, Verdict.CANNOT_CHECK)
def the_note_key_ended_before_the_status_and_the_anchors_time_is_unknown(office: Office) -> Report:
    data = office.evidence(chain=[office.reference()])
    return verify(office, data, chain=None, trust=office.trust(note_keys=ended_note_key(office, until=300)))


# -- 14 to 16: what became of it --


@story(14, NOT_RUN, Verdict.CANNOT_CHECK)
def there_is_no_status(office: Office) -> Report:
    return verify(office, office.evidence(status=()))


@story(14, NOT_RUN, Verdict.CANNOT_CHECK)
def the_only_status_is_of_an_unknown_format(office: Office) -> Report:
    return verify(office, office.evidence(status=[{"format": "eip1186/v1"}]))


@story(14, FAILED, Verdict.UNKNOWN_ISSUER)
def the_status_note_is_by_a_stranger(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, by=signer(office.receipt_key.name, "thief"))]))


@story(14, FAILED, Verdict.UNKNOWN_ISSUER)
def the_receipt_key_was_not_yet_in_its_window(office: Office) -> Report:
    keys = (office.trusted_key(office.receipt_key, from_=Instant(T0 + 301)),)
    return verify(office, office.evidence(chain=[office.reference()]), trust=office.trust(receipt_keys=keys))


@story(14, FAILED, Verdict.UNKNOWN_ISSUER)
def the_receipt_key_had_ended(office: Office) -> Report:
    keys = (office.trusted_key(office.receipt_key, until=Instant(T0 + 300)),)
    return verify(office, office.evidence(chain=[office.reference()]), trust=office.trust(receipt_keys=keys))


@story(14, FAILED, Verdict.UNKNOWN_ISSUER)
def the_receipt_key_was_compromised(office: Office) -> Report:
    keys = (office.trusted_key(office.receipt_key, compromised_since=Instant(T0 + 300)),)
    return verify(office, office.evidence(chain=[office.reference()]), trust=office.trust(receipt_keys=keys))


@story(14, FAILED, Verdict.ALTERED)
def the_status_note_is_about_another_record(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, index=LogIndex(2))]))


@story(14, FAILED, Verdict.ALTERED)
def the_status_note_is_about_another_log(office: Office) -> Report:
    part = office.status(0, origin=Origin(f"other.test/{AGENCY}"))
    return verify(office, office.evidence(status=[part]))


@story(14, FAILED, Verdict.ALTERED)
def the_status_note_leaves_the_batch_out(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, batch_status=None)]))


@story(14, FAILED, Verdict.ALTERED)
def the_status_note_names_a_batch_that_is_not_there(office: Office) -> Report:
    part = office.status(2, batch_status=Status.ACTIVE)
    data = office.evidence(2, status=[part])
    return verify(office, data, document=digest("corrected"), number=None)


@story(14, FAILED, Verdict.ALTERED)
def the_status_note_was_edited(office: Office) -> Report:
    part = dict(office.status(0))
    part["note"] = str(part["note"]).replace("T00:05:00Z", "T00:06:00Z")
    return verify(office, office.evidence(status=[part]))


@story(14, FAILED, Verdict.ALTERED)
def one_of_two_status_notes_was_edited(office: Office) -> Report:
    part = dict(office.status(0, status=Status.REVOKED, block_number=49))
    part["note"] = str(part["note"]).replace("\nrevoked\n", "\nactive\n", 1)
    return verify(office, office.evidence(status=[office.status(0), part]))


@story(14, FAILED, Verdict.ALTERED)
def the_status_note_gives_the_chain_another_id(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, chain_id=1)]))


@story(14, NOT_RUN, Verdict.CANNOT_CHECK)
def the_status_note_is_about_a_chain_that_nobody_knows(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, genesis=digest("another"))]))


@story(14, NOT_RUN, Verdict.CANNOT_CHECK)
def the_status_note_is_about_a_chain_that_is_not_the_logs(office: Office) -> Report:
    other = office.trusted_chain(genesis=digest("another"))
    trust = replace(office.trust(), chains=(office.trusted_chain(), other))
    return verify(office, office.evidence(status=[office.status(0, genesis=digest("another"))]), trust=trust)


@story(14, NOT_RUN, Verdict.CANNOT_CHECK)
def the_status_note_is_of_a_later_version(office: Office) -> Report:
    text = str(office.status(0)["note"]).split("\n\n")[0].replace("sillok-status/v1", "sillok-status/v2")
    part = status_part(sign_note(text + "\n", [office.receipt_key]))
    return verify(office, office.evidence(status=[part]))


@story(14, FAILED, Verdict.ALTERED)
def the_version_of_the_status_note_was_edited(office: Office) -> Report:
    part = dict(office.status(0))
    part["note"] = str(part["note"]).replace("sillok-status/v1", "sillok-status/v2")
    return verify(office, office.evidence(status=[part]))


@story(14, FAILED, Verdict.ALTERED)
def the_status_is_of_a_block_before_the_anchor(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, block_number=41)]))


@story(14, FAILED, Verdict.ALTERED)
def the_status_is_of_a_time_before_the_anchor(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, block_time=Instant(T0 + 59))]))


@story(14, FAILED, Verdict.ALTERED)
def two_signatures_are_under_the_status_note(office: Office) -> Report:
    part = dict(office.status(0))
    part["note"] = add_signature(str(part["note"]), signer("stranger.test", "stranger"))
    return verify(office, office.evidence(status=[part]))


@story(15, FAILED, Verdict.REVOKED)
def it_is_revoked_by_the_offices_note(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, status=Status.REVOKED)]))


@story(15, FAILED, Verdict.SUSPENDED)
def its_batch_is_suspended_by_the_offices_note(office: Office) -> Report:
    return verify(office, office.evidence(status=[office.status(0, batch_status=Status.SUSPENDED)]))


@story(15, FAILED, Verdict.SUPERSEDED)
def it_is_superseded_and_its_batch_suspended(office: Office) -> Report:
    part = office.status(0, status=Status.SUPERSEDED, batch_status=Status.SUSPENDED)
    return verify(office, office.evidence(status=[part]))


@story(15, FAILED, Verdict.REVOKED)
def the_newer_of_two_notes_counts(office: Office) -> Report:
    newer = office.status(0, status=Status.REVOKED, block_number=51, block_time=Instant(T0 + 310))
    return verify(office, office.evidence(status=[newer, office.status(0)]))


@story(15, FAILED, Verdict.REVOKED)
def the_service_says_today_that_it_is_revoked(office: Office) -> Report:
    return verify(office, status=status_facts(act(400, Status.REVOKED)))


@story(15, FAILED, Verdict.SUSPENDED)
def the_note_is_as_new_as_the_services_answer_and_worse(office: Office) -> Report:
    note = office.status(0, status=Status.SUSPENDED, block_number=60, block_time=Instant(T0 + 600))
    return verify(office, office.evidence(status=[note]), status=status_facts())


@story(15, FAILED, Verdict.SUSPENDED)
def the_note_is_newer_than_the_services_answer(office: Office) -> Report:
    note = office.status(0, status=Status.SUSPENDED, block_number=61, block_time=Instant(T0 + 601))
    return verify(office, office.evidence(status=[note]), status=status_facts())


@story(15, NOT_RUN, Verdict.CANNOT_CHECK)
def another_instant_is_asked_about_than_the_note_knows(office: Office) -> Report:
    return verify(office, as_of=Instant(T0 + 299))


@story(15, NOT_RUN, Verdict.CANNOT_CHECK)
def a_later_instant_is_asked_about_than_the_service_knows(office: Office) -> Report:
    return verify(office, status=status_facts(), as_of=Instant(T0 + 601))


@story(16, FAILED, Verdict.EXPIRED)
def it_had_expired(office: Office) -> Report:
    end = office.issued[0].record.valid_until
    assert end is not None
    return verify(office, status=status_facts(at=end - T0), as_of=end)


@story(16, FAILED, Verdict.NOT_YET_IN_FORCE)
def it_is_not_in_force_yet(office: Office) -> Report:
    again = small_office()
    index = again.issue({"document.sha256": digest(DOCUMENT).hex()}, valid_from=Instant(T0 + 301))
    again.anchor(block=43, time=70)
    return verify(again, again.evidence(index), number=None)


# -- 17 and 18: what is in somebody's hand --


@story(17, FAILED, Verdict.ALTERED)
def the_document_is_another_one(office: Office) -> Report:
    return verify(office, document=digest(DOCUMENT + b" "))


@story(17, NOT_RUN, Verdict.CANNOT_CHECK)
def the_documents_digest_is_withheld(office: Office) -> Report:
    return verify(office, office.evidence(withhold=["document.sha256"]))


@story(17, NOT_RUN, Verdict.CANNOT_CHECK)
def the_record_is_about_no_document(office: Office) -> Report:
    return verify(office, office.evidence(1), number=None)


@story(17, NOT_RUN, Verdict.ERASED)
def the_office_erased_what_it_kept(office: Office) -> Report:
    data = office.evidence(withhold=["document.sha256", "certificate.number", "holder.name"])
    return verify(office, data, number=None, status=status_facts(erased=True))


@story(17, NOT_RUN, Verdict.ERASED)
def the_office_erased_and_no_document_is_asked_about(office: Office) -> Report:
    data = office.evidence(withhold=["document.sha256", "certificate.number", "holder.name"])
    return verify(office, data, document=None, number=None, status=status_facts(erased=True))


@story(18, FAILED, Verdict.ALTERED)
def the_number_is_another_one(office: Office) -> Report:
    return verify(office, number="0000-0000-0000-0001")


@story(18, NOT_RUN, Verdict.CANNOT_CHECK)
def the_number_is_withheld(office: Office) -> Report:
    return verify(office, office.evidence(withhold=["certificate.number"]))


# -- what is valid, and why --


def test_everything_passes_with_the_chain_at_hand() -> None:
    report = verify(small_office(), status=status_facts())
    assert report.verdict is Verdict.VALID
    assert all(row.outcome is Outcome.PASSED for row in report.checks)
    assert report.as_of == T0 + 600
    assert report.check(10).source is Source.CHAIN
    assert report.check(15).source is Source.SERVICE
    assert report.about.anchored_at == T0 + 60
    assert report.about.number == NUMBER


def test_offline_it_is_valid_by_the_offices_word_at_the_instant_of_the_note() -> None:
    office = small_office()
    for chain in (None, [office.reference()]):
        report = verify(office, office.evidence(chain=chain), chain=None)
        assert report.verdict is Verdict.VALID
        assert report.as_of == T0 + 300
        assert report.check(10).source is Source.OFFICE
        assert report.check(11).outcome is Outcome.NOT_RUN
        assert any("alone" in note for note in report.notes)


def test_what_a_service_passes_on_is_its_word() -> None:
    office = small_office()
    assert verify(office, chain=office.chain_facts(by_service=True)).check(10).source is Source.SERVICE


def test_complete_evidence_in_a_holders_hand_outlives_the_erasure() -> None:
    assert verify(small_office(), status=status_facts(erased=True)).verdict is Verdict.VALID


def test_what_is_disclosed_whole_is_not_erased_though_no_document_is_at_hand() -> None:
    office = small_office()
    index = office.issue({"document.sha256": digest(DOCUMENT).hex()})
    office.anchor(block=43, time=70)
    report = verify(office, office.evidence(index), document=None, number=None, status=status_facts(erased=True))
    assert report.verdict is Verdict.VALID


def test_an_older_note_says_nothing_beside_a_newer_history() -> None:
    office = small_office()
    data = office.evidence(status=[office.status(0, status=Status.SUSPENDED)])
    for as_of in (None, Instant(T0 + 300)):
        assert verify(office, data, status=status_facts(), as_of=as_of).verdict is Verdict.VALID


def test_a_check_that_was_not_run_counts_as_passed_nowhere() -> None:
    report = verify(small_office(), document=None, number=None)
    assert report.verdict is Verdict.VALID
    assert any("no document was compared" in note for note in report.notes)
    office = small_office()
    report = verify(office, office.evidence(chain=(), status=()), chain=None)
    assert [row.number for row in report.checks if "check 10" in row.text] == [12, 13]


def test_withheld_facts_leave_the_rest_valid() -> None:
    office = small_office()
    report = verify(office, office.evidence(withhold=["holder.name"]))
    assert report.verdict is Verdict.VALID
    assert report.about.withheld == 1


def test_an_unknown_format_is_named_and_is_no_error() -> None:
    office = small_office()
    report = verify(office, office.evidence(tokens=[{"format": "rfc3161/v1"}], keys=[{"format": "eip1186/v1"}]))
    assert report.verdict is Verdict.VALID
    row = report.check(19)
    assert row.outcome is Outcome.NOT_RUN
    assert "rfc3161/v1" in row.text
    assert "eip1186/v1" in row.text


def test_a_proof_beside_the_reference_that_cannot_be_run_needs_the_chain_itself() -> None:
    office = small_office()
    data = office.evidence(chain=[office.reference(), {"format": "cometbft/v1"}])
    assert verify(office, data).verdict is Verdict.VALID
    assert verify(office, data, chain=None).verdict is Verdict.CANNOT_CHECK


def test_bad_news_is_not_hidden_behind_an_anchor_that_cannot_be_checked() -> None:
    office = small_office()
    data = office.evidence(status=[office.status(0, status=Status.REVOKED)])
    report = verify(office, data, chain=None, trust=office.trust(chain={"validators": (), "name": "bft"}))
    assert report.check(10).demands is Verdict.CANNOT_CHECK
    assert report.verdict is Verdict.REVOKED


def test_a_later_note_key_may_sign_an_anchored_root_again() -> None:
    office = small_office()
    later = signer(office.origin, "later note key")
    keys = (office.trusted_key(later, from_=Instant(T0 + 250)),)
    data = office.evidence(log=office.proof(0, 3, office.checkpoint(3, by=later)))
    facts = office.chain_facts(keys=(*office.key_facts(), replace(office.key_facts()[0], key_id=KeyId(later.public))))
    assert verify(office, data, trust=office.trust(note_keys=keys), chain=facts).verdict is Verdict.VALID


def test_witnesses_reach_the_quorum_by_distinct_keys() -> None:
    office = small_office()
    second = signer("witness.test/w2", "second witness")
    witnesses = tuple(make_vkey(w.name, w.public, Algorithm.COSIGNATURE) for w in (office.witness, second))
    one = office.cosigned(office.checkpoint(3))
    trust = office.trust(witnesses=witnesses, quorum=2)
    assert verify(office, office.evidence(log=office.proof(0, 3, one)), trust=trust).verdict is Verdict.CANNOT_CHECK
    both = office.cosigned(one, second)
    assert verify(office, office.evidence(log=office.proof(0, 3, both)), trust=trust).verdict is Verdict.VALID


def test_an_ended_era_is_bridged_by_a_renewal_or_by_the_pin_itself() -> None:
    office = small_office()
    assert verify(office, trust=office.trust(chain=ended(office), pins=[office.pin()])).verdict is Verdict.VALID
    office.issue({"document.sha256": digest("later").hex()})
    pin = office.pin(office.anchor(block=43, time=70))
    renewal = Renewal(size=TreeSize(4), path=office.link(3, 4).path).to_part()
    data = office.evidence(size=3, renewals=[renewal])
    assert verify(office, data, trust=office.trust(chain=ended(office), pins=[pin])).verdict is Verdict.VALID


def test_a_checkpoint_that_was_never_anchored_is_led_to_one_that_was() -> None:
    office = small_office()
    office.anchors.clear()
    office.issue({"document.sha256": digest("later").hex()})
    office.anchor(block=43, time=70)
    data = office.evidence(size=3, chain=())
    report = verify(office, data, chain=office.chain_facts(link=office.link(3, 4)))
    assert report.verdict is Verdict.VALID
    assert report.about.anchored_at == T0 + 70


def test_the_time_of_a_record_is_that_of_its_first_anchor_that_is_not_void() -> None:
    office = small_office()
    office.issue({"document.sha256": digest("later").hex()})
    thief = KeyId(bytes(12) + digest("thief")[:20])
    office.anchors[0] = replace(office.anchors[0], key_id=thief)
    office.anchor(block=43, time=70)
    anchor_keys = (
        *office.trusted_log().anchor_keys,
        TrustedKey(key=thief, from_=Instant(T0), compromised_since=Instant(T0 + 60)),
    )
    report = verify(office, trust=office.trust(anchor_keys=anchor_keys), chain=office.chain_facts())
    assert report.verdict is Verdict.VALID
    assert report.about.anchored_at == T0 + 70
    assert report.about.anchored_or_earlier


def test_before_its_anchor_a_record_was_not_anchored_yet() -> None:
    office = small_office()
    at = {t: verify(office, status=status_facts(), as_of=Instant(T0 + t)).verdict for t in (59, 60)}
    assert at == {59: Verdict.NOT_ANCHORED_YET, 60: Verdict.VALID}


def test_the_claimed_time_is_named_where_it_lies_outside_of_what_was_promised() -> None:
    office = small_office()

    def named(at: int) -> bool:
        anchor = replace(office.anchors[0], time=Instant(office.issued[0].record.recorded_at + at))
        late = office.status(0, block_time=Instant(T0 + 5000))
        report = verify(office, office.evidence(chain=(), status=[late]), chain=office.chain_facts(anchors=(anchor,)))
        assert report.verdict is Verdict.VALID
        return any("The anchor counts" in note for note in report.notes)

    assert [named(at) for at in (-301, -300, 3600, 3601)] == [True, False, False, True]


def test_nothing_inside_a_failed_file_is_shown_as_fact() -> None:
    report = verify(small_office(), trust=None)
    assert report.about.number is None
    assert report.about.agency is None
