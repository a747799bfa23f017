"""StatusRegistry: acts alone and by two officers, attestation, and each refusal with its arguments."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from support.city import EVERYTHING, ZERO, Act, City, LogOnChain, approve, key_of, lanes
from support.harness import deploy
from support.solidity import FOREVER, NOW, Receipt

from ledger.chain.abi import keccak
from ledger.values import Reason, Role, Status

A, S, R, P = Status.ACTIVE, Status.SUSPENDED, Status.REVOKED, Status.SUPERSEDED
NONE_STATE, IMPORTING, MOVED, OPEN = range(4)
LIMIT = 2**53
NO_MASK = 2**256 - 1


@pytest.fixture
def log(city: City) -> LogOnChain:
    return city.new_log(records=1000)


@pytest.fixture
def offices(log: LogOnChain) -> LogOnChain:
    """A log whose agency has officers: kim may do everything alone, lee and park nothing, lee has two keys."""
    log.agency.add_key("kim", Role.OFFICER, alone=EVERYTHING)
    log.agency.add_key("lee", Role.OFFICER)
    log.agency.add_key("lee 2", Role.OFFICER, officer="lee")
    log.agency.add_key("park", Role.OFFICER)
    return log


def signed(log: LogOnChain, act: Act, *officers: str, nonce: int = 1, deadline: int = FOREVER) -> Receipt:
    approvals = approve(log.city, act, nonce, deadline, *[log.agency.signer(name) for name in officers])
    return log.city.call(log.city.deployer, "changeSigned", act.tuple, nonce, deadline, approvals)


def test_neighbours_and_scattered_records_change_in_one_act(city: City, log: LogOnChain) -> None:
    act = log.act([0, 1, 127, 128, 999], after=S, reason=Reason.LEGAL_ORDER, retroactive=True)
    receipt = log.change(act)
    words, masks = lanes(act.indexes)
    key = key_of(log.agency.signer("status"))
    event = receipt.event("StatusChanged")
    assert event.values == {
        "logId": log.log_id,
        "keyId": key,
        "secondKeyId": ZERO,
        "batches": False,
        "from": A,
        "to": S,
        "reason": Reason.LEGAL_ORDER,
        "retroactive": True,
        "time": receipt.time,
        "head": city.view("actsOf", key),
        "words": words,
        "masks": masks,
    }
    assert [log.status(i)[0] for i in (0, 1, 2, 126, 127, 128, 129, 998, 999)] == [S, S, A, A, S, S, A, A, S]
    assert city.view("wordOf", log.log_id, False, 0) == masks[0]


def test_the_head_of_an_act_is_what_the_specification_says(city: City, log: LogOnChain) -> None:
    key = key_of(log.agency.signer("status"))
    act_type = "(bytes32,bool,uint8,uint8,uint8,bool,uint256[],uint256[],bytes32,uint256[])"
    previous = ZERO
    for act in (log.act([1], after=S), log.act([1], before=S, after=R)):
        receipt = log.change(act)
        standing = (key, ZERO, receipt.time, previous, ZERO)
        data = encode([act_type, "(bytes32,bytes32,uint64,bytes32,bytes32)"], [act.tuple, standing])
        previous = hashlib.sha256(data).digest()
        assert receipt.event("StatusChanged")["head"] == previous == city.view("actsOf", key)


def test_suspended_resumed_revoked_and_final(city: City, log: LogOnChain) -> None:
    for before, after in ((A, S), (S, A), (A, S), (S, R)):
        log.change(log.act([5], before=before, after=after))
        assert log.status(5) == (after, A, after)
    for before, after in ((R, A), (R, S), (R, P), (P, A), (P, R), (A, A), (S, S), (R, R)):
        with city.chain.reverts("TransitionForbidden", before, after, False):
            log.change(log.act([5], before=before, after=after, successors=(6,) if after == P else ()))
    with city.chain.reverts("StatusNot", 0, R << 10, 0):
        log.change(log.act([5, 6]))
    assert log.status(6)[0] == A, "one wrong lane refuses the whole act"


def test_a_batch_is_recalled_at_once_and_the_worse_status_counts(city: City, log: LogOnChain) -> None:
    receipt = log.change(log.act([7], batches=True))
    assert receipt.event("StatusChanged")["batches"] is True
    assert log.status(3, batch=7) == (A, R, R)
    assert log.status(3, batch=6) == (A, A, A)
    assert log.status(3) == (A, A, A)
    log.change(log.act([3], after=P, successors=(4,)))
    log.change(log.act([8], batches=True, after=S))
    assert log.status(3, batch=7) == (P, R, R)
    assert log.status(3, batch=8) == (P, S, P)
    log.change(log.act([LIMIT - 1], batches=True))
    assert log.status(0, batch=LIMIT - 1)[1] == R


def test_batches_start_at_one_are_never_superseded_and_have_an_end(city: City, log: LogOnChain) -> None:
    with city.chain.reverts("BatchZero"):
        log.change(log.act([0, 5], batches=True))
    log.agency.add_key("all bits", Role.STATUS, alone=0xFF)
    with city.chain.reverts("TransitionForbidden", A, P, True):
        log.change(log.act([5], batches=True, after=P), by=log.agency.signer("all bits"))
    with city.chain.reverts("IndexNotAnchored", log.log_id, LIMIT, LIMIT):
        log.change(log.act([LIMIT], batches=True))
    with city.chain.reverts("IndexNotAnchored", log.log_id, NO_MASK, LIMIT):
        log.change(log.act(batches=True, raw=((2**249,), (1,))))
    log.change(log.act([128], batches=True))


def test_only_anchored_records_change(city: City, log: LogOnChain) -> None:
    for wrong in (1000, 1001, 1024, 5000, 128 * 2**64):
        found = NO_MASK if wrong > 2**70 else wrong
        with city.chain.reverts("IndexNotAnchored", log.log_id, found, 1000):
            log.change(log.act([5, wrong]))
    log.grow(1001)
    log.change(log.act([5, 1000]))


def test_an_act_is_well_formed(city: City, log: LogOnChain) -> None:
    cases: list[tuple[tuple[Any, Any], str, tuple[Any, ...]]] = [
        (((), ()), "ActEmpty", ()),
        (((1,), ()), "MasksWrong", (0, 1)),
        (((1,), (1, 1)), "MasksWrong", (2, 1)),
        (((1, 1), (1, 4)), "WordsNotAscending", (1, 1)),
        (((2, 1), (1, 4)), "WordsNotAscending", (1, 2)),
        (((1,), (0,)), "MaskMalformed", (1, 0)),
        (((1,), (2,)), "MaskMalformed", (1, 2)),
        (((1, 2), (1, 3)), "MaskMalformed", (2, 3)),
    ]
    for raw, error, values in cases:
        with city.chain.reverts(error, *values):
            log.change(log.act(raw=raw))
    with city.chain.reverts("SuccessorsWrong", 1, 0):
        log.change(log.act([1], successors=(2,)))


def test_superseding_names_a_later_record_for_each(city: City, log: LogOnChain) -> None:
    receipt = log.change(log.act([1, 200], after=P, successors=(2, 201)))
    assert [e.values for e in receipt.events if e.name == "Superseded"] == [
        {"logId": log.log_id, "index": 1, "successorLog": log.log_id, "successor": 2},
        {"logId": log.log_id, "index": 200, "successorLog": log.log_id, "successor": 201},
    ]
    assert log.status(200)[0] == P
    for successors in ((), (9,), (9, 10, 11)):
        with city.chain.reverts("SuccessorsWrong", len(successors), 2):
            log.change(log.act([3, 4], after=P, successors=successors, successor_log=log.log_id))
    for successor in (3, 2, 0):
        with city.chain.reverts("SuccessorNotLater", 3, successor):
            log.change(log.act([3], after=P, successors=(successor,)))
    with city.chain.reverts("IndexNotAnchored", log.log_id, 1000, 1000):
        log.change(log.act([3], after=P, successors=(1000,)))
    other = city.new_log(log.agency, records=50, name="other.example")
    with city.chain.reverts("SuccessorNotInLineage", log.log_id, other.log_id):
        log.change(log.act([3], after=P, successors=(4,), successor_log=other.log_id))
    with city.chain.reverts("LogNotIn", b"\x01" * 32, NONE_STATE, OPEN):
        log.change(log.act([3], after=P, successors=(4,), successor_log=b"\x01" * 32))


def test_a_record_is_superseded_in_a_later_generation_but_not_in_an_earlier_one(city: City, log: LogOnChain) -> None:
    city.govern("closeLog", log.log_id)
    second = log.succeed(1000, log.head)
    second.grow(1010)
    receipt = log.change(log.act([3], after=P, successors=(1005,), successor_log=second.log_id))
    assert receipt.event("Superseded")["successorLog"] == second.log_id
    with city.chain.reverts("SuccessorNotInLineage", second.log_id, log.log_id):
        second.change(second.act([1001], after=P, successors=(1002,), successor_log=log.log_id))


def test_a_successor_shares_words_and_batches_with_its_predecessor(city: City, log: LogOnChain) -> None:
    log.change(log.act([895, 896, 999]))
    log.change(log.act([3], batches=True, after=S))
    city.govern("closeLog", log.log_id)
    second = log.succeed(1000, log.head)
    second.grow(1100)
    assert [second.status(i)[0] for i in (894, 895, 896, 999, 1000)] == [A, R, R, R, A]
    second.change(second.act([1000, 1099]))
    log.change(log.act([998], after=S))
    own, inherited = city.view("wordOf", second.log_id, False, 7), city.view("wordOf", log.log_id, False, 7)
    lane = 2 * (1000 % 128)
    assert own == inherited | R << lane
    receipt = city.call(city.deployer, "attestStatus", second.log_id, 999, 3)
    assert receipt.event("StatusAttested")["value"] == own
    assert receipt.event("StatusAttested")["batchStatus"] == S
    for wrong in ([999, 1000], [5], [999]):
        word, start = min(wrong) // 128, 1000
        with city.chain.reverts("IndexOfPredecessor", second.log_id, word, start):
            second.change(second.act(wrong, after=S))
    second.change(second.act([3], batches=True, before=S))
    assert log.status(0, batch=3)[1] == R, "a recall holds in every generation"


def test_statuses_of_voided_records_do_not_reach_the_records_that_take_their_places(city: City) -> None:
    """The thief anchored 20 to 39, a second generation went on, and was cut to 20 when the theft was found."""
    log = city.new_log(records=20)  # all of it is in one word
    log.agency.add_key("thief", Role.ANCHOR)
    thief, good = log.agency.signer("thief"), log.head
    log.grow(40, by=thief)
    log.change(log.act([10, 30]))
    city.govern("closeLog", log.log_id)
    second = log.succeed(40, log.head)
    second.grow(60, by=thief)
    second.change(second.act([50]))
    city.govern("closeLog", second.log_id)
    city.chain.pass_time(2)
    city.govern("declareCompromisedSince", key_of(thief), log.head[2])
    city.call(city.deployer, "voidHeads", second.log_id, [second.head, log.head])
    third = second.succeed(20, good)
    third.grow(100)
    third.change(third.act([31]))
    assert [third.status(i)[0] for i in (10, 30, 31, 50)] == [R, A, R, A]


def test_anyone_has_a_status_attested(city: City, log: LogOnChain) -> None:
    log.change(log.act([300, 301]))
    log.change(log.act([9], batches=True, after=S))
    receipt = city.call(log.agency.signer("stranger"), "attestStatus", log.log_id, 300, 9)
    assert receipt.event("StatusAttested").values == {
        "logId": log.log_id,
        "word": 2,
        "value": R << 88 | R << 90,
        "batch": 9,
        "batchStatus": S,
        "time": receipt.time,
    }
    assert city.call(city.deployer, "attestStatus", log.log_id, 0, 0).event("StatusAttested")["batchStatus"] == 0
    for function, values in (("attestStatus", (1000, 0)), ("statusOf", (1000, 0))):
        with city.chain.reverts("IndexNotAnchored", log.log_id, 1000, 1000):
            city.view(function, log.log_id, *values)
    for function, values in (("attestStatus", (0, 0)), ("statusOf", (0, 0)), ("wordOf", (False, 0))):
        with city.chain.reverts("LogNotIn", b"\x01" * 32, NONE_STATE, OPEN):
            city.view(function, b"\x01" * 32, *values)


def test_only_a_status_key_of_the_agency_changes(city: City, log: LogOnChain) -> None:
    for who in (log.agency.signer("anchor"), city.new_agency().signer("status")):
        found = city.view("keyOf", key_of(who))[0]
        with city.chain.reverts("KeyNotUsable", key_of(who), log.agency.code, Role.STATUS, found, NOW):
            log.change(log.act([1]), by=who)
    with city.chain.reverts("LogNotIn", ZERO, NONE_STATE, OPEN):
        log.change(replace(log.act([1]), log_id=ZERO))
    city.govern("closeLog", log.log_id)
    log.change(log.act([1]))
    assert log.status(1)[0] == R, "a closed log's statuses change as before"


@pytest.mark.parametrize("after", [A, S, R, P])
@pytest.mark.parametrize("batches", [False, True])
def test_a_key_does_alone_exactly_what_its_mask_says(
    city: City, log: LogOnChain, after: Status, batches: bool
) -> None:
    bit = 1 << after + (4 if batches else 0)
    log.agency.add_key("limited", Role.STATUS, alone=bit)
    log.agency.add_key("unlimited but for this", Role.STATUS, alone=0xFF & ~bit)
    before = S if after == A else A
    if before == S:
        log.change(log.act([1], batches=batches, after=S))
    act = log.act([1], batches=batches, before=before, after=after, successors=(2,) if after == P else ())
    refused = log.agency.signer("unlimited but for this")
    with city.chain.reverts("NotAlone", key_of(refused), after, batches):
        log.change(act, by=refused)
    if not (batches and after == P):
        log.change(act, by=log.agency.signer("limited"))
        assert log.status(1, batch=1)[batches] == after


def test_an_officer_signs_and_anyone_relays(city: City, offices: LogOnChain) -> None:
    act = offices.act([11], reason=Reason.REPLACED)
    assert not city.view("isNonceUsed", offices.agency.code, 1)
    receipt = signed(offices, act, "kim")
    assert receipt.event("ApprovalsUsed").values == {"agency": offices.agency.code.ljust(32, b"\0"), "nonce": 1}
    assert city.view("isNonceUsed", offices.agency.code, 1)
    event = receipt.event("StatusChanged")
    assert (event["keyId"], event["secondKeyId"]) == (key_of(offices.agency.signer("kim")), ZERO)
    assert offices.status(11)[0] == R
    with city.chain.reverts("NonceUsed", offices.agency.code, 1):
        signed(offices, offices.act([12]), "kim", nonce=1)
    signed(offices, offices.act([12]), "kim", nonce=2**256 - 1)


def test_two_officers_do_what_one_may_not(city: City, offices: LogOnChain) -> None:
    act = offices.act([11])
    lee, park = offices.agency.signer("lee"), offices.agency.signer("park")
    with city.chain.reverts("NotAlone", key_of(lee), R, False):
        signed(offices, act, "lee")
    event = signed(offices, act, "lee", "park").event("StatusChanged")
    assert (event["keyId"], event["secondKeyId"]) == (key_of(lee), key_of(park))
    assert city.view("actsOf", key_of(lee)) == city.view("actsOf", key_of(park)) == event["head"]
    assert offices.status(11)[0] == R


def test_two_keys_of_one_officer_are_one_person(city: City, offices: LogOnChain) -> None:
    person = hashlib.sha256(b"lee").digest()
    for officers in (("lee", "lee 2"), ("lee", "lee")):
        with city.chain.reverts("SameOfficer", person):
            signed(offices, offices.act([11]), *officers)
    for officers in ((), ("kim", "lee", "park")):
        with city.chain.reverts("ApprovalsWrong", len(officers)):
            signed(offices, offices.act([11]), *officers)


def test_an_approval_is_for_one_act_one_nonce_one_deadline_one_contract(city: City, offices: LogOnChain) -> None:
    kim, act = offices.agency.signer("kim"), offices.act([11])
    approvals = approve(city, act, 1, FOREVER, kim)
    others = [
        (offices.act([12]), 1, FOREVER),
        (replace(act, reason=Reason.REPLACED), 1, FOREVER),
        (replace(act, retroactive=True), 1, FOREVER),
        (replace(act, batches=True), 1, FOREVER),
        (act, 2, FOREVER),
        (act, 1, FOREVER - 1),
    ]
    for other, nonce, deadline in others:
        digest = city.view("approvalDigest", other.tuple, nonce, deadline)
        with city.chain.reverts("SignatureInvalid", "0x" + kim.address.hex(), digest):
            city.call(city.deployer, "changeSigned", other.tuple, nonce, deadline, approvals)
    past = city.chain.now() - 1
    with city.chain.reverts("ActExpired", past, NOW):
        signed(offices, act, "kim", deadline=past)
    stranger = offices.agency.signer("stranger")
    unknown = (bytes(7), 0, 0, 0, 0, 0)
    with city.chain.reverts("KeyNotUsable", key_of(stranger), offices.agency.code, Role.OFFICER, unknown, NOW):
        signed(offices, act, "stranger")
    status = offices.agency.signer("status")
    found = city.view("keyOf", key_of(status))[0]
    with city.chain.reverts("KeyNotUsable", key_of(status), offices.agency.code, Role.OFFICER, found, NOW):
        signed(offices, act, "status")


def test_an_approval_expires_after_its_deadline_not_before(city: City, offices: LogOnChain) -> None:
    deadline = city.chain.now() + 1000
    city.chain.at(deadline)
    signed(offices, offices.act([1]), "kim", nonce=1, deadline=deadline)
    city.chain.at(deadline + 1)
    with city.chain.reverts("ActExpired", deadline, deadline + 1):
        signed(offices, offices.act([2]), "kim", nonce=2, deadline=deadline)


def test_what_officers_sign_is_the_eip712_form_of_the_specification(city: City, offices: LogOnChain) -> None:
    act = offices.act([11])
    act_type = "(bytes32,bool,uint8,uint8,uint8,bool,uint256[],uint256[],bytes32,uint256[])"
    content = hashlib.sha256(encode([act_type], [act.tuple])).digest()
    kind = keccak(b"StatusApproval(bytes7 agency,bytes32 content,uint256 nonce,uint64 deadline)")
    message = keccak(
        encode(["bytes32", "bytes7", "bytes32", "uint256", "uint64"], [kind, offices.agency.code, content, 5, 6])
    )
    domain_kind = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    named = keccak(b"Sillok StatusRegistry"), keccak(b"1"), city.chain.chain_id, city.statuses.address
    domain = keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], [domain_kind, *named]))
    assert city.view("approvalDigest", act.tuple, 5, 6) == keccak(b"\x19\x01" + domain + message)
    with city.chain.reverts("LogNotIn", ZERO, NONE_STATE, OPEN):
        city.view("approvalDigest", replace(act, log_id=ZERO).tuple, 5, 6)


def test_an_officer_may_be_a_contract(city: City, offices: LogOnChain) -> None:
    """ERC-1271: a wallet of its own rules says yes to one digest."""
    wallet, act = deploy(city, "Wallet"), offices.act([11])
    key = bytes(12) + wallet.address
    city.govern("addKey", offices.agency.code, key, Role.OFFICER, EVERYTHING, b"\x0f" * 32, 0, 0)
    digest = city.view("approvalDigest", act.tuple, 1, FOREVER)
    approvals = [(wallet.address, b"whatever")]
    with city.chain.reverts("SignatureInvalid", "0x" + wallet.address.hex(), digest):
        city.call(city.deployer, "changeSigned", act.tuple, 1, FOREVER, approvals)
    city.chain.send(city.deployer, wallet, "approve", digest)
    receipt = city.call(city.deployer, "changeSigned", act.tuple, 1, FOREVER, approvals)
    assert receipt.event("StatusChanged")["keyId"] == key
