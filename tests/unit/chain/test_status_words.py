"""Status words from storage and from the contract itself, on both engines: they are the same, or it is asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from support.acting import act_on, anchor_all, do, grow
from support.chains import DeployedChain, Office, RunningChain, deployed_on, key_id_of

from ledger.chain import artifacts
from ledger.chain.calls import INTERFACES
from ledger.chain.ethereum import EthereumChain
from ledger.chain.rpc import JsonRpc, Reply, Request
from ledger.errors import ChainRefusedError
from ledger.records.origin import compose_origin, log_id
from ledger.values import Instant, LogId, LogIndex, Role, Status

WORD_OF = "0x" + INTERFACES["StatusRegistry"].functions["wordOf"].selector.hex()
NUMBERS = (0, 1, 2, 7, 781)


class Asked:
    """What was asked of the node, by kind."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Request]] = []

    def slots(self) -> list[int]:
        """How many slots each request asked for that asked for any."""
        return [len(some) for some in self.batches if any(one.method == "eth_getStorageAt" for one in some)]

    def calls(self) -> int:
        """Calls of `wordOf`."""
        found = [one.params[0] for some in self.batches for one in some if one.method == "eth_call"]
        return sum(isinstance(one, dict) and str(one["data"]).startswith(WORD_OF) for one in found)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """By this thread: services of other tests may ask beside it."""
    found, batch, here = Asked(), JsonRpc.batch, threading.get_ident()

    def spy(self: JsonRpc, requests: Sequence[Request]) -> Sequence[Reply]:
        if threading.get_ident() == here:
            found.batches.append(requests)
        return batch(self, requests)

    monkeypatch.setattr(JsonRpc, "batch", spy)
    return found


@pytest.fixture
def office(ours: DeployedChain) -> Office:
    """An office with acts on records of three words, one of them the last, and on batches of two."""
    office = ours.new_office()
    anchor_all(ours, office, 100_000)
    do(ours, office, act_on(office, 0, 5, 127, 128, 99_999))
    do(ours, office, act_on(office, 7, 129, after=Status.SUSPENDED))
    do(ours, office, act_on(office, 3, 200, batches=True))
    return office


def called(chain: EthereumChain, log_id: LogId, *, batches: bool, words: Sequence[int]) -> list[object]:
    """What the contract itself says."""
    answers = chain.read([("StatusRegistry", "wordOf", (log_id, batches, number)) for number in words])
    return [value for (value,) in answers]


def test_slots_hold_what_the_contract_says_and_are_one_request(
    ours: DeployedChain, office: Office, asked: Asked
) -> None:
    for batches in (False, True):
        found = ours.ethereum.status_words(office.log_id, batches=batches, words=NUMBERS)
        assert asked.calls() == 0
        assert asked.slots() == [len(NUMBERS)]
        assert found == called(ours.ethereum, office.log_id, batches=batches, words=NUMBERS)
        assert sum(map(bool, found)) == (2 if batches else 3)
        asked.batches.clear()


def test_a_successor_shows_each_lane_of_the_generation_that_it_belongs_to(ours: DeployedChain, asked: Asked) -> None:
    """Starts in the midst of words, two in the same one: its lanes lie in three logs."""
    chain, log = ours.ethereum, ours.new_office()
    logs, head, old = [log], None, 0
    for size in (5, 9, 300):
        head = grow(ours, log, head, old, size)
        do(ours, log, act_on(log, size - 2, size - 1))
        do(ours, log, act_on(log, size, batches=True))
        ours.governor.close_log(log.log_id)
        log = replace(log, log_id=ours.governor.open_successor("sillok.example", log.log_id, head))
        logs, old = [*logs, log], size
    asked.batches.clear()
    for each in logs:
        for batches in (False, True):
            found = chain.status_words(each.log_id, batches=batches, words=[0, 1, 2, 3])
            assert asked.calls() == 0
            assert found == called(chain, each.log_id, batches=batches, words=[0, 1, 2, 3])
            asked.batches.clear()
    revoked = [LogIndex(one) for one in (3, 4, 7, 8, 298, 299)]
    found_now = chain.statuses(log.log_id, [(index, 0) for index in (*revoked, LogIndex(5))])
    assert [record for record, _ in found_now] == [Status.REVOKED] * 6 + [Status.ACTIVE]


def test_what_was_revoked_beyond_a_good_head_is_not_the_successors(ours: DeployedChain, asked: Asked) -> None:
    """A thief anchored on: the old log keeps statuses of indexes that other records have in its successor."""
    chain, office = ours.ethereum, ours.new_office()
    thief = replace(office, anchor=ours.running.new_signer())
    ours.governor.add_key(office.agency, key_id_of(thief.anchor), Role.ANCHOR)
    good = grow(ours, office, None, 0, 5)
    theft = grow(ours, thief, good, 5, 9)
    do(ours, office, act_on(office, 4, 5, 8))
    ours.governor.declare_compromised_since(key_id_of(thief.anchor), Instant(theft.time - 1))
    ours.governor.close_log(office.log_id)
    ours.governor.void_heads(office.log_id, [theft])
    heir = ours.governor.open_successor("sillok.example", office.log_id, good)
    asked.batches.clear()
    assert chain.status_words(heir, batches=False, words=[0]) == [Status.REVOKED << 2 * 4]
    assert asked.calls() == 0
    assert called(chain, heir, batches=False, words=[0]) == [Status.REVOKED << 2 * 4]


