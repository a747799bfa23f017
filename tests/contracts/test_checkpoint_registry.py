"""CheckpointRegistry: opening, anchoring, closing, going on; each refusal with its arguments."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from eth_abi.abi import encode
from support.city import NONE, ZERO, City, LogOnChain, key_of
from support.solidity import NOW
from support.uniform_tree import UniformTree

from ledger.records.origin import compose_origin, log_id
from ledger.values import AgencyCode, Role, agency_topic

NONE_STATE, IMPORTING, MOVED, OPEN, CLOSED, SUCCEEDED = range(6)
FORGED = UniformTree(b"forged")


@pytest.fixture
def log(city: City) -> LogOnChain:
    return city.new_log(records=100)


def digest(anchor: tuple[bytes, int, int, bytes]) -> bytes:
    return hashlib.sha256(encode(["bytes32", "uint64", "uint64", "bytes32"], anchor)).digest()


def state(log: LogOnChain) -> tuple[int, int, int]:
    """State, size and start."""
    found = log.city.view("logOf", log.log_id)
    return found[1], found[4], found[5]


def anchor(log: LogOnChain, **changes: Any) -> None:
    """Anchor something else than what is right."""
    names = ("log_id", "proof_from", "head", "size", "root", "proof")
    given = dict(zip(names, log.arguments(changes.get("size", log.size + 7)), strict=True)) | changes
    log.city.call(log.agency.signer("anchor"), "anchor", *given.values())


def test_a_log_is_opened_under_the_id_of_its_origin(city: City) -> None:
    agency = city.new_agency()
    code = AgencyCode(agency.code.decode())
    receipt = city.govern("openLog", "records.seoul-2.example", agency.code, 3600)
    origin = compose_origin("records.seoul-2.example", code)
    assert receipt.event("LogOpened").values == {
        "logId": log_id(origin),
        "agency": agency_topic(code),
        "origin": origin,
        "generation": 1,
        "maxDelay": 3600,
        "predecessor": ZERO,
        "start": 0,
        "head": NONE,
        "time": receipt.time,
    }
    assert city.view("logOf", log_id(origin)) == (agency.code, OPEN, 1, 3600, 0, 0)
    assert city.view("lineageOf", log_id(origin)) == log_id(origin)
    assert city.view("predecessorOf", log_id(origin)) == ZERO
    with city.chain.reverts("LogExists", log_id(origin)):
        city.govern("openLog", "records.seoul-2.example", agency.code, 1)


def test_a_name_that_no_origin_may_have_is_refused(city: City) -> None:
    agency = city.new_agency()
    for name in ("", "a" * 237, "Seoul", "seoul/1", "서울", "seoul example", "seoul_1", "a{", "`a", "a:", "a,"):
        with city.chain.reverts("NameMalformed", name):
            city.govern("openLog", name, agency.code, 1)
    city.govern("openLog", "a" * 236, agency.code, 1)
    with city.chain.reverts("AgencyUnknown", b"9999997"):
        city.govern("openLog", "seoul", b"9999997", 1)


def test_a_checkpoint_is_anchored_with_its_proof(city: City, log: LogOnChain) -> None:
    before = log.head
    receipt = log.grow(164)
    assert receipt.event("CheckpointAnchored").values == {
        "logId": log.log_id,
        "size": 164,
        "root": log.tree.root(164),
        "previousSize": 100,
        "time": receipt.time,
        "keyId": key_of(log.agency.signer("anchor")),
    }
    assert state(log) == (OPEN, 164, 0)
    assert city.view("anchorDigest", log.log_id, 164) == digest(log.head)
    assert city.view("anchorDigest", log.log_id, 100) == digest(before)
    assert city.view("anchorDigest", log.log_id, 101) == ZERO
    city.view("requireAnchor", log.log_id, 100, before)


def test_history_cannot_be_rewritten(city: City, log: LogOnChain) -> None:
    """Not even with the agency's own key: a root that does not begin with what was anchored is refused."""
    forged, proof = FORGED.root(120), FORGED.consistency(100, 120)
    with pytest.raises(AssertionError, match="ConsistencyMismatch"):
        anchor(log, size=120, root=forged, proof=proof)
    good = log.tree.consistency(100, 120)
    old = log.tree.root(100)
    with city.chain.reverts("ConsistencyMismatch", old, old, forged, log.tree.root(120)):
        anchor(log, size=120, root=forged, proof=good)
    with city.chain.reverts("ProofLengthWrong", len(good) - 1, len(good)):
        anchor(log, size=120, root=log.tree.root(120), proof=good[:-1])
    with city.chain.reverts("ProofLengthWrong", len(good) + 1, len(good)):
        anchor(log, size=120, root=log.tree.root(120), proof=[*good, ZERO])
    assert state(log) == (OPEN, 100, 0)


