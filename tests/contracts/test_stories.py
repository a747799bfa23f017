"""The decisions about keys and time, each as a story of what happens to an office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from support.city import EVERYTHING, ZERO, Act, City, LogOnChain, approve, key_of
from support.solidity import FOREVER, NOW, Receipt
from support.uniform_tree import UniformTree

from ledger.values import Reason, Role, Status

A, S, R, P = Status.ACTIVE, Status.SUSPENDED, Status.REVOKED, Status.SUPERSEDED
NOTHING = Act(ZERO)


@dataclass(frozen=True)
class Done:
    """An act that was done, with what undoing it needs."""

    act: Act
    standing: tuple[bytes, bytes, int, bytes, bytes]
    head: bytes


@pytest.fixture
def log(city: City) -> LogOnChain:
    """A log of 1,000 records whose agency has a second STATUS and a second ANCHOR key, both spare."""
    log = city.new_log(records=1000)
    log.agency.add_key("spare anchor", Role.ANCHOR)
    log.agency.add_key("spare status", Role.STATUS, alone=EVERYTHING)
    return log


def do(log: LogOnChain, name: str, act: Act) -> Done:
    """A key of this name does an act."""
    signer = log.agency.signer(name)
    previous = log.city.view("actsOf", key_of(signer))
    return done(act, log.change(act, by=signer), previous)


def do_together(log: LogOnChain, first: str, second: str, act: Act, nonce: int) -> Done:
    """Two officers do an act."""
    signers = [log.agency.signer(name) for name in (first, second)]
    previous, second_previous = (log.city.view("actsOf", key_of(s)) for s in signers)
    approvals = approve(log.city, act, nonce, FOREVER, *signers)
    receipt = log.city.call(log.city.deployer, "changeSigned", act.tuple, nonce, FOREVER, approvals)
    return done(act, receipt, previous, second_previous)


def done(act: Act, receipt: Receipt, previous: bytes, second_previous: bytes = ZERO) -> Done:
    event = receipt.event("StatusChanged")
    return Done(act, (event["keyId"], event["secondKeyId"], event["time"], previous, second_previous), event["head"])


def undo(log: LogOnChain, what: Done, again: Act = NOTHING, by: str = "spare status") -> Receipt:
    return log.city.call(log.agency.signer(by), "voidAct", what.act.tuple, what.standing, again.tuple)


def compromise(log: LogOnChain, name: str, since: int | None = None) -> None:
    key = key_of(log.agency.signer(name))
    log.city.chain.pass_time(2)  # blocks may share a second; what is told here happened before this one
    if since is None:
        log.city.govern("declareCompromised", key)
    else:
        log.city.govern("declareCompromisedSince", key, since)


def test_a_thief_anchors_and_the_log_goes_on_as_its_successor(city: City, log: LogOnChain) -> None:
    """The thief's leaves are nobody's. The log closes, his heads are cut, and a successor inherits the good one."""
    good = log.head
    stolen, forged = log.agency.signer("anchor"), UniformTree(b"forged")
    city.chain.pass_time(100)
    # He can't rewrite: what he anchors must begin with the true 1,000 records. What follows them nobody knows.
    with pytest.raises(AssertionError, match="ConsistencyMismatch"):
        city.call(stolen, "anchor", log.log_id, 1000, good, 1001, forged.root(1001), forged.consistency(1000, 1001))
    log.grow(1010)
    log.grow(1064)
    theft = log.history[1][1][2]
    compromise(log, "anchor")
    with pytest.raises(AssertionError, match="KeyNotUsable"):
        log.grow(1100)
    city.govern("closeLog", log.log_id)
    with city.chain.reverts("AnchorNotVoid", log.log_id, 1064, key_of(stolen), log.head[2]):
        city.call(city.deployer, "voidHeads", log.log_id, [log.head])  # declared from now on only: too late
    compromise(log, "anchor", theft)
    heads = [head for _, head in reversed(log.history)][:2]
    receipt = city.call(city.deployer, "voidHeads", log.log_id, heads)
    assert [e["goodSize"] for e in receipt.events] == [1010, 1000]
    with city.chain.reverts("AnchorNotVoid", log.log_id, 1000, key_of(stolen), good[2]):
        city.call(city.deployer, "voidHeads", log.log_id, [good])  # before the theft, with the same key: it stands
    successor = log.succeed(1000, good)
    receipt = successor.grow(1002, by=log.agency.signer("spare anchor"))
    assert receipt.event("CheckpointAnchored")["previousSize"] == 1000
    city.view("requireAnchor", successor.log_id, 1000, good)


def test_compromise_alone_closes_nothing(city: City, log: LogOnChain) -> None:
    """If the leaves are known after all, another key goes on; a good anchor on top of a void one can't be cut."""
    log.grow(1010)
    void = log.head
    log.grow(1020, by=log.agency.signer("spare anchor"))
    compromise(log, "anchor", void[2] - 1)
    city.govern("closeLog", log.log_id)
    with city.chain.reverts("AnchorNotVoid", log.log_id, 1020, log.head[3], log.head[2]):
        city.call(city.deployer, "voidHeads", log.log_id, [log.head, void])
    with city.chain.reverts("AnchorIsVoid", log.log_id, 1010, void[3], void[2]):
        city.view("requireAnchor", log.log_id, 1010, void)
    log.succeed(1020, log.head)


