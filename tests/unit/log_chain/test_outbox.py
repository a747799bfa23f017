"""What must reach the chain reaches it once, however often it is sent, stuck, lost or taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from support.bureau import Bureau
from support.chains import DeployedChain

from ledger.errors import ChainError
from ledger.log.health import State
from ledger.log.outbox import Settlement
from ledger.log.status_rules import StatusChange
from ledger.ports.chain import Call, Chain, SignedTransaction, TransactionOutcome
from ledger.ports.chain_store import OutboxKind
from ledger.values import Role, Status


class Fallible:
    """A chain that stops answering a named method when a test says so."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.silent: set[str] = set()
        self.sent: list[bytes] = []

    def __getattr__(self, name: str) -> object:
        if name in self.silent:
            raise ChainError(f"The chain did not answer ({name}).")
        return getattr(self._chain, name)

    def send(self, transactions: Sequence[SignedTransaction]) -> None:
        if "send" in self.silent:
            raise ChainError("The chain did not answer (send).")
        self.sent += [transaction.raw for transaction in transactions]
        self._chain.send(transactions)


@pytest.fixture
def fallible(city: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str) -> Bureau:
    bureau = open_bureau(city, around=Fallible)
    bureau.register(new_code)
    return bureau


def test_what_was_kept_but_not_sent_is_sent_byte_for_byte(fallible: Bureau) -> None:
    fallible.issue(2)
    chain = fallible.chain
    chain.silent.add("send")
    with pytest.raises(ChainError):
        fallible.loop.step(at_once=True)
    (kept,) = fallible.store.chain.outgoing()
    assert chain.sent == []

    chain.silent.clear()
    fallible.settle()
    assert chain.sent == [kept.transaction.raw]
    assert [event.size for event in fallible.store.chain.anchors(fallible.log.log_no)] == [2]


def test_what_was_sent_and_not_noted_is_sent_again_and_done_once(fallible: Bureau) -> None:
    """The process died between the node's answer and its own memory of it."""
    fallible.issue(2)
    fallible.loop.step(at_once=True)
    fallible.outbox._sent.clear()  # type: ignore[attr-defined]
    (kept,) = fallible.store.chain.outgoing()
    fallible.chain.send([kept.transaction])
    fallible.settle()
    assert [event.size for event in fallible.store.chain.anchors(fallible.log.log_no)] == [2]
    assert fallible.store.chain.outgoing() == []


def test_a_silent_chain_stops_nothing_for_ever_and_is_shown(fallible: Bureau) -> None:
    fallible.chain.silent.add("finalized")
    fallible.loop.start()
    fallible.issue(1)
    wait_until(lambda: fallible.loop.state.failures >= 2)
    snapshot = fallible.health.snapshot()
    chain = next(component for component in snapshot.components if component.name == "chain")
    assert chain.state is State.DEGRADED
    assert "did not answer" in chain.text

    fallible.chain.silent.clear()
    fallible.loop.wake()
    wait_until(lambda: fallible.store.chain.last_anchor(fallible.log.log_no) is not None)
    fallible.loop.wake()
    wait_until(lambda: fallible.health.snapshot().state is State.OK)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_chain_thread_that_died_is_red(fallible: Bureau) -> None:
    fallible.mirror._step = lambda: 1 // 0  # type: ignore[attr-defined,method-assign]
    fallible.loop.start()
    wait_until(lambda: fallible.loop.dead)
    chain = next(c for c in fallible.health.snapshot().components if c.name == "chain")
    assert (chain.state, "has ended" in chain.text) == (State.FAILING, True)


