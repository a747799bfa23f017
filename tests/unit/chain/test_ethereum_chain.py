"""The adapter on both engines: what the contracts hold, what became of transactions, and why they were refused."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.acting import NOTHING, act_on, anchor_all, do
from support.chains import DeployedChain, Office, RunningChain, deployed_on, key_id_of, running_chain

from ledger.chain.calls import TRANSACTION_GAS_LIMIT
from ledger.chain.deploy import deploy
from ledger.chain.deployment import Terms
from ledger.chain.ethereum import EthereumChain
from ledger.chain.governor import Governor
from ledger.chain.launcher import LocalChainProcess
from ledger.errors import ChainError, ChainRefusedError, InputError, Refusal
from ledger.keys.signers import FileChainSigner, draw_secret
from ledger.merkle.tree import tree_head
from ledger.ports.chain import (
    AnchorEvent,
    Call,
    Chain,
    KeyEvent,
    LogEvent,
    LogState,
    StatusEvent,
    SupersededEvent,
    TransactionOutcome,
)
from ledger.values import (
    AgencyCode,
    Digest32,
    Instant,
    KeyId,
    LeafHash,
    LogId,
    LogIndex,
    Reason,
    Role,
    Root,
    Status,
    TreeSize,
)


def test_it_is_the_port_that_the_services_use(ours: DeployedChain) -> None:
    chain: Chain = ours.ethereum
    identity = chain.identity()
    assert identity.chain_id == ours.deployment.chain_id
    assert identity.genesis == ours.deployment.genesis == chain.block(0).hash
    assert identity.development
    assert set(chain.registries()) == {
        "Council",
        "Governor",
        "AgencyRegistry",
        "CheckpointRegistry",
        "StatusRegistry",
    }
    assert ours.ethereum.node().embedded == (ours.running.kind == "embedded")


def test_a_log_grows_by_a_consistency_proof_and_its_anchors_are_read_back(ours: DeployedChain) -> None:
    office = ours.new_office()
    leaves = [LeafHash(bytes([number]) * 32) for number in range(2)]
    first = ours.ethereum.head().number + 1
    small, large = Root(leaves[0]), tree_head(leaves)
    anchor_all(ours, office, 1, small)
    (one,) = [e for e in ours.ethereum.events(first, ours.ethereum.head().number) if isinstance(e, AnchorEvent)]
    assert (one.log_id, one.size, one.anchor.root, one.anchor.previous_size) == (office.log_id, 1, small, 0)
    assert one.anchor.key_id == key_id_of(office.anchor)
    assert one.anchor.time == one.place.block.time == ours.ethereum.block(one.place.block.number).time
    assert one.place.contract == ours.deployment.contracts["CheckpointRegistry"].address
    # The inner nodes of this log's tree are its leaves: (1, 2) is proved by the second leaf alone.
    call = ours.ethereum.anchor_call(
        log_id=office.log_id,
        proof_from=TreeSize(1),
        head=one.anchor,
        size=TreeSize(2),
        root=large,
        proof=[Digest32(leaves[1])],
    )
    assert ours.ethereum.dry_run(call, office.anchor.address) is None
    done = ours.run(call, office.anchor)
    assert done.outcome is TransactionOutcome.DONE
    assert done.block is not None
    two = ours.ethereum.events(done.block.number, done.block.number)[-1]
    assert isinstance(two, AnchorEvent)
    assert (two.size, two.anchor.previous_size, two.place.block) == (2, 1, done.block)
    log = ours.ethereum.log_on_chain(office.log_id)
    assert (log.state, log.agency, log.size, log.max_delay_s, log.start) == (LogState.OPEN, office.agency, 2, 3600, 0)
    held = ours.ethereum.anchor_digests(office.log_id, [TreeSize(1), TreeSize(2), TreeSize(3)])
    assert held[0] != held[1]
    assert held[2] == bytes(32)


def test_a_log_that_was_never_opened_is_none(ours: DeployedChain) -> None:
    log = ours.ethereum.log_on_chain(LogId(b"\x77" * 32))
    assert (log.state, log.agency, log.size) == (LogState.NONE, "", 0)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Bodies of the HTTP requests that this thread really sends: services of other tests may ask beside it."""
    bodies: list[str] = []
    here = threading.get_ident()
    request = http.client.HTTPConnection.request

    def count(self: http.client.HTTPConnection, method: str, url: str, body: bytes, headers: dict[str, str]) -> None:
        if threading.get_ident() == here:
            bodies.append(body.decode())
        request(self, method, url, body, headers)

    with monkeypatch.context() as patch:
        patch.setattr(http.client.HTTPConnection, "request", count)
        yield bodies