def test_a_size_only_grows_and_stays_below_2_to_the_53(city: City, log: LogOnChain) -> None:
    for size in (100, 99, 0):
        with city.chain.reverts("SizeNotGrown", log.log_id, 100, size):
            anchor(log, size=size, root=ZERO, proof=[])
    with city.chain.reverts("SizeTooLarge", 2**53):
        anchor(log, size=2**53, root=ZERO, proof=[])
    largest = 2**53 - 1
    anchor(log, size=largest)
    assert state(log) == (OPEN, largest, 0)


def test_a_first_anchor_has_no_proof_and_is_not_empty(city: City) -> None:
    log = city.new_log()
    with city.chain.reverts("SizeNotGrown", log.log_id, 0, 0):
        anchor(log, size=0, root=log.tree.root(0), proof=[])
    with city.chain.reverts("ProofLengthWrong", 1, 0):
        anchor(log, size=5, proof=[ZERO])
    with city.chain.reverts("ProofStale", log.log_id, 0, 3):
        anchor(log, size=5, proof_from=3)
    anchor(log, size=5, head=(b"\x01" * 32, 2, 3, ZERO))
    assert city.view("logOf", log.log_id)[4] == 5


def test_a_proof_from_another_head_is_stale_and_a_false_head_is_noticed(city: City, log: LogOnChain) -> None:
    early = log.head
    log.grow(200)
    with city.chain.reverts("ProofStale", log.log_id, 200, 100):
        anchor(log, proof_from=100, head=early, size=300, proof=log.tree.consistency(100, 300))
    false = (FORGED.root(200), *log.head[1:])
    with city.chain.reverts("AnchorMismatch", log.log_id, 200, digest(log.head), digest(false)):
        anchor(log, head=false, size=300, root=FORGED.root(300), proof=FORGED.consistency(200, 300))


def test_only_an_anchor_key_of_the_agency_in_its_window_anchors(city: City, log: LogOnChain) -> None:
    status, other = log.agency.signer("status"), city.new_agency()
    for who in (status, other.signer("anchor")):
        found = city.view("keyOf", key_of(who))[0]
        with city.chain.reverts("KeyNotUsable", key_of(who), log.agency.code, Role.ANCHOR, found, NOW):
            log.grow(120, by=who)
    city.govern("declareCompromised", key_of(log.agency.signer("anchor")))
    with pytest.raises(AssertionError, match="KeyNotUsable"):
        log.grow(120)


def test_a_log_that_is_not_open_takes_nothing(city: City, log: LogOnChain) -> None:
    receipt = city.govern("closeLog", log.log_id)
    assert receipt.event("LogClosed").values == {"logId": log.log_id, "goodSize": 100, "time": receipt.time}
    with city.chain.reverts("LogNotIn", log.log_id, CLOSED, OPEN):
        log.grow(120)
    with city.chain.reverts("LogNotIn", log.log_id, CLOSED, OPEN):
        city.govern("closeLog", log.log_id)
    with city.chain.reverts("LogNotIn", ZERO, NONE_STATE, OPEN):
        anchor(log, log_id=ZERO)
    with city.chain.reverts("LogNotIn", ZERO, NONE_STATE, OPEN):
        city.govern("closeLog", ZERO)


