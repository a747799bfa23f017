"""One transaction is seen through: replaced where it sticks, told where it was refused, given up in the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.chains import RunningChain

from ledger.chain.rpc import JsonRpc
from ledger.chain.sending import Sending
from ledger.chain.submit import see_through
from ledger.chain.transactions import sign_call
from ledger.errors import ChainError
from ledger.ports.chain import Call, SignedTransaction
from ledger.values import Address

CALL = Call(to=Address(b"\x22" * 20), data=b"", gas=30_000)


@contextmanager
def no_mining(chain: RunningChain) -> Iterator[None]:
    chain.rpc("evm_setAutomine", False)
    try:
        yield
    finally:
        chain.rpc("evm_setAutomine", True)
        chain.rpc("evm_mine")


def test_a_transaction_that_sticks_is_replaced_and_the_journal_knows_each_version_first(anvil: RunningChain) -> None:
    rpc = JsonRpc(anvil.url)
    sending, signer = Sending(rpc, 31337), anvil.new_signer()
    first = sign_call(CALL, signer, chain_id=31337, nonce=0, fees=sending.fees())
    journal: list[SignedTransaction] = []
    enough = threading.Event()

    def note(transaction: SignedTransaction) -> None:
        receipt = rpc.call("eth_getTransactionByHash", "0x" + transaction.hash.hex())
        assert receipt is None, "a version is in the journal before it is sent"
        journal.append(transaction)
        if len(journal) == 3:
            enough.set()

    def mine_in_the_end() -> None:
        enough.wait(30)
        anvil.rpc("evm_mine")

    with no_mining(anvil):
        miner = threading.Thread(target=mine_in_the_end)
        miner.start()
        block = see_through(sending, first, signer, timeout_s=60, poll_s=0.02, replace_after_s=0.2, before_send=note)
        miner.join()
    assert journal[0] == first
    assert len({version.hash for version in journal}) == len(journal) >= 3
    assert {version.nonce for version in journal} == {0}
    mined = rpc.call("eth_getBlockByNumber", hex(block.number), False)
    assert isinstance(mined, dict)
    assert isinstance(mined["transactions"], list)
    assert len(mined["transactions"]) == 1
    rpc.close()


def test_an_earlier_version_that_is_mined_while_its_replacement_is_signed_is_the_end(anvil: RunningChain) -> None:
    rpc = JsonRpc(anvil.url)
    sending, signer = Sending(rpc, 31337), anvil.new_signer()
    first = sign_call(CALL, signer, chain_id=31337, nonce=0, fees=sending.fees())
    journal: list[SignedTransaction] = []

    def note(transaction: SignedTransaction) -> None:
        journal.append(transaction)
        if len(journal) == 2:
            anvil.rpc("evm_mine")

    with no_mining(anvil):
        block = see_through(sending, first, signer, timeout_s=60, poll_s=0.02, replace_after_s=0.2, before_send=note)
    receipt = rpc.call("eth_getTransactionReceipt", "0x" + first.hash.hex())
    assert isinstance(receipt, dict)
    assert receipt["blockNumber"] == hex(block.number)
    assert len(journal) == 2
    rpc.close()


def test_waiting_ends(anvil: RunningChain) -> None:
    rpc = JsonRpc(anvil.url)
    sending, signer = Sending(rpc, 31337), anvil.new_signer()
    only = sign_call(CALL, signer, chain_id=31337, nonce=0, fees=sending.fees())
    with no_mining(anvil), pytest.raises(ChainError, match=r"was not mined within 0\.3 s"):
        see_through(sending, only, signer, timeout_s=0.3, poll_s=0.02)
    rpc.close()