def test_the_words_of_a_thousand_records_are_one_request(
    ours: DeployedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = ours.new_office()
    anchor_all(ours, office)
    do(ours, office, act_on(office, 5, 6, 300))
    do(ours, office, act_on(office, 7, after=Status.SUSPENDED))
    do(ours, office, act_on(office, 3, 200, batches=True))
    pairs = [(LogIndex(number), number % 5) for number in range(1000)]
    ours.ethereum.head()
    with counted(monkeypatch) as requests:
        found = ours.ethereum.statuses(office.log_id, pairs)
    # Newest block and code; the log; the slots. And a greeting where the kept connection had been closed meanwhile.
    assert sum("eth_getStorageAt" in body for body in requests) == 1
    assert len(requests) <= 4
    revoked = {5, 6, 300}
    assert found == [
        (
            Status.REVOKED if number in revoked else Status.SUSPENDED if number == 7 else Status.ACTIVE,
            Status.REVOKED if number % 5 == 3 else Status.ACTIVE,
        )
        for number in range(1000)
    ]
    words = ours.ethereum.status_words(office.log_id, batches=False, words=[0, 1, 2])
    assert words == [2 << 10 | 2 << 12 | 1 << 14, 0, 2 << 2 * (300 - 256)]
    assert ours.ethereum.status_words(office.log_id, batches=True, words=[0, 1]) == [2 << 6, 2 << 2 * (200 - 128)]
    assert ours.ethereum.statuses(office.log_id, []) == []


def test_a_large_act_is_split_below_the_gas_limit_and_every_part_passes(ours: DeployedChain) -> None:
    office = ours.new_office()
    anchor_all(ours, office, 200_000)
    scattered = tuple(range(0, 700 * 128, 128))
    calls = ours.ethereum.status_calls(act_on(office, *scattered))
    assert len(calls) == 2
    assert all(call.gas < TRANSACTION_GAS_LIMIT for call in calls)
    do(ours, office, act_on(office, *scattered))
    neighbours = tuple(range(100_000, 140_000))
    calls = ours.ethereum.status_calls(act_on(office, *neighbours))
    assert len(calls) == 1, "neighbours share words: one call takes 80,000 of them"
    do(ours, office, act_on(office, *neighbours))
    retired = tuple(range(140_032, 144_000))
    successors = tuple(LogIndex(190_000 + place) for place, _ in enumerate(retired))
    replaced = act_on(office, *retired, after=Status.SUPERSEDED, successor_log=office.log_id, successors=successors)
    calls = ours.ethereum.status_calls(replaced)
    assert len(calls) == 2
    assert all(call.gas < TRANSACTION_GAS_LIMIT for call in calls)
    do(ours, office, replaced)
    probes = [0, 1, 128, 699 * 128, 700 * 128, 99_999, 100_000, 139_999, 140_000]
    found = ours.ethereum.statuses(office.log_id, [(LogIndex(index), 0) for index in probes])
    assert [record is Status.REVOKED for record, _ in found] == [
        True,
        False,
        True,
        True,
        False,
        False,
        True,
        True,
        False,
    ]


def test_a_superseded_record_names_its_successor(ours: DeployedChain) -> None:
    office = ours.new_office()
    anchor_all(ours, office)
    first = ours.ethereum.head().number + 1
    act = act_on(
        office,
        1,
        2,
        after=Status.SUPERSEDED,
        successor_log=office.log_id,
        successors=(LogIndex(11), LogIndex(12)),
        reason=Reason.REPLACED,
    )
    do(ours, office, act)
    events = ours.ethereum.events(first, ours.ethereum.head().number)
    assert [type(event) for event in events] == [StatusEvent, SupersededEvent, SupersededEvent]
    changed, one, two = events
    assert isinstance(changed, StatusEvent)
    assert isinstance(one, SupersededEvent)
    assert isinstance(two, SupersededEvent)
    assert (changed.before, changed.after, changed.reason) == (Status.ACTIVE, Status.SUPERSEDED, Reason.REPLACED)
    assert (changed.words, changed.masks, changed.batches) == ((0,), (1 << 2 | 1 << 4,), False)
    assert changed.key_id == key_id_of(office.status)
    assert [(e.index, e.successor, e.successor_log) for e in (one, two)] == [
        (1, 11, office.log_id),
        (2, 12, office.log_id),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"indexes": ()},
        {"indexes": (2, 1)},
        {"indexes": (1, 1)},
        {"successors": (LogIndex(3),)},
        {"successor_log": LogId(b"1" * 32)},
        {"after": Status.SUPERSEDED},
        {"after": Status.SUPERSEDED, "successor_log": LogId(b"1" * 32), "successors": (LogIndex(3),)},
    ],
)
def test_an_act_that_makes_no_sense_never_reaches_the_chain(ours: DeployedChain, change: dict[str, object]) -> None:
    office = Office(agency=AgencyCode("1"), anchor=ours.deployer, status=ours.deployer, log_id=LogId(bytes(32)))
    with pytest.raises(InputError):
        ours.ethereum.status_calls(act_on(office, **{"indexes": (1, 2), **change}))  # type: ignore[arg-type]