def test_a_leaf_is_shown_to_be_in_the_log(city: City, log: LogOnChain) -> None:
    tree = log.tree
    path = tree.inclusion(41, 100)
    city.view("verifyInclusion", log.log_id, 100, log.head, 41, tree.leaf_hash, path)
    with city.chain.reverts("IndexOutside", 100, 100):
        city.view("verifyInclusion", log.log_id, 100, log.head, 100, tree.leaf_hash, path)
    with city.chain.reverts("InclusionMismatch", tree.root(100), FORGED.root(100)):
        forged = FORGED.leaf_hash, FORGED.inclusion(41, 100)
        city.view("verifyInclusion", log.log_id, 100, log.head, 41, *forged)
    with city.chain.reverts("ProofLengthWrong", len(path) - 1, len(path)):
        city.view("verifyInclusion", log.log_id, 100, log.head, 41, tree.leaf_hash, path[1:])
    false = (FORGED.root(100), *log.head[1:])
    with city.chain.reverts("AnchorMismatch", log.log_id, 100, digest(log.head), digest(false)):
        city.view("verifyInclusion", log.log_id, 100, false, 41, FORGED.leaf_hash, FORGED.inclusion(41, 100))
    city.govern("declareCompromisedSince", log.head[3], log.head[2] - 1)
    with city.chain.reverts("AnchorIsVoid", log.log_id, 100, log.head[3], log.head[2]):
        city.view("verifyInclusion", log.log_id, 100, log.head, 41, tree.leaf_hash, path)


def test_good_heads_are_not_cut(city: City, log: LogOnChain) -> None:
    with city.chain.reverts("LogNotIn", log.log_id, OPEN, CLOSED):
        city.call(city.deployer, "voidHeads", log.log_id, [log.head])
    city.govern("closeLog", log.log_id)
    with city.chain.reverts("AnchorNotVoid", log.log_id, 100, log.head[3], log.head[2]):
        city.call(city.deployer, "voidHeads", log.log_id, [log.head])
    false = (log.head[0], 99, *log.head[2:])
    with city.chain.reverts("AnchorMismatch", log.log_id, 100, digest(log.head), digest(false)):
        city.call(city.deployer, "voidHeads", log.log_id, [false])


def test_void_heads_are_cut_down_to_the_good_one_possibly_to_nothing(city: City, log: LogOnChain) -> None:
    log.grow(150)
    log.grow(151)
    city.govern("closeLog", log.log_id)
    city.govern("declareCompromisedSince", log.head[3], log.history[0][1][2] - 1)
    newest_first = [head for _, head in reversed(log.history)]
    receipt = city.call(city.deployer, "voidHeads", log.log_id, newest_first[:2])
    assert [(e["size"], e["goodSize"]) for e in receipt.events] == [(151, 150), (150, 100)]
    assert state(log) == (CLOSED, 100, 0)
    city.call(city.deployer, "voidHeads", log.log_id, newest_first[2:])
    assert state(log) == (CLOSED, 0, 0)
    assert city.view("anchorDigest", log.log_id, 151) == digest(newest_first[0]), "a voided head stays visible"
    with city.chain.reverts("AnchorMismatch", log.log_id, 0, ZERO, digest(NONE)):
        city.call(city.deployer, "voidHeads", log.log_id, [NONE])
    successor = log.succeed(0, (b"\x09" * 32, 1, 1, ZERO))
    log.agency.add_key("spare", Role.ANCHOR)
    assert successor.grow(3, by=log.agency.signer("spare")).event("CheckpointAnchored")["previousSize"] == 0


