"""A stolen STATUS key: what it did counts for nothing at once, and is taken back on chain when somebody asks."""

from __future__ import annotations

import time

import pytest
from support.bureau import Bureau

from ledger.errors import ConflictError, NotFoundError
from ledger.log.evidence import Disclose
from ledger.log.fsck_findings import Kind
from ledger.log.status_rules import StatusChange
from ledger.ports.chain import StatusAct
from ledger.values import Instant, KeyId, LogIndex, Reason, Role, Status

A, S, R, P = Status.ACTIVE, Status.SUSPENDED, Status.REVOKED, Status.SUPERSEDED


def act(bureau: Bureau, before: Status, after: Status, *subjects: int, **words: object) -> StatusAct:
    log_id = bureau.log.log_id
    rest = {"batches": False, "reason": Reason.LEGAL_ORDER, "retroactive": False, **words}
    return StatusAct(log_id=log_id, before=before, after=after, indexes=subjects, **rest)


def steal_and_change(bureau: Bureau, *acts: StatusAct) -> KeyId:
    """Somebody has the STATUS key and uses it without the service."""
    signer = bureau.keystore.chain_signer(bureau.code, Role.STATUS)
    for one in acts:
        for call in bureau.chain.status_calls(one):
            assert bureau.chain.dry_run(call, signer.address) is None
            signed = bureau.chain.sign(call, signer, bureau.chain.next_nonce(signer.address))
            bureau.chain.send([signed])
            until = time.monotonic() + 20
            while bureau.chain.next_nonce(signer.address) <= signed.nonce:
                assert time.monotonic() < until
                time.sleep(0.02)
    bureau.mirror.step()
    return KeyId(signer.address.rjust(32, b"\0"))


def office(bureau: Bureau, after: Status, *indexes: int, **words: object) -> int:
    asked = StatusChange(after=after, indexes=tuple(LogIndex(i) for i in indexes), **words)
    return bureau.status.change(bureau.code, asked, idempotency_key=None, actor="clerk").act_no


def now(bureau: Bureau, *indexes: int) -> list[Status]:
    return [bureau.status.status_now(bureau.log.log_no, LogIndex(i)).worse for i in indexes]


def robbed(bureau: Bureau) -> tuple[KeyId, Instant, list[LogIndex]]:
    """An office with acts of its own, and then a thief's on top; since when, and the thief's key."""
    first = bureau.issue(4)
    batch = bureau.issue(2, job="run")
    corrected = bureau.issue(1, supersedes=[first[2]])
    bureau.settle()
    office(bureau, S, first[0])
    office(bureau, R, first[1])
    bureau.settle()
    since = wait_past(bureau, bureau.chain.head().time)
    wait_past(bureau, since)
    batch_no = bureau.store.records.record(bureau.log.log_no, batch[0]).batch
    thief = steal_and_change(
        bureau,
        act(bureau, S, R, first[0], retroactive=True),
        act(bureau, A, P, first[2], successor_log=bureau.log.log_id, successors=(corrected[0],)),
        act(bureau, A, S, first[3]),
        act(bureau, A, R, batch_no, batches=True),
    )
    return thief, since, [*first, *batch]


def wait_past(bureau: Bureau, instant: Instant) -> Instant:
    """Acts of one second are on the same side of a theft: let the next one begin."""
    while bureau.clock() <= instant:
        time.sleep(0.05)
    return bureau.clock()


def same_evidence(bureau: Bureau, indexes: list[LogIndex]) -> None:
    """Evidence made for many says what evidence made for one says, its status note above all."""
    log_no = bureau.log.log_no
    many = {view.index: data for view, data in bureau.evidence.make_many(log_no, indexes, Disclose.ALL)}
    assert many == {index: bureau.evidence.make(log_no, index, Disclose.ALL) for index in indexes}


def undo_all(bureau: Bureau, thief: KeyId) -> int:
    """Ask until nothing stands; how many acts stood at first."""
    standing = None
    until = time.monotonic() + 60
    while True:
        undoing = bureau.loop.undo(bureau.code, thief)
        assert undoing.problem is None
        standing = undoing.standing if standing is None else standing
        if not undoing.standing and not undoing.on_the_way:
            return standing
        assert time.monotonic() < until
        bureau.loop.step()
        time.sleep(0.05)