def test_a_successor_log_shows_its_predecessors_statuses_below_its_start(ours: DeployedChain) -> None:
    office, chain = ours.new_office(), ours.ethereum
    first = chain.head().number
    anchor_all(ours, office, 5)
    (good,) = [e for e in chain.events(first, chain.head().number) if isinstance(e, AnchorEvent)]
    do(ours, office, act_on(office, 3))
    do(ours, office, act_on(office, 2, batches=True))
    ours.governor.close_log(office.log_id)
    heir = replace(office, log_id=ours.governor.open_successor("sillok.example", office.log_id, good.anchor))
    found = chain.statuses(heir.log_id, [(LogIndex(3), 2), (LogIndex(4), 1)])
    assert found == [(Status.REVOKED, Status.REVOKED), (Status.ACTIVE, Status.ACTIVE)]
    (call,) = chain.status_calls(act_on(heir, 4))
    assert (chain.dry_run(call, office.status.address) or "").startswith(
        "This record belongs to the log's predecessor"
    )
    do(ours, office, act_on(office, 4))
    assert chain.statuses(heir.log_id, [(LogIndex(4), 0)]) == [(Status.REVOKED, Status.ACTIVE)]
    do(ours, heir, act_on(heir, 1, batches=True))
    assert chain.statuses(office.log_id, [(LogIndex(0), 1)]) == [(Status.ACTIVE, Status.REVOKED)]


