"""The clock jumps a day, ahead or back, while the office works: nothing waits for a day, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.bureau import Bureau
from support.chains import DeployedChain

from ledger.log.health import State
from ledger.log.status_rules import StatusChange
from ledger.values import Instant, LogIndex, Role, Status, has_passed

DAY_S = 86_400


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S], ids=["ahead", "back"])
def test_records_accepted_around_a_jump_are_anchored_at_once(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str, jump_s: int
) -> None:
    bureau = open_bureau(embedded, age_s=30)
    bureau.register(new_code)
    bureau.issue(1)
    bureau.clock.ahead_s += jump_s
    bureau.issue(1)
    bureau.clock.ahead_s += 31
    for _ in range(2):
        bureau.loop.step()  # as the loop does by itself, not asked for
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 2
    change = StatusChange(after=Status.REVOKED, indexes=(LogIndex(0),))
    act = bureau.status.change(bureau.code, change, idempotency_key="revoke", actor="clerk")
    bureau.settle()
    assert bureau.status.request(bureau.code, act.act_no).state == "final"
    assert bureau.status.status_now(bureau.log.log_no, LogIndex(0)).worse is Status.REVOKED
    assert bureau.fsck_errors() == []
    assert bureau.health.snapshot().state is State.OK


def test_what_the_contract_refused_is_tried_again_although_the_clock_went_back(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    bureau = open_bureau(embedded)
    bureau.register(new_code)
    key = next(key for key in bureau.agencies.keys(bureau.code) if key.role is Role.ANCHOR and key.current)
    bureau.governor.disable_key(key.key_id)
    bureau.issue(1)
    bureau.loop.step()
    assert bureau.anchorer.problems
    bureau.agencies.rotate(bureau.code, Role.ANCHOR)
    bureau.clock.ahead_s -= DAY_S
    for _ in range(2):
        bureau.loop.step()
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 1


def test_a_wait_ends_after_its_time_or_when_the_clock_was_set_back() -> None:
    assert not has_passed(Instant(100), 10, Instant(109))
    assert has_passed(Instant(100), 10, Instant(110))
    assert has_passed(Instant(100), 10, Instant(99))