def test_a_stolen_status_keys_revocations_are_undone_and_nobody_elses(city: City, log: LogOnChain) -> None:
    honest = do(log, "spare status", log.act([10, 11], reason=Reason.LEGAL_ORDER))
    early = do(log, "status", log.act([20]))
    city.chain.pass_time(10)
    thefts = [
        do(log, "status", log.act([30, 31, 500])),
        do(log, "status", log.act([40], after=P, successors=(41,))),
        do(log, "status", log.act([7], batches=True)),
    ]
    compromise(log, "status", thefts[0].standing[2])
    with city.chain.reverts("ActNotLast", thefts[2].standing[0], thefts[2].head, thefts[0].head):
        undo(log, thefts[0])
    for theft in reversed(thefts):
        receipt = undo(log, theft)
        assert receipt.event("ActVoided").values == {
            "logId": log.log_id,
            "keyId": theft.standing[0],
            "actHead": theft.head,
            "byKeyId": key_of(log.agency.signer("spare status")),
            "time": receipt.time,
        }
    assert [log.status(i)[0] for i in (30, 31, 500, 40)] == [A] * 4
    assert log.status(0, batch=7) == (A, A, A)
    assert [log.status(i)[0] for i in (10, 11, 20)] == [R] * 3, "what the office did, also with that key, stands"
    for standing in (early, honest):
        with city.chain.reverts("ActStands", standing.standing[0], standing.standing[2]):
            undo(log, standing)
    with city.chain.reverts("ActNotLast", thefts[0].standing[0], early.head, thefts[0].head):
        undo(log, thefts[0])


def test_a_late_since_voids_later_acts_only(city: City, log: LogOnChain) -> None:
    first = do(log, "status", log.act([1]))
    since = city.chain.pass_time(100)
    second = do(log, "status", log.act([2]))
    city.chain.pass_time(100)
    compromise(log, "status", since)
    undo(log, second)
    with city.chain.reverts("ActStands", first.standing[0], first.standing[2]):
        undo(log, first)
    assert (log.status(1)[0], log.status(2)[0]) == (R, A)
    compromise(log, "status", first.standing[2])
    undo(log, first)
    assert log.status(1)[0] == A


def test_a_declaration_from_now_on_voids_no_act_at_all(city: City, log: LogOnChain) -> None:
    act = do(log, "status", log.act([1]))
    compromise(log, "status")
    with city.chain.reverts("ActStands", act.standing[0], act.standing[2]):
        undo(log, act)


def test_what_the_office_wants_revoked_is_never_valid_between(city: City, log: LogOnChain) -> None:
    """The thief revoked 100 and 101; the office wants 100 revoked, with its own reason: in one transaction."""
    theft = do(log, "status", log.act([100, 101]))
    compromise(log, "status", theft.standing[2] - 1)
    again = log.act([100], reason=Reason.ISSUED_IN_ERROR, retroactive=True)
    receipt = undo(log, theft, again)
    assert [e.name for e in receipt.events] == ["ActVoided", "StatusChanged"]
    assert receipt.event("StatusChanged")["keyId"] == key_of(log.agency.signer("spare status"))
    assert (log.status(100)[0], log.status(101)[0]) == (R, A)


def test_what_goes_with_an_undoing_is_held_to_the_same_rules(city: City, log: LogOnChain) -> None:
    theft = do(log, "status", log.act([100]))
    compromise(log, "status", theft.standing[2] - 1)
    other = city.new_log(log.agency, records=10, name="other.example")
    with city.chain.reverts("AgainElsewhere", other.log_id, log.log_id):
        undo(log, theft, other.act([1]))
    log.agency.add_key("weak", Role.STATUS, alone=1 << R)
    with city.chain.reverts("NotAlone", key_of(log.agency.signer("weak")), S, False):
        undo(log, theft, log.act([100], after=S), by="weak")
    with city.chain.reverts("IndexNotAnchored", log.log_id, 1000, 1000):
        undo(log, theft, log.act([1000]))
    undo(log, theft, by="weak")


def test_only_a_status_key_of_that_agency_undoes(city: City, log: LogOnChain) -> None:
    theft = do(log, "status", log.act([100]))
    compromise(log, "status", theft.standing[2] - 1)
    for who in (log.agency.signer("spare anchor"), city.new_agency().signer("status"), log.agency.signer("status")):
        found = city.view("keyOf", key_of(who))[0]
        with city.chain.reverts("KeyNotUsable", key_of(who), log.agency.code, Role.STATUS, found, NOW):
            city.call(who, "voidAct", theft.act.tuple, theft.standing, NOTHING.tuple)