def test_refusals_are_told_in_the_contracts_words(ours: DeployedChain) -> None:
    office, stranger = ours.new_office(), ours.running.new_signer()
    chain = ours.ethereum
    anchor_all(ours, office, 50)

    def anchor(size: int, proof_from: int = 50) -> Call:
        return chain.anchor_call(
            log_id=office.log_id,
            proof_from=TreeSize(proof_from),
            head=NOTHING,
            size=TreeSize(size),
            root=Root(b"\1" * 32),
            proof=[],
        )

    def why(call: Call, sender: FileChainSigner = office.anchor) -> str:
        problem = chain.dry_run(call, sender.address)
        assert problem is not None
        return problem

    assert why(anchor(50)).startswith("Nothing new to anchor: the log is anchored at this size or a larger one.")
    assert "anchored 50, given 49" in why(anchor(49))
    assert why(anchor(60, 40)).startswith("Another checkpoint was anchored meanwhile")
    assert "anchored 50, proofFrom 40" in why(anchor(60, 40))
    assert why(anchor(60)).startswith("What was given as the anchor of this size is not what was anchored.")
    unusable = why(anchor(60), stranger)
    assert unusable.startswith("This key may not do that now")
    assert f"agency {office.agency}" in unusable
    assert f"0x{stranger.address.hex()}" in unusable
    (call,) = chain.status_calls(act_on(office, 50))
    assert why(call, office.status).startswith("This record is not anchored yet.")
    (call,) = chain.status_calls(act_on(office, 1, before=Status.SUSPENDED))
    assert why(call, office.status).startswith("Some of these do not have the status that they were said to have")
    nowhere = Call(to=chain.registries()["Council"], data=b"\1\2\3\4", gas=100_000)
    assert "without saying why" in why(nowhere)


def test_a_mined_refusal_says_why_too(ours: DeployedChain) -> None:
    office = ours.new_office()
    anchor_all(ours, office)
    chain = ours.ethereum
    (good,) = chain.status_calls(act_on(office, 9))
    nonce = chain.next_nonce(office.status.address)
    # The second is what a retry without memory would send: the same act again.
    signed = [chain.sign(good, office.status, nonce), chain.sign(good, office.status, nonce + 1)]
    chain.send(signed)
    while chain.next_nonce(office.status.address) < nonce + 2:
        pass
    starved = Call(to=good.to, data=chain.status_calls(act_on(office, 700))[0].data, gas=40_000)
    hungry = ours.run(starved, office.status)
    states = chain.states([one.hash for one in signed])
    assert [state.outcome for state in states] == [TransactionOutcome.DONE, TransactionOutcome.REVERTED]
    assert states[0].problem is None
    assert (states[1].problem or "").startswith("Some of these do not have the status")
    assert states[1].block is not None
    assert hungry.outcome is TransactionOutcome.REVERTED
    assert hungry.problem == "The transaction ran out of gas: 40000 were not enough."
    unknown = chain.states([Digest32(b"\xee" * 32)])
    assert [(state.outcome, state.block) for state in unknown] == [(TransactionOutcome.PENDING, None)]


def test_sending_again_is_harmless_and_a_taken_nonce_is_told_apart(ours: DeployedChain) -> None:
    office = ours.new_office()
    chain = ours.ethereum
    anchor_all(ours, office)
    (one,), (two,) = chain.status_calls(act_on(office, 1)), chain.status_calls(act_on(office, 2))
    nonce = chain.next_nonce(office.status.address)
    first = chain.sign(one, office.status, nonce)
    chain.send([first])
    chain.send([first, first])
    while chain.states([first.hash])[0].outcome is TransactionOutcome.PENDING:
        pass
    chain.send([first])
    assert chain.next_nonce(office.status.address) == nonce + 1
    rival = chain.sign(two, office.status, nonce)
    follower = chain.sign(two, office.status, nonce + 1)
    with pytest.raises(ChainRefusedError) as refused:
        chain.send([rival, follower])
    assert (refused.value.refusal, refused.value.transaction) == (Refusal.NONCE_USED, rival.hash)
    assert refused.value.where == f"0x{office.status.address.hex()}, nonce {nonce}"
    # All are tried before the first refusal is told.
    while chain.states([follower.hash])[0].outcome is TransactionOutcome.PENDING:
        pass
    assert chain.states([follower.hash])[0].outcome is TransactionOutcome.DONE


