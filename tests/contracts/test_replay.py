"""The events alone rebuild the state: of a story with everything in it, and of all that other tests left behind."""

from __future__ import annotations

from support.city import EVERYTHING, ZERO, Act, City, approve, key_of
from support.replayer import Replayer
from support.solidity import FOREVER

from ledger.values import Role, Status

A, S, R, P = Status.ACTIVE, Status.SUSPENDED, Status.REVOKED, Status.SUPERSEDED


def test_events_alone_rebuild_the_state(city: City) -> None:
    log = city.new_log(records=1000)
    agency = log.agency
    for name in ("kim", "lee"):
        agency.add_key(name, Role.OFFICER, alone=EVERYTHING)
    agency.add_key("spare", Role.STATUS, alone=EVERYTHING)
    agency.add_key("anchor 2", Role.ANCHOR)
    log.change(log.act([1, 2, 900], after=S))
    log.change(log.act([2], before=S, after=A))
    log.change(log.act([3, 4], after=P, successors=(5, 6)))
    log.change(log.act([9, 300], batches=True))
    act = log.act([7])
    signers = [agency.signer("kim"), agency.signer("lee")]
    together = city.call(
        city.deployer, "changeSigned", act.tuple, 5, FOREVER, approve(city, act, 5, FOREVER, *signers)
    )
    event = together.event("StatusChanged")
    standing = (event["keyId"], event["secondKeyId"], event["time"], ZERO, ZERO)
    city.chain.pass_time(5)
    city.govern("declareCompromisedSince", key_of(signers[1]), event["time"] - 1)
    city.call(agency.signer("spare"), "voidAct", act.tuple, standing, log.act([8]).tuple)
    log.grow(1010)
    city.govern("declareCompromisedSince", log.head[3], log.head[2] - 1)
    city.govern("closeLog", log.log_id)
    city.call(city.deployer, "voidHeads", log.log_id, [log.head])
    second = log.succeed(1000, log.history[0][1])
    second.grow(1020, by=agency.signer("anchor 2"))
    second.change(second.act([1005]))
    second.change(second.act([10], batches=True))
    city.govern("moveNotAfter", key_of(agency.signer("anchor 2")), city.chain.now() + 9999)
    city.govern("closeLog", second.log_id)
    moved = (b"\x0c" * 32, city.checkpoints.address, second.log_id, 1020, second.head)
    third = city.govern("openFrom", "moved.example", agency.code, 60, 3, moved).event("LogOpened")["logId"]
    city.govern("moveLog", second.log_id)
    city.govern("approveImport", third, ZERO)
    assert Act(third).log_id == third

    replayer = Replayer()
    replayer.replay(city.chain.all_events(*city.registries))
    assert replayer.words[(log.log_id, False), 0] == S << 2 | P << 6 | P << 8 | R << 16
    replayer.compare(city)


def test_a_missing_event_is_noticed(city: City) -> None:
    """The comparison is not idle: leave out any one event of a kind and it fails."""
    log = city.new_log(records=10)
    log.change(log.act([1]))
    city.govern("disableKey", key_of(log.agency.signer("status")))
    city.govern("closeLog", log.log_id)
    events = [e for e in city.chain.all_events(*city.registries) if concerns(e.values, log.log_id, log.agency.code)]
    whole = Replayer()
    whole.replay(events)
    whole.compare(city)
    for left_out in ("KeyWindowMoved", "CheckpointAnchored", "StatusChanged", "LogClosed"):
        replayer = Replayer()
        replayer.replay(e for e in events if e.name != left_out)
        try:
            replayer.compare(city)
        except AssertionError:
            continue
        raise AssertionError(f"{left_out} was not missed")


def concerns(values: dict[str, object], log_id: bytes, agency: bytes) -> bool:
    return values.get("logId") == log_id or values.get("agency") == agency.ljust(32, b"\0")