def test_a_nonce_that_somebody_else_used_is_noticed_and_the_anchor_is_made_anew(bureau: Bureau) -> None:
    """The key was used outside this service, so the kept transaction can never be mined."""
    bureau.issue(1)
    signer = bureau.keystore.chain_signer(bureau.code, Role.ANCHOR)
    nonce = bureau.chain.next_nonce(signer.address)
    empty = Call(to=signer.address, data=b"", gas=21_000)
    kept = bureau.chain.sign(Call(to=signer.address, data=b"", gas=22_000), signer, nonce)
    bureau.store.chain.put_outgoing(OutboxKind.ANCHOR, bureau.log.log_no, 1, [kept], bureau.clock())
    other = bureau.chain.sign(empty, signer, nonce)
    bureau.chain.send([other])
    wait_until(lambda: bureau.chain.next_nonce(signer.address) == nonce + 1)

    (lost,) = bureau.outbox.step(bureau.clock())
    assert lost.settlement is Settlement.LOST
    bureau.settle()
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 1


def test_nonces_go_on_after_what_is_kept(bureau: Bureau) -> None:
    signer = bureau.keystore.chain_signer(bureau.code, Role.STATUS)
    call = Call(to=signer.address, data=b"", gas=21_000)
    first = bureau.outbox.put(
        OutboxKind.STATUS, log_no=1, subject=1, calls=[call, call], signer=signer, now=bureau.clock()
    )
    second = bureau.outbox.put(
        OutboxKind.STATUS, log_no=1, subject=2, calls=[call], signer=signer, now=bureau.clock()
    )
    start = first[0].transaction.nonce
    assert [item.transaction.nonce for item in (*first, *second)] == [start, start + 1, start + 2]


# --- what only anvil can be made to do


@pytest.fixture
def held(anvil_city: DeployedChain) -> Iterator[DeployedChain]:
    """anvil mines nothing until it is told."""
    anvil_city.running.rpc("evm_setAutomine", False)
    yield anvil_city
    anvil_city.running.rpc("evm_setAutomine", True)
    anvil_city.running.rpc("evm_mine")


def test_a_stuck_transaction_is_replaced_under_its_nonce_with_a_higher_fee(
    anvil_bureau: Bureau, held: DeployedChain
) -> None:
    anvil_bureau.issue(3)
    anvil_bureau.loop.step(at_once=True)
    (first,) = anvil_bureau.store.chain.outgoing()

    anvil_bureau.clock.ahead_s += 40  # of 60; the clock also runs by itself, on a busy machine for seconds
    anvil_bureau.loop.step()
    assert anvil_bureau.store.chain.outgoing()[0].bumps == 0
    anvil_bureau.clock.ahead_s += 21
    anvil_bureau.loop.step()
    (second,) = anvil_bureau.store.chain.outgoing()
    assert (second.bumps, second.replaced) == (1, (first.transaction.hash,))
    assert second.transaction.nonce == first.transaction.nonce
    assert fee(held, second.transaction) > fee(held, first.transaction)
    outbox = next(c for c in anvil_bureau.health.snapshot().components if c.name == "outbox")
    assert outbox.state is State.DEGRADED

    held.running.rpc("evm_mine")
    wait_until(lambda: stepped(anvil_bureau) == [])
    (event,) = anvil_bureau.store.chain.anchors(anvil_bureau.log.log_no)
    assert event.place.transaction == second.transaction.hash
    assert anvil_bureau.fsck_errors() == []


def test_the_first_version_may_be_the_one_that_is_mined(anvil_bureau: Bureau, held: DeployedChain) -> None:
    """A replacement that no node took: the original is mined, and nothing waits for the other for ever."""
    anvil_bureau.issue(1)
    anvil_bureau.loop.step(at_once=True)
    (first,) = anvil_bureau.store.chain.outgoing()
    signer = anvil_bureau.keystore.chain_signer_of(first.transaction.sender)
    never_sent = anvil_bureau.chain.sign_again(first.transaction, signer, bump=1)
    anvil_bureau.store.chain.replace_outgoing(first.outbox_no, never_sent)
    anvil_bureau.outbox._sent[never_sent.hash] = anvil_bureau.clock()  # type: ignore[attr-defined]

    held.running.rpc("evm_mine")
    wait_until(lambda: anvil_bureau.mirror.step().events > 0)
    (settled,) = anvil_bureau.outbox.step(anvil_bureau.clock())
    assert settled.settlement is Settlement.DONE
    (event,) = anvil_bureau.store.chain.anchors(anvil_bureau.log.log_no)
    assert event.place.transaction == first.transaction.hash


