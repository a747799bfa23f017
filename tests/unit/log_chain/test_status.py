"""Status acts: every transition, at once and on chain; history, as of an instant, notes, retries."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pytest
from support.bureau import Bureau, send_mined
from support.chains import DeployedChain

from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.log.health import State
from ledger.log.status_rules import ALLOWED, StatusChange, replay, status_in
from ledger.records.note import make_vkey, parse_note, verify_signature
from ledger.records.origin import receipt_name
from ledger.records.status_note import parse_status_note
from ledger.values import LogIndex, Reason, Role, Status

PATHS = {
    Status.ACTIVE: (),
    Status.SUSPENDED: (Status.SUSPENDED,),
    Status.REVOKED: (Status.REVOKED,),
    Status.SUPERSEDED: (Status.SUPERSEDED,),
}
"""How a record comes to be in each status."""


def change(bureau: Bureau, after: Status, *indexes: int, **words: object) -> int:
    asked = StatusChange(after=after, indexes=tuple(LogIndex(i) for i in indexes), **words)
    return bureau.status.change(bureau.code, asked, idempotency_key=None, actor="clerk").act_no


def go(bureau: Bureau, after: Status, index: int, successor: int) -> None:
    words = {"successors": (successor,)} if after is Status.SUPERSEDED else {}
    change(bureau, after, index, **words)


@pytest.mark.parametrize("settled", [True, False], ids=["final", "pending"])
def test_every_transition_of_a_record_is_made_or_refused_as_the_contract_would(bureau: Bureau, settled: bool) -> None:
    pairs = list(itertools.product(Status, Status))
    old = bureau.issue(len(pairs))
    corrections = bureau.issue(len(pairs), supersedes=old)
    new = dict(zip(old, corrections, strict=True))
    bureau.settle()
    wanted = {}
    for index, (before, after) in zip(old, pairs, strict=True):
        for step in PATHS[before]:
            go(bureau, step, index, new[index])
        if settled:
            bureau.settle()
        if before in ALLOWED[after]:
            go(bureau, after, index, new[index])
            wanted[index] = after
        else:
            with pytest.raises(ConflictError, match=before.name.lower()):
                go(bureau, after, index, new[index])
            wanted[index] = before
    bureau.settle()
    on_chain = bureau.chain.statuses(bureau.log.log_id, [(index, 0) for index in old])
    assert {index: pair[0] for index, pair in zip(old, on_chain, strict=True)} == wanted
    assert {index: bureau.status.status_now(bureau.log.log_no, index).record for index in old} == wanted
    assert bureau.store.chain.refused_status_requests(9) == []
    assert bureau.fsck_errors() == []


@pytest.mark.parametrize("settled", [True, False], ids=["final", "pending"])
def test_every_transition_of_a_batch(bureau: Bureau, settled: bool) -> None:
    statuses = (Status.ACTIVE, Status.SUSPENDED, Status.REVOKED)
    for number, (before, after) in enumerate(itertools.product(statuses, statuses), 1):
        (index,) = bureau.issue(1, job=f"job-{number}")
        batch = bureau.store.records.record(bureau.log.log_no, index).batch
        assert batch == number
        for step in PATHS[before]:
            change(bureau, step, batch=batch)
        if settled:
            bureau.settle()
        if before in ALLOWED[after]:
            change(bureau, after, batch=batch)
        else:
            with pytest.raises(ConflictError, match=before.name.lower()):
                change(bureau, after, batch=batch)
        bureau.settle()
        wanted = after if before in ALLOWED[after] else before
        view = bureau.status.status_now(bureau.log.log_no, index)
        assert (view.record, view.batch, view.worse) == (Status.ACTIVE, wanted, wanted)
        assert bureau.chain.statuses(bureau.log.log_id, [(index, batch)]) == [(Status.ACTIVE, wanted)]
    with pytest.raises(InputError, match="cannot be superseded"):
        change(bureau, Status.SUPERSEDED, batch=1)


def test_the_worse_of_record_and_batch_counts(bureau: Bureau) -> None:
    first, second = bureau.issue(2, job="run")
    bureau.settle()
    change(bureau, Status.REVOKED, first)
    change(bureau, Status.SUSPENDED, batch=1)
    bureau.settle()
    assert bureau.status.status_now(bureau.log.log_no, first).worse is Status.REVOKED
    assert bureau.status.status_now(bureau.log.log_no, second).worse is Status.SUSPENDED
    change(bureau, Status.ACTIVE, batch=1)
    bureau.settle()
    assert bureau.status.status_now(bureau.log.log_no, second).worse is Status.ACTIVE


def test_an_act_counts_at_once_and_a_resumption_only_when_it_is_final(bureau: Bureau) -> None:
    (index,) = bureau.issue(1)
    bureau.settle()
    change(bureau, Status.SUSPENDED, index)
    view = bureau.status.status_now(bureau.log.log_no, index)
    assert (view.record, view.pending) == (Status.SUSPENDED, True)
    bureau.settle()
    assert bureau.status.status_now(bureau.log.log_no, index).pending is False

    change(bureau, Status.ACTIVE, index)
    assert bureau.status.status_now(bureau.log.log_no, index).record is Status.SUSPENDED
    bureau.settle()
    assert bureau.status.status_now(bureau.log.log_no, index).record is Status.ACTIVE


def test_acts_on_records_that_are_not_anchored_wait_for_the_anchor(bureau: Bureau) -> None:
    (index,) = bureau.issue(1)
    act = change(bureau, Status.REVOKED, index)
    bureau.sender.step(bureau.clock())
    waiting = bureau.status.request(bureau.code, act)
    assert (waiting.state, waiting.problem) == ("accepted", None)
    assert bureau.store.chain.outgoing() == []
    assert bureau.status.status_now(bureau.log.log_no, index).worse is Status.REVOKED
    bureau.settle()
    request = bureau.status.request(bureau.code, act)
    assert (request.state, request.problem) == ("final", None)
    assert request.final_block <= bureau.store.chain.cursor()


def test_suspend_then_resume_then_revoke_in_one_breath_arrive_in_this_order(bureau: Bureau) -> None:
    (index,) = bureau.issue(1)
    bureau.settle()
    for after in (Status.SUSPENDED, Status.ACTIVE, Status.REVOKED):
        change(bureau, after, index)
    bureau.settle()
    history = bureau.status.history(bureau.log.log_no, index)
    assert [entry.after for entry in history] == [Status.SUSPENDED, Status.ACTIVE, Status.REVOKED]
    assert all(entry.final and entry.transaction for entry in history)


def test_a_long_list_is_recalled_by_one_act_however_scattered(bureau: Bureau) -> None:
    indexes = bureau.issue(600)
    bureau.settle()
    chosen = indexes[::3]
    act = change(bureau, Status.REVOKED, *chosen, reason=Reason.PROCESS_OR_KEY_FAILURE)
    assert bureau.status.status_now(bureau.log.log_no, chosen[-1]).pending
    with pytest.raises(ConflictError):
        change(bureau, Status.SUSPENDED, *indexes)
    bureau.settle()
    assert bureau.status.request(bureau.code, act).state == "final"
    words = replay(bureau.store.chain.all_status_events(bureau.log.log_no))
    for index in indexes:
        wanted = Status.REVOKED if index in set(chosen) else Status.ACTIVE
        assert status_in(words.get((False, index // 128), 0), index) is wanted
    assert bureau.fsck_errors() == []


def test_a_retry_gets_the_same_act_and_another_change_under_its_key_is_refused(bureau: Bureau) -> None:
    indexes = tuple(bureau.issue(2))
    bureau.settle()
    asked = StatusChange(after=Status.REVOKED, indexes=indexes[:1])
    first = bureau.status.change(bureau.code, asked, idempotency_key="k", actor="clerk")
    assert bureau.status.change(bureau.code, asked, idempotency_key="k", actor="clerk").act_no == first.act_no
    bureau.settle()
    again = bureau.status.change(bureau.code, asked, idempotency_key="k", actor="clerk")
    assert (again.act_no, again.state) == (first.act_no, "final")
    other = StatusChange(after=Status.REVOKED, indexes=indexes[1:])
    with pytest.raises(ConflictError, match="idempotency key"):
        bureau.status.change(bureau.code, other, idempotency_key="k", actor="clerk")


def test_what_contradicts_itself_or_the_log_is_refused_with_its_place(bureau: Bureau) -> None:
    first, second, third = bureau.issue(3)
    bureau.settle()
    change(bureau, Status.SUSPENDED, second)
    cases = [
        (StatusChange(after=Status.REVOKED), InputError, "either records or one batch"),
        (StatusChange(after=Status.REVOKED, indexes=(first,), batch=1), InputError, "either records or one batch"),
        (StatusChange(after=Status.REVOKED, batch=0), InputError, "from 1"),
        (StatusChange(after=Status.REVOKED, batch=9), NotFoundError, "no batch 9"),
        (StatusChange(after=Status.REVOKED, indexes=(first, first)), InputError, "twice"),
        (StatusChange(after=Status.REVOKED, indexes=(LogIndex(3),)), NotFoundError, "no record 3"),
        (StatusChange(after=Status.SUSPENDED, indexes=(first,), retroactive=True), InputError, "retroactive"),
        (StatusChange(after=Status.REVOKED, indexes=(first,), successors=(third,)), InputError, "successors"),
        (StatusChange(after=Status.SUPERSEDED, indexes=(first,)), InputError, "as many successors"),
        (StatusChange(after=Status.SUPERSEDED, indexes=(first,), successors=(third,)), ConflictError, "does not say"),
        (StatusChange(after=Status.REVOKED, indexes=(first, second)), InputError, "suspended"),
    ]
    for asked, kind, words in cases:
        with pytest.raises(kind, match=words):
            bureau.status.change(bureau.code, asked, idempotency_key=None, actor="clerk")
    assert len(bureau.store.chain.open_status_requests()) == 1


def test_as_of_an_instant_a_withdrawal_leaves_the_past_valid_and_a_cancellation_does_not(bureau: Bureau) -> None:
    withdrawn, cancelled, suspended = bureau.issue(3)
    bureau.settle()
    anchored = bureau.store.chain.last_anchor(bureau.log.log_no).anchor.time
    wait_past(anchored)
    change(bureau, Status.REVOKED, withdrawn)
    change(bureau, Status.REVOKED, cancelled, retroactive=True)
    change(bureau, Status.SUSPENDED, suspended)
    bureau.settle()
    changed = bureau.status.history(bureau.log.log_no, suspended)[-1].time
    wait_past(changed)
    change(bureau, Status.ACTIVE, suspended)
    bureau.settle()
    resumed = bureau.status.history(bureau.log.log_no, suspended)[-1].time

    def at(index: LogIndex, instant: int) -> Status:
        return bureau.status.status_at(bureau.log.log_no, index, instant).worse

    assert (at(withdrawn, anchored), at(withdrawn, changed)) == (Status.ACTIVE, Status.REVOKED)
    assert (at(cancelled, anchored), at(cancelled, changed)) == (Status.REVOKED, Status.REVOKED)
    assert [at(suspended, t) for t in (anchored, changed, resumed)] == [
        Status.ACTIVE,
        Status.SUSPENDED,
        Status.ACTIVE,
    ]


def test_a_superseded_record_names_its_successor(bureau: Bureau) -> None:
    old = bureau.issue(2)
    new = bureau.issue(2, supersedes=old)
    change(bureau, Status.SUPERSEDED, *reversed(old), successors=tuple(reversed(new)))
    for index, successor in zip(old, new, strict=True):
        assert bureau.status.status_now(bureau.log.log_no, index).successor == (bureau.log.log_id, successor)
    bureau.settle()
    for index, successor in zip(old, new, strict=True):
        view = bureau.status.status_now(bureau.log.log_no, index)
        assert (view.record, view.successor) == (Status.SUPERSEDED, (bureau.log.log_id, successor))


def test_a_status_note_says_what_counts_and_is_signed_by_the_receipt_key(bureau: Bureau, city: DeployedChain) -> None:
    plain, of_job = bureau.issue(1)[0], bureau.issue(1, job="run")[0]
    with pytest.raises(ConflictError, match="not anchored"):
        bureau.status.status_note(bureau.log.log_no, plain)
    bureau.settle()
    change(bureau, Status.SUSPENDED, plain)
    log, upto = bureau.log, bureau.mirror.step().upto
    vkey = make_vkey(receipt_name(log.origin), bureau.keystore.note_signer(log.origin, Role.RECEIPT).public)
    signed = parse_note(bureau.status.status_note(log.log_no, plain))
    verify_signature(signed, vkey)
    note = parse_status_note(signed.text)
    assert (note.origin, note.index, note.status, note.batch_status) == (log.origin, plain, Status.SUSPENDED, None)
    assert (note.chain_id, note.genesis) == (city.deployment.chain_id, city.deployment.genesis)
    assert (note.block_number, note.block_time) == (upto.number, upto.time)
    other = parse_status_note(parse_note(bureau.status.status_note(log.log_no, of_job)).text)
    assert (other.status, other.batch_status) == (Status.ACTIVE, Status.ACTIVE)


def test_what_cannot_reach_the_chain_waits_in_plain_sight(bureau: Bureau) -> None:
    """The STATUS key was ended: the act is kept, says the contract's words, and goes out with the next key."""
    (index,) = bureau.issue(1)
    bureau.settle()
    key = next(key for key in bureau.agencies.keys(bureau.code) if key.role is Role.STATUS and key.current)
    bureau.governor.disable_key(key.key_id)
    act = change(bureau, Status.REVOKED, index)
    bureau.loop.step()
    request = bureau.status.request(bureau.code, act)
    assert request.state == "accepted"
    assert "key" in request.problem.lower()
    assert bureau.health.snapshot().state is State.DEGRADED

    bureau.agencies.rotate(bureau.code, Role.STATUS)
    bureau.clock.ahead_s += 11
    bureau.settle()
    assert bureau.status.request(bureau.code, act).state == "final"


