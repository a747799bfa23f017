"""What a service answered survives its JSON form, and a history answers for any instant up to its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.errors import InputError
from ledger.values import (
    Address,
    Digest32,
    Instant,
    KeyId,
    Reason,
    Role,
    Root,
    Status,
    TreeSize,
)
from ledger.verification.answers import (
    ActFact,
    AnchorFact,
    Answers,
    ChainFacts,
    KeyFact,
    PendingAct,
    StatusFacts,
    standing_at,
)
from ledger.verification.answers_json import answers_from_json, answers_to_json

T0 = 1_800_000_000


def act(
    at: int, after: Status, *, batch: bool = False, retroactive: bool = False, since: int | None = None
) -> ActFact:
    return ActFact(
        time=Instant(T0 + at),
        batch=batch,
        after=after,
        retroactive=retroactive,
        reason=Reason.UNSPECIFIED,
        compromised_since=None if since is None else Instant(T0 + since),
    )


def history(*acts: ActFact, pending: tuple[PendingAct, ...] = ()) -> StatusFacts:
    return StatusFacts(block=99, at=Instant(T0 + 1000), acts=acts, pending=pending)


def status_at(facts: StatusFacts, at: int) -> Status:
    return standing_at(facts, Instant(T0 + at)).status


def test_a_status_counts_from_its_own_block_on() -> None:
    facts = history(act(10, Status.SUSPENDED), act(20, Status.ACTIVE), act(30, Status.SUPERSEDED))
    assert [status_at(facts, t) for t in (9, 10, 19, 20, 29, 30)] == [
        Status.ACTIVE,
        Status.SUSPENDED,
        Status.SUSPENDED,
        Status.ACTIVE,
        Status.ACTIVE,
        Status.SUPERSEDED,
    ]
    assert standing_at(facts, Instant(T0 + 35)).since == T0 + 30
    assert standing_at(facts, Instant(T0)).since is None


def test_a_withdrawal_leaves_earlier_instants_and_a_cancellation_leaves_none() -> None:
    withdrawal, cancellation = act(50, Status.REVOKED), act(50, Status.REVOKED, retroactive=True)
    assert status_at(history(withdrawal), 49) is Status.ACTIVE
    assert status_at(history(withdrawal), 50) is Status.REVOKED
    assert status_at(history(cancellation), 49) is Status.REVOKED
    assert standing_at(history(cancellation), Instant(T0)).since == T0 + 50


def test_a_retroactive_suspension_does_not_reach_back() -> None:
    assert status_at(history(act(50, Status.SUSPENDED, retroactive=True)), 49) is Status.ACTIVE


def test_the_worse_of_record_and_batch_counts() -> None:
    facts = history(act(10, Status.SUPERSEDED), act(20, Status.REVOKED, batch=True))
    assert status_at(facts, 15) is Status.SUPERSEDED
    assert status_at(facts, 20) is Status.REVOKED
    suspended_batch = history(act(10, Status.SUPERSEDED), act(20, Status.SUSPENDED, batch=True))
    assert status_at(suspended_batch, 20) is Status.SUPERSEDED


def test_a_final_act_of_a_compromised_key_counts_only_before_since_whenever_that_was_declared() -> None:
    assert status_at(history(act(10, Status.REVOKED, since=11)), 500) is Status.REVOKED
    assert status_at(history(act(10, Status.REVOKED, since=10)), 500) is Status.ACTIVE
    assert status_at(history(act(10, Status.REVOKED, retroactive=True, since=5)), 0) is Status.ACTIVE


def test_a_stolen_keys_suspension_stands_until_it_is_answered() -> None:
    assert status_at(history(act(10, Status.SUSPENDED, since=5)), 500) is Status.SUSPENDED


def test_an_accepted_act_counts_before_it_is_final() -> None:
    pending = (PendingAct(batch=False, after=Status.SUSPENDED, retroactive=False, accepted_at=Instant(T0 + 40)),)
    assert status_at(history(pending=pending), 39) is Status.ACTIVE
    assert status_at(history(pending=pending), 40) is Status.SUSPENDED
    back = (PendingAct(batch=True, after=Status.REVOKED, retroactive=True, accepted_at=Instant(T0 + 40)),)
    assert status_at(history(pending=back), 39) is Status.REVOKED


def test_an_accepted_resumption_counts_only_once_it_is_final() -> None:
    pending = (PendingAct(batch=False, after=Status.ACTIVE, retroactive=False, accepted_at=Instant(T0 + 40)),)
    facts = history(act(10, Status.SUSPENDED), pending=pending)
    assert status_at(facts, 50) is Status.SUSPENDED


ANSWERS = Answers(
    chain=ChainFacts(
        by_service=True,
        chain_id=9002,
        genesis=Digest32(b"\x01" * 32),
        development=True,
        block=50,
        at=Instant(T0),
        anchors=(
            AnchorFact(
                block=42,
                time=Instant(T0 - 9),
                transaction=Digest32(b"\x02" * 32),
                registry=Address(b"\x03" * 20),
                size=TreeSize(3),
                root=Root(b"\x04" * 32),
                previous_size=TreeSize(1),
                key_id=KeyId(b"\x05" * 32),
            ),
        ),
        keys=(
            KeyFact(
                key_id=KeyId(b"\x05" * 32),
                role=Role.ANCHOR,
                not_before=Instant(T0 - 99),
                not_after=None,
                compromised_since=Instant(T0 - 1),
            ),
        ),
        due=Instant(T0 + 3600),
    ),
    status=StatusFacts(
        block=50,
        at=Instant(T0),
        acts=(act(-5, Status.REVOKED, batch=True, retroactive=True, since=-4),),
        pending=(PendingAct(batch=False, after=Status.SUSPENDED, retroactive=False, accepted_at=Instant(T0 - 1)),),
        erased=True,
    ),
)


def test_answers_survive_json() -> None:
    again = answers_from_json(json.loads(json.dumps(answers_to_json(ANSWERS))))
    assert again == ANSWERS
    nothing = Answers(chain=None, status=None)
    assert answers_from_json(json.loads(json.dumps(answers_to_json(nothing)))) == nothing


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += paths(inner, (*at, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            found += paths(inner, (*at, n))
    return found


@pytest.mark.parametrize("path", paths(json.loads(json.dumps(answers_to_json(ANSWERS)))))
def test_half_an_answer_is_refused_by_name(path: tuple[Any, ...]) -> None:
    value: Any = json.loads(json.dumps(answers_to_json(ANSWERS)))
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = {"no": "such"} if not isinstance(holder[path[-1]], dict) else 3
    with pytest.raises(InputError):
        answers_from_json(value)