def test_a_key_without_coin_is_told_so(anvil: RunningChain) -> None:
    with deployed_on(anvil) as ours:
        poor = FileChainSigner(draw_secret())
        call = Call(to=ours.deployment.contracts["Council"].address, data=b"", gas=50_000)
        with pytest.raises(ChainRefusedError) as refused:
            ours.ethereum.send([ours.ethereum.sign(call, poor, 0)])
        assert refused.value.refusal is Refusal.NO_FUNDS
        assert refused.value.fix is not None


def test_a_stuck_anchor_is_replaced_under_its_nonce(anvil: RunningChain) -> None:
    with deployed_on(anvil) as ours:
        office, chain = ours.new_office(), ours.ethereum
        call = chain.anchor_call(
            log_id=office.log_id,
            proof_from=TreeSize(0),
            head=NOTHING,
            size=TreeSize(3),
            root=Root(b"\3" * 32),
            proof=[],
        )
        anvil.rpc("evm_setAutomine", False)
        try:
            versions = [chain.sign(call, office.anchor, 0)]
            chain.send(versions)
            for bump in (1, 2):
                versions.append(chain.sign_again(versions[-1], office.anchor, bump=bump))
                chain.send([versions[-1]])
            chain.send([versions[-1]])
            with pytest.raises(ChainRefusedError) as refused:
                chain.send([chain.sign(replace(call, gas=call.gas + 1), office.anchor, 0)])
            assert refused.value.refusal is Refusal.UNDERPRICED
            assert chain.next_nonce(office.anchor.address) == 0
            outcomes = {state.outcome for state in chain.states([one.hash for one in versions])}
            assert outcomes == {TransactionOutcome.PENDING}
            anvil.rpc("evm_mine")
        finally:
            anvil.rpc("evm_setAutomine", True)
        outcomes_now = [state.outcome for state in chain.states([one.hash for one in versions])]
        assert outcomes_now == [TransactionOutcome.PENDING, TransactionOutcome.PENDING, TransactionOutcome.DONE]
        assert chain.log_on_chain(office.log_id).size == 3


def test_key_events_tell_the_whole_state_whatever_range_is_read(ours: DeployedChain) -> None:
    office, chain = ours.new_office(), ours.ethereum
    note = KeyId(bytes(range(1, 33)))
    before = chain.head().number
    spare = ours.running.new_signer()
    ours.governor.add_key(office.agency, key_id_of(spare), Role.ANCHOR)
    added = chain.head().number
    end = Instant(chain.head().time + 1000)
    ours.governor.move_not_after(key_id_of(spare), end)
    moved = chain.head().number
    ours.governor.declare_compromised(key_id_of(spare))
    declared = chain.head().number
    whole = [e for e in chain.events(before + 1, declared) if isinstance(e, KeyEvent)]
    assert [(e.not_after, e.compromised_since > 0) for e in whole] == [(0, False), (end, False), (end, True)]
    assert {(e.agency, e.role, e.key_id) for e in whole} == {(office.agency, Role.ANCHOR, key_id_of(spare))}
    # A reader that starts in the middle gets the same states, from the key's own earlier events.
    pieces = [
        event
        for number in range(before + 1, declared + 1)
        for event in chain.events(number, number)
        if isinstance(event, KeyEvent)
    ]
    assert pieces == whole
    assert chain.events(moved, moved)[0] == whole[1]
    assert added < moved < declared
    assert note not in {event.key_id for event in whole}


def test_events_before_the_contracts_and_of_others_are_none(ours: DeployedChain) -> None:
    assert ours.ethereum.events(0, ours.deployment.block) == []
    assert ours.ethereum.events(5, 4) == []


