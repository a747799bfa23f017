"""A log goes on in another contract: of the same chain, where the old contract is asked, or of another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest
from eth_abi.abi import encode
from support.city import NONE, ZERO, Agency, City, LogOnChain, key_of
from support.solidity import Chain

from ledger.records.origin import compose_origin, log_id
from ledger.values import AgencyCode, Role, Status

A, S, R = Status.ACTIVE, Status.SUSPENDED, Status.REVOKED
NONE_STATE, IMPORTING, MOVED, OPEN, CLOSED, SUCCEEDED = range(6)
OTHER_CHAIN = b"\x0c" * 32
Word = tuple[bool, int, int]


@dataclass
class Move:
    """A log of one city that goes on in a new one."""

    old: LogOnChain
    new: City
    agency: Agency = field(init=False)

    def __post_init__(self) -> None:
        self.agency = Agency(self.new, self.old.agency.code)
        self.new.govern("registerAgency", self.agency.code)

    def open_from(self, size: int, head: tuple[bytes, int, int, bytes], genesis: bytes | None = None) -> LogOnChain:
        genesis = self.new.chain.genesis if genesis is None else genesis
        came_from = (genesis, self.old.city.checkpoints.address, self.old.log_id, size, head)
        receipt = self.new.govern("openFrom", self.old.name, self.agency.code, 3600, 2, came_from)
        importing = receipt.event("LogImporting")
        assert (importing["genesis"], importing["registry"]) == (genesis, "0x" + came_from[1].hex())
        opened = receipt.event("LogOpened")
        assert (opened["predecessor"], opened["start"], opened["head"]) == (self.old.log_id, size, head)
        return LogOnChain(self.agency, opened["logId"], self.old.name, self.old.tree, size, head)


@pytest.fixture
def move(chain: Chain, city: City) -> Move:
    """A closed log with some statuses, and a new city on the same chain."""
    old = city.new_log(records=300)
    old.change(old.act([1, 200]))
    old.change(old.act([3], batches=True, after=S))
    city.govern("closeLog", old.log_id)
    return Move(old, City(chain))


def chunk_hash(words: list[Word]) -> bytes:
    return hashlib.sha256(encode(["(bool,uint64,uint256)[]"], [words])).digest()


def due_of(chunks: list[list[Word]]) -> list[bytes]:
    """The due before each chunk, and 0 after the last."""
    dues = [ZERO]
    for words in reversed(chunks):
        dues.insert(0, hashlib.sha256(chunk_hash(words) + dues[0]).digest())
    return dues


def statuses_of(old: LogOnChain) -> list[list[Word]]:
    """What is carried over: words of records, then of batches."""
    read = old.city.view
    records = [(False, word, read("wordOf", old.log_id, False, word)) for word in range(3)]
    return [[each for each in records if each[2]], [(True, 0, read("wordOf", old.log_id, True, 0))]]


def test_a_log_moves_with_its_statuses_to_a_new_contract(move: Move) -> None:
    old, new = move.old, move.new
    log = move.open_from(300, old.head)
    assert new.view("logOf", log.log_id) == (move.agency.code, IMPORTING, 2, 3600, 300, 300)
    old.city.govern("moveLog", old.log_id)
    chunks = statuses_of(old)
    dues = due_of(chunks)
    approved = new.govern("approveImport", log.log_id, dues[0])
    assert approved.event("ImportApproved").values == {"logId": log.log_id, "due": dues[0]}
    move.agency.add_key("anchor", Role.ANCHOR)
    with new.chain.reverts("LogNotIn", log.log_id, IMPORTING, OPEN):
        log.grow(310)
    with new.chain.reverts("LogNotIn", log.log_id, IMPORTING, OPEN):
        new.call(new.deployer, "attestStatus", log.log_id, 1, 0)
    for words, rest in zip(chunks, dues[1:], strict=True):
        receipt = new.call(new.deployer, "importStatus", log.log_id, words, rest)
        assert receipt.event("ImportAdvanced")["rest"] == rest
        imported = [e for e in receipt.events if e.name == "StatusImported"]
        assert [(e["batches"], e["word"], e["value"]) for e in imported] == words
    assert new.view("logOf", log.log_id)[1] == OPEN
    assert [log.status(i)[0] for i in (0, 1, 2, 200)] == [A, R, A, R]
    assert log.status(0, batch=3) == (A, S, S)
    assert log.grow(310).event("CheckpointAnchored")["previousSize"] == 300
    assert new.view("anchorDigest", log.log_id, 300) == old.city.view("anchorDigest", old.log_id, 300)
    assert new.view("anchorDigest", log.log_id, 299) == ZERO
    assert new.view("lineageOf", log.log_id) == log.log_id


def test_a_moved_log_is_silent_but_can_be_read_to_carry_it_over(move: Move) -> None:
    old = move.old
    receipt = old.city.govern("moveLog", old.log_id)
    assert receipt.event("LogMoved").values == {"logId": old.log_id, "time": receipt.time}
    silent = ("LogNotIn", old.log_id, MOVED, OPEN)
    with old.city.chain.reverts(*silent):
        old.change(old.act([5]))
    with old.city.chain.reverts(*silent):
        old.city.view("statusOf", old.log_id, 1, 0)
    with old.city.chain.reverts(*silent):
        old.city.call(old.city.deployer, "attestStatus", old.log_id, 1, 0)
    assert old.city.view("wordOf", old.log_id, False, 0) == R << 2
    with old.city.chain.reverts("LogNotIn", old.log_id, MOVED, CLOSED):
        old.city.govern("moveLog", old.log_id)


def test_moving_silences_the_generations_before(move: Move) -> None:
    first, city = move.old, move.old.city
    second = first.succeed(300, first.head)
    with city.chain.reverts("LogNotIn", first.log_id, SUCCEEDED, CLOSED):
        city.govern("moveLog", first.log_id)
    city.govern("closeLog", second.log_id)
    receipt = city.govern("moveLog", second.log_id)
    assert [e["logId"] for e in receipt.events if e.name == "LogMoved"] == [second.log_id, first.log_id]
    with city.chain.reverts("LogNotIn", first.log_id, MOVED, OPEN):
        first.change(first.act([5]))


def test_an_import_is_approved_only_after_the_old_log_was_moved_and_once(move: Move) -> None:
    old, new = move.old, move.new
    log = move.open_from(300, old.head)
    with new.chain.reverts("LogNotIn", old.log_id, CLOSED, MOVED):
        new.govern("approveImport", log.log_id, b"\x01" * 32)
    with new.chain.reverts("ImportMismatch", log.log_id, ZERO, hashlib.sha256(chunk_hash([]) + ZERO).digest()):
        new.call(new.deployer, "importStatus", log.log_id, [], ZERO)
    old.city.govern("moveLog", old.log_id)
    new.govern("approveImport", log.log_id, b"\x01" * 32)
    with new.chain.reverts("ImportAlreadyApproved", log.log_id, b"\x01" * 32):
        new.govern("approveImport", log.log_id, b"\x02" * 32)


def test_a_head_that_was_cut_after_opening_is_noticed(move: Move) -> None:
    old, new = move.old, move.new
    log = move.open_from(300, old.head)
    old.city.govern("declareCompromisedSince", old.head[3], old.head[2] - 1)
    old.city.call(old.city.deployer, "voidHeads", old.log_id, [old.head])
    old.city.govern("moveLog", old.log_id)
    with new.chain.reverts("PredecessorSize", old.log_id, 0, 300):
        new.govern("approveImport", log.log_id, ZERO)


def test_what_is_delivered_is_exactly_what_was_approved(move: Move) -> None:
    old, new = move.old, move.new
    log = move.open_from(300, old.head)
    old.city.govern("moveLog", old.log_id)
    chunks = statuses_of(old)
    dues = due_of(chunks)
    new.govern("approveImport", log.log_id, dues[0])
    forged = [(False, 0, 0)]
    for words, rest in ((forged, dues[1]), (chunks[1], dues[2]), (chunks[0], ZERO), ([], dues[1])):
        given = hashlib.sha256(chunk_hash(words) + rest).digest()
        with new.chain.reverts("ImportMismatch", log.log_id, dues[0], given):
            new.call(new.deployer, "importStatus", log.log_id, words, rest)
    assert new.view("wordOf", log.log_id, False, 0) == 0
    new.call(new.deployer, "importStatus", log.log_id, chunks[0], dues[1])
    with pytest.raises(AssertionError, match="ImportMismatch"):
        new.call(new.deployer, "importStatus", log.log_id, chunks[0], dues[1])
    new.call(new.deployer, "importStatus", log.log_id, chunks[1], dues[2])
    with new.chain.reverts("LogNotIn", log.log_id, OPEN, IMPORTING):
        new.call(new.deployer, "importStatus", log.log_id, chunks[1], dues[2])
    with new.chain.reverts("LogNotIn", log.log_id, OPEN, IMPORTING):
        new.govern("approveImport", log.log_id, dues[0])


def test_on_the_same_chain_the_old_contract_is_asked(move: Move, city: City) -> None:
    old, new = move.old, move.new
    with new.chain.reverts("PredecessorSize", old.log_id, 300, 299):
        move.open_from(299, old.head)
    with pytest.raises(AssertionError, match="AnchorMismatch"):
        move.open_from(300, (b"\x01" * 32, *old.head[1:]))
    running = city.new_log(records=10)
    there = Move(running, City(city.chain))
    with new.chain.reverts("LogNotIn", running.log_id, OPEN, CLOSED):
        there.open_from(10, running.head)
    old.city.govern("declareCompromisedSince", old.head[3], old.head[2] - 1)
    with new.chain.reverts("AnchorIsVoid", old.log_id, 300, old.head[3], old.head[2]):
        move.open_from(300, old.head)


def test_from_another_chain_the_governors_word_counts(move: Move) -> None:
    """Nothing can be asked there; without statuses the log opens at once."""
    old, new = move.old, move.new
    log = move.open_from(300, old.head, genesis=OTHER_CHAIN)
    new.govern("approveImport", log.log_id, ZERO)
    assert new.view("logOf", log.log_id)[1] == OPEN
    # The inherited head's key is not known here, and was judged there.
    new.view("requireAnchor", log.log_id, 300, old.head)
    new.govern("closeLog", log.log_id)
    with new.chain.reverts("AnchorNotVoid", log.log_id, 300, old.head[3], old.head[2]):
        new.call(new.deployer, "voidHeads", log.log_id, [old.head])
    third = log.succeed(300, old.head)
    assert new.view("lineageOf", third.log_id) == log.log_id
    assert third.status(250) == (A, A, A)


def test_an_imported_log_holds_its_inherited_records_itself(move: Move) -> None:
    old, new = move.old, move.new
    log = move.open_from(300, old.head, genesis=OTHER_CHAIN)
    new.govern("approveImport", log.log_id, ZERO)
    move.agency.add_key("status", Role.STATUS, alone=0x7F)
    log.change(log.act([5, 299]))
    log.change(log.act([2], batches=True))
    new.govern("closeLog", log.log_id)
    third = log.succeed(300, old.head)
    assert third.status(299, batch=2) == (R, R, R)
    with new.chain.reverts("IndexOfPredecessor", third.log_id, 2, 300):
        third.change(third.act([298]))


def test_an_empty_log_moves_too(chain: Chain, city: City) -> None:
    old = city.new_log()
    city.govern("closeLog", old.log_id)
    move = Move(old, City(chain))
    log = move.open_from(0, NONE)
    city.govern("moveLog", old.log_id)
    move.new.govern("approveImport", log.log_id, ZERO)
    move.agency.add_key("anchor", Role.ANCHOR)
    assert log.grow(5).event("CheckpointAnchored")["previousSize"] == 0


def test_generations_start_at_one_and_sizes_below_the_limit(move: Move) -> None:
    new, code = move.new, move.agency.code
    came_from = (OTHER_CHAIN, bytes(20), b"\x05" * 32, 3, (b"\x01" * 32, 0, 1, key_of(new.deployer)))
    with new.chain.reverts("GenerationZero"):
        new.govern("openFrom", "moved.example", code, 1, 0, came_from)
    with new.chain.reverts("SizeTooLarge", 2**53):
        new.govern("openFrom", "moved.example", code, 1, 1, (*came_from[:3], 2**53, came_from[4]))
    with new.chain.reverts("AgencyUnknown", b"9999996"):
        new.govern("openFrom", "moved.example", b"9999996", 1, 1, came_from)
    with new.chain.reverts("NameMalformed", "Moved"):
        new.govern("openFrom", "Moved", code, 1, 1, came_from)
    log = log_id(compose_origin("moved.example", AgencyCode(code.decode())))
    assert new.govern("openFrom", "moved.example", code, 1, 1, came_from).event("LogOpened")["logId"] == log
    with new.chain.reverts("LogExists", log):
        new.govern("openFrom", "moved.example", code, 1, 1, came_from)
    with new.chain.reverts("LogNotIn", ZERO, NONE_STATE, IMPORTING):
        new.govern("approveImport", ZERO, ZERO)