def test_suspensions_and_resumptions_are_answered_by_ordinary_acts(city: City, log: LogOnChain) -> None:
    """They are no news after an honest act on top of them, so undoing only takes them out of the key's chain."""
    do(log, "spare status", log.act([5], after=S))
    thefts = [do(log, "status", log.act([4], after=S)), do(log, "status", log.act([5], before=S, after=A))]
    do(log, "spare status", log.act([4], before=S, after=A))
    compromise(log, "status", thefts[0].standing[2] - 1)
    for theft in reversed(thefts):
        undo(log, theft)
    assert (log.status(4)[0], log.status(5)[0]) == (A, A)
    assert city.view("actsOf", thefts[0].standing[0]) == ZERO


def test_a_suspension_that_the_thief_made_final_is_a_suspension_again(city: City, log: LogOnChain) -> None:
    do(log, "spare status", log.act([5], after=S))
    theft = do(log, "status", log.act([5], before=S, after=R))
    compromise(log, "status", theft.standing[2] - 1)
    undo(log, theft)
    assert log.status(5)[0] == S


def test_an_act_of_two_is_void_if_either_key_is_and_is_undone_once(city: City, log: LogOnChain) -> None:
    for name in ("kim", "lee", "park"):
        log.agency.add_key(name, Role.OFFICER)
    both = do_together(log, "kim", "lee", log.act([1]), 1)
    later = do_together(log, "lee", "park", log.act([2]), 2)
    with city.chain.reverts("ActStands", both.standing[0], both.standing[2]):
        undo(log, both)
    compromise(log, "kim", both.standing[2] - 1)
    undo(log, both)
    assert (log.status(1)[0], log.status(2)[0]) == (A, R)
    assert city.view("actsOf", both.standing[0]) == ZERO
    assert city.view("actsOf", both.standing[1]) == later.head, "lee's chain still holds both"
    # The office revokes record 1 itself. Then lee turns out to be compromised too.
    do(log, "spare status", log.act([1]))
    compromise(log, "lee", both.standing[2] - 1)
    undo(log, later)
    receipt = undo(log, both)
    assert receipt.event("ActVoided")["actHead"] == both.head
    assert (log.status(1)[0], log.status(2)[0]) == (R, A), "undone once: the office's own revocation stands"
    assert city.view("actsOf", both.standing[1]) == ZERO
    with city.chain.reverts("ActNotLast", both.standing[0], ZERO, both.head):
        undo(log, both)


def test_an_act_of_two_that_is_both_keys_newest_leaves_both_chains_at_once(city: City, log: LogOnChain) -> None:
    for name in ("kim", "lee"):
        log.agency.add_key(name, Role.OFFICER, alone=EVERYTHING)
    both = do_together(log, "kim", "lee", log.act([1]), 1)
    compromise(log, "lee", both.standing[2] - 1)
    undo(log, both)
    assert [city.view("actsOf", key) for key in both.standing[:2]] == [ZERO, ZERO]
    assert log.status(1)[0] == A


def test_an_act_is_undone_as_it_was_and_not_otherwise(city: City, log: LogOnChain) -> None:
    theft = do(log, "status", log.act([1]))
    compromise(log, "status", theft.standing[2] - 1)
    key, second, time, previous, second_previous = theft.standing
    false: list[tuple[Act, Any]] = [
        (log.act([2]), theft.standing),
        (log.act([1], retroactive=True), theft.standing),
        (theft.act, (key, second, time + 1, previous, second_previous)),
        (theft.act, (key, second, time, b"\x01" * 32, second_previous)),
        (theft.act, (key, second, time, previous, b"\x01" * 32)),
    ]
    for act, standing in false:
        with pytest.raises(AssertionError, match="ActNotLast"):
            undo(log, Done(act, standing, theft.head))
    undo(log, theft)


def test_an_undoing_reaches_a_predecessor(city: City, log: LogOnChain) -> None:
    theft = do(log, "status", log.act([1]))
    city.govern("closeLog", log.log_id)
    second = log.succeed(1000, log.head)
    compromise(log, "status", theft.standing[2] - 1)
    undo(log, theft)
    assert second.status(1)[0] == A


def test_a_disabled_key_can_do_nothing_and_its_acts_stand(city: City, log: LogOnChain) -> None:
    act = do(log, "status", log.act([1]))
    city.call(log.agency.signer("status"), "disableMyKey")
    with pytest.raises(AssertionError, match="KeyNotUsable"):
        do(log, "status", log.act([2]))
    with city.chain.reverts("ActStands", act.standing[0], act.standing[2]):
        undo(log, act)
    assert log.status(1)[0] == R


def test_what_the_contract_accepted_in_the_same_second_was_in_window(city: City, log: LogOnChain) -> None:
    """A key that is disabled in second t acted before in second t: the act stands. Not before is the same."""
    when = city.chain.now() + 100
    city.chain.at(when)
    act = do(log, "status", log.act([1]))
    assert act.standing[2] == when
    receipt = city.govern("disableKey", act.standing[0])
    assert receipt.event("KeyWindowMoved")["notAfter"] >= when
    assert log.status(1)[0] == R