def test_an_act_that_the_chain_contradicts_is_refused_with_what_was_found(bureau: Bureau) -> None:
    """Somebody revoked the record with the same key behind the service's back, so it cannot be suspended."""
    (index,) = bureau.issue(1)
    bureau.settle()
    act = change(bureau, Status.SUSPENDED, index)
    request = bureau.status.request(bureau.code, act)
    signer = bureau.keystore.chain_signer(bureau.code, Role.STATUS)
    (call,) = bureau.chain.status_calls(replace(request.act, after=Status.REVOKED))
    send_mined(bureau.chain, bureau.chain.sign(call, signer, bureau.chain.next_nonce(signer.address)))
    bureau.settle()
    request = bureau.status.request(bureau.code, act)
    assert request.state == "refused"
    assert f"Record {index} is revoked on chain, not active." in request.problem
    assert bureau.status.status_now(bureau.log.log_no, index).record is Status.REVOKED
    assert any("revoked on chain" in component.text for component in bureau.health.snapshot().components)


def test_an_act_that_is_on_chain_already_is_final_without_another_transaction(bureau: Bureau) -> None:
    """Its outbox was lost with an old copy of the store, and the chain has it."""
    first, second = bureau.issue(2)
    bureau.settle()
    act = change(bureau, Status.REVOKED, first, second)
    signer = bureau.keystore.chain_signer(bureau.code, Role.STATUS)
    (call,) = bureau.chain.status_calls(bureau.status.request(bureau.code, act).act)
    send_mined(bureau.chain, bureau.chain.sign(call, signer, bureau.chain.next_nonce(signer.address)))
    bureau.settle()
    assert bureau.status.request(bureau.code, act).state == "final"
    assert bureau.chain.next_nonce(signer.address) == 1


def wait_past(instant: int) -> None:
    """Until the next block is of a later second."""
    while time.time() < instant + 1:
        time.sleep(0.05)