def test_while_one_anchor_is_on_its_way_no_other_is_made(anvil_bureau: Bureau, held: DeployedChain) -> None:
    for _ in range(4):
        anvil_bureau.issue(1)
        anvil_bureau.loop.step(at_once=True)
    assert [item.subject for item in anvil_bureau.store.chain.outgoing()] == [1]
    held.running.rpc("evm_mine")
    wait_until(lambda: anvil_bureau.mirror.step().events > 0)
    assert anvil_bureau.store.chain.anchors(anvil_bureau.log.log_no)[0].size == 1


def test_a_reorganisation_takes_anchor_and_act_back_and_both_are_made_again(
    anvil_bureau: Bureau, anvil_city: DeployedChain
) -> None:
    bureau = anvil_bureau
    bureau.issue(2)
    bureau.settle()
    snapshot = anvil_city.running.rpc("evm_snapshot")
    before = bureau.mirror.step().upto
    bureau.issue(1)
    bureau.settle()
    change = StatusChange(after=Status.SUSPENDED, indexes=(0,))
    act = bureau.status.change(bureau.code, change, idempotency_key=None, actor="clerk")
    bureau.settle()
    assert bureau.status.request(bureau.code, act.act_no).state == "final"
    gone = bureau.store.chain.last_anchor(bureau.log.log_no)

    anvil_city.running.rpc("evm_revert", snapshot)
    for _ in range(5):
        anvil_city.running.rpc("evm_mine")
    mirrored = bureau.mirror.step()
    assert mirrored.rewound_to == before.number
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 2
    assert bureau.status.request(bureau.code, act.act_no).state == "accepted"
    assert bureau.status.status_now(bureau.log.log_no, 0).record is Status.SUSPENDED

    bureau.settle()
    again = bureau.store.chain.last_anchor(bureau.log.log_no)
    assert (again.size, again.place.block.hash != gone.place.block.hash) == (3, True)
    assert bureau.status.request(bureau.code, act.act_no).state == "final"
    assert bureau.fsck_errors() == []


def test_nothing_is_called_anchored_before_its_block_is_final(
    anvil_city: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    bureau = open_bureau(anvil_city, finality="depth:3")
    for _ in range(3):
        anvil_city.running.rpc("evm_mine")
    bureau.register(new_code)
    for _ in range(3):
        anvil_city.running.rpc("evm_mine")
    bureau.mirror.step()
    bureau.issue(1)
    bureau.loop.step(at_once=True)
    (sent,) = bureau.store.chain.outgoing()
    wait_until(lambda: bureau.chain.states([sent.transaction.hash])[0].outcome is TransactionOutcome.DONE)
    bureau.loop.step(at_once=True)
    assert bureau.store.chain.last_anchor(bureau.log.log_no) is None
    assert len(bureau.store.chain.outgoing()) == 1

    for _ in range(3):
        anvil_city.running.rpc("evm_mine")
    bureau.loop.step(at_once=True)
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 1
    assert bureau.store.chain.outgoing() == []


def stepped(bureau: Bureau) -> Sequence[object]:
    bureau.loop.step()
    return bureau.store.chain.outgoing()


def fee(city: DeployedChain, transaction: SignedTransaction) -> int:
    answer = city.running.rpc("eth_getTransactionByHash", "0x" + transaction.hash.hex())
    if answer is None:
        answer = {"maxFeePerGas": "0x0"}
    return int(answer["maxFeePerGas"], 16)


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)