def test_a_log_that_came_from_elsewhere_holds_itself_what_lies_below_its_start(
    ours: DeployedChain, asked: Asked
) -> None:
    chain, office = ours.ethereum, ours.new_office()
    registry = "0x" + chain.registries()["CheckpointRegistry"].hex()
    head, code = (b"\x05" * 32, 0, 1, bytes(32)), office.agency.encode()
    came_from = (b"\x0c" * 32, registry, b"\x0d" * 32, 300, head)
    ours.governor._act("CheckpointRegistry", "openFrom", "sillok.example", code, 3600, 2, came_from)
    log = replace(office, log_id=log_id(compose_origin("sillok.example", office.agency, 2)))
    assert chain.status_words(log.log_id, batches=False, words=[0]) == [0], "also while it is imported"
    ours.governor._act("CheckpointRegistry", "approveImport", log.log_id, bytes(32))
    do(ours, log, act_on(log, 3, 299))
    asked.batches.clear()
    assert chain.status_words(log.log_id, batches=False, words=[0, 2]) == [2 << 2 * 3, 2 << 2 * (299 - 256)]
    assert asked.calls() == 0
    assert called(chain, log.log_id, batches=False, words=[0, 2]) == [2 << 2 * 3, 2 << 2 * (299 - 256)]


def test_a_contract_whose_layout_is_not_known_is_asked_itself(
    ours: DeployedChain, office: Office, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = artifacts.load
    other = replace(load("StatusRegistry"), deployed_bytecode=load("StatusRegistry").deployed_bytecode[:-1] + b"\x01")
    monkeypatch.setattr(artifacts, "load", lambda name: other if name == "StatusRegistry" else load(name))
    found = ours.ethereum.status_words(office.log_id, batches=False, words=NUMBERS)
    assert (asked.slots(), asked.calls()) == ([], len(NUMBERS))
    assert found == called(ours.ethereum, office.log_id, batches=False, words=NUMBERS)


def test_a_node_that_shows_no_storage_is_asked_by_calls(
    ours: DeployedChain, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = JsonRpc.batch

    def without(self: JsonRpc, requests: Sequence[Request]) -> Sequence[Reply]:
        hidden = [replace(one, method="x_none") if one.method == "eth_getStorageAt" else one for one in requests]
        return batch(self, hidden)

    monkeypatch.setattr(JsonRpc, "batch", without)
    found = ours.ethereum.status_words(office.log_id, batches=False, words=NUMBERS)
    assert found == called(ours.ethereum, office.log_id, batches=False, words=NUMBERS)
    assert any(found)


def test_a_contract_that_looks_logs_up_elsewhere_is_asked_itself(
    engine: RunningChain, ours: DeployedChain, office: Office, asked: Asked
) -> None:
    """The deployment file names another CheckpointRegistry than the contract has; it knows a log of the same id."""
    with deployed_on(engine) as elsewhere:
        elsewhere.governor.register_agency(office.agency)
        assert elsewhere.governor.open_log("sillok.example", office.agency, 3600) == office.log_id
        other = {"CheckpointRegistry": elsewhere.deployment.contracts["CheckpointRegistry"]}
        mixed = replace(ours.deployment, contracts={**ours.deployment.contracts, **other})
        chain = EthereumChain(engine.url, mixed, timeout_s=60)
        asked.batches.clear()
        found = chain.status_words(office.log_id, batches=False, words=NUMBERS)
        chain.close()
    assert (asked.slots(), asked.calls()) == ([], len(NUMBERS))
    assert found == called(ours.ethereum, office.log_id, batches=False, words=NUMBERS)


def test_all_words_are_of_the_block_that_was_the_newest_when_reading_began(
    ours: DeployedChain, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ours.ethereum.status_words(office.log_id, batches=False, words=NUMBERS)
    batch, acted = JsonRpc.batch, False

    def act_between(self: JsonRpc, requests: Sequence[Request]) -> Sequence[Reply]:
        nonlocal acted
        if not acted and any(one.method == "eth_getStorageAt" for one in requests):
            acted = True
            do(ours, office, act_on(office, 1, 130, 900))
        return batch(self, requests)

    monkeypatch.setattr(JsonRpc, "batch", act_between)
    assert ours.ethereum.status_words(office.log_id, batches=False, words=NUMBERS) == before
    assert acted
    assert ours.ethereum.status_words(office.log_id, batches=False, words=NUMBERS) != before


def test_a_log_that_was_never_opened_is_refused_in_the_contracts_words(ours: DeployedChain) -> None:
    with pytest.raises(ChainRefusedError, match="log"):
        ours.ethereum.status_words(LogId(b"\x77" * 32), batches=False, words=[0])
