"""The mirror answers as the chain's events say, and forgets what a reorganisation took back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.groups import digest, group, log_values, new_record

from ledger.errors import ConflictError, NotFoundError, StoreError
from ledger.ports.chain import (
    ActVoidedEvent,
    Anchor,
    AnchorEvent,
    Block,
    ChainEvent,
    EventPlace,
    KeyEvent,
    LogEvent,
    LogState,
    SignedTransaction,
    StatusAct,
    StatusEvent,
    SupersededEvent,
)
from ledger.ports.chain_store import OutboxKind
from ledger.store import Store, open_store
from ledger.store.acts import runs_of
from ledger.values import Reason, Role, Status

LOG_ID = digest("sillok.example/6110000")
KEY = b"\x01" * 32


def block(number: int) -> Block:
    return Block(number=number, hash=digest(f"block {number}"), time=1000 + number)


def at(number: int, index: int = 0) -> EventPlace:
    return EventPlace(
        block=block(number), transaction=digest(f"tx {number} {index}"), log_index=index, contract=b"\x11" * 20
    )


def anchor(place: EventPlace, size: int, previous: int) -> AnchorEvent:
    held = Anchor(root=digest(f"root {size}"), previous_size=previous, time=place.block.time, key_id=KEY)
    return AnchorEvent(place=place, log_id=LOG_ID, size=size, anchor=held)


def act(
    place: EventPlace, members: list[int], after: Status, *, batches: bool = False, head: str = ""
) -> StatusEvent:
    words: dict[int, int] = {}
    for member in members:
        words[member >> 7] = words.get(member >> 7, 0) | 1 << 2 * (member & 127)
    return StatusEvent(
        place=place,
        log_id=LOG_ID,
        key_id=KEY,
        second_key_id=bytes(32),
        batches=batches,
        before=Status.ACTIVE,
        after=after,
        reason=Reason.LEGAL_ORDER,
        retroactive=True,
        time=place.block.time,
        head=digest(head or f"head {place.block.number} {place.log_index}"),
        words=tuple(sorted(words)),
        masks=tuple(words[word] for word in sorted(words)),
    )


def key_state(place: EventPlace, key: bytes, not_after: int) -> KeyEvent:
    return KeyEvent(
        place=place,
        agency="6110000",
        key_id=key,
        role=Role.ANCHOR,
        not_before=1,
        not_after=not_after,
        compromised_since=0,
        time=place.block.time,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "ledger.db")
    log = opened.records.add_log(**log_values("6110000"))
    opened.records.commit_group(group(log, 0, [new_record(str(n)) for n in range(3)]))
    yield opened
    opened.close()


def test_each_event_comes_back_as_it_was(store: Store) -> None:
    events: list[ChainEvent] = [
        key_state(at(1), KEY, 0),
        LogEvent(place=at(1, 1), log_id=LOG_ID, state=LogState.OPEN, good_size=0, time=1001),
        anchor(at(2), 3, 0),
        act(at(3), [0, 1, 130], Status.SUPERSEDED),
        SupersededEvent(place=at(3, 1), log_id=LOG_ID, index=1, successor_log=LOG_ID, successor=2),
    ]
    store.chain.apply_events(block(5), events)
    assert store.chain.keys("6110000") == [events[0]]
    assert store.chain.log_event(LOG_ID) == events[1]
    assert store.chain.anchors(1) == [events[2]] == [store.chain.anchor_covering(1, 2)]
    assert store.chain.all_status_events(1) == [events[3]] == store.chain.status_events(1, 1, None)
    assert store.chain.successor_of(1, 1) == (LOG_ID, 2)
    assert store.chain.successor_of(1, 0) is None
    assert (store.chain.cursor(), store.chain.mirrored_blocks(9)) == (5, [block(5)])


def test_a_reorganisation_is_forgotten_whole(store: Store) -> None:
    first = anchor(at(2), 1, 0)
    store.chain.apply_events(block(2), [key_state(at(1), KEY, 0), first])
    accepted = store.chain.accept_status(
        log_no=1, act=suspend(0), accepted_at=1, actor="a", idempotency_key=None, request_digest=digest("r")
    )
    store.chain.set_status_state(accepted.act_no, "final", None, 3)
    gone = [anchor(at(3), 3, 1), act(at(3, 1), [0], Status.REVOKED), key_state(at(3, 2), KEY, 9)]
    store.chain.apply_events(block(3), gone)
    assert store.chain.last_anchor(1).size == 3
    assert store.chain.keys("6110000")[0].not_after == 9
    assert store.chain.pending_status(1, 0, None) == (None, None)

    store.chain.rewind(2)
    assert store.chain.cursor() == 2
    assert store.chain.mirrored_blocks(9) == [block(2)]
    assert store.chain.anchors(1) == [first]
    assert store.chain.status_events(1, 0, None) == []
    assert store.chain.keys("6110000")[0].not_after == 0
    assert store.chain.pending_status(1, 0, None) == (Status.SUSPENDED, None), "the act must be sent again"
    store.chain.apply_events(block(3), gone)
    assert store.chain.last_anchor(1).size == 3


def test_events_outside_of_their_blocks_are_refused(store: Store) -> None:
    store.chain.apply_events(block(5), [])
    for upto, events in ((block(6), [anchor(at(5), 1, 0)]), (block(6), [anchor(at(7), 1, 0)]), (block(4), [])):
        with pytest.raises(StoreError, match="do not continue"):
            store.chain.apply_events(upto, events)
    assert store.chain.cursor() == 5


def test_the_first_anchor_that_covers_a_record_gives_its_time(store: Store) -> None:
    sizes = [2, 3, 7]
    store.chain.apply_events(
        block(9), [anchor(at(n), size, previous) for n, (previous, size) in enumerate(pairwise([0, *sizes]), 1)]
    )
    covering = [store.chain.anchor_covering(1, index) for index in range(8)]
    assert [found.size if found else None for found in covering] == [2, 2, 3, 7, 7, 7, 7, None]


@settings(max_examples=25, deadline=None)
@given(members=st.sets(st.integers(0, 400), min_size=1, max_size=20), asked=st.integers(0, 400))
def test_a_mask_selects_its_lanes_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, members: set[int], asked: int
) -> None:
    store = open_store(tmp_path_factory.mktemp("mirror") / "ledger.db")
    store.records.add_log(**log_values("6110000"))
    store.chain.apply_events(block(1), [act(at(1), sorted(members), Status.REVOKED)])
    assert bool(store.chain.status_events(1, asked, None)) is (asked in members)
    store.close()


def test_batches_and_records_are_told_apart_and_voided_acts_left_out(store: Store) -> None:
    recall, other = act(at(1), [7], Status.REVOKED, batches=True), act(at(2), [2], Status.REVOKED, head="stolen")
    store.chain.apply_events(block(2), [recall, other])
    assert store.chain.status_events(1, 7, 2) == []
    assert store.chain.status_events(1, 2, 7) == [recall, other]
    voided = ActVoidedEvent(place=at(3), log_id=LOG_ID, key_id=KEY, act_head=digest("stolen"), time=1003)
    store.chain.apply_events(block(3), [voided])
    assert store.chain.status_events(1, 2, 7) == [recall]
    assert store.chain.all_status_events(1) == [recall]
    store.chain.rewind(2)
    assert store.chain.all_status_events(1) == [recall, other]


def suspend(*indexes: int, batches: bool = False, after: Status = Status.SUSPENDED) -> StatusAct:
    return StatusAct(
        log_id=LOG_ID,
        batches=batches,
        before=Status.ACTIVE,
        after=after,
        reason=Reason.UNSPECIFIED,
        retroactive=False,
        indexes=indexes,
    )


def test_an_accepted_act_is_in_force_until_the_chain_shows_it(store: Store) -> None:
    superseding = StatusAct(
        log_id=LOG_ID,
        batches=False,
        before=Status.ACTIVE,
        after=Status.SUPERSEDED,
        reason=Reason.REPLACED,
        retroactive=False,
        indexes=(1, 2, 3, 900, 10**6),
        successor_log=LOG_ID,
        successors=(4, 5, 6, 901, 10**6 + 1),
    )

    def accept(act: StatusAct, key: str | None, request: str = "r") -> object:
        return store.chain.accept_status(
            log_no=1, act=act, accepted_at=5, actor="clerk", idempotency_key=key, request_digest=digest(request)
        )

    first = accept(superseding, "k")
    assert first.act == superseding
    assert accept(superseding, "k") == first == store.chain.find_status_request(1, "k")
    with pytest.raises(ConflictError):
        accept(superseding, "k", "another")
    batch = accept(suspend(3, batches=True), None)
    pending = {index: store.chain.pending_status(1, index, 3) for index in (0, 1, 3, 4, 900, 901, 10**6)}
    assert {index: record for index, (record, _) in pending.items() if record} == dict.fromkeys(
        (1, 3, 900, 10**6), Status.SUPERSEDED
    )
    assert {status for _, status in pending.values()} == {Status.SUSPENDED}
    newer = accept(suspend(1, after=Status.REVOKED), None)
    assert store.chain.pending_status(1, 1, None) == (Status.REVOKED, None), "the newest act counts"
    assert [request.act_no for request in store.chain.open_status_requests(1)] == [1, 2, 3]
    store.chain.set_status_state(newer.act_no, "refused", "because")
    store.chain.set_status_state(batch.act_no, "final", None, 12)
    assert store.chain.refused_status_requests(5)[0].problem == "because"
    assert store.chain.status_request(batch.act_no).final_block == 12
    assert store.chain.pending_status(1, 1, 3) == (Status.SUPERSEDED, None)
    for absent in (store.chain.status_request, lambda no: store.chain.set_status_state(no, "sent", None)):
        with pytest.raises(NotFoundError):
            absent(99)


@given(st.sets(st.integers(0, 60)))
def test_runs_hold_exactly_their_members(members: set[int]) -> None:
    runs = list(runs_of(sorted(members)))
    assert {index for first, last in runs for index in range(first, last + 1)} == members
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(runs))


def test_the_outbox_survives_and_keeps_every_version(tmp_path: Path) -> None:
    def transaction(nonce: int, version: str = "") -> SignedTransaction:
        raw = f"raw {nonce} {version}"
        return SignedTransaction(raw=raw.encode(), hash=digest(raw), sender=b"\x05" * 20, nonce=nonce)

    store = open_store(tmp_path / "ledger.db")
    kept = store.chain.put_outgoing(OutboxKind.STATUS, 1, 7, [transaction(2), transaction(1)], 100)
    store.chain.put_outgoing(OutboxKind.ANCHOR, 1, 50, [transaction(3)], 100)
    for version in ("one", "two"):
        store.chain.replace_outgoing(kept[0].outbox_no, transaction(2, version))
    store.close()
    chain = open_store(tmp_path / "ledger.db").chain
    assert [one.transaction.nonce for one in chain.outgoing()] == [1, 2, 3]
    replaced = chain.outgoing(OutboxKind.STATUS)[1]
    assert replaced.transaction == transaction(2, "two")
    assert replaced.replaced == (transaction(2).hash, transaction(2, "one").hash)
    assert (replaced.bumps, replaced.subject, replaced.first_sent) == (2, 7, 100)
    chain.remove_outgoing([one.outbox_no for one in kept])
    assert [one.kind for one in chain.outgoing()] == [OutboxKind.ANCHOR]
    with pytest.raises(NotFoundError):
        chain.replace_outgoing(kept[0].outbox_no, transaction(2, "three"))