def test_a_successor_goes_on_at_the_good_head(city: City, log: LogOnChain) -> None:
    city.govern("closeLog", log.log_id)
    receipt = city.govern("openSuccessor", log.name, log.log_id, log.head)
    code = AgencyCode(log.agency.code.decode())
    origin = compose_origin(log.name, code, 2)
    assert receipt.event("LogOpened").values == {
        "logId": log_id(origin),
        "agency": agency_topic(code),
        "origin": origin,
        "generation": 2,
        "maxDelay": 3600,
        "predecessor": log.log_id,
        "start": 100,
        "head": log.head,
        "time": receipt.time,
    }
    assert city.view("logOf", log_id(origin)) == (log.agency.code, OPEN, 2, 3600, 100, 100)
    assert city.view("logOf", log.log_id)[1] == SUCCEEDED
    assert city.view("predecessorOf", log_id(origin)) == log.log_id
    assert city.view("lineageOf", log_id(origin)) == log.log_id
    successor = LogOnChain(log.agency, log_id(origin), log.name, log.tree, 100, log.head)
    successor.grow(130)
    for size, head in (log.history[0], (130, successor.head)):
        assert city.view("anchorDigest", successor.log_id, size) == digest(head)
    city.view("verifyInclusion", successor.log_id, 100, log.head, 7, log.tree.leaf_hash, log.tree.inclusion(7, 100))


def test_the_fourth_generation_still_finds_the_first_ones_anchors(city: City, log: LogOnChain) -> None:
    first, head = log, log.head
    for _ in range(3):
        city.govern("closeLog", log.log_id)
        log = log.succeed(log.size, log.head)
        log.grow(log.size + 10)
    assert city.view("anchorDigest", log.log_id, 100) == digest(head)
    assert city.view("lineageOf", log.log_id) == first.log_id
    assert city.view("logOf", log.log_id)[2] == 4


def test_a_successor_needs_a_closed_log_its_name_and_a_head_that_is_not_void(city: City, log: LogOnChain) -> None:
    with city.chain.reverts("LogNotIn", log.log_id, OPEN, CLOSED):
        log.succeed(100, log.head)
    city.govern("closeLog", log.log_id)
    other = log_id(compose_origin("busan.example", AgencyCode(log.agency.code.decode())))
    with city.chain.reverts("OriginMismatch", log.log_id, other):
        city.govern("openSuccessor", "busan.example", log.log_id, log.head)
    false = (FORGED.root(100), *log.head[1:])
    with city.chain.reverts("AnchorMismatch", log.log_id, 100, digest(log.head), digest(false)):
        log.succeed(100, false)
    city.govern("declareCompromisedSince", log.head[3], log.head[2] - 1)
    with city.chain.reverts("AnchorIsVoid", log.log_id, 100, log.head[3], log.head[2]):
        log.succeed(100, log.head)
    with city.chain.reverts("NameMalformed", "Busan"):
        city.govern("openSuccessor", "Busan", log.log_id, log.head)
    city.call(city.deployer, "voidHeads", log.log_id, [log.head])
    log.succeed(0, NONE)
    with city.chain.reverts("LogNotIn", log.log_id, SUCCEEDED, CLOSED):
        log.succeed(0, NONE)


def test_a_successors_inherited_head_can_be_cut_into_its_predecessor(city: City, log: LogOnChain) -> None:
    """The head was good when the successor was opened; a compromise that was found later reaches behind it."""
    log.agency.add_key("thief", Role.ANCHOR)
    good = log.head
    thief = log.agency.signer("thief")
    log.grow(140, by=thief)
    city.govern("closeLog", log.log_id)
    second = log.succeed(140, log.head)
    city.govern("closeLog", second.log_id)
    city.govern("declareCompromisedSince", key_of(thief), log.head[2] - 1)
    city.call(city.deployer, "voidHeads", second.log_id, [log.head])
    assert state(second) == (CLOSED, 100, 140)
    third = second.succeed(100, good)
    assert city.view("logOf", third.log_id)[4:] == (100, 100)
    third.grow(110)
    assert city.view("anchorDigest", third.log_id, 100) == digest(good)