def test_what_a_thief_revoked_is_void_at_once_and_undone_on_chain_when_asked(bureau: Bureau) -> None:
    thief, since, (a, b, c, d, e, f) = robbed(bureau)
    assert now(bureau, a, b, c, d, e, f) == [R, R, P, S, R, R]
    same_evidence(bureau, [a, b, c, d, e, f])
    with pytest.raises(ConflictError, match="not declared compromised"):
        bureau.loop.undo(bureau.code, thief)

    bureau.agencies.declare_compromised(bureau.code, thief, since)
    # The office's own acts stand, the thief's final ones do not; the suspension is for the office to answer.
    assert now(bureau, a, b, c, d, e, f) == [S, R, A, S, A, A]
    same_evidence(bureau, [a, b, c, d, e, f])
    at = bureau.status.status_at(bureau.log.log_no, a, bureau.clock())
    assert (at.worse, at.successor) == (S, None)
    history = bureau.status.history(bureau.log.log_no, a)
    assert [(entry.after, entry.void) for entry in history] == [(S, False), (R, True)]
    assert bureau.fsck_errors() == [], "the contract still holds them, and so does the mirror"

    # The office revokes one of them itself: that waits for the undoing and is never called final before.
    number = office(bureau, R, c)
    bureau.loop.step(at_once=True)
    request = bureau.status.request(bureau.code, number)
    assert request.state == "accepted"
    assert "sillok key undo" in (request.problem or "")
    assert now(bureau, c) == [R]
    same_evidence(bureau, [f, a, c, e])

    assert undo_all(bureau, thief) == 4
    words = bureau.chain.statuses(bureau.log.log_id, [(a, 0), (b, 0), (d, 0), (e, 1)])
    assert words == [(S, A), (R, A), (S, A), (A, A)]
    assert bureau.status.request(bureau.code, number).state != "accepted", "it goes out at once"
    bureau.settle()
    assert bureau.status.request(bureau.code, number).state == "final"
    assert now(bureau, a, b, c, d, e, f) == [S, R, R, S, A, A]
    office(bureau, A, d)
    bureau.settle()
    assert now(bureau, d) == [A]
    assert bureau.fsck_errors() == []
    assert undo_all(bureau, thief) == 0, "asking again does nothing"


def test_only_what_came_at_or_after_the_theft_is_undone(bureau: Bureau) -> None:
    first = bureau.issue(2)
    bureau.settle()
    office(bureau, R, first[0])
    bureau.settle()
    thief = steal_and_change(bureau, act(bureau, A, R, first[1]))
    wait_past(bureau, bureau.chain.head().time)
    bureau.agencies.declare_compromised(bureau.code, thief)
    # Declared as of now: what was done before stands, the thief's act of a moment ago with it.
    assert now(bureau, *first) == [R, R]
    assert undo_all(bureau, thief) == 0
    assert bureau.chain.statuses(bureau.log.log_id, [(i, 0) for i in first]) == [(R, A), (R, A)]


def test_a_crash_after_the_transactions_were_kept_sends_them_again(bureau: Bureau) -> None:
    thief, since, indexes = robbed(bureau)
    bureau.agencies.declare_compromised(bureau.code, thief, since)
    bureau.outbox._chain = Deaf(bureau.chain)  # type: ignore[attr-defined, assignment]
    undoing = bureau.loop.undo(bureau.code, thief)
    assert (undoing.standing, undoing.on_the_way) == (4, 4)
    assert bureau.chain.statuses(bureau.log.log_id, [(indexes[0], 0)]) == [(R, A)], "nothing arrived"
    bureau.outbox._chain = bureau.chain  # type: ignore[attr-defined]
    bureau.outbox._sent.clear()  # type: ignore[attr-defined]
    assert undo_all(bureau, thief) == 4
    assert bureau.chain.statuses(bureau.log.log_id, [(indexes[0], 0)]) == [(S, A)]
    assert bureau.fsck_errors() == []


def test_only_a_known_status_key_can_be_undone(bureau: Bureau) -> None:
    with pytest.raises(NotFoundError):
        bureau.loop.undo(bureau.code, KeyId(b"\x01" * 32))
    anchor = next(key for key in bureau.agencies.keys(bureau.code) if key.role is Role.ANCHOR)
    with pytest.raises(ConflictError, match="changes no status"):
        bureau.loop.undo(bureau.code, anchor.key_id)


def test_a_successor_that_does_not_name_the_record_back_is_not_shown_and_fsck_says_so(bureau: Bureau) -> None:
    """The contract can't read records: what a key names there is checked here before it is shown."""
    old, other = bureau.issue(2)
    (right,) = bureau.issue(1, supersedes=[old])
    bureau.settle()
    log = bureau.log
    since = wait_past(bureau, bureau.chain.head().time)
    wait_past(bureau, since)
    wrong = act(bureau, A, P, old, other, successor_log=log.log_id, successors=(right, right))
    thief = steal_and_change(bureau, wrong)
    views = [bureau.status.status_now(log.log_no, index) for index in (old, other)]
    assert [view.record for view in views] == [P, P], "the status itself stands"
    assert [view.successor for view in views] == [(log.log_id, right), None]
    found = [(finding.kind, finding.where) for finding in bureau.fsck_errors()]
    assert found == [(Kind.SUCCESSOR, f"{log.origin}, record {other}")]
    bureau.agencies.declare_compromised(bureau.code, thief, since)
    assert bureau.fsck_errors() == [], "what is void names nobody"
    undo_all(bureau, thief)
    assert bureau.fsck_errors() == []


class Deaf:
    """A chain that loses what it is sent."""

    def __init__(self, chain: object) -> None:
        self._chain = chain

    def send(self, transactions: object) -> None:
        """Lose them."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)