def test_a_closed_log_and_a_cut_head_are_log_events(ours: DeployedChain) -> None:
    office, chain = ours.new_office(), ours.ethereum
    first = chain.head().number
    anchor_all(ours, office, 10)
    (thief,) = [e for e in chain.events(first, chain.head().number) if isinstance(e, AnchorEvent)]
    ours.governor.declare_compromised_since(key_id_of(office.anchor), Instant(thief.anchor.time - 1))
    ours.governor.close_log(office.log_id)
    ours.governor.void_heads(office.log_id, [thief.anchor])
    events = [e for e in chain.events(first, chain.head().number) if isinstance(e, LogEvent)]
    assert [(e.state, e.good_size) for e in events] == [
        (LogState.OPEN, 0),
        (LogState.CLOSED, 10),
        (LogState.CLOSED, 0),
    ]


def test_depth_and_the_finalized_tag_hold_back_and_instant_does_not(ours: DeployedChain) -> None:
    head = ours.ethereum.head()

    def final(finality: str) -> int:
        chain = EthereumChain(ours.running.url, ours.deployment, finality=finality)
        try:
            return chain.finalized().number
        finally:
            chain.close()

    assert final("instant") == head.number
    assert final("depth:3") == head.number - 3
    assert final("depth:99999") == 0
    assert final("finalized") <= head.number
    for rule in ("depth:0", "depth:-1", "depth:x", "depth:", "soon", ""):
        with pytest.raises(InputError, match="no finality rule"):
            EthereumChain(ours.running.url, ours.deployment, finality=rule)


def test_another_chain_behind_the_address_is_refused_before_anything_is_read(ours: DeployedChain) -> None:
    genesis = Digest32(bytes(31) + b"\1")
    for wrong in (replace(ours.deployment, genesis=genesis), replace(ours.deployment, chain_id=1)):
        chain = EthereumChain(ours.running.url, wrong)
        for ask in (chain.identity, chain.head, chain.finalized, lambda c=chain: c.log_on_chain(LogId(bytes(32)))):
            with pytest.raises(ChainError, match="This is another chain than the contracts are on"):
                ask()


def test_the_service_goes_on_after_the_embedded_chain_was_killed_and_started_again(tmp_path: Path) -> None:
    process = LocalChainProcess(tmp_path / "chain")
    url = process.start()
    deployer = FileChainSigner(draw_secret())
    terms = Terms(members=(deployer.address,), threshold=1, minimum_delay_s=0)
    try:
        deployment = deploy(url, deployer, tmp_path / "deployments", terms)
        chain = EthereumChain(lambda: process.url, deployment)
        governor = Governor(chain, [deployer])
        agency, anchor = AgencyCode("6110000"), FileChainSigner(draw_secret())
        governor.register_agency(agency)
        governor.add_key(agency, key_id_of(anchor), Role.ANCHOR)
        log_id = governor.open_log("sillok.example", agency, 60)
        call = chain.anchor_call(
            log_id=log_id, proof_from=TreeSize(0), head=NOTHING, size=TreeSize(8), root=Root(b"\7" * 32), proof=[]
        )
        signed = chain.sign(call, anchor, chain.next_nonce(anchor.address))
        chain.send([signed])
        before = (chain.head(), chain.events(0, chain.head().number), chain.log_on_chain(log_id))
        assert chain.identity().development is False
        pid = process.pid
        assert pid is not None
        process.kill()
        with pytest.raises(ChainError):
            chain.head()
        with pytest.raises(ChainError, match="did not keep running"):
            process.check()
        assert process.start() == url
        assert process.pid != pid
        # The same object reads the same chain again, and what it sent is there once.
        assert (chain.head(), chain.events(0, chain.head().number), chain.log_on_chain(log_id)) == before
        chain.send([signed])
        assert chain.states([signed.hash])[0].outcome is TransactionOutcome.DONE
        assert deploy(url, deployer, tmp_path / "deployments", terms) == deployment
        chain.close()
    finally:
        process.stop()
    with running_chain("embedded", dev=False) as other:
        chain = EthereumChain(other.url, deployment)
        with pytest.raises(ChainError, match="another chain"):
            chain.head()
